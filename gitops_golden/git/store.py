"""Objects of a repository, read and written by raw id."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pygit2
from pygit2.enums import ObjectType

from gitops_golden.git.failure import git_failures
from gitops_golden.git.model import Commit
from gitops_golden.git.objects import TREE, tree_entries
from gitops_golden.git.pack import write_packs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitops_golden.git.objects import Entries, Entry
    from gitops_golden.git.pack import NewObjects

PACK_FROM = 100
"""So many new objects make a pack, fewer a file each: git's own ``transfer.unpackLimit``."""

_DAY = 24 * 60
"""Minutes."""
_LAST = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp()) - 60 * _DAY
"""What has a date in every zone."""
_KINDS = {b"blob": ObjectType.BLOB, b"tree": ObjectType.TREE}


class Store:
    """The objects of one open repository. Every method raises :class:`OutsideError` if an object is missing."""

    def __init__(self, repository: pygit2.Repository) -> None:
        self._repository = repository
        self._odb = repository.odb

    def tree(self, oid: bytes) -> Entries:
        """Return the entries of a tree, in a dictionary of the caller's own."""
        return tree_entries(self._read(oid))

    def blob(self, oid: bytes) -> bytes:
        """Return the bytes of a file."""
        return self._read(oid)

    def entry(self, root: bytes | None, path: str) -> Entry | None:
        """Return what is at ``path`` under a root; links and submodules are not followed."""
        entry: Entry | None = (TREE, root) if root else None
        for part in path.split("/"):
            if not entry or entry[0] != TREE:
                return None
            entry = self.tree(entry[1]).get(part.encode())
        return entry

    def commit(self, oid: str) -> tuple[Commit, bytes, str | None]:
        """Return a commit, the raw id of its tree, and its first parent if it has one."""
        with git_failures(f"reading commit {oid}"):
            found = self._repository[oid].peel(pygit2.Commit)
            when = _time(found.commit_time, found.commit_time_offset)
            parent = str(found.parent_ids[0]) if found.parent_ids else None
            return Commit(str(found.id), when, found.message), found.tree_id.raw, parent

    def add(self, objects: NewObjects) -> None:
        """Store those of ``objects`` that aren't there yet."""
        with git_failures("writing objects into the repository"):
            # Asked as a whole, the database looks for packs that others made, anew for each object that it lacks.
            backends = tuple(self._odb.backends)
            new = {oid: item for oid, item in objects.items() if not _in_any(backends, pygit2.Oid(raw=oid))}
            if len(new) >= PACK_FROM:
                write_packs(common_folder(self._repository) / "objects" / "pack", new)
                return
            for kind, data in new.values():
                self._odb.write(_KINDS[kind], data)

    def _read(self, oid: bytes) -> bytes:
        with git_failures(f"reading object {oid.hex()}"):
            data: bytes = self._odb.read(pygit2.Oid(raw=oid))[1]
            return data


def _time(seconds: int, offset: int) -> datetime:
    """Return a commit's time. Anybody may write any number into a commit: what no calendar has is the nearest that is.

    ``seconds`` are since 1970, ``offset`` is that of the zone in minutes.
    """
    zone = timezone(timedelta(minutes=offset)) if abs(offset) < _DAY else UTC
    return datetime.fromtimestamp(min(max(0, seconds), _LAST), zone)


def _in_any(backends: Iterable[pygit2.OdbBackend], oid: pygit2.Oid) -> bool:
    return any(backend.exists(oid) for backend in backends)


def common_folder(repository: pygit2.Repository) -> Path:
    """Return the folder with objects and branches, which linked work trees share (gitrepository-layout)."""
    folder = Path(repository.path)
    pointer = folder / "commondir"
    return (folder / pointer.read_text().strip()).resolve() if pointer.is_file() else folder
