"""The link ``datasource``: is the digest's volume what consumers are given, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_golden.fleet.kinds import CLAIM, DATA_SOURCE, SNAPSHOT
from gitops_golden.fleet.shapes import text
from gitops_golden.fleet.storage_views import volume_view
from gitops_golden.fleet.views import data_source_view
from gitops_golden.render.cdi import OWNER_LABEL, volume_digits
from gitops_golden.render.manifests import Metadata
from gitops_golden.verify.beside import SYNC, left_at
from gitops_golden.verify.commands import by_hand, describe
from gitops_golden.verify.hands import annotation, hand, label
from gitops_golden.verify.metadata import carries, copied_labels, left_over, own_labels, strayed
from gitops_golden.verify.model import BootSource, Finding, Link, Verdict
from gitops_golden.verify.patience import waits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from gitops_golden.fleet.observation import Observation
    from gitops_golden.fleet.views import DataSourceView, SourceReference
    from gitops_golden.verify.case import Past, Scene

KINDS = {"pvc": CLAIM, "snapshot": SNAPSHOT}


def datasource(scene: Scene) -> Finding | None:
    """Break where the DataSource does not serve the volume, or its labels and annotations are not Git's."""
    return serving(scene) or _metadata(scene)


def serving(scene: Scene) -> Finding | None:
    """Break where the DataSource is not owned by the cron, does not point at its volume, or is not Ready."""
    expected = scene.expected
    if unread := scene.unread(DATA_SOURCE, Link.DATASOURCE):
        return unread
    raw = scene.get(DATA_SOURCE, expected.data_source)
    if raw is None:
        return _broken("DataSourceAbsent", f"{expected.data_source} is not on the cluster", SYNC)
    found = data_source_view(raw)
    if found.meta.deleting:
        return waits(scene, _deleting(found))
    return _owned(scene, found) or _points(scene, found) or _ready(scene, found)


def _deleting(found: DataSourceView) -> Finding:
    name = found.meta.name
    remedy = f"find out who deleted it and what holds it: {describe(DATA_SOURCE, found.meta.namespace, name)}"
    what = f"{name} is being deleted; CDI makes it again once it is gone"
    return Finding(Verdict.PROGRESSING, Link.DATASOURCE, "DataSourceDeleting", what, remedy, found.meta.deleting_since)


def _owned(scene: Scene, found: DataSourceView) -> Finding | None:
    wanted, named = scene.expected.cron, found.meta.owner
    if named == wanted:
        return None
    # CDI never puts the label back, and later digests then reach nobody (seen on real CDI).
    writer = hand(found.raw, label(OWNER_LABEL))
    owner = f"names {named}" if named else "is gone"
    what = f"the owner label of {found.meta.name} {owner}, not {wanted}{writer.told}"
    return _broken("OwnerLabelEdited", what, f"{SYNC}, which puts the label back", writer.when)


def kinds(scene: Scene) -> Sequence[str]:
    """Return what the volume may be: what CDI says it keeps, first; of a claim that is kept there is no snapshot."""
    cron = scene.cron()
    return (CLAIM,) if cron is not None and cron.source_format == "pvc" else (SNAPSHOT, CLAIM)


def kept(scene: Scene) -> Mapping[str, Any] | None:
    """Return the volume of the wanted digest."""
    return next(filter(None, (scene.get(kind, scene.expected.volume) for kind in kinds(scene))), None)


def boot_source(seen: Observation, namespace: str, data_source: str) -> BootSource | None:
    """Return the volume that a DataSource gives consumers now, or None where it gives none that can be cloned."""
    raw = seen.get(DATA_SOURCE, namespace, data_source)
    view = data_source_view(raw) if raw else None
    source = view.source if view and view.ready else None
    if source is None or source.kind not in KINDS:
        return None
    kind, where = KINDS[source.kind], source.namespace or namespace
    found = seen.get(kind, where, source.name)
    return BootSource(kind, where, source.name, text(found, "metadata", "uid")) if found else None


def served_digest(seen: Observation, source: BootSource, known: frozenset[str]) -> str | None:
    """Return the digest of a volume, or None where that can't be told.

    CDI notes on a claim where it was imported from; for anything else the volume's name has the digest's first 12
    hexadecimal digits, which one of the ``known`` digests may complete.
    """
    found = seen.get(source.kind, source.namespace, source.name)
    short = source.name.rpartition("-")[2]
    noted = volume_view(found).imported if found else ""
    return noted or next((digest for digest in known if volume_digits(digest) == short), None)


