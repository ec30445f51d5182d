"""The few objects that a verdict rests on, as small values read from what the API server served.

A cluster may hold anything: whatever has the wrong shape reads as absent, so that judging it never fails.
CDI's words are kept as they are; what they prove is not decided here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from gitops_golden.fleet.shapes import count, instant, items, mapping, text, texts
from gitops_golden.render.cdi import DIGEST_ANNOTATION, OWNER_LABEL

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Condition:
    """One entry of ``status.conditions``; ``since`` is its last transition."""

    type: str
    status: str
    reason: str
    message: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Meta:
    """An object's metadata. ``deleting``: its deletion has been asked for and something still holds it."""

    namespace: str
    name: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    created: datetime | None
    deleting: bool

    @property
    def owner(self) -> str:
        """The DataImportCron that CDI's label names; empty without one."""
        return self.labels.get(OWNER_LABEL, "")


@dataclass(frozen=True, slots=True)
class CurrentImport:
    """``status.currentImports[0]``: the digest CDI last acted on and the volume that it made for it."""

    digest: str
    data_volume: str


@dataclass(frozen=True, slots=True)
class CronView:
    """A DataImportCron. ``current_import`` is absent before the first import and after a failed one.

    ``has_status`` is false where CDI never acted on it, as with a malformed digest or, in tracking mode, a
    name that is too long.
    """

    meta: Meta
    spec: Mapping[str, Any]
    conditions: tuple[Condition, ...]
    current_import: CurrentImport | None
    source_format: str
    has_status: bool

    @property
    def desired_digest(self) -> str:
        """The digest that the annotation pins; empty without one."""
        return self.meta.annotations.get(DIGEST_ANNOTATION, "")

    @property
    def managed_data_source(self) -> str:
        """The DataSource that this cron says it keeps."""
        return text(self.spec, "managedDataSource")

    def condition(self, type_: str) -> Condition | None:
        """Return the condition of this type."""
        return _condition(self.conditions, type_)


@dataclass(frozen=True, slots=True)
class SourceReference:
    """What a DataSource points at."""

    kind: Literal["pvc", "snapshot", "dataSource"]
    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class DataSourceView:
    """A DataSource. ``sources`` are what spec points at (several may be), ``resolved`` what status says."""

    meta: Meta
    sources: tuple[SourceReference, ...]
    resolved: tuple[SourceReference, ...]
    conditions: tuple[Condition, ...]

    @property
    def source(self) -> SourceReference | None:
        """What it points at; ``None`` if that is nothing or more than one thing."""
        return self.sources[0] if len(self.sources) == 1 else None

    def condition(self, type_: str) -> Condition | None:
        """Return the condition of this type."""
        return _condition(self.conditions, type_)

    @property
    def ready(self) -> bool:
        """Whether CDI says that it can be cloned."""
        condition = self.condition("Ready")
        return condition is not None and condition.status == "True"


@dataclass(frozen=True, slots=True)
class DataVolumeView:
    """A DataVolume: an import on its way or, with PVCs, the record of one that succeeded.

    ``restarts`` counts those of the importer's pod; ``progress`` is CDI's text, such as ``42.0%`` or ``N/A``.
    """

    meta: Meta
    url: str
    phase: str
    progress: str
    restarts: int
    claim_name: str
    storage_class: str
    conditions: tuple[Condition, ...]

    def condition(self, type_: str) -> Condition | None:
        """Return the condition of this type."""
        return _condition(self.conditions, type_)


@dataclass(frozen=True, slots=True)
class VolumeView:
    """What VMs are cloned from: a PersistentVolumeClaim or a VolumeSnapshot.

    ``ready`` is Bound, or ready to use. ``storage_class`` is a claim's, ``snapshot_class`` a snapshot's; the
    other one is empty. ``message`` is what the snapshotter says went wrong.
    """

    kind: Literal["PersistentVolumeClaim", "VolumeSnapshot"]
    meta: Meta
    phase: str
    ready: bool
    storage_class: str
    snapshot_class: str
    message: str


@dataclass(frozen=True, slots=True)
class StorageClassView:
    """A StorageClass; ``virt_default`` is KubeVirt's own, which CDI prefers to the cluster's ``default``."""

    name: str
    provisioner: str
    default: bool
    virt_default: bool


