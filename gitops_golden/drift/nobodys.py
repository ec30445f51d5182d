"""Crons and DataSources in our namespaces that Git doesn't say: retired by a commit, somebody else's, or nobody's.

An object is a vendor's or another fleet's by its own word; all that Git once held is retired; the rest is foreign.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops_golden.drift.edited import new_in_git
from gitops_golden.drift.model import Drift, Somebodys, What
from gitops_golden.drift.place import labelled, maker, owner
from gitops_golden.fleet.kinds import CRON, DATA_SOURCE
from gitops_golden.fleet.shapes import instant, text
from gitops_golden.render.cdi import FLEET_LABEL, OWNER_LABEL
from gitops_golden.vendor.catalogue import MANAGED_BY, golden_namespace, known_data_sources
from gitops_golden.verify.beside import SYNC

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from typing import Any

    from gitops_golden.drift.place import Place

VENDOR = "vendor"
PRUNE = "let the GitOps engine prune it"


@dataclass(frozen=True, slots=True)
class _Stray:
    """An object that Git doesn't say: since when Git holds it no longer, if it ever did."""

    raw: Mapping[str, Any]
    kind: str
    namespace: str
    name: str
    data_source: str
    retired: bool
    since: datetime | None
    commit: str


def nobodys(place: Place) -> Iterator[Drift | Somebodys]:
    """Yield what Git doesn't say."""
    told: set[tuple[str, str]] = set()
    for raw in _strays(place, CRON):
        namespace, name = text(raw, "metadata", "namespace"), text(raw, "metadata", "name")
        managed = (namespace, text(raw, "spec", "managedDataSource"))
        whose = of_whom(place, raw, CRON)
        claimed = place.claims.crons.get(managed)
        if whose and not claimed:
            told.add((namespace, name))
            yield Somebodys(CRON, namespace, name, whose)
            continue
        stray = _stray(place, raw, CRON, managed[1])
        if claimed and stray.retired and new_in_git(place, claimed) and not place.seen.get(*claimed.key):
            # The cluster as a whole has not synced yet, which is told of the cron that is new.
            continue
        told.add((namespace, name))
        yield _cron(stray, claimed.name if claimed else None, whose, place.with_it(raw))
    for raw in _strays(place, DATA_SOURCE):
        name = text(raw, "metadata", "name")
        if whose := of_whom(place, raw, DATA_SOURCE):
            yield Somebodys(DATA_SOURCE, text(raw, "metadata", "namespace"), name, whose)
            continue
        stray = _stray(place, raw, DATA_SOURCE, name)
        # CDI makes a cron's DataSource by itself: it is told of with its cron.
        if stray.retired or (stray.namespace, owner(raw)) not in told:
            yield _data_source(stray)


def _strays(place: Place, kind: str) -> Iterator[Mapping[str, Any]]:
    for namespace in sorted(place.ours):
        for raw in place.seen.list(kind, namespace):
            if (kind, namespace, text(raw, "metadata", "name")) not in place.claims.keys:
                yield raw


def of_whom(place: Place, raw: Mapping[str, Any], kind: str) -> str:
    """Return who else answers for an object: ``vendor``, ``fleet <name>``, or nobody."""
    fleet = labelled(raw, FLEET_LABEL)
    if fleet and fleet != place.fleet:
        return f"fleet {fleet}"
    platform = place.held.holding.platform.kind
    label, value = MANAGED_BY
    known = kind == DATA_SOURCE and text(raw, "metadata", "name") in known_data_sources(platform)
    if labelled(raw, label) == value or (known and text(raw, "metadata", "namespace") == golden_namespace(platform)):
        return VENDOR
    return ""


def _stray(place: Place, raw: Mapping[str, Any], kind: str, data_source: str) -> _Stray:
    namespace, name = text(raw, "metadata", "namespace"), text(raw, "metadata", "name")
    held = place.git.retired(place.cluster, kind, namespace, name, data_source)
    return _Stray(
        raw=raw,
        kind=kind,
        namespace=namespace,
        name=name,
        data_source=data_source,
        # Further back than history is looked at, what a rendered object says of itself counts.
        retired=held is not None or labelled(raw, FLEET_LABEL) == place.fleet,
        since=held.since if held else None,
        commit=held.commit[:12] if held else "",
    )


def _cron(stray: _Stray, claimed: str | None, whose: str, goes: str) -> Drift:
    who = maker(stray.raw, "spec", "managedDataSource")
    rivals = f"; {claimed} is Git's cron for DataSource {stray.data_source}" if claimed else ""
    if stray.retired:
        when = f"since commit {stray.commit}" if stray.commit else "for longer than history is looked at"
        what, said = What.RETIRED_CRON, f"Git holds it no longer, {when}{rivals}"
        remedy = f"{PRUNE} ({goes})"
    elif claimed:
        what, said = What.SECOND_CRON, f"no commit held it{rivals}, and CDI heeds one of the two"
        remedy = f"delete it ({goes}); what made it may make it again"
        said += f"; it is of {whose}" if whose else ""
    else:
        what, said = What.FOREIGN_CRON, f"no commit held it; it keeps DataSource {stray.data_source}"
        remedy = f"ask who made it; take it into the policy, move it to another namespace, or delete it ({goes})"
    return _drift(what, stray, said, remedy, who)


def _data_source(stray: _Stray) -> Drift:
    if stray.retired:
        when = f"since commit {stray.commit}" if stray.commit else "for longer than history is looked at"
        said, remedy = f"Git holds it no longer, {when}; VMs can still be cloned from it", f"{PRUNE}, or {SYNC}"
        return _drift(What.RETIRED_DATA_SOURCE, stray, said, remedy, maker(stray.raw, "metadata", "labels"))
    who = maker(stray.raw, "metadata", "labels", OWNER_LABEL) or maker(stray.raw, "spec")
    said, remedy = "no commit held it", "ask who made it; take it into the policy, move it, or delete it"
    return _drift(What.FOREIGN_DATA_SOURCE, stray, said, remedy, who)


def _drift(what: What, stray: _Stray, said: str, remedy: str, who: str | None) -> Drift:
    return Drift(
        what=what,
        kind=stray.kind,
        namespace=stray.namespace,
        name=stray.name,
        message=f"{stray.name}: {said}",
        remedy=remedy,
        data_source=stray.data_source,
        who=who,
        since=stray.since or instant(stray.raw, "metadata", "creationTimestamp"),
    )
