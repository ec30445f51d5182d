"""A plan narrowed to images, clusters and shards: what is left is as it was, and nothing is left silently."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.errors import InputError
from gitops_golden.plan.compile import compile_plan
from gitops_golden.plan.narrow import EVERYTHING, Narrowing, Shard, narrow
from gitops_golden.policy.model import Channel, HyperConverged, Platform, VendorImages
from gitops_golden.policy.selector_text import selector
from tests.builders import HERE, cluster, image, lock, locked, named, placement, policy, where

if TYPE_CHECKING:
    from gitops_golden.plan.model import Plan

NAMES = st.lists(st.from_regex(r"[a-z][a-z0-9-]{0,20}[a-z0-9]", fullmatch=True), unique=True, max_size=60)


def fleet() -> Plan:
    """Return six clusters, of which five hold rhel9, four of these fedora, too, and one nothing."""
    clusters = (
        cluster("dev-1", labels={"env": "dev"}),
        *(cluster(f"edge-{number}", labels={"env": "prod", "site": "edge"}) for number in (1, 2, 3)),
        cluster("prod-1", labels={"env": "prod", "site": "hall"}),
        cluster("spare", labels={"env": "none"}),
    )
    upstream = Platform("kubevirt", "cdi", HyperConverged("kubevirt-hyperconverged"))
    return compile_plan(
        policy(
            images=(image("fedora"), image("rhel9")),
            clusters=tuple(replace(each, platform=upstream) for each in clusters if each.name != "spare")
            + clusters[-1:],
            placements=(
                placement("prod", named("fedora", "rhel9"), where(env="prod")),
                placement("dev", named("rhel9"), where(env="dev")),
            ),
            channels=(Channel("stable", "rhel9", HERE), Channel("latest", "fedora", HERE)),
            vendor_images=VendorImages(imports=False, where=HERE),
        ),
        lock(locked("fedora"), locked("rhel9")),
    )


def narrowed(plan: Plan | None = None, **parts: Any) -> Plan:
    return narrow(plan or fleet(), replace(EVERYTHING, **parts))


def by_labels(text: str) -> Narrowing:
    return Narrowing(selector=selector(text), selector_text=text)


def clusters_of(plan: Plan) -> list[str]:
    return [held.cluster.name for held in plan.clusters]


def test_a_plan_that_is_not_narrowed_is_the_same_object() -> None:
    plan = fleet()
    assert narrow(plan, EVERYTHING) is plan


def test_clusters_are_chosen_by_name_and_hold_what_they_held() -> None:
    plan = fleet()
    found = narrowed(plan, clusters=("dev-1", "edge-2"))
    assert clusters_of(found) == ["dev-1", "edge-2"]
    assert [held.holding for held in found.clusters] == [plan.clusters[0].holding, plan.clusters[2].holding]


def test_clusters_are_chosen_by_labels() -> None:
    assert clusters_of(narrow(fleet(), by_labels("site,env in (prod),site!=hall"))) == ["edge-1", "edge-2", "edge-3"]


def test_names_and_labels_must_both_hold() -> None:
    narrowing = replace(by_labels("site=edge"), clusters=("edge-1", "prod-1"))
    assert clusters_of(narrow(fleet(), narrowing)) == ["edge-1"]


def test_equal_clusters_still_share_one_holding_of_some_images() -> None:
    plan = fleet()
    found = narrowed(plan, images=("fedora",))
    assert len(found.distinct()) == len(plan.distinct())
    edges = [held.holding for held in found.clusters if held.cluster.name.startswith("edge")]
    assert all(holding is edges[0] for holding in edges)


def test_of_some_images_are_their_variants_and_pointers_and_nothing_of_the_vendors() -> None:
    found = narrowed(images=("fedora",))
    assert [each.name for each in found.images] == ["fedora"]
    assert {delivery.image for delivery in found.deliveries()} == {"fedora"}
    assert {pointer.name for held in found.clusters for pointer in held.holding.pointers} == {"latest"}
    assert all(held.holding.vendor is None for held in found.clusters)
    assert [held.cluster.name for held in found.receiving] == ["edge-1", "edge-2", "edge-3", "prod-1"]


def test_without_images_the_vendors_stay() -> None:
    assert all(held.holding.vendor for held in narrow(fleet(), by_labels("site=edge")).clusters)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"images": ("rhel",)}, "the policy has no image 'rhel' (did you mean rhel9?)"),
        ({"images": ("x",)}, "the policy has no image 'x' (it has fedora, rhel9)"),
        ({"clusters": ("edge-9",)}, "the policy has no cluster 'edge-9' (did you mean edge-3?)"),
        ({"images": ("fedora",), "clusters": ("dev-1",)}, "no cluster that is asked for is to hold fedora (see "),
        ({"clusters": ("spare",)}, "no cluster that is asked for is to hold anything (see `gitops-golden plan"),
    ],
)
def test_what_leads_to_nothing_is_an_error(parts: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as refused:
        narrowed(**parts)
    assert str(refused.value).startswith(said)


def test_all_unknown_names_are_told_in_one_run() -> None:
    with pytest.raises(InputError) as refused:
        narrowed(images=("a", "b"), clusters=("c",))
    assert len(refused.value.problems) == 3


def test_a_selector_that_matches_nothing_is_told_with_the_labels_that_there_are() -> None:
    with pytest.raises(InputError) as refused:
        narrow(fleet(), by_labels("site=moon"))
    assert str(refused.value) == (
        "the selector 'site=moon' matches no cluster (their labels are env=dev|none|prod, site=edge|hall)"
    )


def test_the_labels_that_there_are_fill_no_screen() -> None:
    clusters = tuple(cluster(f"c{i}", labels={f"key-{i:02}": "x", "id": str(i)}) for i in range(40))
    with pytest.raises(InputError) as refused:
        narrow(compile_plan(policy(clusters=clusters), lock()), by_labels("site=moon"))
    assert len(str(refused.value)) < 250


def test_a_shard_may_be_empty() -> None:
    sizes = [len(narrowed(clusters=("dev-1",), shard=Shard(number, 3)).clusters) for number in (1, 2, 3)]
    assert sorted(sizes) == [0, 0, 1]


@given(names=NAMES, count=st.integers(1, 40))
def test_every_cluster_is_in_exactly_one_shard(names: list[str], count: int) -> None:
    shards = [Shard(number, count) for number in range(1, count + 1)]
    assert all(sum(shard.holds(name) for shard in shards) == 1 for name in names)


@given(names=NAMES, added=NAMES, count=st.integers(1, 16))
def test_a_cluster_that_comes_moves_no_other_one(names: list[str], added: list[str], count: int) -> None:
    def shards(clusters: list[str]) -> dict[str, list[int]]:
        made = compile_plan(policy(clusters=tuple(map(cluster, sorted(clusters)))), lock())
        narrowed = {number: narrow(made, Narrowing(shard=Shard(number, count))) for number in range(1, count + 1)}
        return {name: [number for number, part in narrowed.items() if name in clusters_of(part)] for name in names}

    if names:
        assert shards(names) == shards([*names, *(set(added) - set(names))])


def test_which_shard_a_cluster_is_in_is_the_same_on_every_machine_and_day() -> None:
    found = {name: next(n for n in range(1, 17) if Shard(n, 16).holds(name)) for name in ("edge-001", "prod-eu-1")}
    assert found == {"edge-001": 6, "prod-eu-1": 12}


def test_shards_of_a_large_fleet_are_even() -> None:
    sizes = [sum(Shard(number, 16).holds(f"edge-{each:05}") for each in range(10_000)) for number in range(1, 17)]
    assert 0.85 * 625 < min(sizes) <= max(sizes) < 1.15 * 625
