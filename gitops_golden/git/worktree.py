"""The work tree of a checked-out branch: it follows a publish, and its owner's changes are never lost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pygit2
from pygit2.enums import CheckoutStrategy, RepositoryState

from gitops_golden.errors import InputError, InputErrors, Location, Problem
from gitops_golden.git.failure import git_failures
from gitops_golden.git.store import common_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ELSEWHERE = "publish to another branch, or to a bare clone"
_NAMED_PATHS_ONLY = CheckoutStrategy.DISABLE_PATHSPEC_MATCH
_SHOWN = 20


class WorkTree:
    """Index and files of the repository's own work tree."""

    def __init__(self, repository: pygit2.Repository) -> None:
        self._repository = repository

    def update(self, root: bytes, paths: Iterable[str]) -> None:
        """Make ``paths`` in index and files what the tree ``root`` has, as long as HEAD is what it was.

        Raises :class:`InputError`, with nothing changed, if one of them isn't as HEAD has it or something
        untracked is in its place.
        """
        self._refuse_unsettled()
        listed = list(paths)
        dirty = sorted(self._dirty().intersection(listed))
        if dirty:
            raise InputErrors(
                Problem(
                    "the work tree has a change that publish would overwrite",
                    Location(path),
                    "commit, stash or remove it",
                )
                for path in dirty[:_SHOWN]
            )
        safe = CheckoutStrategy.SAFE | CheckoutStrategy.DONT_OVERWRITE_IGNORED
        try:
            self._checkout(root, listed, safe)
        except pygit2.GitError as error:
            raise InputError(
                f"the work tree can't follow: {error}", remedy=f"remove what is in the way, or {_ELSEWHERE}"
            ) from error

    def restore(self, root: bytes | None, paths: Iterable[str]) -> None:
        """Undo :meth:`update`: what it found was clean, so nobody's work is overwritten."""
        with git_failures("putting the work tree back"):
            if root is None:
                root = self._repository.TreeBuilder().write().raw
            self._checkout(root, list(paths), CheckoutStrategy.FORCE)

    def _checkout(self, root: bytes, paths: list[str], strategy: CheckoutStrategy) -> None:
        tree = self._repository[pygit2.Oid(raw=root)]
        # pygit2 has no types for its options.
        self._repository.checkout_tree(  # type: ignore[no-untyped-call]
            tree, strategy=strategy | _NAMED_PATHS_ONLY, paths=paths
        )

    def _dirty(self) -> set[str]:
        with git_failures("reading the work tree"):
            return set(self._repository.status(untracked_files="all", ignored=False))

    def _refuse_unsettled(self) -> None:
        with git_failures("reading the repository's state"):
            state = self._repository.state()
            config = self._repository.config
            sparse = "core.sparseCheckout" in config and config.get_bool("core.sparseCheckout")
        if state != RepositoryState.NONE:
            raise InputError("the work tree is in the middle of a merge or rebase", remedy="end that first")
        if sparse:
            raise InputError("the work tree is a sparse checkout", remedy=_ELSEWHERE)


def work_tree(repository: pygit2.Repository, branch: str) -> WorkTree | None:
    """Return the work tree where ``branch`` is checked out, if it is.

    Raises :class:`InputError` if that is another, linked work tree of the same repository: its index isn't
    ours to write.
    """
    with git_failures("reading the repository's HEAD"):
        wanted = f"ref: refs/heads/{branch}"
        own = Path(repository.path) / "HEAD"
        if not repository.is_bare and own.read_text().strip() == wanted:
            return WorkTree(repository)
        others = [head for head in _heads(repository) if head != own and head.read_text().strip() == wanted]
    if others:
        raise InputError(f"branch {branch!r} is checked out in another work tree of this repository", remedy=_ELSEWHERE)
    return None


def _heads(repository: pygit2.Repository) -> Iterator[Path]:
    """Each HEAD that a work tree of this repository has."""
    common = common_folder(repository)
    if not pygit2.Repository(str(common)).is_bare:
        yield common / "HEAD"
    yield from sorted(common.glob("worktrees/*/HEAD"))
