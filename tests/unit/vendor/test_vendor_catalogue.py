from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from gitops_golden.errors import InputError
from gitops_golden.vendor.catalogue import (
    ENABLE_ANNOTATION,
    IMMEDIATE_ANNOTATION,
    as_stored,
    catalogue,
    golden_namespace,
    known_data_sources,
    named_by,
)

if TYPE_CHECKING:
    from gitops_golden.vendor.catalogue import VendorImage

KINDS = ("openshift", "kubevirt")
IMAGES = [pytest.param(image, id=f"{kind}-{image.name}") for kind in KINDS for image in catalogue(kind)]
TRACKING_NAME = 42
LONGEST_SUFFIX = "-amd64"


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("openshift", ["centos-stream10", "centos-stream9", "fedora", "rhel10", "rhel8", "rhel9"]),
        ("kubevirt", ["centos-stream10", "centos-stream9", "fedora"]),
        ("cdi", []),
    ],
)
def test_each_platform_has_its_vendors_images_sorted(kind: str, names: list[str]) -> None:
    assert [image.name for image in catalogue(kind)] == names


def test_golden_namespaces_are_the_operators_own() -> None:
    assert [golden_namespace(kind) for kind in (*KINDS, "cdi")] == [
        "openshift-virtualization-os-images",
        "kubevirt-os-images",
        "",
    ]


def test_names_that_have_a_template_but_no_cron_are_known_too() -> None:
    for kind in KINDS:
        assert {"fedora", "rhel9", "win2k22", "ubuntu", "rhel9-arm64"} <= known_data_sources(kind)
        assert not {"centos-stream10", "rhel10", "rhel8-arm64", "rhel9-golden"} & known_data_sources(kind)
    assert known_data_sources("cdi") == frozenset()


@pytest.mark.parametrize("ask", [catalogue, golden_namespace, known_data_sources])
def test_an_unknown_platform_is_refused_with_those_that_exist(ask: object) -> None:
    assert callable(ask)
    with pytest.raises(InputError, match="'vsphere'") as refusal:
        ask("vsphere")
    assert refusal.value.problem.remedy == "use one of cdi, kubevirt, openshift"


@pytest.mark.parametrize("image", IMAGES)
def test_a_kept_image_never_has_a_name_that_hco_would_drop(image: VendorImage) -> None:
    vendors = {each.cron for kind in KINDS for each in catalogue(kind)}
    assert image.template["metadata"]["name"] not in vendors


@pytest.mark.parametrize("image", IMAGES)
def test_a_kept_image_leaves_nothing_for_hcos_webhook_to_add(image: VendorImage) -> None:
    assert as_stored(image.template) == image.template


@pytest.mark.parametrize("image", IMAGES)
def test_a_kept_image_needs_no_image_stream_which_hco_deletes(image: VendorImage) -> None:
    registry = image.template["spec"]["template"]["spec"]["source"]["registry"]
    assert registry.keys() <= {"url", "pullMethod"}
    assert re.fullmatch(r"docker://[^@]+:[^:@/]+", registry["url"])


def test_rhel_is_pulled_by_the_node_which_alone_has_the_clusters_pull_secret() -> None:
    methods = {
        image.name: image.template["spec"]["template"]["spec"]["source"]["registry"].get("pullMethod")
        for image in catalogue("openshift")
    }
    assert {name for name, method in methods.items() if method == "node"} == {"rhel8", "rhel9", "rhel10"}


@pytest.mark.parametrize("image", IMAGES)
def test_names_stay_short_enough_for_cdis_jobs(image: VendorImage) -> None:
    assert len(image.kept + LONGEST_SUFFIX) <= TRACKING_NAME


def test_a_template_is_made_anew_so_that_no_reader_changes_it_for_the_next() -> None:
    image = catalogue("kubevirt")[0]
    entry = image.template
    entry["spec"]["schedule"] = "never"
    assert image.template["spec"]["schedule"] == "0 */12 * * *"


def test_an_entry_without_a_spec_gets_the_annotation_alone() -> None:
    entry = {"metadata": {"name": "fedora-image-cron", "annotations": {ENABLE_ANNOTATION: "false"}}}
    annotations = {IMMEDIATE_ANNOTATION: "true", ENABLE_ANNOTATION: "false"}
    assert as_stored(entry) == {"metadata": {"name": "fedora-image-cron", "annotations": annotations}}


def test_what_an_entry_says_itself_is_kept() -> None:
    entry = {
        "metadata": {"name": "a", "annotations": {IMMEDIATE_ANNOTATION: "false"}},
        "spec": {"importsToKeep": 0, "retentionPolicy": "All"},
    }
    assert as_stored(entry) == entry


def test_an_entry_is_completed_without_being_changed() -> None:
    entry = {"metadata": {"name": "a"}, "spec": {"schedule": ""}}
    complete = as_stored(entry)
    assert complete["spec"] == {"schedule": "", "importsToKeep": 1, "retentionPolicy": "None"}
    assert entry == {"metadata": {"name": "a"}, "spec": {"schedule": ""}}


def test_an_entry_is_the_vendors_by_the_vendors_names_alone() -> None:
    fedora = named_by("fedora-kept")
    assert fedora == named_by("fedora-image-cron")
    assert fedora is not None
    assert fedora.name == "fedora"
    assert named_by("debian-kept") is named_by("debian-image-cron") is named_by("fedora") is None
