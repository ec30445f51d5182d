"""Where a branch is now, asked for without fetching it."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from gitops_golden.errors import InputError, OutsideError
from gitops_golden.git.repository import open_repository

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.gitrepos import Git


def commit(bare: Git) -> str:
    """Commit nothing on ``main``; return the commit."""
    tree = bare("mktree").strip()
    made = bare("commit-tree", tree, "-m", "nothing").strip()
    bare("update-ref", "refs/heads/main", made)
    return made


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_a_branch_is_told_as_it_is_now(bare: Git, tmp_path: Path, scheme: str) -> None:
    with open_repository(f"{scheme}{bare.folder}", scratch=tmp_path / "scratch", environ=os.environ) as repository:
        assert repository.tip("main") is None
        first = commit(bare)
        assert repository.tip("main") == first
        bare("update-ref", "refs/heads/main", bare("commit-tree", f"{first}^{{tree}}", "-m", "another").strip())
        assert repository.tip("main") == bare("rev-parse", "main").strip() != first
        assert repository.tip("other") is None


def test_asking_fetches_nothing(bare: Git, tmp_path: Path) -> None:
    made = commit(bare)
    with open_repository(f"file://{bare.folder}", scratch=tmp_path / "scratch", environ=os.environ) as repository:
        assert repository.tip("main") == made
        assert list((tmp_path / "scratch").glob("*/objects/??/*")) == []
        assert list((tmp_path / "scratch").glob("*/objects/pack/*.pack")) == []


def test_a_remote_that_is_gone_is_a_failure_outside(bare: Git, tmp_path: Path) -> None:
    with open_repository(f"file://{bare.folder}", scratch=tmp_path / "scratch", environ=os.environ) as repository:
        shutil.rmtree(bare.folder)
        with pytest.raises(OutsideError, match=r"asking file://.* for its branches failed"):
            repository.tip("main")


def test_a_repository_that_was_taken_away_has_no_branches_to_tell(bare: Git, tmp_path: Path) -> None:
    with open_repository(str(bare.folder), scratch=tmp_path / "scratch", environ=os.environ) as repository:
        shutil.rmtree(bare.folder)
        with pytest.raises(InputError, match=r"there is no repository at"):
            repository.tip("main")


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_a_branch_that_was_read_stands_still_until_it_is_fetched_again(bare: Git, tmp_path: Path, scheme: str) -> None:
    with open_repository(f"{scheme}{bare.folder}", scratch=tmp_path / "scratch", environ=os.environ) as repository:
        before = repository.standing("main")
        made = commit(bare)
        repository.fetch("main")
        after = repository.standing("main").commit
        assert after is not None
        assert (before.commit, after.id) == (None, made)
