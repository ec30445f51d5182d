"""The link ``datasource``, its second half: do an image's other names lead consumers to it.

A pointer is a DataSource that refers to another: a channel, or an image's name where each architecture has a
DataSource of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_golden.fleet.kinds import DATA_SOURCE
from gitops_golden.fleet.shapes import mapping, text
from gitops_golden.fleet.views import data_source_view, meta
from gitops_golden.render.manifests import metadata_of, read_documents
from gitops_golden.verify.beside import SYNC, named, not_synced
from gitops_golden.verify.commands import by_hand, delete
from gitops_golden.verify.hands import annotation, hand, label
from gitops_golden.verify.metadata import carries, copied_labels, left_over, strayed
from gitops_golden.verify.model import Finding, Link, Verdict
from gitops_golden.verify.patience import waits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from gitops_golden.fleet.views import DataSourceView, SourceReference
    from gitops_golden.render.manifests import Metadata
    from gitops_golden.verify.case import Beside, Scene

REFERENCE = "dataSource"


def pointing(scene: Scene) -> Finding | None:
    """Break where a pointer is absent, leads elsewhere, is refused by CDI, or was edited."""
    pointers = (file for file in scene.case.beside if file.kind == "pointer")
    return next((finding for file in pointers if (finding := _pointer(scene, file))), None)


def _pointer(scene: Scene, file: Beside) -> Finding | None:
    wanted = file.object(DATA_SOURCE)
    if wanted is None:
        return None
    name = text(wanted, "metadata", "name")
    raw = scene.get(DATA_SOURCE, name)
    if raw is None:
        return _behind(scene, file, f"{name} is not on the cluster yet", raw) or _broken(
            "PointerAbsent", f"{name} is not on the cluster, a second name of {scene.expected.data_source}", SYNC
        )
    found = data_source_view(raw)
    if not leads(found, wanted):
        writer = hand(raw, ("spec", "source"))
        what = f"{name} points at {_told(found.sources)}, not at {scene.expected.data_source}{writer.told}"
        broken = _broken("PointerElsewhere", what, SYNC + _by_hand(found), writer.when)
        return _behind(scene, file, what, raw) or broken
    return _ready(scene, found) or _metadata(scene, file, wanted, raw)


def _broken(reason: str, message: str, remedy: str, since: datetime | None = None) -> Finding:
    return Finding(Verdict.BROKEN, Link.DATASOURCE, reason, message, remedy, since)


def leads(found: DataSourceView, wanted: Mapping[str, Any]) -> bool:
    """Whether it points at one thing alone, the DataSource that is wanted, in its own namespace."""
    source, end = found.source, mapping(wanted, "spec", "source", REFERENCE)
    if source is None or source.kind != REFERENCE:
        return False
    return (source.namespace, source.name) == (found.meta.namespace, text(end, "name"))


def _told(sources: Sequence[SourceReference]) -> str:
    kinds = {REFERENCE: DATA_SOURCE, "pvc": "volume", "snapshot": "snapshot"}
    return " and ".join(f"{kinds[source.kind]} {source.name}" for source in sources) or "nothing"


def _by_hand(found: DataSourceView) -> str:
    # Whoever applies the reference leaves what CDI once wrote there: two sources, of which nobody says which counts.
    command = delete(DATA_SOURCE, found.meta.namespace, found.meta.name)
    return f"; if it has two sources then: {command}, and the engine makes it anew" if found.sources else ""


def _ready(scene: Scene, found: DataSourceView) -> Finding | None:
    condition = found.condition("Ready")
    if found.ready:
        return None
    if condition is not None and condition.reason in REFUSED:
        what = f"CDI refuses the reference of {found.meta.name}: {condition.reason}: {condition.message}"
        reason = "ReferenceTooDeep" if condition.reason == TOO_DEEP else "ReferenceRefused"
        remedy = f"let what it points at be an image's own DataSource, and no second name; then {SYNC}"
        return _broken(reason, what, remedy, condition.since)
    # The end of it is sound, or this link would not have been reached: CDI has yet to look again.
    told = f"{condition.reason}: {condition.message}" if condition else "nothing yet"
    what, remedy = f"CDI says of {found.meta.name}: {told}", "look at CDI's controller if it lasts"
    since = condition.since if condition else found.meta.created
    return waits(scene, Finding(Verdict.PROGRESSING, Link.DATASOURCE, "PointerNotReady", what, remedy, since))


TOO_DEEP = "MaxReferenceDepthReached"
REFUSED = frozenset({TOO_DEEP, "SelfReference", "CrossNamespaceReference"})
"""CDI's reasons for references that it never follows (seen on real CDI)."""


