"""What a fleet is judged by, looked at again while its branch moves."""

from __future__ import annotations

import os
import re
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from gitops_golden.cli.ground import LINGER, Ground, find, ground_of
from gitops_golden.errors import OutsideError
from gitops_golden.git.repository import open_repository
from gitops_golden.plan.narrow import Narrowing
from tests.integration.fleets import change
from tests.testbed.gitrepos import served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gitops_golden.cli.ground import Found, Looked
    from tests.integration.fleets import Ran
    from tests.testbed.gitrepos import Git

    Run = Callable[..., Ran]

REPO = ("--repo", "../clusters.git")
CLUSTER, FILE = "prod-ap-1", "image-win2022.yaml"
SIZE = re.compile(rb'storage: "(\d+Gi)"')


@pytest.fixture
def published(run: Run, fleet: Path, bare: Git) -> Git:
    """Return the clusters' repository with the sample fleet on its branch."""
    run("lock")
    assert run("publish", *REPO).code == 0
    return bare


def republish(run: Run, fleet: Path, before: int, after: int) -> None:
    """Let the branch move: another size of the volumes."""
    change(fleet / "fleet.yaml", f"storage: {{size: {before}Gi}}", f"storage: {{size: {after}Gi}}")
    assert run("publish", *REPO).code == 0


@contextmanager
def grounded(fleet: Path, location: str, scratch: Path) -> Iterator[Ground]:
    """Return one that is looked at when a test does, whatever is fetched being in ``scratch``."""
    with open_repository(location, scratch=scratch, environ=os.environ) as repository:
        yield Ground(lambda: find(fleet, repository, None, Narrowing()), repository, every=60.0)


@pytest.mark.parametrize("scheme", ["", "file://", "http://"])
def test_a_branch_that_moves_is_followed_and_what_it_held_stays_known(
    run: Run, fleet: Path, published: Git, tmp_path: Path, scheme: str
) -> None:
    with served(tmp_path) as url:
        folder = published.folder
        location = f"{url}/{folder.name}" if scheme == "http://" else f"{scheme}{folder}"
        with grounded(fleet, location, tmp_path / "scratch") as ground:
            truths = [ground.found.truth]
            for size in (80, 90):
                republish(run, fleet, size, size + 10)
                looked = ground.look()
                assert looked.changed
                truths.append(looked.changed[1])
                assert ground.look().changed is None
            clones = list((tmp_path / "scratch").glob("clone-*"))
            # Each is asked only now, two moves of the branch later.
            held = [truth.git.file(CLUSTER, FILE) or b"" for truth in truths]
    assert [SIZE.findall(content) for content in held] == [[b"80Gi"], [b"90Gi"], [b"100Gi"]]
    assert len({truth.basis.commit for truth in truths}) == len(truths)
    assert len(clones) == bool(scheme)


def test_what_is_not_published_yet_is_not_judged_by(run: Run, fleet: Path, published: Git, tmp_path: Path) -> None:
    with grounded(fleet, str(published.folder), tmp_path / "scratch") as ground:
        change(fleet / "fleet.yaml", "storage: {size: 80Gi}", "storage: {size: 90Gi}")
        assert ground.look().changed is None
        assert run("publish", *REPO).code == 0
        assert ground.look().changed


def test_a_repository_that_is_gone_is_told_and_what_was_found_stays(
    fleet: Path, published: Git, tmp_path: Path
) -> None:
    with grounded(fleet, str(published.folder), tmp_path / "scratch") as ground:
        before = ground.found
        published.folder.rename(tmp_path / "elsewhere")
        assert "there is no repository at" in ground.look().failure
        assert ground.found is before
        (tmp_path / "elsewhere").rename(published.folder)
        looked = ground.look()
        assert (looked.changed, looked.failure) == (None, "")


def test_nobody_looks_any_more_once_nobody_needs_it(fleet: Path, published: Git) -> None:
    looks: list[Looked] = []
    before = set(threading.enumerate())
    with ground_of(fleet, str(published.folder), None, Narrowing()) as ground:
        ground.watch(looks.append, lambda error: pytest.fail(str(error)))
        assert set(threading.enumerate()) - before
        ground.ask()
        end = time.monotonic() + 60
        while not looks:
            assert time.monotonic() < end
            time.sleep(0.01)
    assert set(threading.enumerate()) <= before


def test_a_look_that_does_not_end_holds_up_nobody_for_long(fleet: Path, published: Git, tmp_path: Path) -> None:
    answering, asked = threading.Event(), threading.Event()
    answering.set()

    with open_repository(str(published.folder), scratch=tmp_path, environ=os.environ) as repository:

        def silent() -> Found:
            asked.set()
            assert answering.wait(60)
            return find(fleet, repository, None, Narrowing())

        ground = Ground(silent, repository, every=60.0)
        answering.clear()
        asked.clear()
        published("update-ref", "refs/heads/main", published("commit-tree", "main^{tree}", "-m", "moved").strip())
        looks: list[Looked] = []
        failures: list[BaseException] = []
        ground.watch(looks.append, failures.append)
        ground.ask()
        assert asked.wait(60)
        left = time.monotonic()
        ground.leave()
        assert time.monotonic() - left < LINGER + 10
        answering.set()
        ground.leave()
    assert (len(looks), failures) == (1, [])


def test_what_ends_a_look_badly_is_handed_over(fleet: Path, published: Git) -> None:
    failures: list[BaseException] = []

    def told(looked: Looked) -> None:
        raise OutsideError(f"nobody takes {looked}")

    with ground_of(fleet, str(published.folder), None, Narrowing()) as ground:
        ground.watch(told, failures.append)
        ground.ask()
        end = time.monotonic() + 60
        while not failures:
            assert time.monotonic() < end
            time.sleep(0.01)
    assert isinstance(failures[0], OutsideError)


def test_a_branch_is_read_while_it_is_fetched(run: Run, fleet: Path, published: Git, tmp_path: Path) -> None:
    looks: list[Looked] = []
    done = threading.Event()
    with grounded(fleet, f"file://{published.folder}", tmp_path / "scratch") as ground:

        def look() -> None:
            while not done.is_set():
                looks.append(ground.look())

        looking = threading.Thread(target=look)
        looking.start()
        try:
            for size in (80, 90, 100, 110):
                republish(run, fleet, size, size + 10)
                git = ground.found.truth.git
                assert SIZE.search(git.file(CLUSTER, FILE) or b"")
                assert git.past(CLUSTER, "win2022")
        finally:
            done.set()
            looking.join()
    assert [look.failure for look in looks if look.failure] == []
    assert any(look.changed for look in looks)
