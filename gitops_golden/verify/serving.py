"""The links ``volume`` and ``datasource``: is the digest's volume sound, and is it what consumers are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_golden.fleet.views import data_source_view, volume_view
from gitops_golden.render.cdi import OWNER_LABEL, volume_digits
from gitops_golden.render.manifests import Metadata
from gitops_golden.verify.beside import SYNC
from gitops_golden.verify.metadata import carries, copied_labels, left_over, own_labels, strayed
from gitops_golden.verify.model import Finding, Link, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from gitops_golden.fleet.observation import Observation
    from gitops_golden.fleet.views import DataSourceView, SourceReference, VolumeView
    from gitops_golden.verify.case import Scene

ENDPOINT = "cdi.kubevirt.io/storage.import.endpoint"
KINDS = {"pvc": "PersistentVolumeClaim", "snapshot": "VolumeSnapshot"}


def volume(scene: Scene) -> Finding | None:
    """Break where the digest's volume is absent, of another digest, on another class, or not ready."""
    kinds = _kinds(scene)
    found = _volume(scene, kinds)
    name = scene.expected.volume
    if found is None:
        return scene.unread(kinds[0], Link.VOLUME) or _broken(
            Link.VOLUME,
            "VolumeAbsent",
            f"{name} is gone",
            "CDI imports it again by itself; look at its controller if not",
        )
    return _other_than_asked(scene, found) or _readiness(found)


def datasource(scene: Scene) -> Finding | None:
    """Break where the DataSource does not serve the volume, or its labels and annotations are not Git's."""
    return serving(scene) or _metadata(scene)


def serving(scene: Scene) -> Finding | None:
    """Break where the DataSource is not owned by the cron, does not point at its volume, or is not Ready."""
    expected, link = scene.expected, Link.DATASOURCE
    if unread := scene.unread("DataSource", link):
        return unread
    raw = scene.get("DataSource", expected.data_source)
    if raw is None:
        return _broken(
            link,
            "DataSourceAbsent",
            f"{expected.data_source} is not on the cluster",
            SYNC,
        )
    found = data_source_view(raw)
    if found.meta.owner != expected.cron:
        # CDI never puts the label back, and later digests then reach nobody (seen on real CDI).
        owner = f"names {found.meta.owner}" if found.meta.owner else "is gone"
        return _broken(
            link,
            "OwnerLabelEdited",
            f"the owner label of {expected.data_source} {owner}, not {expected.cron}",
            f"{SYNC}, which puts the label back",
        )
    return _points(scene, found) or _ready(found)


def served_digest(seen: Observation, namespace: str, image: str, known: frozenset[str]) -> str | None:
    """Return the digest of the volume that an image's DataSource gives consumers now, or None where that can't be told.

    CDI notes on a claim where it was imported from; for anything else the volume's name has the digest's first 12
    hexadecimal digits, which one of the ``known`` digests may complete.
    """
    raw = seen.get("DataSource", namespace, image)
    view = data_source_view(raw) if raw else None
    source = view.source if view and view.ready else None
    if source is None or source.kind not in KINDS:
        return None
    found = seen.get(KINDS[source.kind], source.namespace or namespace, source.name)
    if found is None:
        return None
    short = source.name.rpartition("-")[2]
    return _digest(volume_view(found)) or next((digest for digest in known if volume_digits(digest) == short), None)


def _broken(link: Link, reason: str, message: str, remedy: str) -> Finding:
    return Finding(Verdict.BROKEN, link, reason, message, remedy)


def _kinds(scene: Scene) -> tuple[str, str]:
    """Return what the volume may be, first what CDI says it keeps."""
    cron = scene.cron()
    if cron is not None and cron.source_format == "snapshot":
        return "VolumeSnapshot", "PersistentVolumeClaim"
    return "PersistentVolumeClaim", "VolumeSnapshot"


def _volume(scene: Scene, kinds: tuple[str, str]) -> VolumeView | None:
    found: Mapping[str, Any] | None = next(
        filter(None, (scene.get(kind, scene.expected.volume) for kind in kinds)), None
    )
    return volume_view(found) if found else None


def _digest(found: VolumeView) -> str | None:
    _, at, digest = found.meta.annotations.get(ENDPOINT, "").rpartition("@")
    return digest if at else None


