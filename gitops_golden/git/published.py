"""What a branch holds of a fleet, read back as the same value that rendering makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_golden.errors import InputError, Location
from gitops_golden.git.manifest import Listing, manifest_path, parse_manifest
from gitops_golden.git.objects import PLAIN, TREE
from gitops_golden.render.tree import File, Folder, Tree

if TYPE_CHECKING:
    from gitops_golden.git.objects import Entries
    from gitops_golden.git.store import Store


def read_listing(store: Store, root: bytes | None, fleet: str) -> Listing:
    """Return which paths under ``root`` are ours; none where there is no manifest.

    Raises :class:`InputError` for a manifest that isn't as we wrote it.
    """
    path = manifest_path(fleet)
    entry = store.entry(root, path)
    if entry is None:
        return Listing(fleet)
    if entry[0] not in PLAIN:
        raise InputError(
            "the manifest of our paths is no plain file",
            where=Location(path),
            remedy="put back the version of the last publish, `git log` on that file finds it",
        )
    return parse_manifest(store.blob(entry[1]), fleet=fleet)


def read_tree(store: Store, root: bytes | None, listing: Listing) -> Tree:
    """Return what the listed paths hold under ``root``: equal folders as one object, without absent files."""
    return _Reader(store).read(root, listing)


class _Reader:
    """One read: folders on the way are opened once, folders that look alike are made once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._parents: dict[str, Entries] = {}
        self._alike: dict[tuple[bytes, tuple[str, ...]], Folder] = {}

    def read(self, root: bytes | None, listing: Listing) -> Tree:
        if root is None:
            return Tree(listing.fleet, ())
        self._parents[""] = self._store.tree(root)
        found = ((path, self._folder(path, names)) for path, names in listing.folders)
        return Tree(listing.fleet, tuple((path, folder) for path, folder in found if folder))

    def _folder(self, path: str, names: tuple[str, ...]) -> Folder | None:
        parent, _, name = path.rpartition("/")
        mode, oid = self._entries(parent).get(name.encode(), (b"", b""))
        if mode != TREE:
            return None
        key = oid, names
        if key not in self._alike:
            entries = self._store.tree(oid)
            found = ((each, entries.get(each.encode(), (b"", b""))) for each in names)
            self._alike[key] = Folder(
                tuple(File(each, self._store.blob(entry[1])) for each, entry in found if entry[0] in PLAIN)
            )
        return self._alike[key]

    def _entries(self, path: str) -> Entries:
        if path not in self._parents:
            parent, _, name = path.rpartition("/")
            mode, oid = self._entries(parent).get(name.encode(), (b"", b""))
            self._parents[path] = self._store.tree(oid) if mode == TREE else {}
        return self._parents[path]
