"""One repository, opened: what a branch holds of a fleet, what would change, and the commit that changes it.

A commit takes effect by one compare-and-swap of the branch, or by one push: before it nothing shows, after it
everything does.
"""

from __future__ import annotations

import tempfile
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pygit2

from gitops_golden.errors import InputError, InputErrors, Location, OutsideError, Problem
from gitops_golden.git.failure import git_failures
from gitops_golden.git.identity import signatures
from gitops_golden.git.location import parse_location
from gitops_golden.git.overlay import overlay
from gitops_golden.git.published import read_listing
from gitops_golden.git.remote import Remote
from gitops_golden.git.standing import Standing
from gitops_golden.git.store import Store, common_folder
from gitops_golden.git.worktree import work_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from gitops_golden.git.manifest import Listing
    from gitops_golden.git.model import Commit, Published, Signature, Signatures
    from gitops_golden.git.overlay import Comparison, Overlay
    from gitops_golden.render.tree import Tree

ATTEMPTS = 8
_PAUSE_SECONDS = 0.05
_SHOWN = 20
_REFLOG = "gitops-golden: publish"


@contextmanager
def open_repository(location: str, *, scratch: Path, environ: Mapping[str, str]) -> Iterator[Repository]:
    """Open a local repository (bare or not, empty too), or clone a URL's into ``scratch`` for a while.

    ``environ`` says who commits (git's own variables) and is what git's credential helpers run with. Raises
    :class:`InputError` where there is no repository; a URL that can't be reached shows when it is first used.
    """
    place = parse_location(location)
    if isinstance(place, Path):
        yield Repository(_opened(place), None, environ)
        return
    with git_failures("making a scratch folder"):
        scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="clone-", dir=scratch, ignore_cleanup_errors=True) as folder:
        with git_failures(f"preparing a clone of {place}", redact=place.redact):
            clone = pygit2.init_repository(folder, bare=True)
            remote = Remote(clone, place, environ)
        yield Repository(clone, remote, environ)


def _opened(folder: Path) -> pygit2.Repository:
    remedy = "name a Git repository; `git init --bare FOLDER` makes one"
    if not folder.exists():
        raise InputError(f"there is no repository at '{folder}'", remedy=remedy)
    try:
        return pygit2.Repository(str(folder))
    except pygit2.GitError as error:
        raise InputError(f"'{folder}' can't be opened as a repository: {error}", remedy=remedy) from error


