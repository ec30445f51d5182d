"""What images are stored in, as a verdict reads it: claims, snapshots, storage classes and CDI's profiles of them.

Whatever has the wrong shape reads as absent, as in ``views``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from gitops_golden.fleet.kinds import CLAIM, SNAPSHOT
from gitops_golden.fleet.shapes import items, mapping, text
from gitops_golden.fleet.views import Meta, View, digest_in
from gitops_golden.policy.quantities import in_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

ENDPOINT = "cdi.kubevirt.io/storage.import.endpoint"
"""Where CDI notes on a claim what it was imported from."""
_SNAPSHOT_CLASS = "volumeSnapshotClassName"
_ADVISED_SIZE = "cdi.kubevirt.io/storage.import.advisedRestoreSize"
_PREFERRED_CLASS = "cdi.kubevirt.io/snapshotClassForDataImportCron"


@dataclass(frozen=True, slots=True)
class VolumeView(View):
    """What VMs are cloned from: a PersistentVolumeClaim or a VolumeSnapshot. All but the latter reads as a claim."""

    @property
    def kind(self) -> Literal["PersistentVolumeClaim", "VolumeSnapshot"]:
        """Which of the two."""
        return SNAPSHOT if text(self.raw, "kind") == SNAPSHOT else CLAIM

    @property
    def meta(self) -> Meta:
        """Its metadata."""
        return Meta(self.raw)

    @property
    def phase(self) -> str:
        """A claim's phase; empty for a snapshot."""
        return text(self.raw, "status", "phase") if self.kind == CLAIM else ""

    @property
    def ready(self) -> bool:
        """Bound, or ready to use."""
        return self.phase == "Bound" if self.kind == CLAIM else mapping(self.raw, "status").get("readyToUse") is True

    @property
    def storage_class(self) -> str:
        """A claim's class; empty for a snapshot."""
        return text(self.raw, "spec", "storageClassName")

    @property
    def snapshot_class(self) -> str:
        """A snapshot's class; empty for a claim."""
        return text(self.raw, "spec", _SNAPSHOT_CLASS)

    @property
    def message(self) -> str:
        """What the snapshotter says went wrong."""
        return text(self.raw, "status", "error", "message")

    @property
    def imported(self) -> str:
        """The digest that a claim was imported from; empty where CDI does not tell."""
        return digest_in(text(self.raw, "metadata", "annotations", ENDPOINT))

    @property
    def held(self) -> int | None:
        """How many bytes of storage it takes; None where that is not told.

        A claim's capacity is that of its volume, and more than was asked for where the storage rounds up; what is not
        bound yet has only what it asks for. Of a snapshot it is the restoreSize, the nearest to it that is told.
        """
        if self.kind == SNAPSHOT:
            return _bytes(text(self.raw, "status", "restoreSize"))
        told = text(self.raw, "status", "capacity", "storage")
        return _bytes(told or text(self.raw, "spec", "resources", "requests", "storage"))

    @property
    def size(self) -> int | None:
        """How many bytes it has, or a volume restored from it; None where that is not told.

        A snapshot's restoreSize is the least that a volume of it needs, which for some drivers is what is written: CDI
        notes beside it how large its clones are made (CDI's source, August 2026).
        """
        if self.kind == CLAIM:
            return self.held
        advised = _bytes(self.meta.annotations.get(_ADVISED_SIZE, ""))
        return max(filter(None, (self.held, advised)), default=None)

    @property
    def access_modes(self) -> frozenset[str]:
        """What a claim asks for."""
        return frozenset(mode for mode in items(self.raw, "spec", "accessModes") if isinstance(mode, str))

    @property
    def volume_mode(self) -> str:
        """``Filesystem`` or ``Block``; the API server fills it in for a claim."""
        return text(self.raw, "spec", "volumeMode")


@dataclass(frozen=True, slots=True)
class StorageClassView(View):
    """A StorageClass."""

    @property
    def name(self) -> str:
        """Its name."""
        return text(self.raw, "metadata", "name")

    @property
    def provisioner(self) -> str:
        """The driver that makes its volumes."""
        return text(self.raw, "provisioner")

    @property
    def binding_mode(self) -> str:
        """``Immediate`` or ``WaitForFirstConsumer``."""
        return text(self.raw, "volumeBindingMode")

    @property
    def default(self) -> bool:
        """Whether it is the cluster's default."""
        return text(self.raw, "metadata", "annotations", "storageclass.kubernetes.io/is-default-class") == "true"

    @property
    def virt_default(self) -> bool:
        """Whether it is KubeVirt's own default, which CDI prefers to the cluster's."""
        return text(self.raw, "metadata", "annotations", "storageclass.kubevirt.io/is-default-virt-class") == "true"


def volume_view(obj: object) -> VolumeView:
    """Read a VolumeSnapshot or a PersistentVolumeClaim."""
    return VolumeView(mapping(obj))


def storage_class_view(obj: object) -> StorageClassView:
    """Read a StorageClass."""
    return StorageClassView(mapping(obj))


def snapshot_class_of(profile: Mapping[str, Any] | None) -> str:
    """Return the snapshot class that CDI uses for a storage class, as its StorageProfile says; empty if it does not.

    An annotation names one for boot images alone, and goes before the other (CDI's source, August 2026).
    """
    return text(profile, "metadata", "annotations", _PREFERRED_CLASS) or text(profile, "status", "snapshotClass")


def _bytes(told: str) -> int | None:
    try:
        return in_bytes(told)
    except ValueError:
        return None
