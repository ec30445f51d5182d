"""What would clean a cluster up, in an order that is safe: crons first, for they make anew what goes before them.

Only what ``needed`` lets go is named. What is the GitOps engine's to mend, or a person's to decide, is a note.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_golden.drift.model import Command, Note, What
from gitops_golden.drift.needed import is_name
from gitops_golden.drift.place import STAY, labelled, owners
from gitops_golden.fleet.kinds import CLAIM, CRON, DATA_VOLUME
from gitops_golden.fleet.shapes import text
from gitops_golden.render.cdi import FLEET_LABEL
from gitops_golden.vendor.catalogue import MANAGED_BY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from gitops_golden.drift.model import Drift
    from gitops_golden.drift.needed import Needed, Spot
    from gitops_golden.drift.place import Place

ENGINES = frozenset(
    {
        *(What.CRON_EDITED, What.DATA_SOURCE_EDITED, What.POINTER_EDITED, What.CONSUMERS_EDITED),
        *(What.CRON_ABSENT, What.DATA_SOURCE_ABSENT, What.POINTER_ABSENT, What.CONSUMERS_ABSENT),
        *(What.NOT_SYNCED, What.HYPER_CONVERGED_EDITED),
    }
)
"""What the GitOps engine mends by syncing."""
DECIDED = frozenset(
    {
        *(What.CRON_SPEC_EDITED, What.FOREIGN_CRON, What.FOREIGN_DATA_SOURCE, What.RETIRED_DATA_SOURCE),
        *(What.VENDOR_IMAGE_PRESENT, What.OTHER_STORAGE_CLASS),
    }
)
"""What a person decides: consumers, or somebody else, may rely on it."""
ORPHANS = frozenset({What.ORPHANED_VOLUME, What.ORPHANED_SNAPSHOT})
RIVALS = frozenset({What.RETIRED_CRON, What.SECOND_CRON})

Step = Command | Note


def removable(place: Place, drifts: Sequence[Drift], needs: Needed) -> frozenset[Spot]:
    """Return, by namespace and name, the crons that cleaning up deletes."""
    found = (drift for drift in drifts if drift.what in RIVALS and _why_not_cron(place, drift, needs) is None)
    return frozenset((drift.namespace, drift.name) for drift in found)


def cleanup(place: Place, drifts: Sequence[Drift], needs: Needed) -> tuple[Step, ...]:
    """Return the steps for a cluster."""
    return (
        *(_cron(place, drift, needs) for drift in drifts if drift.what in RIVALS),
        *(step for drift in drifts if drift.what is What.LEFT_OVER for step in _left_over(drift)),
        *(_import(place, drift, needs) for drift in drifts if drift.what is What.UNWANTED_IMPORT),
        *(_volume(place, drift, needs) for drift in drifts if drift.what in ORPHANS),
        *(_note(drift, drift.remedy) for drift in drifts if drift.what in DECIDED),
        *_engines(drifts),
    )


def _cron(place: Place, drift: Drift, needs: Needed) -> Step:
    reason = _why_not_cron(place, drift, needs)
    if reason:
        return _note(drift, reason)
    raw = place.cron(drift.namespace, drift.name)
    takes = raw is not None and place.with_it(raw) != STAY
    why = "what goes with it is of no use to anybody" if takes else STAY
    return Command("delete-cron", CRON, drift.namespace, drift.name, f"{drift.message}; {why}")


def _why_not_cron(place: Place, drift: Drift, needs: Needed) -> str | None:
    raw = place.cron(drift.namespace, drift.name)
    if raw is None:
        return "it is gone"
    label, value = MANAGED_BY
    if labelled(raw, FLEET_LABEL) not in {"", place.fleet} or labelled(raw, label) == value:
        return "it is somebody else's to delete"
    return needs.why_not_cron(raw)


def _left_over(drift: Drift) -> Iterator[Step]:
    if not (is_name(drift.namespace) and is_name(drift.name)):
        yield _note(drift, "its name is none of Kubernetes'")
        return
    labels = tuple(key for _, where, key in drift.fields if where == "labels")
    annotations = tuple(key for _, where, key in drift.fields if where == "annotations")
    if labels:
        yield Command("unlabel", drift.kind, drift.namespace, drift.name, drift.message, keys=labels)
    if annotations:
        yield Command("unannotate", drift.kind, drift.namespace, drift.name, drift.message, keys=annotations)


def _import(place: Place, drift: Drift, needs: Needed) -> Step:
    raw = place.seen.get(DATA_VOLUME, drift.namespace, drift.name)
    reason = needs.why_not_import(raw) if raw else "it is gone"
    if reason:
        return _note(drift, reason)
    return Command("delete-import", DATA_VOLUME, drift.namespace, drift.name, drift.message, CLAIM, drift.name)


def _volume(place: Place, drift: Drift, needs: Needed) -> Step:
    raw = place.seen.get(drift.kind, drift.namespace, drift.name)
    reason = needs.why(raw) if raw else "it is gone"
    if raw is None or reason:
        return _note(drift, reason or "")
    # CDI's DataVolume owns the claim that it filled, and with the claim alone gone would make it anew.
    kind = DATA_VOLUME if _has_data_volume(place, raw) else drift.kind
    version = text(raw, "metadata", "resourceVersion")
    return Command("delete-volume", kind, drift.namespace, drift.name, drift.message, drift.kind, drift.name, version)


def _has_data_volume(place: Place, volume: Mapping[str, Any]) -> bool:
    namespace = text(volume, "metadata", "namespace")
    found = (place.seen.get(DATA_VOLUME, namespace, name) for kind, name, _ in owners(volume) if kind == DATA_VOLUME)
    uids = {uid for _, _, uid in owners(volume)}
    return any(each is not None and text(each, "metadata", "uid") in uids for each in found)


def _engines(drifts: Sequence[Drift]) -> Iterator[Note]:
    count = sum(drift.what in ENGINES for drift in drifts)
    if count:
        many = "1 difference is" if count == 1 else f"{count} differences are"
        yield Note(f"{many} for the GitOps engine to mend: let it sync this cluster", sync=True)


def _note(drift: Drift, reason: str) -> Note:
    return Note(f"{drift.what} {drift.namespace}/{drift.name} is left alone: {reason}")
