"""Whole fleets rendered and compared file by file; `make golden` writes the trees anew."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_golden.plan.compile import compile_plan
from gitops_golden.policy.load import load
from gitops_golden.registry.lockfile import read_lock
from tests.builders import rendered

if TYPE_CHECKING:
    from gitops_golden.plan.model import Plan
    from gitops_golden.policy.model import Policy
    from gitops_golden.render.tree import Tree

GOLDEN = Path(__file__).parents[2] / "data" / "golden"
FLEETS = sorted(each.name for each in GOLDEN.iterdir() if each.is_dir())


def loaded(fleet: str) -> tuple[Policy, Plan]:
    policy = load(GOLDEN / fleet).policy
    return policy, compile_plan(policy, read_lock(policy.folder))


def tree_of(fleet: str) -> Tree:
    return rendered(*loaded(fleet))


@pytest.mark.parametrize("fleet", FLEETS)
def test_a_fleet_renders_as_reviewed(fleet: str, *, update_golden: bool) -> None:
    files = dict(tree_of(fleet))
    folder = GOLDEN / fleet / "tree"
    if update_golden:
        shutil.rmtree(folder, ignore_errors=True)
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
    reviewed = {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}
    assert files == reviewed


@pytest.mark.parametrize("fleet", FLEETS)
def test_no_clusters_name_is_in_its_manifests(fleet: str) -> None:
    policy, plan = loaded(fleet)
    tree = rendered(policy, plan)
    for name in (entry.cluster.name for entry in plan.clusters):
        assert not any(f'"{name}"'.encode() in content for path, content in tree if "/extra-" not in path)


def test_equal_clusters_share_one_folder() -> None:
    folders = dict(tree_of("everyday").folders)
    assert folders["sites/prod-1/golden"] is folders["sites/prod-2/golden"]
    assert folders["sites/prod-1/golden"] != folders["sites/dev/golden"]


@settings(max_examples=40)
@given(st.sampled_from(FLEETS), st.randoms(use_true_random=False))
def test_the_order_of_clusters_changes_no_byte(fleet: str, random: object) -> None:
    policy, plan = loaded(fleet)
    shuffled = list(plan.clusters)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives random.Random without saying so
    assert rendered(policy, replace(plan, clusters=tuple(shuffled))) == rendered(policy, plan)
