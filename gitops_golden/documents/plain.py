"""Files as machines write them to nodes without libyaml: the choice between the readers that go by lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_golden.documents.block_lines import read_block
from gitops_golden.documents.building import Building, NotPlainError
from gitops_golden.documents.json_lines import read_json

if TYPE_CHECKING:
    from gitops_golden.documents.nodes import Node


def compose_plainly(data: bytes, file: str, *, depth: int, events: int) -> Node | None:
    """Return the root of a file's only document, or None where libyaml is to read it and to say what is wrong.

    What is returned is what libyaml's events come to, places included. ``depth`` and ``events`` are the most that a
    file may hold, counted as those events are.
    """
    if not data.isascii():
        return None
    reader = read_json if data[:1] in {b"{", b"["} else read_block
    try:
        return reader(data.decode(), Building(file, depth, events))
    except NotPlainError:
        return None
