"""The link ``volume``: is the volume of the wanted digest there, as it was asked for, and sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_golden.fleet.kinds import CLAIM, DATA_SOURCE, DATA_VOLUME, SNAPSHOT, STORAGE_PROFILE
from gitops_golden.fleet.storage_views import snapshot_class_of, volume_view
from gitops_golden.fleet.views import data_source_view
from gitops_golden.verify.commands import delete, describe
from gitops_golden.verify.model import Finding, Link, Verdict
from gitops_golden.verify.patience import waits
from gitops_golden.verify.serving import kept, kinds

if TYPE_CHECKING:
    from datetime import datetime

    from gitops_golden.fleet.observation import Observation
    from gitops_golden.fleet.storage_views import VolumeView
    from gitops_golden.verify.case import Scene


def volume(scene: Scene) -> Finding | None:
    """Break where the digest's volume is absent, another than was asked for, or not ready."""
    raw = kept(scene)
    if raw is None:
        unread = (scene.unread(kind, Link.VOLUME) for kind in kinds(scene))
        return next(filter(None, unread), None) or _absent(scene)
    found = volume_view(raw)
    return _other_than_asked(scene, found) or _readiness(scene, found)


def _absent(scene: Scene) -> Finding:
    source = data_source_view(scene.get(DATA_SOURCE, scene.expected.data_source))
    ready = source.condition("Ready")
    # CDI notes it there as soon as the volume is gone.
    since = ready.since if ready and ready.status != "True" else None
    what, remedy = f"{scene.expected.volume} is gone", "CDI imports it again by itself; look at its controller if not"
    return _broken("VolumeAbsent", what, remedy, since)


def _broken(reason: str, message: str, remedy: str, since: datetime | None = None) -> Finding:
    return Finding(Verdict.BROKEN, Link.VOLUME, reason, message, remedy, since)


def _other_than_asked(scene: Scene, found: VolumeView) -> Finding | None:
    digest = found.imported
    if digest and digest != scene.expected.digest:
        what = f"{found.meta.name} was imported from {digest}"
        return _broken("VolumeOfAnotherDigest", what, _again(scene, found), found.meta.created)
    differs = _class(scene, found) or _size(scene, found) or _modes(scene, found)
    if differs is None:
        return None
    # An adopted volume stays as it is, and the cron says UpToDate all the same (seen on real CDI).
    reason, what = differs
    remedy = f"wait for the next release, or have it imported again: {_again(scene, found)}"
    return _broken(reason, f"{found.meta.name} {what}", remedy, found.meta.created)


def _again(scene: Scene, found: VolumeView) -> str:
    """Return how to have a volume imported again: its DataVolume, if there is one, takes it along."""
    command = delete(imported_by(scene.seen, found), found.meta.namespace, found.meta.name)
    return f"{command}, which CDI answers with a new import; consumers wait for that"


def imported_by(seen: Observation, found: VolumeView) -> str:
    """Return the kind to delete, by the volume's name, so that CDI imports it again: its DataVolume, if it has one."""
    has_one = found.kind == CLAIM and seen.get(DATA_VOLUME, found.meta.namespace, found.meta.name)
    return DATA_VOLUME if has_one else found.kind


def _class(scene: Scene, found: VolumeView) -> tuple[str, str] | None:
    wanted = scene.expected.storage_class
    other = other_class(scene.seen, found, wanted) if wanted else None
    return ("WrongStorageClass", f"{other}, the policy wants {wanted}") if other else None


def other_class(seen: Observation, found: VolumeView, wanted: str) -> str | None:
    """Return what a volume is on where that is not the storage class that is wanted, as the end of a sentence.

    A snapshot has no storage class: it is to be of the snapshot class that CDI uses for the wanted one, if it tells.
    """
    if found.kind == CLAIM:
        return None if found.storage_class == wanted else f"is on {found.storage_class or 'no class'}"
    profiled = snapshot_class_of(seen.get(STORAGE_PROFILE, "", wanted))
    if not profiled or found.snapshot_class in {"", profiled}:
        return None
    return f"is of snapshot class {found.snapshot_class} (that of {wanted} is {profiled})"


def _size(scene: Scene, found: VolumeView) -> tuple[str, str] | None:
    # Never equal: CDI adds what a filesystem takes for itself (seen on real CDI).
    wanted, has = scene.expected.size, found.size
    if wanted is None or has is None or has >= wanted:
        return None
    return "VolumeTooSmall", f"has {has:,} bytes, the policy wants {wanted:,}"


def _modes(scene: Scene, found: VolumeView) -> tuple[str, str] | None:
    """Compare what a claim is with what the policy sets; what it leaves open is CDI's to choose."""
    modes, mode = scene.expected.access_modes, scene.expected.volume_mode
    if found.kind != CLAIM:
        return None
    if modes and found.access_modes != modes:
        what = f"has access modes {_listed(found.access_modes)}, the policy wants {_listed(modes)}"
        return "OtherAccessModes", what
    if mode and found.volume_mode != mode:
        return "OtherVolumeMode", f"has volume mode {found.volume_mode or 'not told'}, the policy wants {mode}"
    return None


def _listed(modes: frozenset[str]) -> str:
    return ", ".join(sorted(modes)) or "none"


def _readiness(scene: Scene, found: VolumeView) -> Finding | None:
    name = found.meta.name
    if found.meta.deleting:
        # A pod that uses a claim holds it for as long as it runs: bound, and no longer to be cloned.
        what = f"{name} is being deleted, and something still uses it; CDI imports it again once it is gone"
        remedy = f"find out who deleted it and what holds it: {_described(found)}"
        return _waiting(scene, "VolumeDeleting", what, remedy, found.meta.deleting_since)
    if found.ready:
        return None
    if found.kind == SNAPSHOT:
        what = f"snapshot {name} is not ready to use{': ' + found.message if found.message else ''}"
        remedy = f"look at the snapshot's driver if this lasts: {_described(found)}"
        return _waiting(scene, "SnapshotNotReady", what, remedy, found.meta.created)
    if found.phase == "Lost":
        # Kubernetes' own word for a claim whose PersistentVolume is gone: it never binds again.
        return _broken("VolumeLost", f"{name} has lost its PersistentVolume", _again(scene, found))
    what = f"{name} is {found.phase or 'not ready'}"
    remedy = f"look at the storage provider if this lasts: {_described(found)}"
    return _waiting(scene, "VolumeNotReady", what, remedy, found.meta.created)


def _described(found: VolumeView) -> str:
    return describe(found.kind, found.meta.namespace, found.meta.name)


def _waiting(scene: Scene, reason: str, message: str, remedy: str, since: datetime | None) -> Finding:
    return waits(scene, Finding(Verdict.PROGRESSING, Link.VOLUME, reason, message, remedy, since))
