"""The vendor's boot images: present although removed, or asked for otherwise than Git says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_golden.drift.model import Drift, What
from gitops_golden.drift.place import maker
from gitops_golden.fleet.kinds import CRON, HYPER_CONVERGED
from gitops_golden.fleet.observation import Unread
from gitops_golden.fleet.shapes import instant, text
from gitops_golden.render.hyperconverged import NAME
from gitops_golden.render.names import file_name
from gitops_golden.vendor.catalogue import golden_namespace
from gitops_golden.verify.hyperconverged import boot_images
from gitops_golden.verify.model import Verdict
from gitops_golden.verify.vendor import Vendor, unwanted_crons, vendor_images

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops_golden.drift.place import Place
    from gitops_golden.plan.model import VendorPlan
    from gitops_golden.verify.hyperconverged import BootImages
    from gitops_golden.verify.model import Finding

PRESENT = "VendorImagesPresent"


def vendors(place: Place) -> Iterator[Drift]:
    """Yield the vendor's crons that should be gone, and what HyperConverged says otherwise than Git."""
    plan = place.held.holding.vendor
    file = place.git.file(place.cluster, file_name("hyperconverged")) if plan else None
    if plan is None or file is None:
        return
    vendor = Vendor(place.cluster, plan, file, place.git.truth, place.seen)
    finding = vendor_images(vendor)
    if finding is None or finding.verdict is Verdict.UNREACHABLE:
        return
    if finding.reason == PRESENT:
        yield from _present(vendor, finding)
    else:
        yield _told(vendor, finding)


def unread(place: Place) -> Iterator[Unread]:
    """Yield what could not be read of what the vendor's images are looked for in, beside the fleet's namespaces."""
    plan = place.held.holding.vendor
    if plan is None or plan.platform.hyper_converged is None:
        return
    if reason := place.seen.why_unread(HYPER_CONVERGED):
        yield Unread(HYPER_CONVERGED, "", reason)
    there = place.seen.get(HYPER_CONVERGED, plan.platform.hyper_converged.namespace, NAME)
    for namespace in sorted(_namespaces(plan, boot_images(there or {})) - place.ours):
        if reason := place.seen.why_unread(CRON, namespace):
            yield Unread(CRON, namespace, reason)


def _namespaces(plan: VendorPlan, found: BootImages) -> set[str]:
    """Return where the vendor's crons are."""
    return {golden_namespace(plan.platform.kind), found.namespace} - {""}


def _present(vendor: Vendor, finding: Finding) -> Iterator[Drift]:
    found = vendor.found()
    assert found is not None, "else that had been found first"
    # Where the cluster has not synced yet, HyperConverged has not been told.
    what = What.VENDOR_IMAGE_PRESENT if finding.verdict is Verdict.BROKEN else What.NOT_SYNCED
    for namespace in sorted(_namespaces(vendor.plan, found)):
        for raw in unwanted_crons(vendor, found, (namespace,)):
            name = text(raw, "metadata", "name")
            yield Drift(
                what=what,
                kind=CRON,
                namespace=namespace,
                name=name,
                message=f"{name}: a vendor's image that the policy removes is imported here",
                remedy=finding.remedy,
                data_source=text(raw, "spec", "managedDataSource"),
                who=maker(raw, "spec", "managedDataSource"),
                since=finding.since or instant(raw, "metadata", "creationTimestamp"),
            )


def _told(vendor: Vendor, finding: Finding) -> Drift:
    raw = vendor.seen.get(HYPER_CONVERGED, vendor.place, NAME)
    behind = finding.verdict is Verdict.PROGRESSING
    return Drift(
        what=What.NOT_SYNCED if behind else What.HYPER_CONVERGED_EDITED,
        kind=HYPER_CONVERGED,
        namespace=vendor.place,
        name=NAME,
        message=finding.message,
        remedy=finding.remedy,
        who=maker(raw, "spec") if raw and not behind else None,
        since=finding.since,
    )