def _broken(reason: str, message: str, remedy: str, since: datetime | None = None) -> Finding:
    return Finding(Verdict.BROKEN, Link.DATASOURCE, reason, message, remedy, since)


def _points(scene: Scene, found: DataSourceView) -> Finding | None:
    source, expected = found.source, scene.expected
    kind = text(kept(scene), "kind")
    if source and _is_volume(source, expected.volume, expected.namespace):
        if KINDS[source.kind] == kind:
            return None
        # A claim and a snapshot of one name need not hold the same, and the other one was found sound.
        if unread := scene.unread(KINDS[source.kind], Link.DATASOURCE):
            return unread
    writer = hand(found.raw, ("spec", "source"))
    at = f"points at {KINDS.get(source.kind, DATA_SOURCE)} {source.name}" if source else "points at nothing"
    if len(found.sources) > 1:
        at = "points at two things at once"
    return _broken(
        "OtherSource",
        f"{expected.data_source} {at}, not at {kind} {expected.volume}{writer.told}",
        "CDI puts it back by itself; look at its controller if not",
        writer.when,
    )


def _is_volume(source: SourceReference, volume: str, namespace: str) -> bool:
    return source.kind in KINDS and source.name == volume and (source.namespace or namespace) == namespace


def _ready(scene: Scene, found: DataSourceView) -> Finding | None:
    condition = found.condition("Ready")
    if condition is not None and condition.status == "True":
        return None
    told = f"{condition.reason}: {condition.message}" if condition else "not judged yet"
    # The links before this one found the volume that it points at sound: CDI has not looked again since.
    waiting = Finding(
        Verdict.PROGRESSING,
        Link.DATASOURCE,
        "DataSourceNotReady",
        f"{found.meta.name} is not Ready yet ({told})",
        "look at CDI's controller if this lasts",
        condition.since if condition else None,
    )
    return waits(scene, waiting)


def _metadata(scene: Scene) -> Finding | None:
    """Break where labels or annotations are not as Git has them: by some of them VMs get their preference."""
    raw = scene.get(DATA_SOURCE, scene.expected.data_source)
    assert raw is not None, "it serves its volume"
    found = data_source_view(raw)
    expected, labels, annotations = scene.expected, found.meta.labels, found.meta.annotations
    strange = strayed(expected.source_labels, labels)
    strange += left_over(expected.source_labels, own_labels(labels), lambda: (each.labels for each in _served(scene)))
    noted = strayed(expected.source_annotations, annotations)
    noted += left_over(expected.source_annotations, annotations, lambda: (each.annotations for each in _served(scene)))
    if not strange and not noted:
        return None
    name, what = found.meta.name, ", ".join((*strange, *noted))
    if behind := left_at(scene.past(), lambda past: any(_carries(found, each) for each in _said(scene, past))):
        message = f"{name} is as commit {behind.commit[:12]} had it in {what}"
        return Finding(Verdict.PROGRESSING, Link.DATASOURCE, "NotSynced", message, SYNC, behind.since)
    fields = [*map(label, strange), *map(annotation, noted)]
    writer = hand(raw, *fields)
    return _broken(
        "MetadataEdited",
        f"{name} differs from Git in {what}{writer.told}",
        f"{SYNC}; what Git no longer holds and stays is taken off by hand: {by_hand(DATA_SOURCE, found.meta, fields)}",
        writer.when,
    )


def _served(scene: Scene) -> Iterator[Metadata]:
    """Yield what earlier commits said of the DataSource, CDI's copies of the cron's labels included."""
    for past in scene.past()[1:]:
        yield from _said(scene, past)


def _said(scene: Scene, past: Past) -> Iterator[Metadata]:
    if past.manifest and past.manifest.namespace == scene.expected.namespace:
        served = past.manifest.served
        yield Metadata(copied_labels(past.manifest.labels) | dict(served.labels), served.annotations)


def _carries(found: DataSourceView, earlier: Metadata) -> bool:
    return carries(found.meta.labels, earlier.labels, but=OWNER_LABEL) and carries(
        found.meta.annotations, earlier.annotations
    )
