from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from gitops_golden.errors import InputError
from gitops_golden.registry.lock import Lock, LockedImage
from gitops_golden.registry.lock_text import dump_lock
from gitops_golden.registry.lockfile import LOCK_FILE, read_lock, write_lock

if TYPE_CHECKING:
    from pathlib import Path

LOCK = Lock((LockedImage("rhel9", "golden/rhel9"),))


def test_a_missing_file_is_the_empty_lock(tmp_path: Path) -> None:
    assert read_lock(tmp_path) == Lock()


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    assert write_lock(tmp_path, LOCK)
    assert read_lock(tmp_path) == LOCK


def test_an_equal_lock_is_not_written_again(tmp_path: Path) -> None:
    write_lock(tmp_path, LOCK)
    before = (tmp_path / LOCK_FILE).stat()
    assert not write_lock(tmp_path, LOCK)
    assert (tmp_path / LOCK_FILE).stat().st_ino == before.st_ino


def test_nothing_but_the_lock_is_left_behind(tmp_path: Path) -> None:
    write_lock(tmp_path, Lock())
    write_lock(tmp_path, LOCK)
    assert [path.name for path in tmp_path.iterdir()] == [LOCK_FILE]


def test_the_files_mode_is_kept_and_a_new_one_follows_the_umask(tmp_path: Path) -> None:
    file = tmp_path / LOCK_FILE
    before = os.umask(0o027)
    try:
        write_lock(tmp_path, Lock())
    finally:
        os.umask(before)
    assert file.stat().st_mode & 0o777 == 0o640
    file.chmod(0o604)
    write_lock(tmp_path, LOCK)
    assert file.stat().st_mode & 0o777 == 0o604


def test_a_problem_is_told_with_the_files_name(tmp_path: Path) -> None:
    (tmp_path / LOCK_FILE).write_text("kind: x\n")
    with pytest.raises(InputError, match=rf"{tmp_path / LOCK_FILE}:1:1: apiVersion is missing"):
        read_lock(tmp_path)


def test_a_lock_may_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    inside, outside = tmp_path / "fleet", tmp_path / "outside.yaml"
    inside.mkdir()
    outside.write_bytes(dump_lock(Lock()))
    (inside / LOCK_FILE).symlink_to(outside)
    with pytest.raises(InputError, match="leads out of"):
        read_lock(inside)
    with pytest.raises(InputError, match="leads out of"):
        write_lock(inside, LOCK)
    assert outside.read_bytes() == dump_lock(Lock())


def test_a_link_within_the_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks" / "a.yaml").write_bytes(dump_lock(Lock()))
    (tmp_path / LOCK_FILE).symlink_to("locks/a.yaml")
    write_lock(tmp_path, LOCK)
    assert (tmp_path / LOCK_FILE).is_symlink()
    assert read_lock(tmp_path) == LOCK


def test_a_lock_of_many_megabytes_is_refused(tmp_path: Path) -> None:
    (tmp_path / LOCK_FILE).write_bytes(b"# " + b"x" * 10_000_000)
    with pytest.raises(InputError, match="bytes"):
        read_lock(tmp_path)


def test_a_folder_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written: No such file or directory"):
        write_lock(tmp_path / "gone", LOCK)


def test_a_link_to_nothing_outside_is_not_written_through(tmp_path: Path) -> None:
    folder = tmp_path / "fleet"
    folder.mkdir()
    (folder / LOCK_FILE).symlink_to("../elsewhere.yaml")
    with pytest.raises(InputError, match="leads out of"):
        write_lock(folder, LOCK)
    assert not (tmp_path / "elsewhere.yaml").exists()
