from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gitops_golden.errors import InputErrors
from gitops_golden.plan.compile import compile_plan
from gitops_golden.plan.vendor import observed_namespaces
from gitops_golden.policy.model import VendorImages, VendorTemplate
from gitops_golden.policy.platforms import PLATFORMS
from gitops_golden.policy.schedules import slot_of
from tests.builders import HERE, cluster, image, lock, locked, named, placement, policy

if TYPE_CHECKING:
    from gitops_golden.plan.model import Plan, VendorPlan

OCP, UPSTREAM, BARE = (replace(cluster(name), platform=PLATFORMS[name]) for name in ("openshift", "kubevirt", "cdi"))


def planned(said: VendorImages | None, **parts: object) -> Plan:
    parts.setdefault("clusters", (OCP, UPSTREAM, BARE))
    return compile_plan(policy(vendor_images=said, **parts), lock())


def told(plan: Plan) -> dict[str, VendorPlan | None]:
    return {held.cluster.name: held.holding.vendor for held in plan.clusters}


def test_hands_off_says_nothing_to_anybody() -> None:
    plan = planned(None)
    assert set(told(plan).values()) == {None}
    assert not plan.warnings


def test_removal_switches_the_import_off_where_there_is_a_hyper_converged_and_warns_of_the_others() -> None:
    plan = planned(VendorImages(imports=False, where=HERE))
    found = told(plan)
    assert [name for name, vendor in found.items() if vendor and vendor.imports is False] == ["openshift", "kubevirt"]
    assert found["cdi"] is None
    (warning,) = plan.warnings
    assert "says nothing to cdi" in warning.what
    assert warning.severity == "warning"


def test_a_cluster_that_gets_no_image_loses_the_vendors_all_the_same() -> None:
    fleet = policy(
        clusters=(OCP,),
        placements=(placement(clusters=named()),),
        vendor_images=VendorImages(imports=False, where=HERE),
    )
    (held,) = compile_plan(fleet, lock()).receiving
    assert held.variants == ()


def test_an_image_that_no_vendor_has_is_an_error_and_one_that_this_platform_lacks_a_warning() -> None:
    plan = planned(VendorImages(imports=False, where=HERE, keep=("rhel9",)), clusters=(OCP, UPSTREAM))
    assert [warning.what for warning in plan.warnings] == [
        "vendorImages names 'rhel9', which platform kubevirt doesn't provide, as on kubevirt"
    ]
    with pytest.raises(InputErrors, match="'rhel99', which no vendor provides"):
        planned(VendorImages(imports=False, where=HERE, keep=("rhel99",)))


def test_an_image_takes_the_vendors_place_only_where_the_cluster_has_it() -> None:
    fleet = policy(
        images=(image("fedora"),),
        clusters=(OCP, replace(OCP, name="other")),
        placements=(placement(clusters=named("openshift")),),
        vendor_images=VendorImages(imports=None, where=HERE, replace=("fedora",)),
    )
    found = told(compile_plan(fleet, lock(locked("fedora"))))
    assert [len(vendor.replace) if vendor else None for vendor in found.values()] == [1, 0]


def test_a_data_source_that_the_vendors_operator_would_fight_over_is_warned_of() -> None:
    images = (image("fedora", namespace="openshift-virtualization-os-images"), image("corp-fedora"))
    plan = compile_plan(policy(images=images, clusters=(OCP,)), lock())
    (warning,) = plan.warnings
    assert "DataSource fedora in openshift-virtualization-os-images is kept by SSP" in warning.what


def test_the_vendors_namespace_is_observed_only_where_the_policy_says_something_of_it() -> None:
    (silent,) = planned(None, clusters=(OCP,)).distinct()
    (telling,) = planned(VendorImages(imports=True, where=HERE), clusters=(OCP,)).distinct()
    assert observed_namespaces(silent) == ("golden-images",)
    assert observed_namespaces(telling) == ("golden-images", "openshift-virtualization-os-images")


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({"keep": ("fedora",)}, "fedora-kept"),
        ({"remove": ("fedora",)}, "fedora-image-cron"),
        ({"replace": ("fedora",)}, "fedora-image-cron"),
    ],
)
def test_a_template_of_a_name_that_the_list_has_already_is_refused_where_it_stands(
    said: dict[str, tuple[str, ...]], name: str
) -> None:
    template = VendorTemplate(name, {"metadata": {"name": name}}, HERE)
    images = VendorImages(imports=None, where=HERE, templates=(template,), **said)
    with pytest.raises(InputErrors, match=f"a template has the name {name}, which vendorImages.{next(iter(said))}"):
        planned(images, images=(image("fedora"),))


def test_a_template_may_take_the_name_of_a_vendors_that_the_policy_says_nothing_of() -> None:
    name = "fedora-image-cron"
    template = VendorTemplate(name, {"metadata": {"name": name}}, HERE)
    planned(VendorImages(imports=None, where=HERE, remove=("centos-stream9",), templates=(template,)))


def test_a_vendors_image_is_replaced_by_the_architecture_that_the_cluster_runs() -> None:
    clusters = (OCP, replace(OCP, name="arm", architecture="arm64"))
    fleet = policy(
        images=(image("fedora", architectures=("amd64", "arm64")),),
        clusters=clusters,
        vendor_images=VendorImages(imports=None, where=HERE, replace=("fedora",)),
    )
    found = told(compile_plan(fleet, lock(locked("fedora"))))
    assert {name: vendor.replace[0][1].architecture for name, vendor in found.items() if vendor} == {
        "openshift": "amd64",
        "arm": "arm64",
    }


def test_vendor_images_that_stay_poll_at_a_time_of_the_clusters_own() -> None:
    clusters = tuple(replace(OCP, name=f"ocp-{number}") for number in range(40))
    plan = planned(VendorImages(imports=False, where=HERE, keep=("fedora",)), clusters=clusters)
    slots = {held.cluster.name: held.holding.vendor.slot for held in plan.clusters if held.holding.vendor}
    assert slots == {cluster.name: slot_of(cluster.name) for cluster in clusters}
    assert len(set(slots.values())) > 20


@pytest.mark.parametrize("architectures", [None, ("amd64",)])
def test_an_image_that_replaces_the_vendors_may_not_be_in_the_vendors_namespace_by_itself_too(
    architectures: tuple[str, ...] | None,
) -> None:
    images = (image("fedora", namespace="openshift-virtualization-os-images", architectures=architectures),)
    with pytest.raises(InputErrors, match=r"vendorImages\.replace and image 'fedora' would both be DataSource fedora"):
        planned(VendorImages(imports=None, where=HERE, replace=("fedora",)), images=images, clusters=(OCP,))
