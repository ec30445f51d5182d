"""Which commit files come from, where they lie in a repository's working tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pygit2

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Provenance:
    """The commit that is checked out, and whether any of the files is not as it has them."""

    commit: str
    modified: bool


def provenance(folder: Path, files: Iterable[Path]) -> Provenance | None:
    """Return which commit files come from; ``folder`` is what they are looked for from.

    None where that can't be told: no repository, one without a commit, or one of another user, which Git does not
    trust.
    """
    try:
        found = pygit2.discover_repository(str(folder.resolve()))
        if found is None:
            return None
        repository = pygit2.Repository(found)
        if repository.is_bare or repository.head_is_unborn:
            return None
        commit = repository.head.peel(pygit2.Commit)
        modified = any(not _is_in(repository, commit, file.resolve()) for file in files)
    except (pygit2.GitError, KeyError, ValueError, OSError):
        return None
    return Provenance(str(commit.id), modified)


def _is_in(repository: pygit2.Repository, commit: pygit2.Commit, file: Path) -> bool:
    """Whether a file is as a commit has it: a file of another place is not."""
    root = (repository.workdir or "").rstrip("/")
    name = str(file).removeprefix(f"{root}/")
    if name == str(file):
        return False
    try:
        entry = commit.tree[name]
    except KeyError:
        return False
    return entry.id == pygit2.hashfile(str(file)) or repository.status_file(name) == pygit2.GIT_STATUS_CURRENT
