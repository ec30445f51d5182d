from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.policy.model import HyperConverged, Platform, Tracking
from gitops_golden.policy.settings import Kinded
from gitops_golden.render.cdi import (
    DIGEST_ANNOTATION,
    cron_annotations,
    cron_labels,
    cron_name,
    cron_spec,
    renders_namespace,
)
from tests.builders import A, B, settings, tracking_variant, variant

NAMES = st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?", fullmatch=True)


def test_a_name_is_pinned_across_versions_of_the_tool() -> None:
    assert cron_name(variant()) == "rhel9-f6cc3450"
    assert cron_name(tracking_variant()) == "rhel9-faa042da"
    assert cron_name(variant(restarts=1)) == "rhel9-2f55cda5"


def test_a_digest_changes_no_name_and_no_spec() -> None:
    assert cron_name(variant(digest=A)) == cron_name(variant(digest=B))
    assert cron_spec(variant(digest=A)) == cron_spec(variant(digest=B))


def test_a_move_to_another_tag_of_a_pinned_image_changes_no_spec() -> None:
    assert cron_spec(variant(tag="9.5")) == cron_spec(variant(tag="9.6"))
    assert cron_spec(tracking_variant(tag="9.5")) != cron_spec(tracking_variant(tag="9.6"))


@pytest.mark.parametrize(
    "changed",
    [
        variant(settings=settings(size="40Gi")),
        variant(settings=settings(storage_class="fast")),
        variant(settings=settings(keep=4)),
        variant(settings=settings(update=Tracking("@daily"))),
        variant(source="mirror.example/golden/rhel9"),
        variant(pull_secret="golden-registry"),
        variant(restarts=1),
    ],
    ids=["size", "class", "keep", "update", "source", "secret", "restarts"],
)
def test_what_cannot_be_changed_in_place_gives_a_new_name(changed: object) -> None:
    assert cron_name(changed) != cron_name(variant())  # type: ignore[arg-type]  # pytest gives parameters no type


def test_labels_and_attempts_are_metadata_and_keep_the_name() -> None:
    labelled = variant(settings=settings(preference=Kinded("rhel.9", "VirtualMachineClusterPreference")), attempts=2)
    assert cron_name(labelled) == cron_name(variant())
    assert cron_annotations(labelled)["gitops-golden/attempt"] == "2"
    assert cron_labels(labelled, "acme") == {
        "gitops-golden/fleet": "acme",
        "instancetype.kubevirt.io/default-preference": "rhel.9",
        "instancetype.kubevirt.io/default-preference-kind": "VirtualMachineClusterPreference",
    }


def test_an_attempt_count_of_zero_is_not_written() -> None:
    assert "gitops-golden/attempt" not in cron_annotations(variant())


@given(NAMES)
def test_names_fit_what_cdi_makes_of_them(name: str) -> None:
    assert len(cron_name(variant(name))) <= 63
    assert len(cron_name(tracking_variant(name))) <= 42


@given(NAMES, NAMES)
def test_images_that_are_shortened_alike_stay_apart(first: str, second: str) -> None:
    if first != second:
        assert cron_name(tracking_variant(first)) != cron_name(tracking_variant(second))


def test_a_pinned_cron_polls_nothing_and_a_tracking_one_names_its_tag() -> None:
    pinned, tracking = cron_spec(variant()), cron_spec(tracking_variant())
    assert pinned["schedule"] == ""
    assert pinned["template"]["spec"]["source"]["registry"]["url"] == "docker://registry.example:5000/golden/rhel9"
    assert tracking["schedule"] == "0 2 * * *"
    assert tracking["template"]["spec"]["source"]["registry"]["url"].endswith("/golden/rhel9:1")
    assert cron_annotations(tracking_variant()) == {}


@pytest.mark.parametrize(
    "namespace", ["openshift-virtualization-os-images", "kube-system", "cdi", "default", "kubevirt-os-images"]
)
def test_namespaces_of_the_platform_are_never_rendered(namespace: str) -> None:
    assert not renders_namespace(namespace, Platform())


def test_namespaces_that_a_cluster_says_are_its_platforms_are_never_rendered() -> None:
    platform = Platform("kubevirt", "storage", HyperConverged("virt"))
    assert [renders_namespace(name, platform) for name in ("storage", "virt", "golden")] == [False, False, True]


def test_an_architecture_is_asked_for_while_the_pin_stays_the_index() -> None:
    arm = replace(variant(), architecture="arm64")
    registry = cron_spec(arm)["template"]["spec"]["source"]["registry"]
    assert registry["platform"] == {"architecture": "arm64"}
    assert cron_spec(arm)["managedDataSource"] == "rhel9-arm64"
    assert cron_name(arm).startswith("rhel9-arm64-")
    assert cron_annotations(arm)[DIGEST_ANNOTATION] == A


def test_a_mirror_or_a_ca_is_another_cron_and_the_same_digest() -> None:
    mirrored = replace(variant(), source="mirror.edge.example/golden/rhel9")
    trusting = replace(variant(), ca_config_map="acme-registry-ca")
    assert len({cron_name(each) for each in (variant(), mirrored, trusting)}) == 3
    assert cron_annotations(mirrored) == cron_annotations(trusting) == cron_annotations(variant())


def test_labels_annotations_and_binding_are_metadata_and_rename_nothing() -> None:
    own = settings(labels=(("team", "a"),), annotations=(("note", "x"),), immediate_binding=True)
    assert cron_name(variant(settings=own)) == cron_name(variant())
    assert cron_labels(variant(settings=own), "acme")["team"] == "a"
    assert cron_annotations(variant(settings=own)) == {
        "note": "x",
        "cdi.kubevirt.io/storage.bind.immediate.requested": "true",
        DIGEST_ANNOTATION: A,
    }


@pytest.mark.parametrize(
    "parts",
    [
        {"access_modes": ("ReadWriteMany",)},
        {"volume_mode": "Block"},
        {"pull_method": "node"},
        {"garbage_collect": "Never"},
        {"retention": "None"},
    ],
)
def test_what_the_spec_says_is_in_the_name(parts: dict[str, object]) -> None:
    assert cron_name(variant(settings=settings(**parts))) != cron_name(variant())


def test_a_pull_secret_is_a_reference() -> None:
    spec = cron_spec(replace(variant(), pull_secret="golden-registry"))
    assert spec["template"]["spec"]["source"]["registry"]["secretRef"] == "golden-registry"