class Repository:
    """An open repository. Methods raise :class:`OutsideError` when Git fails.

    Behind a URL each branch is fetched when it is first asked for, and every commit is pushed.
    """

    def __init__(self, repository: pygit2.Repository, remote: Remote | None, environ: Mapping[str, str]) -> None:
        self._repository = repository
        self._remote = remote
        self._environ = environ
        self._store = Store(repository)
        self._fetched: set[str] = set()

    def signatures(self, now: datetime) -> Signatures:
        """Return author and committer of a commit made ``now`` (:mod:`gitops_golden.git.identity`)."""
        with git_failures("reading git's configuration"):
            config = self._repository.config
            return signatures(self._environ, partial(_value, config), now)

    def head(self, branch: str) -> Commit | None:
        """Return the last commit of a branch; ``None`` if there is no such branch yet."""
        return self.standing(branch).commit

    def tip(self, branch: str) -> str | None:
        """Return the id of a branch's last commit as of now; behind a URL that is asked each time, and not fetched.

        Raises :class:`InputError` for a repository that is no longer there.
        """
        if self._remote:
            return self._remote.tip(branch)
        # Once it is gone, an open one has no branches, as if it were new.
        _opened(Path(self._repository.path))
        return self._tip(branch)

    def fetch(self, branch: str) -> None:
        """Follow a branch behind a URL to where it is now; here a branch is always there."""
        self._tip(branch, again=True)

    def standing(self, branch: str) -> Standing:
        """Return the branch as it is now, to be read at leisure."""
        return Standing(self._store, self._tip(branch), shallow=self._repository.is_shallow)

    def published(self, fleet: str, branch: str) -> Published:
        """Return what a branch holds of a fleet.

        Raises :class:`InputError` for a manifest that isn't as we wrote it.
        """
        return self.standing(branch).published(fleet)

    def compare(self, tree: Tree, branch: str) -> Comparison:
        """Return what publishing ``tree`` would change, without storing anything."""
        root = self._root(self._tip(branch))
        listing = read_listing(self._store, root, tree.fleet)
        return overlay(tree, listing, root, self._store.tree).comparison

    def commit(
        self,
        tree: Tree,
        *,
        branch: str,
        message: str,
        by: Signatures,
        approve: Callable[[Listing], None] | None = None,
    ) -> Commit | None:
        """Publish ``tree`` as one commit on ``branch``; ``None`` if the branch has it already.

        Someone else's commit in between is taken as the new base, a few times over. ``approve`` is called with
        what is ours before each attempt, and stops the publish by raising. Raises :class:`InputError` for files
        in the way that aren't ours, and for a work tree that can't follow.
        """
        for attempt in range(ATTEMPTS):
            base = self._tip(branch, again=attempt > 0)
            root = self._root(base)
            listing = read_listing(self._store, root, tree.fleet)
            if approve:
                approve(listing)
            laid = overlay(tree, listing, root, self._store.tree)
            _refuse_foreign(laid.comparison)
            if laid.root == root:
                return None
            self._store.add(laid.objects)
            made = self._commit_object(laid.root, base, message, by)
            if self._take_effect(branch, base, made, laid):
                return self._store.commit(made)[0]
            time.sleep(_PAUSE_SECONDS * attempt)
        raise OutsideError(
            f"branch {branch!r} moved or was locked at each of {ATTEMPTS} attempts, nothing was published",
            remedy="try again; if nobody else publishes, look for a stale .lock file beside the branch",
        )

    def _tip(self, branch: str, *, again: bool = False) -> str | None:
        """Return the id of the branch's last commit; a remote is asked once, and when told ``again``."""
        name = _reference(branch)
        if self._remote and (again or branch not in self._fetched):
            self._remote.fetch(branch)
            self._fetched.add(branch)
        with git_failures(f"reading branch {branch!r}"):
            found = self._repository.references.get(name)
            return str(found.resolve().target) if found else None

    def _root(self, commit: str | None) -> bytes | None:
        return self._store.commit(commit)[1] if commit else None

    def _commit_object(self, root: bytes, base: str | None, message: str, by: Signatures) -> str:
        with git_failures("writing the commit"):
            author, committer = _pygit2_signature(by.author), _pygit2_signature(by.committer)
            self._repository.set_ident(committer.name, committer.email)
            parents: list[str | pygit2.Oid] = [base] if base else []
            tree = pygit2.Oid(raw=root)
            return str(self._repository.create_commit(None, author, committer, message, tree, parents))

    def _take_effect(self, branch: str, base: str | None, made: str, laid: Overlay) -> bool:
        """Make ``made`` the branch's last commit, here or at the remote; false if it isn't at ``base``."""
        if self._remote is None:
            return self._take_effect_here(branch, base, made, laid)
        with git_failures(f"updating branch {branch!r} of the clone"):
            self._repository.references.create(_reference(branch), made, force=True)
        refusal = self._remote.push(branch)
        if not refusal:
            return True
        tip = self._tip(branch, again=True)
        if tip == base:
            raise OutsideError(f"the push was refused: {refusal}", remedy="ask who runs the Git server, or try again")
        # A connection that broke after the server took the push looks like a refusal.
        return tip == made

    def _take_effect_here(self, branch: str, base: str | None, made: str, laid: Overlay) -> bool:
        files = work_tree(self._repository, branch)
        changes = laid.comparison
        paths = (*changes.added, *changes.changed, *changes.removed) if files else ()
        if files:
            files.update(laid.root, paths)
        moved = False
        try:
            moved = self._swap(_reference(branch), base, made)
        finally:
            if files and not moved:
                files.restore(self._root(base), paths)
        return moved

    def _swap(self, name: str, base: str | None, made: str) -> bool:
        """Compare-and-swap a branch. A lock that somebody holds means that it is about to move."""
        with git_failures(f"moving {name}"):
            try:
                if base is None:
                    self._repository.create_reference_direct(name, made, force=False, message=_REFLOG)
                    return True
                found = self._repository.references[name].resolve()
                if str(found.target) != base:
                    return False
                found.set_target(made, _REFLOG)
            except pygit2.AlreadyExistsError:
                return False
            except pygit2.GitError:
                now = self._repository.references.get(name)
                if now and str(now.resolve().target) == base:
                    raise
                return False
            except OSError:
                if (common_folder(self._repository) / f"{name}.lock").exists():
                    return False
                raise
        return True


def _value(config: pygit2.Config, key: str) -> str | None:
    return config[key] if key in config else None  # noqa: SIM401 - a Config has no get()


def _reference(branch: str) -> str:
    name = f"refs/heads/{branch}"
    # `git branch` refuses the two that are fine as references: nobody could name such a branch on a command line.
    odd = branch.startswith("-") or branch == "HEAD" or not branch.isprintable()
    if odd or not pygit2.reference_is_valid_name(name):
        raise InputError(f"{branch!r} can't be the name of a branch", remedy="see `git help check-ref-format`")
    return name


def _refuse_foreign(comparison: Comparison) -> None:
    foreign = comparison.foreign
    if foreign:
        raise InputErrors(
            Problem(
                f"a file that isn't ours is where a manifest must go (one of {len(foreign)})",
                Location(path),
                "move or remove it, or choose another delivery.path",
            )
            for path in foreign[:_SHOWN]
        )


def _pygit2_signature(signature: Signature) -> pygit2.Signature:
    offset = signature.when.utcoffset()
    minutes = int(offset.total_seconds() // 60) if offset else 0
    return pygit2.Signature(signature.name, signature.email, int(signature.when.timestamp()), minutes, "utf-8")
