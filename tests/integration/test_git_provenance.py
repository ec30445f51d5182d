"""Which commit the policy's files come from, in real repositories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitops_golden.git.provenance import Provenance, provenance
from tests.testbed.gitrepos import Git

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def work(tmp_path: Path) -> Git:
    """Return a repository with a policy below its root, committed."""
    git = Git.made(tmp_path / "work", bare=False)
    (git.folder / "fleet").mkdir()
    (git.folder / "fleet" / "policy.yaml").write_text("a: 1\n", encoding="utf-8")
    git("add", ".")
    git("-c", "user.name=U", "-c", "user.email=u@x", "commit", "-qm", "first")
    return git


def found(git: Git, *files: str) -> Provenance | None:
    folder = git.folder / "fleet"
    return provenance(folder, [folder / file for file in files])


def test_files_as_committed_come_from_the_commit_that_is_checked_out(work: Git) -> None:
    assert found(work, "policy.yaml") == Provenance(work("rev-parse", "HEAD").strip(), modified=False)


def test_a_changed_file_and_one_that_was_never_committed_are_modified(work: Git) -> None:
    (work.folder / "fleet" / "new.yaml").write_text("b: 1\n", encoding="utf-8")
    assert found(work, "policy.yaml", "new.yaml") == Provenance(work("rev-parse", "HEAD").strip(), modified=True)
    (work.folder / "fleet" / "policy.yaml").write_text("a: 2\n", encoding="utf-8")
    assert found(work, "policy.yaml") == Provenance(work("rev-parse", "HEAD").strip(), modified=True)


def test_a_change_elsewhere_in_the_repository_modifies_nothing(work: Git) -> None:
    (work.folder / "other.txt").write_text("x", encoding="utf-8")
    seen = found(work, "policy.yaml")
    assert seen
    assert not seen.modified


def test_a_file_of_another_place_is_not_the_commits(work: Git, tmp_path: Path) -> None:
    (tmp_path / "beside.yaml").write_text("c: 1\n", encoding="utf-8")
    (work.folder / "fleet" / "link.yaml").symlink_to(tmp_path / "beside.yaml")
    seen = found(work, "link.yaml")
    assert seen
    assert seen.modified


def test_line_endings_that_git_converts_modify_nothing(work: Git) -> None:
    (work.folder / ".gitattributes").write_text("* text eol=crlf\n", encoding="utf-8")
    work("add", ".")
    work("-c", "user.name=U", "-c", "user.email=u@x", "commit", "-qm", "endings")
    (work.folder / "fleet" / "policy.yaml").unlink()
    work("checkout", "--", ".")
    assert (work.folder / "fleet" / "policy.yaml").read_bytes() == b"a: 1\r\n"
    seen = found(work, "policy.yaml")
    assert seen
    assert not seen.modified


def test_without_a_repository_or_a_commit_nothing_is_claimed(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("a: 1\n", encoding="utf-8")
    empty = Git.made(tmp_path / "empty", bare=False)
    assert provenance(tmp_path, [tmp_path / "policy.yaml"]) is None
    assert provenance(empty.folder, []) is None
