"""Why an import has no volume to write to: no class, a refusal, a quota, or a claim that nobody binds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitops_golden.fleet.kinds import CLAIM, DATA_VOLUME, STORAGE_CLASS
from gitops_golden.fleet.storage_views import storage_class_view, volume_view
from gitops_golden.verify.commands import describe
from gitops_golden.verify.model import Finding, Link, Verdict
from gitops_golden.verify.patience import waits

if TYPE_CHECKING:
    from gitops_golden.fleet.storage_views import VolumeView
    from gitops_golden.fleet.views import DataVolumeView
    from gitops_golden.verify.case import Scene

_QUOTA: Final = "ErrExceededQuota"


def no_claim(scene: Scene, volume: DataVolumeView) -> Finding:
    """Tell a storage class that is not there from one that CDI does not know how to use."""
    wanted, name, since = scene.expected.storage_class, volume.meta.name, volume.meta.created
    classes = [storage_class_view(each) for each in scene.seen.list(STORAGE_CLASS)]
    there = any(each.name == wanted if wanted else each.default or each.virt_default for each in classes)
    if there or scene.seen.why_unread(STORAGE_CLASS):
        bound = volume.condition("Bound")
        return Finding(
            Verdict.BROKEN,
            Link.IMPORT,
            "ClaimRefused",
            f"CDI can make no volume for {name}: {bound.message if bound else ''}",
            "complete the StorageProfile of its storage class, or set storage.className in the policy",
            since,
        )
    what = f"storage class {wanted!r}" if wanted else "a default storage class"
    return Finding(
        Verdict.BROKEN,
        Link.IMPORT,
        "NoStorageClass",
        f"CDI can make no volume for {name}: the cluster lacks {what}",
        "make the storage class, or set storage.className for this cluster in the policy",
        since,
    )


def quota(volume: DataVolumeView) -> Finding | None:
    """Return that a ResourceQuota refuses the volume or the importer's pod.

    Read in CDI's source: the first is told with the API server's words, the second without. A quota that refuses the
    helper claim of a CSI driver shows in events alone.
    """
    told = next((each for each in map(volume.condition, ("Bound", "Running")) if each and each.reason == _QUOTA), None)
    if told is None:
        return None
    namespace = volume.meta.namespace
    return Finding(
        Verdict.BROKEN,
        Link.IMPORT,
        "QuotaExceeded",
        f"the quota of {namespace} leaves no room for {volume.meta.name}: {told.message or 'CDI gives no message'}",
        f"raise the ResourceQuota of {namespace}, or keep fewer imports (importsToKeep); CDI then goes on by itself",
        told.since or volume.meta.created,
    )


def unbound(scene: Scene, volume: DataVolumeView) -> Finding | None:
    """Judge an import that waits for its volume; None where its claim is bound, which CDI has yet to see."""
    raw = scene.get(CLAIM, volume.claim_name or volume.meta.name)
    bound = volume.condition("Bound")
    why = bound.message if bound and bound.message else "nothing told yet"
    if raw is None:
        what = f"{volume.meta.name} waits ({volume.phase or 'no phase yet'}): {why}"
        remedy = f"if this lasts: {describe(DATA_VOLUME, volume.meta.namespace, volume.meta.name)}"
        since = volume.meta.created
        return waits(scene, Finding(Verdict.PROGRESSING, Link.IMPORT, "WaitingForVolume", what, remedy, since))
    claim = volume_view(raw)
    if claim.ready:
        return None
    of_class, provisioner = _class(scene, claim)
    what = f"claim {claim.meta.name} {of_class} is {claim.phase or 'new'}, not Bound: {why}"
    look = describe(CLAIM, claim.meta.namespace, claim.meta.name)
    remedy = f"look at {provisioner or 'the storage provider'} and at the claim's events: {look}"
    since = claim.meta.created or volume.meta.created
    return waits(scene, Finding(Verdict.PROGRESSING, Link.IMPORT, "ClaimUnbound", what, remedy, since))


def _class(scene: Scene, claim: VolumeView) -> tuple[str, str]:
    """Return what to say of a claim's class, and who makes its volumes."""
    if not claim.storage_class:
        return "without a storage class", ""
    raw = scene.seen.get(STORAGE_CLASS, "", claim.storage_class)
    if raw is None:
        unknown = scene.seen.why_unread(STORAGE_CLASS)
        return f"of class {claim.storage_class}{'' if unknown else ', which is not there,'}", ""
    found = storage_class_view(raw)
    details = ", ".join(filter(None, (found.binding_mode, found.provisioner)))
    return f"of class {found.name}{f' ({details})' if details else ''}", found.provisioner
