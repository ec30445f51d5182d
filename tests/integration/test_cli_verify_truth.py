"""verify from the command line, before any cluster: what registry, lock and branch hold, each with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.fleets import change

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.fleets import Ran
    from tests.testbed.gitrepos import Git

    Run = Callable[..., Ran]

REPO = ("--repo", "../clusters.git")
VERIFY = ("verify", *REPO, "--snapshots", ".", "-o", "json")


@pytest.fixture
def published(run: Run, fleet: Path, bare: Git) -> Path:
    """Return the folder of a fleet that is locked and published."""
    run("lock")
    assert run("publish", *REPO).code == 0
    return fleet


def found(run: Run, *options: str) -> Any:
    ran = run(*VERIFY, *options)
    assert ran.code == 1, ran
    return ran.json


def reasons(report: Any) -> set[tuple[str, str]]:
    return {(each["link"], each["reason"]) for each in report["deliveries"]}


def test_a_branch_that_the_repository_lacks_is_told_of_every_delivery(run: Run, published: Path) -> None:
    report = found(run, "--branch", "nowhere")
    assert reasons(report) == {("git", "BranchAbsent")}
    assert {each["message"] for each in report["deliveries"]} == {"the repository has no branch nowhere"}


def test_a_fleet_that_was_renamed_finds_what_it_published_as_another_fleets(run: Run, published: Path) -> None:
    change(published / "fleet.yaml", "  name: acme\n", "  name: renamed\n")
    report = found(run)
    assert ("git", "TreeOfAnotherFleet") in reasons(report)
    assert "of the fleet acme, not of renamed" in report["deliveries"][0]["message"]


def test_a_release_that_git_alone_took_back_is_told_with_the_commit(run: Run, published: Path, bare: Git) -> None:
    lock = published / "fleet.lock.yaml"
    text = lock.read_text(encoding="utf-8")
    rhel9 = text[text.index("  rhel9:") :]
    locked = rhel9[rhel9.index("all: ") + 5 :].split()[0]
    earlier = next(line.split()[-1] for line in rhel9.splitlines() if "- digest:" in line and not line.endswith(locked))
    lock.write_text(text.replace(f"all: {locked}", f"all: {earlier}"), encoding="utf-8")
    assert run("publish", *REPO).code == 0
    lock.write_text(text, encoding="utf-8")
    assert run("publish", *REPO).code == 0
    bare("update-ref", "refs/heads/main", bare("commit-tree", "main~1^{tree}", "-p", "main", "-m", "Revert").strip())
    report = found(run)
    told = next(each for each in report["deliveries"] if each["image"] == "rhel9")
    assert (told["link"], told["reason"]) == ("git", "TreeReverted")
    assert bare("rev-parse", "main")[:12] in told["message"]
    assert told["since"] is not None


def test_a_wave_that_the_lock_does_not_name_is_told(run: Run, published: Path) -> None:
    lock = published / "fleet.lock.yaml"
    text = lock.read_text(encoding="utf-8")
    start = text.index("all: ", text.index("  rhel9:"))
    lock.write_text(f"{text[:start]}canary: {text[start + 5 :]}", encoding="utf-8")
    report = found(run)
    told = {each["reason"] for each in report["deliveries"] if each["image"] == "rhel9"}
    assert told == {"WaveNotLocked"}


def test_a_digest_that_the_layout_has_lost_is_told_once_of_its_image(run: Run, published: Path) -> None:
    layout = published / "registry" / "golden" / "rhel9"
    (held,) = [each["locked"] for each in found(run)["images"] if each["image"] == "rhel9"]
    change(layout / "index.json", '"9.6"', '"9.6-retired"')
    (gone,) = [each for each in found(run)["images"] if each["image"] == "rhel9"]
    assert gone["reason"] == "TagGone"
    (layout / "blobs" / "sha256" / held.removeprefix("sha256:")).unlink()
    (lost,) = [each for each in found(run)["images"] if each["image"] == "rhel9"]
    assert (lost["link"], lost["reason"]) == ("registry", "DigestGone")
    assert held in lost["message"]
    assert run("lock", "--check").code == 1
