from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gitops_golden.errors import InputErrors
from gitops_golden.plan.compile import compile_plan
from gitops_golden.policy.model import CaBundle, Channel, Registry, Tracking
from gitops_golden.policy.platforms import PLATFORMS
from gitops_golden.policy.schedules import SLOTS, slot_of
from gitops_golden.policy.settings import resolve
from tests.builders import HERE, A, cluster, image, lock, locked, named, placement, policy

if TYPE_CHECKING:
    from gitops_golden.policy.model import Image

BOTH = ("amd64", "arm64")


def channel(name: str, of: str = "rhel9") -> Channel:
    return Channel(name, of, HERE)


def rhel9(**settings: Any) -> Image:
    return image("rhel9", **settings)


def test_each_architecture_has_a_delivery_of_its_own_and_the_name_points_at_the_clusters() -> None:
    clusters = (cluster("intel"), replace(cluster("arm"), architecture="arm64"))
    plan = compile_plan(policy(images=(rhel9(architectures=BOTH),), clusters=clusters), lock())
    for held, architecture in zip(plan.clusters, BOTH, strict=True):
        assert [variant.data_source for variant in held.variants] == ["rhel9-amd64", "rhel9-arm64"]
        assert {variant.digest for variant in held.variants} == {A}
        (pointer,) = held.holding.pointers
        assert (pointer.name, pointer.end.data_source) == ("rhel9", f"rhel9-{architecture}")


def test_a_data_source_that_cdi_would_deny_for_its_length_is_refused() -> None:
    fleet = policy(images=(image("i" * 58, architectures=("amd64",)),))
    with pytest.raises(InputErrors, match="would be longer than 63 characters"):
        compile_plan(fleet, lock(locked("i" * 58)))


def test_clusters_with_and_without_a_second_architecture_share_the_first() -> None:
    clusters = (cluster("mixed"), cluster("intel", architectures=("amd64",)))
    plan = compile_plan(policy(images=(rhel9(architectures=BOTH),), clusters=clusters), lock())
    assert len(plan.variants()) == 2


def test_a_channel_points_at_the_end_and_never_at_a_pointer() -> None:
    fleet = policy(
        images=(rhel9(architectures=BOTH), image("alma")), channels=(channel("stable"), channel("al", "alma"))
    )
    (held,) = compile_plan(fleet, lock(locked("rhel9"), locked("alma"))).clusters
    assert [(pointer.name, pointer.end.data_source) for pointer in held.holding.pointers] == [
        ("al", "alma"),
        ("rhel9", "rhel9-amd64"),
        ("stable", "rhel9-amd64"),
    ]


def test_a_channel_is_only_where_its_image_is() -> None:
    fleet = policy(
        clusters=(cluster("with"), cluster("without")),
        placements=(placement(clusters=named("with")),),
        channels=(channel("stable"),),
    )
    plan = compile_plan(fleet, lock())
    assert [len(held.holding.pointers) for held in plan.clusters] == [1, 0]


def test_an_image_for_an_architecture_that_the_cluster_lacks_is_refused_where_it_was_said() -> None:
    fleet = policy(images=(rhel9(architectures=("arm64",)),))
    with pytest.raises(InputErrors, match="is for arm64, and prod-1 runs amd64") as caught:
        compile_plan(fleet, lock())
    (problem,) = caught.value.problems
    assert problem.where is not None
    assert problem.where.line == 2


@pytest.mark.parametrize(
    ("images", "channels", "told"),
    [
        ((image("rhel9"), image("alma")), (channel("alma"),), "channel 'alma' and image 'alma'"),
        ((image("rhel9", architectures=BOTH), image("rhel9-arm64")), (), "image 'rhel9-arm64' and image 'rhel9'"),
        ((image("rhel9", architectures=BOTH),), (channel("rhel9-amd64"),), "channel 'rhel9-amd64' and image 'rhel9'"),
        ((image("rhel9", architectures=BOTH),), (channel("rhel9"),), "channel 'rhel9' and image 'rhel9'"),
    ],
)
def test_two_data_sources_of_one_name_in_one_namespace_are_refused(
    images: tuple[Image, ...], channels: tuple[Channel, ...], told: str
) -> None:
    with pytest.raises(InputErrors, match=told):
        compile_plan(policy(images=images, channels=channels), lock())


@pytest.mark.parametrize(
    ("images", "channels"),
    [
        ((image("rhel9", architectures=BOTH), image("rhel9-arm64", namespace="elsewhere")), ()),
        ((image("rhel9", architectures=BOTH), image("alma", namespace="elsewhere")), (channel("rhel9", "alma"),)),
    ],
)
def test_two_deliveries_or_two_pointers_of_one_name_are_refused_whatever_their_namespaces(
    images: tuple[Image, ...], channels: tuple[Channel, ...]
) -> None:
    with pytest.raises(InputErrors, match=r"would both be DataSource rhel9\S* on one cluster") as caught:
        compile_plan(policy(images=images, channels=channels), lock())
    assert {problem.remedy for problem in caught.value.problems} == {"rename one of them"}


def test_the_same_name_in_another_namespace_is_no_clash() -> None:
    images = (image("rhel9"), image("alma", namespace="elsewhere"))
    assert compile_plan(policy(images=images, channels=(channel("alma"),)), lock()).size == 2


def test_h_is_the_same_on_a_cluster_each_time_and_clusters_of_a_slot_share_what_they_hold() -> None:
    clusters = tuple(cluster(f"edge-{number}") for number in range(300))
    fleet = policy(images=(image(update=Tracking("H 2 * * *")),), clusters=clusters)
    plan = compile_plan(fleet, lock())
    assert plan == compile_plan(fleet, lock())
    assert len(plan.distinct()) <= SLOTS
    for held in plan.clusters:
        (variant,) = held.variants
        assert variant.settings.update == Tracking(f"{slot_of(held.cluster.name)} 2 * * *")


def test_a_mirror_is_where_images_are_pulled_from_and_changes_no_digest() -> None:
    fleet = policy(images=(image(registry_mirror="mirror.example/cache"),))
    (variant,) = compile_plan(fleet, lock()).variants()
    assert (variant.source, variant.digest) == ("mirror.example/cache/golden/rhel9", A)


def test_a_ca_is_named_after_the_fleet() -> None:
    registry = Registry("registry.example:5000", ca_bundle=CaBundle(Path("ca.pem"), "x"))
    (variant,) = compile_plan(policy(registry=registry), lock()).variants()
    assert variant.ca_config_map == "acme-registry-ca"


def test_clusters_of_different_platforms_share_variants_and_not_holdings() -> None:
    clusters = (cluster("a"), replace(cluster("b"), platform=PLATFORMS["openshift"]))
    plan = compile_plan(policy(clusters=clusters), lock())
    assert len(plan.distinct()) == 2
    assert len(plan.variants()) == 1
    assert resolve((plan.images[0].layer,)) == plan.variants()[0].settings
