"""Indented JSON as machines write it to nodes, line by line: what libyaml's events come to, in half the time.

It knows JSON with one item or bracket a line, and no errors: at the first line that it isn't sure of it gives up.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from gitops_golden.documents.building import NotPlainError
from gitops_golden.documents.nodes import Scalar

if TYPE_CHECKING:
    from gitops_golden.documents.building import Building
    from gitops_golden.documents.nodes import Node

# ASCII alone, so that columns count bytes; no escapes, whose meaning is not the same everywhere.
_LINE: Final = re.compile(
    r' *(?:"(?P<key>[ !#-\[\]-~]{0,250})": )?'
    r"(?:(?P<open>[\[{])"
    r'|"(?P<text>[ !#-\[\]-~]*)"'
    r"|(?P<word>true|false|null|-?[0-9]{1,18}(?:\.[0-9]{1,18})?)"
    r"|(?P<empty>\{\}|\[\])"
    r"|(?P<close>[\]}]))"
    r"(?P<comma>,?)"
)


class _Line(NamedTuple):
    """What stands in a line: a key if it is an entry, a value or a bracket of a ``kind``; columns from 1."""

    key: str | None
    key_column: int
    kind: str
    value: str
    column: int
    comma: bool


def read_json(text: str, building: Building) -> Node:
    """Return the root of a file of ASCII. Raises NotPlainError for what is beyond this reader."""
    file, stack = building.file, building.open
    plain_key = False
    # Most lines recur, so each different one is taken apart once.
    known: dict[str, _Line] = {}
    # Whether a comma, or the begin of a list or map, was the last that was read: what follows is an item.
    item_follows = True
    for number, written in enumerate(text.removesuffix("\n").split("\n"), 1):
        line = known.get(written)
        if line is None:
            line = known[written] = _taken_apart(written)
        key, key_column, kind, value, column, comma = line
        if kind == "close":
            _close(building, value, after_comma=item_follows)
        else:
            if not item_follows or (stack[-1].is_map if stack else False) != (key is not None):
                raise NotPlainError
            if key is not None:
                stack[-1].nodes.append(Scalar(key, plain_key, file, number, key_column))
            if kind == "open":
                building.begin(number, column, is_map=value == "{")
            elif not stack:
                raise NotPlainError
            elif kind == "empty":
                stack[-1].nodes.append(building.empty(value, number, column))
            else:
                stack[-1].nodes.append(Scalar(value, kind == "word", file, number, column))
        item_follows = comma or kind == "open"
    if item_follows:
        raise NotPlainError
    return building.finished()


def _close(building: Building, bracket: str, *, after_comma: bool) -> None:
    """End the innermost list or map, which its bracket must fit; an empty one is written in a single line."""
    if after_comma or not building.open or building.open[-1].is_map != (bracket == "}"):
        raise NotPlainError
    building.end()


def _taken_apart(written: str) -> _Line:
    """Return what stands in a line; NotPlainError unless that is certain."""
    match = _LINE.fullmatch(written)
    if not match:
        raise NotPlainError
    kind = next(name for name in ("open", "text", "word", "empty", "close") if match[name] is not None)
    comma = bool(match["comma"])
    if (kind == "close" and match["key"] is not None) or (kind == "open" and comma):
        raise NotPlainError
    column = match.start(kind) + 1 - (kind == "text")
    return _Line(match["key"], match.start("key"), kind, match[kind], column, comma)