def conditions(obj: object) -> tuple[Condition, ...]:
    """Return the conditions of an object's status, in their order."""
    return tuple(
        Condition(
            type=text(entry, "type"),
            status=text(entry, "status"),
            reason=text(entry, "reason"),
            message=text(entry, "message"),
            since=instant(entry, "lastTransitionTime"),
        )
        for entry in items(obj, "status", "conditions")
    )


def annotation(obj: object, key: str) -> str | None:
    """Return one annotation of an object."""
    return texts(obj, "metadata", "annotations").get(key)


def meta(obj: object) -> Meta:
    """Return the metadata of an object."""
    return Meta(
        namespace=text(obj, "metadata", "namespace"),
        name=text(obj, "metadata", "name"),
        labels=texts(obj, "metadata", "labels"),
        annotations=texts(obj, "metadata", "annotations"),
        created=instant(obj, "metadata", "creationTimestamp"),
        deleting=bool(text(obj, "metadata", "deletionTimestamp")),
    )


def cron_view(obj: object) -> CronView:
    """Read a DataImportCron."""
    return CronView(
        meta=meta(obj),
        spec=mapping(obj, "spec"),
        conditions=conditions(obj),
        current_import=_current_import(obj),
        source_format=text(obj, "status", "sourceFormat"),
        has_status=bool(mapping(obj, "status")),
    )


def data_source_view(obj: object) -> DataSourceView:
    """Read a DataSource."""
    return DataSourceView(
        meta=meta(obj),
        sources=_references(mapping(obj, "spec", "source")),
        resolved=_references(mapping(obj, "status", "source")),
        conditions=conditions(obj),
    )


def data_volume_view(obj: object) -> DataVolumeView:
    """Read a DataVolume."""
    return DataVolumeView(
        meta=meta(obj),
        url=text(obj, "spec", "source", "registry", "url"),
        phase=text(obj, "status", "phase"),
        progress=text(obj, "status", "progress"),
        restarts=count(obj, "status", "restartCount"),
        claim_name=text(obj, "status", "claimName"),
        storage_class=text(obj, "spec", "storage", "storageClassName") or text(obj, "spec", "pvc", "storageClassName"),
        conditions=conditions(obj),
    )


def volume_view(obj: object) -> VolumeView:
    """Read a VolumeSnapshot or a PersistentVolumeClaim; all else reads as an unbound claim."""
    if text(obj, "kind") == "VolumeSnapshot":
        return VolumeView(
            kind="VolumeSnapshot",
            meta=meta(obj),
            phase="",
            ready=mapping(obj, "status").get("readyToUse") is True,
            storage_class="",
            snapshot_class=text(obj, "spec", "volumeSnapshotClassName"),
            message=text(obj, "status", "error", "message"),
        )
    phase = text(obj, "status", "phase")
    return VolumeView(
        kind="PersistentVolumeClaim",
        meta=meta(obj),
        phase=phase,
        ready=phase == "Bound",
        storage_class=text(obj, "spec", "storageClassName"),
        snapshot_class="",
        message="",
    )


def storage_class_view(obj: object) -> StorageClassView:
    """Read a StorageClass."""
    return StorageClassView(
        name=text(obj, "metadata", "name"),
        provisioner=text(obj, "provisioner"),
        default=annotation(obj, "storageclass.kubernetes.io/is-default-class") == "true",
        virt_default=annotation(obj, "storageclass.kubevirt.io/is-default-virt-class") == "true",
    )


def _condition(all_: tuple[Condition, ...], type_: str) -> Condition | None:
    return next((condition for condition in all_ if condition.type == type_), None)


def _current_import(obj: object) -> CurrentImport | None:
    current = items(obj, "status", "currentImports")
    if not current:
        return None
    # The keys really start with capitals: CDI's type has no JSON names for them.
    digest, data_volume = text(current[0], "Digest"), text(current[0], "DataVolumeName")
    return CurrentImport(digest, data_volume) if digest or data_volume else None


def _references(source: Mapping[str, Any]) -> tuple[SourceReference, ...]:
    kinds: tuple[Literal["pvc", "snapshot", "dataSource"], ...] = ("pvc", "snapshot", "dataSource")
    return tuple(
        SourceReference(kind, text(source, kind, "namespace"), text(source, kind, "name"))
        for kind in kinds
        if mapping(source, kind)
    )
