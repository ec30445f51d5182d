from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from gitops_golden.errors import InputError, InputErrors, Location, OutsideError
from gitops_golden.registry.lock import Count, Lock
from gitops_golden.registry.lock_text import dump_lock
from gitops_golden.registry.manifest import OCI_MANIFEST
from gitops_golden.registry.refusals import NoSuchTagError, UnresolvedError
from gitops_golden.registry.release import PlatformImage, Release
from gitops_golden.registry.update import LockChange, check, relock
from tests.builders import A, B, C, image, policy

if TYPE_CHECKING:
    from gitops_golden.policy.model import Policy
    from gitops_golden.registry.update import Relocked

NOW = datetime(2026, 11, 21, 12, 0, 0, 999, tzinfo=timezone(timedelta(hours=2)))
LATER = NOW + timedelta(days=1)


@dataclass
class Shelf:
    """A registry in memory: what each ``repository:tag`` is, or the error that asking for it gives.

    ``lost`` are digests that it does not hold any more, or the errors that asking for them gives.
    """

    tags: dict[str, str | Exception] = field(default_factory=dict)
    where: str = "registry.example:5000"
    asked: list[str] = field(default_factory=list)
    lost: dict[str, Exception | None] = field(default_factory=dict)

    def digest(self, repository: str, tag: str) -> str:
        self.asked.append(f"HEAD {repository}:{tag}")
        return self._now(repository, tag)

    def holds(self, repository: str, digest: str) -> bool:
        self.asked.append(f"HEAD {repository}@{digest}")
        if error := self.lost.get(digest):
            raise error
        return digest not in self.lost

    def resolve(self, repository: str, tag: str) -> Release:
        self.asked.append(f"GET {repository}:{tag}")
        digest = self._now(repository, tag)
        return Release(digest, tag, OCI_MANIFEST, 12, (PlatformImage("linux/amd64", digest, 12),))

    def _now(self, repository: str, tag: str) -> str:
        answer = self.tags.get(f"{repository}:{tag}", NoSuchTagError("no such tag", where=Location(repository)))
        if isinstance(answer, Exception):
            raise answer
        return answer


def lock_of(shelf: Shelf, fleet: Policy | None = None, lock: Lock | None = None) -> Relocked:
    return relock(fleet or policy(), lock or Lock(), shelf, now=NOW)


def test_a_first_lock_holds_what_every_tag_is() -> None:
    relocked = lock_of(Shelf({"golden/rhel9:1": A}))
    release = relocked.lock.release("rhel9", A)
    assert relocked.lock.digest("rhel9") == A
    assert relocked.changes == (LockChange("rhel9", "added", None, A, "1"),)
    assert release
    assert (release.first_seen, release.checked, release.tag) == ("2026-11-21T10:00:00Z", "registry.example:5000", "1")
    assert release.platforms == (PlatformImage("linux/amd64", A, 12),)


def test_locking_again_changes_no_byte_and_asks_for_no_manifest() -> None:
    shelf = Shelf({"golden/rhel9:1": A})
    first = lock_of(shelf).lock
    shelf.asked.clear()
    again = relock(policy(), first, shelf, now=LATER)
    assert dump_lock(again.lock) == dump_lock(first)
    assert not again.changed
    assert shelf.asked == ["HEAD golden/rhel9:1"]


def test_a_tag_that_moved_adds_a_release_and_moves_the_wave() -> None:
    shelf = Shelf({"golden/rhel9:1": A})
    first = lock_of(shelf).lock
    shelf.tags["golden/rhel9:1"] = B
    moved = relock(policy(), first, shelf, now=LATER)
    assert moved.changes == (LockChange("rhel9", "moved", A, B, "1"),)
    assert moved.lock.digest("rhel9") == B
    assert [release.digest for release in moved.lock.images[0].releases] == [A, B]


