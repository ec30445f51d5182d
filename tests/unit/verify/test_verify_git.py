"""The links lock and git: each way in which a release does not reach the branch has its own reason and remedy."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from gitops_golden.fleet.observation import Unreachable
from gitops_golden.registry.lock import LockedImage
from gitops_golden.render.manifests import read_manifest
from gitops_golden.verify.case import Case, Past, expected_of
from gitops_golden.verify.judge import judge
from tests.builders import A, B, locked, variant
from tests.unit.verify.small_fleet import Fleet, judge_fleet
from tests.unit.verify.world import BASIS, NOW, Git, outcome, renderer

if TYPE_CHECKING:
    from gitops_golden.verify.model import Finding

FIRST, THEN = "2026-11-20T10:00:00Z", "2026-11-21T10:00:00Z"


def rendered(digest: str, fleet: str = "acme") -> bytes:
    return renderer(fleet=fleet).image(variant(digest=digest)).content


def known(*digests: str) -> LockedImage:
    """Return what the lock knows of releases, each first seen a day after the one before."""
    whole = locked("rhel9", digests[-1], *digests[:-1])
    dated = (replace(each, first_seen=when) for each, when in zip(whole.releases, (FIRST, THEN), strict=False))
    return replace(whole, releases=tuple(dated))


def pasts(*contents: bytes | None) -> tuple[Past, ...]:
    """Return commits an hour apart, newest first."""
    return tuple(
        Past(f"{age}" * 40, NOW - timedelta(hours=age), read_manifest(content) if content else None)
        for age, content in enumerate(contents, 1)
    )


def found(
    held: bytes | None, *past: bytes | None, lock: LockedImage | None = None, digest: str | None = B, branch: str = ""
) -> Finding:
    one = variant(digest=digest)
    lock = lock or known(A, B)
    expected = expected_of(one, "acme", content=rendered(digest or B), served=None, locked=lock)
    git = Git(held, pasts(*past))
    gone = Unreachable("c", "Refused", "nobody there")
    finding = judge(Case("c", expected, git, gone, NOW, missing_branch=branch))
    assert finding is not None
    return finding


def test_a_branch_that_is_not_there_is_named() -> None:
    finding = found(None, branch="release")
    assert outcome(finding) == "broken git BranchAbsent"
    assert "no branch release" in finding.message


def test_a_release_that_is_not_published_is_so_since_the_lock_first_saw_it() -> None:
    finding = found(rendered(A), rendered(A))
    assert outcome(finding) == "broken git NotPublished"
    assert finding.since == NOW - timedelta(hours=1)
    before = found(rendered(A), None, None, rendered(A))
    assert before.since == NOW - timedelta(hours=1)
    old = replace(known(A, B), releases=tuple(replace(each, first_seen=THEN) for each in known(A, B).releases))
    assert found(rendered(A), *[None] * 8, lock=old).since == NOW - timedelta(hours=1)
    assert found(rendered(A), lock=old).since == datetime(2026, 11, 21, 10, tzinfo=UTC)


def test_a_release_that_was_published_and_taken_back_in_git_alone_is_told_with_the_commit() -> None:
    finding = found(rendered(A), rendered(A), rendered(B), rendered(A))
    assert outcome(finding) == "broken git TreeReverted"
    assert f"commit {'1' * 12} took the branch back to {A}" in finding.message
    assert finding.since == NOW - timedelta(hours=1)


def test_going_back_in_the_lock_is_not_published_yet_and_no_revert() -> None:
    finding = found(rendered(B), rendered(B), rendered(A), digest=A)
    assert outcome(finding) == "broken git NotPublished"


def test_another_fleets_manifest_in_the_deliverys_place_is_told_with_its_name() -> None:
    finding = found(None, rendered(A, "other"))
    assert outcome(finding) == "broken git TreeOfAnotherFleet"
    assert "of the fleet other, not of acme" in finding.message


@pytest.mark.parametrize("past", [(), (None,), (rendered(A),)], ids=["never", "removed", "ours and not listed"])
def test_what_is_not_in_the_branch_is_not_published(past: tuple[bytes | None, ...]) -> None:
    assert outcome(found(None, *past)) == "broken git NotPublished"


@pytest.mark.parametrize(
    ("lock", "said", "told"),
    [
        (LockedImage("rhel9", "golden/rhel9"), "broken lock NotLocked", "has no release of rhel9"),
        (replace(known(A), waves=()), "broken lock WaveNotLocked", "does not say which"),
        (replace(known(A), waves=(("canary", A),)), "broken lock WaveNotLocked", "does not say which"),
        (replace(known(A), repository="old/rhel9"), "broken lock NotLocked", "of old/rhel9"),
    ],
    ids=["no release", "no wave", "another wave", "another repository"],
)
def test_each_way_in_which_a_lock_lacks_an_image_is_told(lock: LockedImage, said: str, told: str) -> None:
    finding = found(None, lock=lock, digest=None)
    assert outcome(finding) == said
    assert told in finding.message


def test_a_fleets_branch_that_is_not_there_breaks_each_delivery_before_anything_else() -> None:
    fleet = Fleet()
    truth = fleet.truth._replace(basis=replace(BASIS, commit=None))
    report = judge_fleet(fleet.plan, truth, {}, NOW)
    assert [outcome(each.finding) for each in report.deliveries] == ["broken git BranchAbsent"]
