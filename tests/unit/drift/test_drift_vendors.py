"""The vendor's boot images as drift: crons that the policy removes, and a HyperConverged that says otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gitops_golden.drift.model import Note, What
from gitops_golden.fleet.observation import Unread
from gitops_golden.policy.model import HyperConverged, Platform, VendorImages
from gitops_golden.render.manifests import read_documents
from gitops_golden.vendor.catalogue import MANAGED_BY
from tests import builders
from tests.unit.drift.site import NOW, Branch, cron, folder, plan, served, site

if TYPE_CHECKING:
    from gitops_golden.plan.model import Plan
    from tests.unit.drift.site import Object, Site

GOLDEN, HCO = "openshift-virtualization-os-images", "openshift-cnv"
OPENSHIFT = replace(builders.cluster(), platform=Platform("openshift", HCO, HyperConverged(HCO, "hco.kubevirt.io/v1")))


def ocp() -> Plan:
    return plan(clusters=(OPENSHIFT,), vendor_images=VendorImages(imports=False, where=builders.HERE))


def told() -> Site:
    """Return a cluster whose HyperConverged says what Git says, as it did an hour ago."""
    place = site(ocp())
    place.branch = Branch((*place.branch.commits, folder(plan(clusters=(OPENSHIFT,)))))
    (content,) = (each.content for each in place.branch.commits[0].files if each.name == "hyperconverged.yaml")
    (document,) = read_documents(content) or ()
    place.add(served(document))
    return place


def vendors(name: str = "fedora-image-cron") -> Object:
    made = cron(name, managed="fedora")
    made["metadata"] |= {"namespace": GOLDEN, "labels": dict([MANAGED_BY])}
    made["metadata"]["managedFields"][0]["manager"] = "ssp-operator"
    return made


def test_a_cluster_without_vendor_images_has_no_drift() -> None:
    assert told().said() == []


def test_a_vendors_cron_that_should_be_gone_is_told_with_who_makes_it_and_left_to_its_operator() -> None:
    place = told()
    place.add(vendors())
    found = place.drift()
    (drift,) = found.drifts
    assert (drift.what, drift.namespace, drift.name) == (What.VENDOR_IMAGE_PRESENT, GOLDEN, "fedora-image-cron")
    assert (drift.who, drift.data_source) == ("ssp-operator", "fedora")
    assert [type(step) for step in found.steps] == [Note]


def test_where_hyperconverged_was_not_told_yet_the_vendors_crons_have_not_synced() -> None:
    place = told()
    place.get("HyperConverged")["spec"] = {}
    place.add(vendors())
    (drift,) = place.drift().drifts
    assert (drift.what, drift.since) == (What.NOT_SYNCED, NOW)


def test_a_hyperconverged_that_is_gone_is_told() -> None:
    place = told()
    place.remove("HyperConverged")
    assert place.said() == [("HyperConvergedEdited", "kubevirt-hyperconverged")]


def test_a_hyperconverged_that_may_not_be_read_is_said_and_not_called_absent() -> None:
    place = told()
    place.remove("HyperConverged")
    place.unread = (Unread("HyperConverged", "", "Forbidden"),)
    found = place.drift()
    assert (found.drifts, found.incomplete) == ((), True)
    assert [gap.kind for gap in found.unread] == ["HyperConverged"]


def test_vendors_crons_that_may_not_be_read_are_said_and_not_called_gone() -> None:
    place = told()
    place.unread = (Unread("DataImportCron", GOLDEN, "Forbidden"),)
    found = place.drift()
    assert (found.drifts, found.incomplete, found.unread) == ((), True, place.unread)
