"""What a branch held when it was looked up: its commit stands still, wherever the branch goes meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_golden.git.history import folder_revisions, walk_first_parents
from gitops_golden.git.model import Published
from gitops_golden.git.published import read_listing, read_tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gitops_golden.git.model import Commit, Revision
    from gitops_golden.git.store import Store


class Standing:
    """A branch as of one commit, or one that did not exist yet; good for as long as its repository is open.

    Methods raise :class:`OutsideError` when Git fails.
    """

    def __init__(self, store: Store, tip: str | None, *, shallow: bool) -> None:
        self._store = store
        self._tip = tip
        self._shallow = shallow

    @property
    def commit(self) -> Commit | None:
        """The branch's last commit; ``None`` if there was no such branch."""
        return self._store.commit(self._tip)[0] if self._tip else None

    def published(self, fleet: str) -> Published:
        """Return what it holds of a fleet.

        Raises :class:`InputError` for a manifest that isn't as we wrote it.
        """
        root = self._store.commit(self._tip)[1] if self._tip else None
        listing = read_listing(self._store, root, fleet)
        return Published(self.commit, listing, read_tree(self._store, root, listing))

    def history_of(
        self, folders: Iterable[str], *, limit_commits: int
    ) -> Mapping[str, Mapping[str, tuple[Revision, ...]]]:
        """Return, by name, the contents that every file of ``folders`` has had, along so many first parents.

        Newest first; files that are gone by now are among them.
        """
        if self._tip is None:
            return {}
        walk = walk_first_parents(self._store, self._tip, limit=limit_commits, shallow=self._shallow)
        return folder_revisions(self._store, walk, folders)
