"""Which files of a folder have changed since it was last looked at."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gitops_golden.fleet.snapshot_changes import SnapshotChanges

if TYPE_CHECKING:
    from pathlib import Path


def test_nothing_has_changed_at_first(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    assert SnapshotChanges(tmp_path).look() == frozenset()


def test_what_was_added_written_and_removed_is_told_once(tmp_path: Path) -> None:
    for name in ("kept", "written", "removed"):
        (tmp_path / name).write_text("1")
    changes = SnapshotChanges(tmp_path)
    (tmp_path / "written").write_text("12")
    (tmp_path / "removed").unlink()
    (tmp_path / "added").write_text("1")
    assert changes.look() == {str(tmp_path / name) for name in ("written", "removed", "added")}
    assert changes.look() == frozenset()


def test_a_file_put_in_place_of_another_of_the_same_size_is_told(tmp_path: Path) -> None:
    file, other = tmp_path / "a.json", tmp_path / ".new"
    file.write_text("1")
    other.write_text("2")
    os.utime(other, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
    changes = SnapshotChanges(tmp_path)
    other.replace(file)
    assert str(file) in changes.look()


def test_a_folder_that_is_gone_has_lost_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots"
    folder.mkdir()
    (folder / "a.json").write_text("1")
    changes = SnapshotChanges(folder)
    (folder / "a.json").unlink()
    folder.rmdir()
    assert changes.look() == {str(folder / "a.json")}
