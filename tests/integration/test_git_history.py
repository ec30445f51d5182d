"""What paths have held along a branch, and since which commit."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from gitops_golden.git.repository import open_repository
from gitops_golden.render.tree import File, Folder, Tree
from tests.testbed.gitrepos import Git

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gitops_golden.git.model import Revision

START = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
PATH = "clusters/edge-0/image-rhel9.yaml"


def tree_of(*digests: str) -> Tree:
    """A cluster for each digest."""
    folders = {
        digest: Folder.of([File("image-rhel9.yaml", digest.encode()), File("namespace.yaml", b"n")])
        for digest in digests
    }
    return Tree.of("acme", ((f"clusters/edge-{number}", folders[digest]) for number, digest in enumerate(digests)))


def publish(git: Git, tree: Tree, number: int) -> None:
    with open_repository(str(git.folder), scratch=git.folder, environ={}) as repository:
        by = repository.signatures(START + timedelta(minutes=number))
        repository.commit(tree, branch="main", message=str(number), by=by)


def history(git: Git, *paths: str, limit: int = 100) -> Mapping[str, tuple[Revision, ...]]:
    with open_repository(str(git.folder), scratch=git.folder, environ={}) as repository:
        split = {path: path.rpartition("/") for path in paths}
        found = repository.standing("main").history_of({folder for folder, _, _ in split.values()}, limit_commits=limit)
        return {path: found.get(folder, {}).get(name, ()) for path, (folder, _, name) in split.items()}


def told(revisions: tuple[Revision, ...]) -> list[tuple[str, bytes | None, bool]]:
    return [(revision.commit.message, revision.content, revision.exact) for revision in revisions]


@pytest.fixture
def bare(tmp_path: Path) -> Git:
    """Cluster 0 goes one, two, (others move), one; cluster 1 comes second; then all leave."""
    git = Git.made(tmp_path / "fleet.git")
    git.commit({"README": b"r"}, "0")
    publish(git, tree_of("one"), 1)
    publish(git, tree_of("two", "two"), 2)
    publish(git, tree_of("two", "three"), 3)
    git.commit({"README": b"s"}, "4")
    publish(git, tree_of("one", "three"), 5)
    return git


def test_each_content_stands_with_the_commit_that_brought_it(bare: Git) -> None:
    assert told(history(bare, PATH)[PATH]) == [("5", b"one", True), ("2", b"two", True), ("1", b"one", True)]


def test_one_walk_answers_for_many_paths(bare: Git) -> None:
    other = "clusters/edge-1/image-rhel9.yaml"
    found = history(bare, PATH, other, "README", "clusters/edge-1/none", "nowhere/at/all")
    assert told(found[other]) == [("3", b"three", True), ("2", b"two", True)]
    assert told(found["README"]) == [("4", b"s", True), ("0", b"r", True)]
    assert found["clusters/edge-1/none"] == found["nowhere/at/all"] == ()


def test_a_path_that_is_gone_says_since_when(bare: Git) -> None:
    publish(bare, Tree("acme", ()), 6)
    assert told(history(bare, PATH)[PATH])[:2] == [("6", None, True), ("5", b"one", True)]


def test_a_file_is_found_that_nobody_names_any_more(bare: Git) -> None:
    publish(bare, Tree("acme", ()), 6)
    with open_repository(str(bare.folder), scratch=bare.folder, environ={}) as repository:
        found = repository.standing("main").history_of(["clusters/edge-1"], limit_commits=100)
    assert sorted(found["clusters/edge-1"]) == ["image-rhel9.yaml", "namespace.yaml"]


def test_a_walk_that_ends_early_says_that_it_does_not_know_the_beginning(bare: Git) -> None:
    assert told(history(bare, PATH, limit=3)[PATH]) == [("5", b"one", True), ("3", b"two", False)]


def test_a_shallow_clone_does_not_pass_for_the_whole_history(bare: Git, tmp_path: Path) -> None:
    bare("clone", "-q", "--bare", "--depth=2", f"file://{bare.folder}", str(tmp_path / "shallow.git"))
    assert told(history(Git(tmp_path / "shallow.git"), PATH)[PATH])[-1] == ("4", b"two", False)


def test_history_follows_first_parents_alone(bare: Git) -> None:
    work = bare.clone(bare.folder.parent / "work")
    work("checkout", "-q", "-b", "side", "HEAD~2")
    (work.folder / PATH).write_bytes(b"side")
    work("commit", "-q", "-a", "-m", "side")
    work("checkout", "-q", "main")
    work("merge", "-q", "-s", "ours", "-m", "merge", "side")
    work("push", "-q")
    assert [message for message, _, _ in told(history(bare, PATH)[PATH])] == ["5", "2", "1"]


def test_the_git_program_tells_the_same_commits(bare: Git) -> None:
    log = bare("log", "--first-parent", "--format=%H", "main", "--", PATH).split()
    revisions = history(bare, PATH)[PATH]
    assert [revision.commit.id for revision in revisions] == log
    assert [revision.commit.when for revision in revisions] == [
        START + timedelta(minutes=number) for number in (5, 2, 1)
    ]


def test_a_branch_that_does_not_exist_has_no_history(tmp_path: Path) -> None:
    assert history(Git.made(tmp_path / "empty.git"), PATH) == {PATH: ()}


@pytest.mark.parametrize("when", ["0 +0000", "999999999999999 +0000", "253402300799 +1400", "1768000000 +9999"])
def test_a_commit_of_any_time_and_zone_can_be_read(bare: Git, when: str) -> None:
    publish(bare, tree_of("a"), 1)
    tree = bare("rev-parse", "main^{tree}").strip()
    person = f"U <u@example> {when}"
    text = f"tree {tree}\nauthor {person}\ncommitter {person}\n\nforged\n"
    written = ("git", "-C", str(bare.folder), "hash-object", "-t", "commit", "-w", "--literally", "--stdin")
    commit = subprocess.run(written, input=text, capture_output=True, text=True, check=True).stdout.strip()
    bare("update-ref", "refs/heads/main", commit)
    (revision,) = history(bare, "clusters/edge-0/image-rhel9.yaml")["clusters/edge-0/image-rhel9.yaml"]
    assert revision.commit.message == "forged\n"
    assert revision.commit.when.astimezone(UTC).year < 10_000
