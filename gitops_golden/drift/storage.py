"""Storage that nobody answers for: orphaned volumes and snapshots, imports in vain, volumes on another class.

CDI counts a cron's volumes by its label on them, so those of a cron that is gone are never collected; what a living
cron still keeps is not told of. A claim without that label is never ours: in a shared namespace it is a VM's disk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_golden.drift.model import Drift, What
from gitops_golden.drift.place import owner, owners, split
from gitops_golden.fleet.kinds import CLAIM, CRON, DATA_SOURCE, DATA_VOLUME, SNAPSHOT
from gitops_golden.fleet.shapes import instant, text
from gitops_golden.fleet.storage_views import volume_view
from gitops_golden.fleet.views import data_source_view, data_volume_view
from gitops_golden.render.cdi import DIGEST_ANNOTATION
from gitops_golden.verify.serving import KINDS
from gitops_golden.verify.volumes import imported_by, other_class

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from gitops_golden.drift.needed import Needed, Spot
    from gitops_golden.drift.place import Place

SUCCEEDED = "Succeeded"


def imports(place: Place, needs: Callable[[], Needed], gone: frozenset[Spot]) -> Iterator[Drift]:
    """Yield the imports that run or wait, of digests that neither Git nor any cron on the cluster asks for.

    Crons that are as good as ``gone`` ask for nothing.
    """
    for raw in place.seen.list(DATA_VOLUME):
        if text(raw, "status", "phase") == SUCCEEDED or not (cron := owner(raw)):
            continue
        volume = data_volume_view(raw)
        digest, name, namespace = volume.digest, volume.meta.name, volume.meta.namespace
        data_source = split(name)[0]
        if not digest or not data_source or digest in _wanted(place, namespace, data_source, gone):
            continue
        why, claim = needs().why_not_import(raw), place.seen.get(CLAIM, namespace, name)
        phase = text(raw, "status", "phase") or "no phase"
        yield Drift(
            what=What.UNWANTED_IMPORT,
            kind=DATA_VOLUME,
            namespace=namespace,
            name=name,
            message=f"{name} imports {digest} ({phase}) for cron {cron}, which nobody asks for any more",
            remedy=f"delete DataVolume {name}" if why is None else f"left alone by --commands: {why}",
            data_source=data_source,
            since=instant(raw, "metadata", "creationTimestamp"),
            size=volume_view(claim).held if volume_view(claim).ready else None,
            reclaimable=why is None,
        )


def _wanted(place: Place, namespace: str, data_source: str, gone: frozenset[Spot]) -> frozenset[str]:
    """Return the digests that Git, or a cron on the cluster, asks for, whatever cron asked for the import."""
    claim = place.claims.crons.get((namespace, data_source))
    asked = {claim.digest or ""} if claim else set()
    for cron in place.seen.list(CRON, namespace):
        alive = (namespace, text(cron, "metadata", "name")) not in gone
        if alive and text(cron, "spec", "managedDataSource") == data_source:
            asked.add(text(cron, "metadata", "annotations", DIGEST_ANNOTATION))
    return frozenset(asked)


def classes(place: Place) -> Iterator[Drift]:
    """Yield the volumes that are served and lie on another storage class than their cron says."""
    for claim in place.claims.crons.values():
        cron, source = (
            place.cron(claim.namespace, claim.name),
            place.seen.get(DATA_SOURCE, claim.namespace, claim.data_source),
        )
        wanted = text(cron, "spec", "template", "spec", "storage", "storageClassName")
        served = data_source_view(source).source if source and wanted else None
        if served is None or served.kind not in KINDS:
            continue
        namespace = served.namespace or claim.namespace
        raw = place.seen.get(KINDS[served.kind], namespace, served.name)
        volume = volume_view(raw)
        other = other_class(place.seen, volume, wanted) if raw else None
        if other is None:
            continue
        again = f"delete {imported_by(place.seen, volume)} {served.name} to import it again on {wanted}"
        yield Drift(
            what=What.OTHER_STORAGE_CLASS,
            kind=volume.kind,
            namespace=namespace,
            name=served.name,
            # A cron that takes over keeps the volume as it is, and says UpToDate all the same (seen on real CDI).
            message=f"{served.name} {other}, its cron {claim.name} says {wanted}",
            remedy=f"wait for the next release, or {again}",
            data_source=claim.data_source,
            since=instant(cron, "metadata", "creationTimestamp"),
            size=volume.held,
        )


def orphans(place: Place, needs: Callable[[], Needed], idle: frozenset[Spot]) -> Iterator[Drift]:
    """Yield the volumes whose cron is not on the cluster, or is one of those that are ``idle``, unless served."""
    for kind in (CLAIM, SNAPSHOT):
        for raw in place.seen.list(kind):
            spot = text(raw, "metadata", "namespace"), owner(raw)
            if not spot[1] or (place.cron(*spot) and spot not in idle) or _is_imported(place, raw):
                continue
            if (spot[0], text(raw, "metadata", "name")) not in needs().served:
                yield _orphan(place, needs(), raw, spot[1])


def _is_imported(place: Place, claim: Mapping[str, Any]) -> bool:
    """Whether a claim is filled just now: then its import is told of, not the claim."""
    for kind, name, _ in owners(claim):
        found = place.seen.get(kind, text(claim, "metadata", "namespace"), name)
        if kind == DATA_VOLUME and found and text(found, "status", "phase") != SUCCEEDED:
            return True
    return False


def _orphan(place: Place, needs: Needed, raw: Mapping[str, Any], cron: str) -> Drift:
    kind, namespace, name = text(raw, "kind"), text(raw, "metadata", "namespace"), text(raw, "metadata", "name")
    data_source = split(name)[0]
    held = place.git.retired(place.cluster, CRON, namespace, cron, data_source) if data_source else None
    created, why = instant(raw, "metadata", "creationTimestamp"), needs.why(raw)
    gone = f"Git holds it no longer since commit {held.commit[:12]}" if held else "no commit that is looked at held it"
    state = "idle" if place.cron(namespace, cron) else "gone"
    born = f", made {created:%Y-%m-%d}" if created else ""
    return Drift(
        what=What.ORPHANED_SNAPSHOT if kind == SNAPSHOT else What.ORPHANED_VOLUME,
        kind=kind,
        namespace=namespace,
        name=name,
        message=f"{name}{born}: its cron {cron} is {state} ({gone}), so CDI never collects it",
        remedy="`gitops-golden drift --commands` prints what removes it"
        if why is None
        else f"left alone by --commands: {why}",
        data_source=data_source,
        since=held.since if held else created,
        size=volume_view(raw).held,
        reclaimable=why is None,
    )
