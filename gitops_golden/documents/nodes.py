"""The nodes of a document: immutable, each with its place, plain scalars with their meaning.

They are named tuples: a frozen dataclass takes 2.5 times as long to make, and the inventory of a large fleet
holds 100,000 scalars.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gitops_golden.errors import Location

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAYBE_NOT_TEXT: Final = frozenset(("", *"0123456789+-.~tTfFnN"))
WORDS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER: Final = re.compile(r"[-+]?[0-9]+")
_OCTAL: Final = re.compile(r"0o[0-7]+")
_HEXADECIMAL: Final = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_INFINITE: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
# Python refuses to convert integers of more than 4,300 digits, and nobody means one.
_DIGITS: Final = 300


def core_value(text: str) -> bool | int | float | str | None:
    """Return what a plain scalar means by YAML 1.2's core schema."""
    if text in WORDS:
        return WORDS[text]
    if len(text) <= _DIGITS:
        for pattern, base in ((_INTEGER, 10), (_OCTAL, 8), (_HEXADECIMAL, 16)):
            if pattern.fullmatch(text):
                return int(text, base)
    if _FLOAT.fullmatch(text):
        return float(text)
    return float(text.replace(".", "")) if _INFINITE.fullmatch(text) else text


class Scalar(NamedTuple):
    """A leaf: its text, and whether it stood there plain, that is without quotes and not as a block."""

    text: str
    plain: bool
    file: str
    line: int
    column: int

    @property
    def where(self) -> Location:
        """The place of its first character."""
        return Location(self.file, self.line, self.column)

    @property
    def value(self) -> bool | int | float | str | None:
        """What it means by YAML 1.2's core schema (chapter 10.3.2): ``no``, ``on`` and dates are text."""
        return core_value(self.text) if self.plain and self.text[:1] in _MAYBE_NOT_TEXT else self.text


class Sequence(NamedTuple):
    """A list, in the order of the text."""

    items: tuple[Node, ...]
    file: str
    line: int
    column: int

    @property
    def where(self) -> Location:
        """The place of its first character."""
        return Location(self.file, self.line, self.column)


class Mapping(NamedTuple):
    """Keys and values in the order of the text; every key is text and stands once."""

    entries: tuple[tuple[Scalar, Node], ...]
    file: str
    line: int
    column: int

    @property
    def where(self) -> Location:
        """The place of its first character."""
        return Location(self.file, self.line, self.column)

    def get(self, key: str) -> Node | None:
        """Return the value of a key, or None."""
        return next((value for name, value in self.entries if name.text == key), None)


Node = Scalar | Sequence | Mapping


def as_data(node: Node) -> Any:
    """Return a node as JSON has it: dict, list, str, int, float, bool or None."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [as_data(item) for item in node.items]
    return {key.text: as_data(value) for key, value in node.entries}


def scalars(node: Node) -> Iterator[Scalar]:
    """Yield every scalar of a node in the order of the text, keys included."""
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from scalars(item)
    else:
        for key, value in node.entries:
            yield key
            yield from scalars(value)
