"""Nested data as the lines of a YAML block, so that a template can write it: depth, key and leaf of each line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Row:
    """One line: ``indent`` steps of two spaces, then the dashes of lists that begin there, then a key, a value or both.

    ``key`` is None for an item that is a scalar; ``leaf`` tells whether a value follows on the line, and ``kind``
    whether that is a ``scalar``, or ``null``, an empty ``map`` or an empty ``list``.
    """

    indent: int
    value: Any
    key: str | None = None
    dashes: int = 0
    leaf: bool = True

    @property
    def kind(self) -> str:
        """What stands for its value."""
        if isinstance(self.value, dict):
            return "map"
        if isinstance(self.value, list):
            return "list"
        return "null" if self.value is None else "scalar"


def rows(data: Any, indent: int = 0) -> tuple[Row, ...]:
    """Return the lines of a map or a list that is not empty."""
    return tuple(_rows(data, indent))


def _rows(data: Any, indent: int) -> Iterator[Row]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _entry(key, value, indent)
        return
    for item in data:
        if _leaf(item):
            yield Row(indent, item, dashes=1)
            continue
        # The dash takes the place of the last step of the item's first line.
        first, *rest = _rows(item, indent + 1)
        yield replace(first, indent=first.indent - 1, dashes=first.dashes + 1)
        yield from rest


def _entry(key: str, value: Any, indent: int) -> Iterator[Row]:
    if _leaf(value):
        yield Row(indent, value, key=key)
        return
    yield Row(indent, None, key=key, leaf=False)
    yield from _rows(value, indent + 1)


def _leaf(value: Any) -> bool:
    return not (isinstance(value, (dict, list)) and value)