def _metadata(scene: Scene, file: Beside, wanted: Mapping[str, Any], raw: Mapping[str, Any]) -> Finding | None:
    ours, found = metadata_of(wanted), metadata_of(raw)
    # CDI copies labels of the volume at its end to a pointer again and again, as it does to the image's own name (CDI's
    # source, August 2026). A preference that is left over from another end is nobody's but an engine's.
    copied = copied_labels(data_source_view(scene.get(DATA_SOURCE, scene.expected.data_source)).meta.labels)
    own = {key: value for key, value in found.labels.items() if copied.get(key) != value}
    strange = strayed(ours.labels, found.labels)
    strange += left_over(ours.labels, own, lambda: (each.labels for each in _held(scene, file, wanted)))
    noted = strayed(ours.annotations, found.annotations)
    noted += left_over(
        ours.annotations, found.annotations, lambda: (each.annotations for each in _held(scene, file, wanted))
    )
    if not strange and not noted:
        return None
    fields = [*map(label, strange), *map(annotation, noted)]
    writer = hand(raw, *fields)
    what = f"{text(wanted, 'metadata', 'name')} differs from Git in {', '.join((*strange, *noted))}{writer.told}"
    remedy = (
        f"{SYNC}; what Git no longer holds and stays is taken off by hand: {by_hand(DATA_SOURCE, meta(raw), fields)}"
    )
    return _behind(scene, file, what, raw) or _broken("MetadataEdited", what, remedy, writer.when)


def _held(scene: Scene, file: Beside, wanted: Mapping[str, Any]) -> Iterator[Metadata]:
    """Yield what earlier commits said of a pointer."""
    for past in scene.case.git.file_past(scene.case.cluster, file.name)[1:]:
        documents = read_documents(past.content) if past.content is not None else None
        earlier = named(documents or (), DATA_SOURCE, text(wanted, "metadata", "name"))
        if earlier:
            yield metadata_of(earlier)


def _behind(scene: Scene, file: Beside, what: str, raw: Mapping[str, Any] | None) -> Finding | None:
    """Tell a cluster that is where an earlier commit left it; before its pointer, an image may have had its name."""
    wanted = file.object(DATA_SOURCE)
    name, namespace = text(wanted, "metadata", "name"), scene.expected.namespace

    def is_as(objects: Sequence[Mapping[str, Any]]) -> bool:
        # A channel goes where its end goes: what it was in another namespace says nothing of this one.
        here = (each for each in objects if text(each, "metadata", "namespace") == namespace)
        earlier = named(here, DATA_SOURCE, name)
        if raw is None or earlier is None:
            return (raw is None and earlier is None) or (earlier is None and _is_an_images(raw))
        found, then = metadata_of(raw), metadata_of(earlier)
        same = carries(found.labels, then.labels) and carries(found.annotations, then.annotations)
        return same and leads(data_source_view(raw), earlier)

    past = scene.case.git.file_past(scene.case.cluster, file.name)
    return not_synced(past, Link.DATASOURCE, what, is_as)


def _is_an_images(raw: Mapping[str, Any] | None) -> bool:
    """Whether a DataSource is one that a cron keeps: it has a volume, and nothing else."""
    source = data_source_view(raw).source
    return source is not None and source.kind != REFERENCE