def test_a_tag_set_back_points_at_the_known_release_and_adds_nothing() -> None:
    shelf = Shelf({"golden/rhel9:1": A})
    first = lock_of(shelf).lock
    shelf.tags["golden/rhel9:1"] = B
    moved = relock(policy(), first, shelf, now=LATER).lock
    shelf.tags["golden/rhel9:1"] = A
    back = relock(policy(), moved, shelf, now=LATER + timedelta(days=1))
    assert back.lock.images[0].releases == moved.images[0].releases
    assert back.lock.digest("rhel9") == A


def test_a_known_digest_under_another_tag_is_retagged() -> None:
    first = lock_of(Shelf({"golden/rhel9:1": A})).lock
    retagged = lock_of(Shelf({"golden/rhel9:2": A}), policy(images=(image(tag="2"),)), first)
    assert retagged.changes == (LockChange("rhel9", "retagged", A, A, "2"),)
    assert retagged.changed
    release = retagged.lock.release("rhel9", A)
    assert release
    assert (release.tag, release.first_seen) == ("2", "2026-11-21T10:00:00Z")


def test_another_repository_starts_anew_and_keeps_the_counts() -> None:
    first = lock_of(Shelf({"golden/rhel9:1": A})).lock
    counted = Lock((replace(first.images[0], restarts=Count(2)),))
    moved = replace(image(), repository="other/rhel9")
    after = lock_of(Shelf({"other/rhel9:1": B}), policy(images=(moved,)), counted).lock.images[0]
    assert (after.repository, after.digest(), after.restarts) == ("other/rhel9", B, Count(2))
    assert [release.digest for release in after.releases] == [B]


def test_an_image_that_left_the_policy_leaves_the_lock() -> None:
    shelf = Shelf({"golden/rhel9:1": A, "golden/fedora:1": B})
    both = lock_of(shelf, policy(images=(image("fedora"), image()))).lock
    relocked = relock(policy(), both, shelf, now=LATER)
    assert relocked.lock.image("fedora") is None
    assert LockChange("fedora", "retired", B, None, "1") in relocked.changes


def test_only_the_images_asked_for_are_touched() -> None:
    shelf = Shelf({"golden/rhel9:1": A, "golden/fedora:1": B})
    fleet = policy(images=(image("fedora"), image()))
    both = lock_of(shelf, fleet).lock
    shelf.tags = {"golden/rhel9:1": C, "golden/fedora:1": C}
    relocked = relock(fleet, both, shelf, now=LATER, only={"rhel9"})
    assert (relocked.lock.digest("rhel9"), relocked.lock.digest("fedora")) == (C, B)
    assert [change.image for change in relocked.changes] == ["rhel9"]
    alone = relock(policy(), both, shelf, now=LATER, only={"rhel9"})
    assert alone.lock.image("fedora") == both.image("fedora")


def test_a_tag_that_several_images_share_is_asked_for_once() -> None:
    shelf = Shelf({"golden/rhel9:1": A})
    fleet = policy(images=(image(), replace(image("rhel9-edge"), repository="golden/rhel9")))
    relocked = lock_of(shelf, fleet)
    assert sorted(shelf.asked) == ["GET golden/rhel9:1", "HEAD golden/rhel9:1"]
    assert relocked.lock.digest("rhel9") == relocked.lock.digest("rhel9-edge") == A


def test_every_failure_is_named_and_there_is_no_half_a_lock() -> None:
    fleet = policy(images=(image("centos"), image("fedora"), image()))
    down = OutsideError("connection refused", where=Location("golden/fedora"))
    with pytest.raises(UnresolvedError) as caught:
        lock_of(Shelf({"golden/rhel9:1": A, "golden/fedora:1": down}), fleet)
    assert str(caught.value) == "golden/centos: no such tag\ngolden/fedora: connection refused"
    assert caught.value.exit_code == 3


def test_malformed_input_outranks_an_outside_that_failed() -> None:
    fleet = policy(images=(image("fedora"), image()))
    bad = InputError("is no digest", where=Location("index.json", 3, 4))
    with pytest.raises(InputErrors) as caught:
        lock_of(Shelf({"golden/rhel9:1": bad}), fleet)
    assert len(caught.value.problems) == 2
    assert caught.value.exit_code == 2


