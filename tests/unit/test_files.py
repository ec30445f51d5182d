"""Files that a user named: replaced whole, and nothing is replaced that is no file."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from gitops_golden.files import write_file

if TYPE_CHECKING:
    from pathlib import Path


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as pool:
        reading = pool.submit(pipe.read_bytes)
        write_file(pipe, b"data")
        assert reading.result(timeout=10) == b"data"
    assert pipe.is_fifo()


def test_what_a_link_leads_to_is_replaced_and_the_link_stays(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_bytes(b"before")
    link.symlink_to(file)
    write_file(link, b"after")
    assert link.is_symlink()
    assert file.read_bytes() == b"after"
    assert sorted(tmp_path.iterdir()) == [file, link]


def test_a_link_that_leads_to_itself_is_replaced(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(link)
    write_file(link, b"data")
    assert link.read_bytes() == b"data"


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        write_file(tmp_path, b"data")
    assert list(tmp_path.iterdir()) == []
