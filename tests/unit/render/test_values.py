from __future__ import annotations

from dataclasses import replace

import pytest

from gitops_golden.plan.model import Holding, VendorPlan
from gitops_golden.policy.platforms import PLATFORMS
from gitops_golden.render.values import pulled_in
from gitops_golden.vendor.catalogue import catalogue
from tests.builders import settings, tracking_variant, variant

OPENSHIFT = PLATFORMS["openshift"]


@pytest.mark.parametrize("kind", sorted(PLATFORMS))
def test_what_is_pinned_is_pulled_in_the_images_namespaces_alone(kind: str) -> None:
    two = (variant(), variant("win", settings=settings(namespace="windows")))
    assert pulled_in(Holding(two, (), PLATFORMS[kind])) == ("golden-images", "windows")


def test_what_is_tracked_is_polled_in_cdis_namespace_too() -> None:
    holding = Holding((variant(), tracking_variant("fedora")), (), OPENSHIFT)
    assert pulled_in(holding) == ("golden-images", "openshift-cnv")


def test_what_replaces_a_vendors_image_is_pulled_in_the_vendors_namespace_too() -> None:
    (fedora,) = (image for image in catalogue("openshift") if image.name == "fedora")
    vendor = VendorPlan(OPENSHIFT, imports=None, replace=((fedora, variant("fedora")),))
    holding = Holding((variant("fedora"),), (), OPENSHIFT, vendor)
    assert pulled_in(holding) == ("golden-images", "openshift-virtualization-os-images")
    assert pulled_in(replace(holding, vendor=replace(vendor, replace=()))) == ("golden-images",)
