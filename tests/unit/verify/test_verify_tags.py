"""What is told of an image's tag: one finding, the gravest."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_golden.plan.compile import compile_plan
from gitops_golden.policy.model import Tracking
from gitops_golden.registry.update import TagState
from gitops_golden.verify.tags import image_results, tag_finding
from tests.builders import A, B, cluster, lock, named, override, policy
from tests.unit.verify.world import outcome


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"state": "current", "served": A}, "converged"),
        ({"state": "moved", "served": B}, "broken registry TagMoved"),
        ({"state": "moved", "served": B, "held": False}, "broken registry DigestGone"),
        ({"state": "gone"}, "broken registry TagGone"),
        ({"state": "gone", "held": False}, "broken registry DigestGone"),
        ({"state": "unreachable"}, "unreachable registry RegistryUnreachable"),
        ({"state": "unlocked", "served": A}, "converged"),
    ],
)
def test_a_tag_has_one_finding_the_gravest(parts: dict[str, Any], said: str) -> None:
    state = TagState(**({"image": "rhel9", "tag": "9.6", "locked": A, "served": None} | parts))
    assert outcome(tag_finding(state, tracking=False)) == said


@pytest.mark.parametrize("held", [True, False])
def test_a_tracking_image_moves_without_the_lock(*, held: bool) -> None:
    assert tag_finding(TagState("rhel9", "9.6", "moved", A, B, held=held), tracking=True) is None


@pytest.mark.parametrize("tracked", [(), ("dev-1",), ("prod-1",), ("dev-1", "prod-1")])
def test_a_tag_that_some_clusters_track_is_told_for_those_that_are_pinned(tracked: tuple[str, ...]) -> None:
    overrides = (override(clusters=named(*tracked), update=Tracking("0 2 * * *")),) if tracked else ()
    both = (cluster("dev-1"), cluster("prod-1"))
    plan = compile_plan(policy(clusters=both, overrides=overrides), lock())
    (result,) = image_results(plan, {"rhel9": TagState("rhel9", "1", "moved", A, B)})
    assert outcome(result.finding) == ("converged" if len(tracked) == len(both) else "broken registry TagMoved")


@pytest.mark.parametrize(("served", "told"), [(B, f"its tag is {B} now"), (None, "nor its tag")])
def test_a_digest_that_is_gone_is_told_with_what_became_of_its_tag(served: str | None, told: str) -> None:
    finding = tag_finding(
        TagState("rhel9", "9.6", "moved" if served else "gone", A, served, held=False), tracking=False
    )
    assert finding is not None
    assert told in finding.message
