"""Block YAML as machines write it to nodes, line by line: what libyaml's events come to, in half the time.

It knows the plainest block style and no errors: at the first line that it isn't sure of it gives up.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from gitops_golden.documents.building import NotPlainError
from gitops_golden.documents.nodes import WORDS, Scalar

if TYPE_CHECKING:
    from gitops_golden.documents.building import Building
    from gitops_golden.documents.nodes import Node

# ASCII alone, so that columns count bytes; a colon or a blank only where the text surely goes on after it.
_LINE: Final = re.compile(
    r"(?P<indent> *)(?P<dashes>(?:- )*)"
    r"(?:(?P<key>[A-Za-z_][A-Za-z0-9_./-]{0,250}):(?: (?=.)|$))?"
    r"(?:(?P<plain>[A-Za-z0-9_/](?:[: ]?[A-Za-z0-9_/.+=@-])*)"
    r"|'(?P<single>[ -&(-~]*)'"
    r'|"(?P<double>[ !#-\[\]-~]*)"'
    r"|(?P<empty>\{\}|\[\]))?"
)
_NOTHING: Final = re.compile(r" *(?:#[ -~]*)?")


class _Line(NamedTuple):
    """What stands in a line, columns from 1: ``dashes`` that begin items, then a key, a value, both, or nothing at all.

    ``empty`` tells of a value that is an empty list or map in brackets.
    """

    first: int = 0
    dashes: int = 0
    key: str | None = None
    column: int = 0
    value: str | None = None
    plain: bool = False
    empty: bool = False
    value_column: int = 0


def read_block(text: str, building: Building) -> Node:
    """Return the root of a file of ASCII. Raises NotPlainError for what is beyond this reader."""
    file, stack, plain_key = building.file, building.open, True
    # Most lines recur, so each different one is taken apart once.
    known: dict[str, _Line] = {}
    begins = text.startswith("---\n")
    for number, written in enumerate(text.split("\n")[begins:], 1 + begins):
        line = known.get(written)
        if line is None:
            line = known[written] = _taken_apart(written)
        first, dashes, key, column, value, plain, empty, value_column = line
        if key is not None:
            if dashes or not stack or stack[-1].column != column or not stack[-1].is_map:
                _place_entry(building, number, first, dashes, column)
            nodes = stack[-1].nodes
            if len(nodes) % 2:
                raise NotPlainError
            nodes.append(Scalar(key, plain_key, file, number, column))
        elif value is not None:
            _place_item(building, number, first, dashes)
            nodes = stack[-1].nodes
        else:
            continue
        if value is not None:
            nodes.append(
                building.empty(value, number, value_column)
                if empty
                else Scalar(value, plain, file, number, value_column)
            )
    _end_right_of(building, 0)
    return building.finished()


def _place_entry(building: Building, number: int, first: int, dashes: int, column: int) -> None:
    """Make the map of an entry the innermost that is open."""
    stack = building.open
    if dashes:
        _place_item(building, number, first, dashes)
        building.begin(number, column, is_map=True)
        return
    _end_right_of(building, column)
    # A list may stand as far left as the key that it is the value of; the next key ends it.
    if len(stack) > 1 and not stack[-1].is_map and stack[-1].column == stack[-2].column == column:
        building.end()
    if not stack or stack[-1].column != column or not stack[-1].is_map:
        _require_place_for_value(building)
        building.begin(number, column, is_map=True)


def _place_item(building: Building, number: int, first: int, dashes: int) -> None:
    """Make the list of an item the innermost that is open; of several dashes in a line each begins a list in it."""
    stack = building.open
    if not dashes:
        raise NotPlainError
    _end_right_of(building, first)
    if not stack or stack[-1].column != first or stack[-1].is_map:
        _require_place_for_value(building)
        building.begin(number, first, is_map=False)
    for deeper in range(1, dashes):
        building.begin(number, first + 2 * deeper, is_map=False)


def _require_place_for_value(building: Building) -> None:
    """Make sure that a list or map may begin in a line of its own: as the root, or for a key that waits for it."""
    innermost = building.open[-1] if building.open else None
    waits = innermost.is_map and len(innermost.nodes) % 2 if innermost else building.root is None
    if not waits:
        raise NotPlainError


def _end_right_of(building: Building, column: int) -> None:
    stack = building.open
    while stack and stack[-1].column > column:
        building.end()


def _taken_apart(written: str) -> _Line:
    """Return what stands in a line; NotPlainError unless that is certain."""
    if _NOTHING.fullmatch(written):
        return _Line()
    match = _LINE.fullmatch(written)
    kind = match.lastgroup if match else None
    if not match or kind is None or kind in {"indent", "dashes"} or match["key"] in WORDS:
        raise NotPlainError
    first = match.end("indent") + 1
    dashes = len(match["dashes"]) // 2
    column = match.start("key") + 1
    if kind == "key":
        return _Line(first, dashes, match["key"], column)
    quotes = kind in {"single", "double"}
    value_column = match.start(kind) + 1 - quotes
    return _Line(first, dashes, match["key"], column, match[kind], kind == "plain", kind == "empty", value_column)
