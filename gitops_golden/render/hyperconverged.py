"""What is said to a cluster's HyperConverged about boot images: a part of that object, applied server-side.

Deleting a HyperConverged uninstalls virtualization, so its manifest carries every engine's word for never doing so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitops_golden.policy.schedules import spread
from gitops_golden.render.cdi import cron_annotations, cron_labels, cron_spec, hashed_name
from gitops_golden.vendor.catalogue import ENABLE_ANNOTATION, as_stored

if TYPE_CHECKING:
    from gitops_golden.plan.model import Variant, VendorPlan
    from gitops_golden.vendor.catalogue import VendorImage

NAME = "kubevirt-hyperconverged"
"""HCO acts on no object of another name."""
EVERY_TWELVE_HOURS = "H H/12 * * *"
_V1 = "hco.kubevirt.io/v1"


def hyper_converged_spec(plan: VendorPlan, fleet: str) -> dict[str, Any]:
    """Return the part of ``spec`` that is ours; a field that is not there is never touched."""
    said: dict[str, Any] = {}
    if plan.imports is not None:
        said["enableCommonBootImageImport"] = plan.imports
    if plan.lists:
        said["dataImportCronTemplates"] = _templates(plan, fleet)
    assert plan.platform.hyper_converged is not None
    return {"workloadSources": said} if plan.platform.hyper_converged.api_version == _V1 else said


def _templates(plan: VendorPlan, fleet: str) -> list[dict[str, Any]]:
    """Return the whole list, sorted by name: it is one value with one owner.

    Each entry is as HCO's webhook would leave it, else an engine would see a difference for ever.
    """
    entries = [_kept(image, plan.slot) for image in plan.keep]
    entries += [_switched_off(image) for image in plan.remove]
    for image, variant in plan.replace:
        entries += [_switched_off(image), _replacement(image, variant, fleet)]
    entries += [dict(template.template) for template in plan.templates]
    return sorted(map(as_stored, entries), key=lambda entry: str(entry["metadata"]["name"]))


def _kept(image: VendorImage, slot: int) -> dict[str, Any]:
    """Return a vendor's entry in full, with a time of its own: HCO spreads the schedules of its own entries alone."""
    entry = dict(image.template)
    return entry | {"spec": entry["spec"] | {"schedule": spread(EVERY_TWELVE_HOURS, slot)}}


def _switched_off(image: VendorImage) -> dict[str, Any]:
    return {"metadata": {"name": image.cron, "annotations": {ENABLE_ANNOTATION: "false"}}}


def _replacement(image: VendorImage, variant: Variant, fleet: str) -> dict[str, Any]:
    """Return an entry that serves the fleet's variant under the vendor's DataSource, in the vendor's namespace.

    It has a name of its own beside the vendor's, which is switched off: under the vendor's HCO puts the vendor's
    schedule back and drops the labels, and of two crons for one DataSource SSP keeps the last by name.
    """
    metadata = {
        "name": replaced_cron(image, variant),
        "labels": dict(sorted(cron_labels(variant, fleet).items())),
        "annotations": dict(sorted(cron_annotations(variant).items())),
    }
    return {"metadata": metadata, "spec": _spec(image, variant)}


def replaced_cron(image: VendorImage, variant: Variant) -> str:
    """Return the name of the cron that serves a variant in the place of a vendor's image."""
    return hashed_name(_spec(image, variant), variant.restarts)


def _spec(image: VendorImage, variant: Variant) -> dict[str, Any]:
    return cron_spec(variant) | {"managedDataSource": image.name}
