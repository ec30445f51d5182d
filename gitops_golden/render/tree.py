"""What one fleet is to have in Git: folders of files by path.

Values alone. What goes into a file is the renderer's business, how files reach a repository is
:mod:`gitops_golden.git`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True)
class File:
    """One file of a folder: a name without ``/``, and its bytes."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Folder:
    """Files sorted by name, each name once; ``ValueError`` otherwise.

    Clusters with equal manifests share **one** object: comparing a folder with itself costs nothing, and
    work is done once per object.
    """

    files: tuple[File, ...]

    def __post_init__(self) -> None:
        """Hold the promise of order, which every reader relies on."""
        require_order(self.names, "file name")

    @classmethod
    def of(cls, files: Iterable[File]) -> Self:
        """Return a folder of ``files`` in any order."""
        return cls(tuple(sorted(files, key=lambda file: file.name)))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its files, sorted."""
        return tuple(file.name for file in self.files)


@dataclass(frozen=True, slots=True)
class Tree:
    """Everything one fleet has in Git: folders by path (``clusters/edge-001``), sorted, each path once.

    ``ValueError`` if a path is out of order or twice, or if one folder lies inside another.
    """

    fleet: str
    folders: tuple[tuple[str, Folder], ...]

    def __post_init__(self) -> None:
        """Hold the promises of order and of folders apart, which every reader relies on."""
        paths = tuple(path for path, _ in self.folders)
        require_order(paths, "folder")
        parents = {parent for path in paths for parent in _parents(path)}
        if inner := parents.intersection(paths):
            raise ValueError(f"folder {min(inner)!r} has another one inside it")

    @classmethod
    def of(cls, fleet: str, folders: Iterable[tuple[str, Folder]]) -> Self:
        """Return a tree of ``folders`` in any order."""
        return cls(fleet, tuple(sorted(folders, key=lambda item: item[0])))

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        """Full path and bytes of every file, folder by folder."""
        for path, folder in self.folders:
            for file in folder.files:
                yield f"{path}/{file.name}", file.content


def require_order(names: tuple[str, ...], kind: str) -> None:
    """Raise ``ValueError`` unless ``names`` are sorted, each once."""
    for before, after in pairwise(names):
        if before >= after:
            raise ValueError(f"{kind} {after!r} is twice or out of order")


def _parents(path: str) -> Iterator[str]:
    end = path.find("/")
    while end != -1:
        yield path[:end]
        end = path.find("/", end + 1)