def test_progress_names_each_tag_as_it_is_resolved() -> None:
    seen: list[str] = []
    fleet = policy(images=(image("fedora"), image()))
    shelf = Shelf({"golden/rhel9:1": A, "golden/fedora:1": B})
    relock(fleet, Lock(), shelf, now=NOW, progress=seen.append)
    assert sorted(seen) == ["golden/fedora:1", "golden/rhel9:1"]


def test_a_tag_that_moved_is_named_by_check() -> None:
    names = ("current", "gone", "moved", "new", "unreachable")
    fleet = policy(images=tuple(image(name) for name in names))
    shelf = Shelf({f"golden/{name}:1": A for name in names})
    lock = relock(fleet, Lock(), shelf, now=NOW, only=set(names) - {"new"}).lock
    shelf.tags["golden/moved:1"] = B
    shelf.tags["golden/unreachable:1"] = OutsideError("connection refused")
    del shelf.tags["golden/gone:1"]
    states = {state.image: state for state in check(fleet, lock, shelf)}
    assert {name: state.state for name, state in states.items()} == {
        "current": "current",
        "gone": "gone",
        "moved": "moved",
        "new": "unlocked",
        "unreachable": "unreachable",
    }
    assert (states["moved"].locked, states["moved"].served) == (A, B)
    assert states["moved"].message == f"golden/moved:1 is {B} now, the lock holds {A}"
    assert states["unreachable"].message == "connection refused"


def test_check_asks_only_for_the_images_named() -> None:
    fleet = policy(images=(image("fedora"), image()))
    shelf = Shelf({"golden/rhel9:1": A})
    assert [state.image for state in check(fleet, Lock(), shelf, only={"rhel9"})] == ["rhel9"]


def test_a_lock_of_another_repository_is_no_lock_of_the_image() -> None:
    lock = lock_of(Shelf({"golden/rhel9:1": A})).lock
    fleet = policy(images=(replace(image(), repository="other/rhel9"),))
    (state,) = check(fleet, lock, Shelf({"other/rhel9:1": A}))
    assert (state.state, state.locked) == ("unlocked", None)


def test_a_time_is_written_in_utc() -> None:
    local = lock_of(Shelf({"golden/rhel9:1": A})).lock
    same = relock(policy(), Lock(), Shelf({"golden/rhel9:1": A}), now=NOW.astimezone(UTC)).lock
    assert local == same


def locked_on(digest: str) -> Lock:
    return lock_of(Shelf({"golden/rhel9:1": digest})).lock


@pytest.mark.parametrize(
    ("shelf", "held", "requests"),
    [
        (Shelf({"golden/rhel9:1": A}, lost={A: None}), True, 1),
        (Shelf({"golden/rhel9:1": B}), True, 2),
        (Shelf({"golden/rhel9:1": B}, lost={A: None}), False, 2),
        (Shelf({}, lost={A: None}), False, 2),
        (Shelf({"golden/rhel9:1": B}, lost={A: OutsideError("busy")}), True, 2),
        (Shelf({"golden/rhel9:1": OutsideError("down")}, lost={A: None}), True, 1),
    ],
    ids=["the tag is it", "moved", "moved and gone", "gone with its tag", "cannot be asked", "registry down"],
)
def test_a_locked_digest_that_its_tag_does_not_prove_is_asked_for_once(shelf: Shelf, held: bool, requests: int) -> None:  # noqa: FBT001 - a table
    (state,) = check(policy(), locked_on(A), shelf, digests=True)
    assert state.held is held
    assert len(shelf.asked) == requests


def test_without_being_told_to_no_digest_is_asked_for() -> None:
    shelf = Shelf({"golden/rhel9:1": B}, lost={A: None})
    (state,) = check(policy(), locked_on(A), shelf)
    assert (state.state, state.held, len(shelf.asked)) == ("moved", True, 1)
