from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gitops_golden.errors import InputErrors
from gitops_golden.plan.compile import compile_plan, layers_of
from gitops_golden.policy.model import Tracking
from gitops_golden.policy.settings import resolve
from gitops_golden.registry.lock import Count, Lock
from gitops_golden.registry.release import PlatformImage
from tests.builders import A, cluster, image, lock, locked, named, override, placement, policy, where

if TYPE_CHECKING:
    from gitops_golden.plan.model import Plan


def held(plan: Plan) -> dict[str, list[str]]:
    return {entry.cluster.name: [variant.image for variant in entry.variants] for entry in plan.clusters}


def test_a_placement_gives_its_images_to_its_clusters_and_no_others() -> None:
    plan = compile_plan(
        policy(
            images=(image("alma", labels={"os": "linux"}), image("win", labels={"os": "windows"})),
            clusters=(cluster("dev", labels={"env": "dev"}), cluster("prod", labels={"env": "prod"})),
            placements=(
                placement("linux", where(os="linux")),
                placement("win", named("win"), where(env="prod")),
            ),
        ),
        Lock(),
    )
    assert held(plan) == {"dev": ["alma"], "prod": ["alma", "win"]}


def test_equal_clusters_share_one_holding() -> None:
    clusters = tuple(cluster(f"c{number}", labels={"id": str(number)}) for number in range(50))
    plan = compile_plan(policy(clusters=clusters), lock())
    assert len(plan.distinct()) == 1
    assert plan.size == 50


def test_equal_variants_are_one_object_though_they_come_from_different_rules() -> None:
    plan = compile_plan(
        policy(
            clusters=(cluster("a", labels={"x": "1"}), cluster("b", labels={"x": "2"})),
            overrides=(
                override("one", clusters=where(x="1"), keep=5),
                override("two", clusters=where(x="2"), keep=5),
            ),
        ),
        lock(),
    )
    first, second = (entry.variants[0] for entry in plan.clusters)
    assert first is second


def test_a_rule_that_names_a_cluster_tells_it_from_one_with_equal_labels() -> None:
    plan = compile_plan(
        policy(clusters=(cluster("a"), cluster("b")), overrides=(override(clusters=named("b"), keep=9),)),
        lock(),
    )
    assert [entry.variants[0].settings.keep for entry in plan.clusters] == [3, 9]


def test_the_nearest_layer_wins() -> None:
    fleet = policy(
        images=(image(keep=4),),
        clusters=(cluster("near", keep=7), cluster("far")),
        overrides=(override("first", keep=5), override("second", keep=6)),
    )
    plan = compile_plan(fleet, lock())
    assert [entry.variants[0].settings.keep for entry in plan.clusters] == [7, 6]


def test_the_layers_that_are_explained_are_the_layers_that_decide() -> None:
    fleet = policy(
        images=(image(keep=4, storage_className="slow"),),
        clusters=(cluster("a", labels={"x": "1"}, keep=7), cluster("b")),
        overrides=(override(clusters=where(x="1"), storage_className="fast"), override("rest", keep=2)),
    )
    for entry in compile_plan(fleet, lock()).clusters:
        assert resolve(layers_of(fleet, fleet.images[0], entry.cluster)) == entry.variants[0].settings


def test_a_pinned_image_holds_the_locked_digest_and_a_tracking_one_none() -> None:
    fleet = policy(images=(image("pinned"), image("tracking", update=Tracking("@daily"))))
    plan = compile_plan(fleet, lock(locked("pinned"), locked("tracking")))
    assert [variant.digest for variant in plan.clusters[0].variants] == [A, None]


def test_images_without_a_release_are_planned_and_named() -> None:
    plan = compile_plan(policy(images=(image("new"), image("tracking", update=Tracking("@daily")))), Lock())
    assert plan.unlocked() == ("new",)


def test_an_image_that_moved_to_another_repository_is_to_be_locked_again() -> None:
    moved = replace(locked(), repository="golden/elsewhere")
    plan = compile_plan(policy(), lock(moved))
    assert plan.unlocked() == ("rhel9",)


def test_counts_of_the_lock_reach_the_clusters_that_they_name() -> None:
    counted = replace(locked(), restarts=Count(1, (("b", 2),)), attempts=Count(0, (("b", 1),)))
    plan = compile_plan(policy(clusters=(cluster("a"), cluster("b"))), lock(counted))
    assert [(entry.variants[0].restarts, entry.variants[0].attempts) for entry in plan.clusters] == [
        (1, 0),
        (3, 1),
    ]


def test_a_delivery_without_a_size_is_an_error_told_once_per_image() -> None:
    fleet = policy(images=(image("a", storage_size=None),), clusters=(cluster("one"), cluster("two", keep=1)))
    with pytest.raises(InputErrors, match=r"storage\.size") as raised:
        compile_plan(fleet, lock())
    assert len(raised.value.problems) == 1


def test_rules_that_choose_nothing_and_images_in_no_placement_are_warned_of() -> None:
    plan = compile_plan(
        policy(
            images=(image("used"), image("idle")),
            placements=(placement("p", named("used")), placement("none", named("used"), where(env="x"))),
            overrides=(override("void", where(os="none"), keep=1),),
        ),
        Lock(),
    )
    told = " | ".join(problem.what for problem in plan.warnings)
    assert "placement 'none' selects no cluster" in told
    assert "override 'void' selects no image" in told
    assert "image 'idle' is in no placement" in told
    assert all(problem.severity == "warning" for problem in plan.warnings)


def test_a_cluster_that_gets_no_image_is_no_receiver() -> None:
    plan = compile_plan(
        policy(
            clusters=(cluster("with", labels={"x": "1"}), cluster("without")),
            placements=(placement(clusters=where(x="1")),),
        ),
        lock(),
    )
    assert [entry.cluster.name for entry in plan.receiving] == ["with"]
    assert len(plan.clusters) == 2


def test_a_release_without_a_clusters_architecture_is_warned_of_once() -> None:
    platforms = (PlatformImage("linux/amd64", A, 1), PlatformImage("linux/arm64/v8", A, 1))
    images = tuple(
        replace(locked(name), releases=(replace(locked(name).releases[0], platforms=has),))
        for name, has in (("both", platforms), ("one", platforms[:1]))
    )
    arm = tuple(
        replace(cluster(name, keep=number), architecture="arm64") for number, name in enumerate(("arm-1", "arm-2"))
    )
    fleet = policy(images=(image("both"), image("one")), clusters=(*arm, cluster("amd")))
    (warning,) = compile_plan(fleet, Lock(images)).warnings
    assert warning.what == "image 'one' has no linux/arm64, which arm-1 needs; it has linux/amd64"
