"""Our tree laid over the one in a branch: what changes, what is in the way, which objects come out.

Deciding code: it reads existing folders through a function that it is given, and stores nothing. Only folders
that we touch are opened; everything else keeps the id it has.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from gitops_golden.errors import InputError
from gitops_golden.git.manifest import manifest_name, tree_manifest
from gitops_golden.git.objects import FILE, TREE, object_id, tree_bytes
from gitops_golden.git.paths import MANIFEST_FOLDER, name_problem, require_folder
from gitops_golden.render.tree import File, Folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitops_golden.git.manifest import Listing
    from gitops_golden.git.objects import Entries, Entry
    from gitops_golden.git.pack import NewObjects
    from gitops_golden.render.tree import Tree

ReadTree: TypeAlias = "Callable[[bytes], Entries]"
"""Gives the entries of a tree object, in a dictionary that the caller may change."""


@dataclass(frozen=True, slots=True)
class FolderChange:
    """What a publish does to one folder: names of our files in it; ``foreign`` are names in their way."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything changes or is in the way."""
        return bool(self.added or self.changed or self.removed or self.foreign)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A tree against a branch, per folder, sorted by path; folders with nothing to tell are left out.

    Equal changes are one object, so a fleet of ten thousand clusters compares in little memory. The manifest
    is a path like any other.
    """

    folders: tuple[tuple[str, FolderChange], ...]

    def __bool__(self) -> bool:
        """Whether there is anything to publish or in the way."""
        return bool(self.folders)

    @property
    def added(self) -> tuple[str, ...]:
        """Paths that are new."""
        return self._paths(lambda change: change.added)

    @property
    def changed(self) -> tuple[str, ...]:
        """Paths whose content or mode differs."""
        return self._paths(lambda change: change.changed)

    @property
    def removed(self) -> tuple[str, ...]:
        """Paths that were ours and are no more wanted."""
        return self._paths(lambda change: change.removed)

    @property
    def foreign(self) -> tuple[str, ...]:
        """Paths that aren't ours where one of ours must go."""
        return self._paths(lambda change: change.foreign)

    def _paths(self, names: Callable[[FolderChange], tuple[str, ...]]) -> tuple[str, ...]:
        return tuple(
            f"{folder}/{name}" if folder else name for folder, change in self.folders for name in names(change)
        )


@dataclass(frozen=True, slots=True)
class Overlay:
    """The result: the id of the new root, the objects it may need, what changed. Useless if ``foreign``."""

    root: bytes
    objects: NewObjects
    comparison: Comparison


@dataclass(slots=True)
class _Node:
    """One folder that we touch: our names in it before, our files in it after, folders below it."""

    before: tuple[str, ...] = ()
    after: Folder | None = None
    below: dict[str, _Node] = field(default_factory=dict)


def overlay(tree: Tree, listing: Listing, root: bytes | None, read_tree: ReadTree) -> Overlay:
    """Lay ``tree`` and its manifest over the tree object ``root`` (``None``: nothing there yet).

    ``listing`` says what is ours now. Raises :class:`InputError` for a folder or file name that no repository
    can have.
    """
    return _Layer(read_tree).lay(_touched(tree, listing), root)


def _touched(tree: Tree, listing: Listing) -> _Node:
    top = _Node()
    for path, names in listing.folders:
        _descend(top, path).before = names
    checked: set[int] = set()
    for path, folder in tree.folders:
        require_folder(path)
        if id(folder) not in checked:
            _require_names(folder)
            checked.add(id(folder))
        _descend(top, path).after = folder
    manifest = manifest_name(tree.fleet)
    top.below[MANIFEST_FOLDER] = _Node((manifest,), Folder((File(manifest, tree_manifest(tree)),)))
    return top


def _descend(node: _Node, path: str) -> _Node:
    for part in path.split("/"):
        below = node.below.get(part)
        if below is None:
            below = node.below[part] = _Node()
        node = below
    return node


def _require_names(folder: Folder) -> None:
    for name in folder.names:
        if problem := name_problem(name):
            raise InputError(f"a file can't be named so: {problem}")