def _other_than_asked(scene: Scene, found: VolumeView) -> Finding | None:
    name, wanted = found.meta.name, scene.expected.storage_class
    digest = _digest(found)
    if digest and digest != scene.expected.digest:
        return _broken(
            Link.VOLUME,
            "VolumeOfAnotherDigest",
            f"{name} was imported from {digest}",
            f"delete DataVolume {name}: CDI imports it again",
        )
    if wanted and found.kind == "PersistentVolumeClaim" and found.storage_class != wanted:
        # An adopted volume stays where it is, and the cron says UpToDate all the same (seen on real CDI).
        return _broken(
            Link.VOLUME,
            "WrongStorageClass",
            f"{name} is on {found.storage_class or 'no class'}, the policy wants {wanted}",
            f"wait for the next release, or delete DataVolume {name} to import it again on {wanted}",
        )
    return None


def _readiness(found: VolumeView) -> Finding | None:
    name = found.meta.name
    if found.meta.deleting:
        # A pod that uses a claim holds it for as long as it runs: bound, and no longer to be cloned.
        what, remedy = f"{name} is being deleted; CDI then imports it again by itself", "find out who deleted it"
    elif found.phase == "Lost":
        # Kubernetes' own word for a claim whose PersistentVolume is gone: it never binds again.
        remedy = f"delete DataVolume {name}: CDI imports it again"
        return _broken(Link.VOLUME, "VolumeLost", f"{name} has lost its PersistentVolume", remedy)
    elif not found.ready:
        what = f"{name} is {found.phase or 'not ready'}{': ' + found.message if found.message else ''}"
        remedy = "look at the storage provider if this lasts"
    else:
        return None
    return Finding(Verdict.PROGRESSING, Link.VOLUME, "VolumeNotReady", what, remedy)


def _points(scene: Scene, found: DataSourceView) -> Finding | None:
    source, expected = found.source, scene.expected
    if source and _is_volume(source, expected.volume, expected.namespace):
        return None
    at = f"points at {source.name}" if source else "points at nothing"
    return _broken(
        Link.DATASOURCE,
        "OtherSource",
        f"{expected.data_source} {at}, not at {expected.volume}",
        "CDI puts it back by itself; look at its controller if not",
    )


def _is_volume(source: SourceReference, volume: str, namespace: str) -> bool:
    return source.kind in KINDS and source.name == volume and (source.namespace or namespace) == namespace


def _ready(found: DataSourceView) -> Finding | None:
    if found.ready:
        return None
    condition = found.condition("Ready")
    told = f"{condition.reason}: {condition.message}" if condition else "not judged yet"
    # The links before this one found the volume that it points at sound: CDI has not looked again since.
    return Finding(
        Verdict.PROGRESSING,
        Link.DATASOURCE,
        "DataSourceNotReady",
        f"{found.meta.name} is not Ready yet ({told})",
        "look at CDI's controller if this lasts",
        condition.since if condition else None,
    )


def _metadata(scene: Scene) -> Finding | None:
    """Break where labels or annotations are not as Git has them: by some of them VMs get their preference."""
    raw = scene.get("DataSource", scene.expected.data_source)
    assert raw is not None, "it serves its volume"
    found = data_source_view(raw)
    expected, labels, annotations = scene.expected, found.meta.labels, found.meta.annotations
    differing = [*strayed(expected.source_labels, labels), *strayed(expected.source_annotations, annotations)]
    differing += left_over(expected.source_labels, own_labels(labels), lambda: (each.labels for each in _served(scene)))
    differing += left_over(
        expected.source_annotations, annotations, lambda: (each.annotations for each in _served(scene))
    )
    if not differing:
        return None
    name, what = found.meta.name, ", ".join(differing)
    earlier = (each for each in _served(scene) if _carries(found, each))
    if next(earlier, None):
        remedy = SYNC
        message = f"{name} is as an earlier commit had it in {what}"
        return Finding(Verdict.PROGRESSING, Link.DATASOURCE, "NotSynced", message, remedy, scene.past()[0].since)
    return _broken(
        Link.DATASOURCE,
        "MetadataEdited",
        f"{name} differs from Git in {what}",
        f"{SYNC}; what Git no longer holds and stays is taken off by hand",
    )


def _served(scene: Scene) -> Iterator[Metadata]:
    """Yield what earlier commits said of the DataSource, CDI's copies of the cron's labels included."""
    for past in scene.past()[1:]:
        if past.manifest and past.manifest.namespace == scene.expected.namespace:
            served = past.manifest.served
            yield Metadata(copied_labels(past.manifest.labels) | dict(served.labels), served.annotations)


def _carries(found: DataSourceView, earlier: Metadata) -> bool:
    return carries(found.meta.labels, earlier.labels, but=OWNER_LABEL) and carries(
        found.meta.annotations, earlier.annotations
    )
