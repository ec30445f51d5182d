"""Which contents the files of folders have had along a branch, and which commit brought each.

One walk answers for a whole fleet: folders are compared by id, and clusters whose folders changed alike are
looked into once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from gitops_golden.git.model import Revision
from gitops_golden.git.objects import PLAIN, TREE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gitops_golden.git.model import Commit
    from gitops_golden.git.store import Store

_Chain: TypeAlias = tuple[tuple[int, bytes | None], ...]
"""Ids that a folder has had, newest first, each with the number of the newest commit that has it."""


@dataclass(frozen=True, slots=True)
class Walk:
    """Commits along first parents, newest first, with the raw ids of their trees.

    ``complete`` tells whether the last one is where the history began.
    """

    commits: tuple[Commit, ...]
    roots: tuple[bytes, ...]
    complete: bool


@dataclass(slots=True)
class _Node:
    """A folder that is asked for (``wanted``), or one on the way to some, with the ids it has had."""

    path: str
    wanted: bool = False
    below: dict[bytes, _Node] = field(default_factory=dict)
    chain: list[tuple[int, bytes | None]] = field(default_factory=list)


def walk_first_parents(store: Store, head: str, *, limit: int, shallow: bool) -> Walk:
    """Return at most ``limit`` commits from ``head`` on. A shallow clone's history is never complete."""
    commits: list[Commit] = []
    roots: list[bytes] = []
    following: str | None = head
    while following and len(commits) < limit:
        commit, root, following = store.commit(following)
        commits.append(commit)
        roots.append(root)
    return Walk(tuple(commits), tuple(roots), complete=following is None and not shallow)


def folder_revisions(
    store: Store, walk: Walk, folders: Iterable[str]
) -> Mapping[str, Mapping[str, tuple[Revision, ...]]]:
    """Return, for each of ``folders``, the contents of every file that it has had along ``walk``, by the file's name.

    Newest first, and only where they changed: the first revision is what the newest commit has. Before a file first
    appeared there is no revision. Files in folders below are none of these. Folders whose history is the same share
    one mapping.
    """
    top = _asked_for(folders)
    for number, root in enumerate(walk.roots):
        _visit(store, top, number, root)
    return _History(store, walk).of(top)


def _asked_for(folders: Iterable[str]) -> _Node:
    top = _Node("")
    for folder in folders:
        node = top
        for part in folder.split("/") if folder else ():
            raw = part.encode()
            if raw not in node.below:
                node.below[raw] = _Node(f"{node.path}/{part}".removeprefix("/"))
            node = node.below[raw]
        node.wanted = True
    return top


def _visit(store: Store, node: _Node, number: int, oid: bytes | None) -> None:
    """Note the id of a folder in commit ``number``, then those below it unless all is as one commit later."""
    if node.chain and node.chain[-1][1] == oid:
        return
    node.chain.append((number, oid))
    if node.below:
        entries = store.tree(oid) if oid else {}
        for name, below in node.below.items():
            mode, child = entries.get(name, (TREE, None))
            _visit(store, below, number, child if mode == TREE else None)


class _History:
    """From the ids of folders to revisions of files; folders with the same ids share work and result."""

    def __init__(self, store: Store, walk: Walk) -> None:
        self._store = store
        self._walk = walk
        self._alike: dict[_Chain, Mapping[str, tuple[Revision, ...]]] = {}
        self._blobs: dict[bytes, bytes] = {}
        self._files: dict[bytes, dict[str, bytes]] = {}

    def of(self, top: _Node) -> dict[str, Mapping[str, tuple[Revision, ...]]]:
        return {node.path: self._every(tuple(node.chain)) for node in _all(top) if node.wanted}

    def _every(self, chain: _Chain) -> Mapping[str, tuple[Revision, ...]]:
        if chain not in self._alike:
            names = {name for _, folder in chain if folder for name in self._plain_files(folder)}
            self._alike[chain] = {name: self._revisions(chain, name) for name in sorted(names)}
        return self._alike[chain]

    def _revisions(self, chain: _Chain, name: str) -> tuple[Revision, ...]:
        runs: list[tuple[int, bytes | None]] = []
        for number, folder in chain:
            blob = self._plain_files(folder).get(name) if folder else None
            if not runs or runs[-1][1] != blob:
                runs.append((number, blob))
        ends = [number - 1 for number, _ in runs[1:]] + [len(self._walk.commits) - 1]
        found = [
            self._revision(end, blob, last=position == len(runs) - 1)
            for position, (end, (_, blob)) in enumerate(zip(ends, runs, strict=True))
        ]
        if found and found[-1].content is None:
            found.pop()
        return tuple(found)

    def _revision(self, number: int, blob: bytes | None, *, last: bool) -> Revision:
        if blob is not None and blob not in self._blobs:
            self._blobs[blob] = self._store.blob(blob)
        content = None if blob is None else self._blobs[blob]
        return Revision(self._walk.commits[number], content, exact=self._walk.complete or not last)

    def _plain_files(self, folder: bytes) -> dict[str, bytes]:
        if folder not in self._files:
            entries = self._store.tree(folder)
            self._files[folder] = {
                name.decode(errors="surrogateescape"): oid for name, (mode, oid) in entries.items() if mode in PLAIN
            }
        return self._files[folder]


def _all(top: _Node) -> Iterator[_Node]:
    waiting: list[_Node] = [top]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(node.below.values())
