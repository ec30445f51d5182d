"""Which snapshots in a folder have changed since it was last looked at. What is in them is not read here."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class SnapshotChanges:
    """A folder of snapshots, looked at again and again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen = dict(_stamps(folder))

    def look(self) -> frozenset[str]:
        """Return the files that were added, written or removed since the last look, as paths in the folder."""
        now = dict(_stamps(self._folder))
        before, self._seen = self._seen, now
        return frozenset(file for file in before.keys() | now.keys() if before.get(file) != now.get(file))


def _stamps(folder: Path) -> Iterator[tuple[str, tuple[int, int, int]]]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    found = entry.stat()
                except OSError:  # gone while we looked
                    continue
                yield str(folder / entry.name), (found.st_mtime_ns, found.st_size, found.st_ino)
    except OSError:
        # Reading the folder, not looking at it, is what tells of this.
        return
