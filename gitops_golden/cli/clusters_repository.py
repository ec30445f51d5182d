"""The repository that clusters follow, as verbs see it: opened for a while."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gitops_golden.errors import OutsideError
from gitops_golden.git.repository import open_repository

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops_golden.git.repository import Repository
    from gitops_golden.render.tree import Tree


@contextmanager
def clusters_repository(location: str) -> Iterator[Repository]:
    """Open the repository; a clone of a URL is gone afterwards."""
    try:
        # Who was given up because the server is silent may still write there.
        folder = tempfile.TemporaryDirectory(prefix="gitops-golden-", ignore_cleanup_errors=True)
    except OSError as error:
        raise OutsideError(f"no temporary folder can be made: {error.strerror}", remedy="set TMPDIR") from error
    with (
        folder as scratch,
        open_repository(location, scratch=Path(scratch), environ=os.environ) as repository,
    ):
        yield repository


def nothing_to_begin_with(repository: Repository, tree: Tree, branch: str) -> bool:
    """Whether a tree without deliveries meets a branch without any of ours: then there is nothing to commit."""
    return not tree.folders and not repository.published(tree.fleet, branch).listing.folders


def files_of(tree: Tree) -> dict[str, bytes]:
    """Return a tree's files by path."""
    return dict(tree)