class _Layer:
    """One run: what it made, and what it found out about folders that look alike."""

    def __init__(self, read_tree: ReadTree) -> None:
        self._read_tree = read_tree
        self._objects: NewObjects = {}
        self._changes: list[tuple[str, FolderChange]] = []
        self._files: dict[int, tuple[tuple[File, bytes, Entry], ...]] = {}
        self._alike: dict[tuple[bytes | None, tuple[str, ...], int], tuple[bytes | None, FolderChange]] = {}

    def lay(self, top: _Node, root: bytes | None) -> Overlay:
        new_root = self._folder(top, root, "") or self._store(b"tree", b"")
        changes = sorted(self._changes, key=lambda item: item[0])
        return Overlay(new_root, self._objects, Comparison(tuple(changes)))

    def _folder(self, node: _Node, oid: bytes | None, path: str) -> bytes | None:
        """Return the id of the folder at ``path`` with ours in it; ``None`` when nothing is left of it."""
        if node.below:
            return self._mixed(node, oid, path)
        key = (oid, node.before, id(node.after))
        known = self._alike.get(key)
        if known is None:
            entries = self._read_tree(oid) if oid else {}
            change = self._own_files(node, entries)
            known = self._alike[key] = (self._stored(entries) if change else oid, change)
        if known[1]:
            self._changes.append((path, known[1]))
        return known[0]

    def _mixed(self, node: _Node, oid: bytes | None, path: str) -> bytes | None:
        """Do the same for a folder with folders of ours in it."""
        entries = self._read_tree(oid) if oid else {}
        change = self._own_files(node, entries)
        in_the_way: list[str] = list(change.foreign)
        for name, below in node.below.items():
            raw = name.encode()
            mode, child = entries.get(raw, (TREE, None))
            if mode != TREE:
                # A file, a link (never followed) or a submodule, where a folder of ours was or has to be.
                if _wanted(below):
                    in_the_way.append(name)
                continue
            child = self._folder(below, child, f"{path}/{name}" if path else name)
            if child:
                entries[raw] = TREE, child
            else:
                entries.pop(raw, None)
        change = FolderChange(change.added, change.changed, change.removed, tuple(sorted(in_the_way)))
        if change:
            self._changes.append((path, change))
        return self._stored(entries)

    def _own_files(self, node: _Node, entries: Entries) -> FolderChange:
        """Put our files into ``entries`` and take those out that are no more; tell what that changed."""
        added, changed, foreign = [], [], []
        ours = self._entries(node.after) if node.after else ()
        for file, raw, entry in ours:
            there = entries.get(raw)
            if there == entry:
                continue
            if there is None:
                added.append(file.name)
            elif there[0] != TREE and file.name in node.before:
                changed.append(file.name)
            else:
                foreign.append(file.name)
                continue
            entries[raw] = entry
            self._objects[entry[1]] = b"blob", file.content
        kept = {file.name for file, _, _ in ours}
        removed = []
        for name in node.before:
            raw = name.encode()
            # A folder in the place of a file of ours was put there by somebody else.
            if name not in kept and entries.get(raw, (TREE,))[0] != TREE:
                del entries[raw]
                removed.append(name)
        return FolderChange(tuple(added), tuple(changed), tuple(removed), tuple(foreign))

    def _entries(self, folder: Folder) -> tuple[tuple[File, bytes, Entry], ...]:
        known = self._files.get(id(folder))
        if known is None:
            known = self._files[id(folder)] = tuple(
                (file, file.name.encode(), (FILE, object_id(b"blob", file.content))) for file in folder.files
            )
        return known

    def _stored(self, entries: Entries) -> bytes | None:
        return self._store(b"tree", tree_bytes(entries)) if entries else None

    def _store(self, kind: bytes, data: bytes) -> bytes:
        oid = object_id(kind, data)
        self._objects[oid] = kind, data
        return oid


def _wanted(node: _Node) -> bool:
    return bool(node.after and node.after.files) or any(map(_wanted, node.below.values()))
