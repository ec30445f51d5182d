"""lock from a folder of layouts and from a registry that nobody answers for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.fleets import change

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.fleets import Ran

    Run = Callable[..., Ran]

LOCK = "fleet.lock.yaml"


@pytest.fixture
def unanswered(fleet: Path, refused: str) -> Path:
    """Return the fleet with a registry that refuses connections instead of its layouts."""
    policy = fleet / "fleet.yaml"
    change(policy, "address: registry.acme.example:5000 ", f"address: {refused}\n    plainHTTP: true ")
    change(policy, "    layout: registry ", "    #")
    return fleet


def test_a_tag_that_moved_is_named_by_lock_check(run: Run, fleet: Path) -> None:
    before = (fleet / LOCK).read_bytes()
    ran = run("lock", "--check", "-o", "json")
    assert ran.code == 1
    states = {each["image"]: each["state"] for each in ran.json["images"]}
    assert states == {"rhel9": "moved", "ubuntu2404": "current", "win2022": "current"}
    assert (fleet / LOCK).read_bytes() == before


def test_locking_takes_the_new_digest_and_is_then_done(run: Run, fleet: Path) -> None:
    ran = run("lock", "-o", "json")
    assert ran.code == 0
    changes = {each["image"]: each["change"] for each in ran.json["images"]}
    assert changes == {"fedora": "unchanged", "rhel9": "moved", "ubuntu2404": "unchanged", "win2022": "unchanged"}
    assert run("lock", "--check").code == 0
    held = (fleet / LOCK).read_bytes()
    assert run("lock").out.endswith("fleet.lock.yaml: every tag is as locked\n")
    assert (fleet / LOCK).read_bytes() == held


def test_one_image_may_be_locked_alone(run: Run, fleet: Path) -> None:
    before = (fleet / LOCK).read_bytes()
    assert run("lock", "--image", "ubuntu2404").code == 0
    assert (fleet / LOCK).read_bytes() == before
    assert run("lock", "--image", "rhel9").code == 0
    assert (fleet / LOCK).read_bytes() != before


def test_progress_is_told_on_stderr(run: Run, fleet: Path) -> None:
    ran = run("lock")
    assert ran.err == "resolving tags (4)\n"


def test_an_unknown_image_is_wrong_input(run: Run, fleet: Path) -> None:
    ran = run("lock", "--image", "rhel8")
    assert (ran.code, ran.out) == (2, "")
    assert "no image 'rhel8' (it has fedora, rhel9, ubuntu2404, win2022)" in ran.err


def test_images_may_come_from_the_environment(run: Run, fleet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITOPS_GOLDEN_LOCK_IMAGE", "ubuntu2404 win2022")
    monkeypatch.setenv("GITOPS_GOLDEN_LOCK_CHECK", "true")
    ran = run("lock", "-o", "json")
    assert ran.code == 0
    assert [each["image"] for each in ran.json["images"]] == ["ubuntu2404", "win2022"]


def test_a_registry_that_does_not_answer_leaves_the_lock_as_it_was(run: Run, unanswered: Path, refused: str) -> None:
    before = (unanswered / LOCK).read_bytes()
    ran = run("lock")
    assert (ran.code, ran.out) == (3, "")
    assert refused in ran.err
    assert "connection refused" in ran.err
    assert (unanswered / LOCK).read_bytes() == before


def test_lock_check_without_an_answer_says_nothing_about_tags(run: Run, unanswered: Path) -> None:
    ran = run("lock", "--check", "-o", "json")
    assert ran.code == 3
    assert {each["state"] for each in ran.json["images"]} == {"unreachable"}


def test_a_tag_that_is_gone_is_a_finding_of_check_and_no_lock_can_be_made(run: Run, fleet: Path) -> None:
    change(fleet / "fleet.yaml", 'tag: "9.6"', 'tag: "9.7"')
    before = (fleet / LOCK).read_bytes()
    checked = run("lock", "--check", "-o", "json")
    assert checked.code == 1
    assert {each["image"]: each["state"] for each in checked.json["images"]}["rhel9"] == "gone"
    ran = run("lock")
    assert (ran.code, ran.out) == (3, "")
    assert "holds no tag 9.7" in ran.err
    assert (fleet / LOCK).read_bytes() == before
