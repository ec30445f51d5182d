"""Nodes of a file put together from the inside out, within the limits that libyaml's events are held to.

For the readers that go by lines; they know one way of writing each, and leave what they aren't sure of to libyaml.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from gitops_golden.documents.nodes import Mapping, Sequence

if TYPE_CHECKING:
    from gitops_golden.documents.nodes import Node, Scalar

EMPTY: Final[dict[str, type[Mapping | Sequence]]] = {"{}": Mapping, "[]": Sequence}
_OUTSIDE: Final = 5
"""The events that no list or map counts as its own: begin and end of the stream and of its document, and the root."""


class NotPlainError(Exception):
    """Something of which libyaml must judge; caught where reading began."""


class Open:
    """A list or map whose end has not come yet. A map with an odd number of nodes waits for a value."""

    __slots__ = ("column", "is_map", "line", "nodes")

    def __init__(self, line: int, column: int, *, is_map: bool) -> None:
        self.is_map = is_map
        self.line = line
        self.column = column
        self.nodes: list[Node] = []


class Building:
    """The lists and maps of one file that are ``open``, innermost last, and its ``root`` once that is whole.

    ``depth`` and ``events`` are the most that the file may hold. Methods raise NotPlainError for what goes beyond.
    """

    def __init__(self, file: str, depth: int, events: int) -> None:
        self.file = file
        self.open: list[Open] = []
        self.root: Node | None = None
        self._depth = depth
        self._events_left = events - _OUTSIDE

    def begin(self, line: int, column: int, *, is_map: bool) -> None:
        """Open a list or map in the innermost one."""
        self._require_room()
        self.open.append(Open(line, column, is_map=is_map))

    def empty(self, text: str, line: int, column: int) -> Node:
        """Return the empty list or map that brackets mean."""
        self._require_room()
        self._events_left -= 1
        return EMPTY[text]((), self.file, line, column)

    def end(self) -> None:
        """Make a node of the innermost list or map; not of a map with a key that is twice or has no value."""
        done = self.open.pop()
        nodes = done.nodes
        # Each node is counted where it lies, a list or map once more for its end.
        self._events_left -= len(nodes) + 1
        made: Node
        if done.is_map:
            # Every other node is a key: a scalar, whose first part is its text.
            keys = cast("list[Scalar]", nodes[::2])
            if len(nodes) != 2 * len({key[0] for key in keys}):
                raise NotPlainError
            made = Mapping(tuple(zip(keys, nodes[1::2], strict=True)), self.file, done.line, done.column)
        else:
            made = Sequence(tuple(nodes), self.file, done.line, done.column)
        if self.open:
            self.open[-1].nodes.append(made)
        else:
            self.root = made

    def finished(self) -> Node:
        """Return the root of what was read to its end."""
        if self.root is None or self.open or self._events_left < 0:
            raise NotPlainError
        return self.root

    def _require_room(self) -> None:
        if len(self.open) >= self._depth:
            raise NotPlainError
