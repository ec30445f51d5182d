"""Which parts of a delivery a schema reads, and a delivery reduced to those: equal reductions are judged alike.

That is what keeps 200,000 distinct deliveries cheap, for few rules read what makes them distinct.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

Reads = dict[str, "Reads"] | Literal["length"] | None
"""A map's keys that are read, each with what is read below it; or a text's length; None is everything.

A type is always read.
"""
Path = tuple[str, ...]

LENGTH: Final = "length"
_SAY_NOTHING: Final = frozenset(
    {
        *("$schema", "$id", "$anchor", "$comment", "$defs", "definitions", "title", "description"),
        *("default", "examples", "deprecated", "readOnly", "writeOnly"),
    }
)
_LENGTHS: Final = frozenset({"minLength", "maxLength"})
_SCHEMAS: Final = frozenset({"allOf", "anyOf", "oneOf", "not", "if", "then", "else"})
_ABSENT: Final = object()
# What is commonest stands first: to ask whether something is a Mapping takes long.
_MAPS: Final = (dict, Mapping)
_HASHED: Final = (str, int, float, NoneType)


def reads_of(schema: Any) -> Reads:
    """Return what a schema reads of its instance; everything where it can't be told from the text, as with $ref."""
    if isinstance(schema, bool):
        return {}
    if not isinstance(schema, dict):
        return None
    return together(_keyword(keyword, value) for keyword, value in schema.items())


def together(parts: Iterable[Reads]) -> Reads:
    """Return what is read by any of some readers."""
    union: dict[str, Reads] = {}
    length = False
    for part in parts:
        if part is None:
            return None
        if part == LENGTH:
            length = True
            continue
        for name, below in part.items():
            union[name] = together((union[name], below)) if name in union else below
    if length:
        return None if union else LENGTH
    return union


def reducer(reads: Reads) -> Callable[[Any], Hashable]:
    """Return what makes of a value what it is to a reader of ``reads``: equal for values that it can't tell apart."""
    if reads is None:
        return _frozen
    if reads == LENGTH:
        return lambda value: len(value) if isinstance(value, str) else _type(value)
    below = tuple((name, reducer(inner)) for name, inner in reads.items())

    def reduced(value: Any) -> Hashable:
        if not isinstance(value, _MAPS):
            return _type(value)
        parts = []
        for name, reduce in below:
            try:
                parts.append(reduce(value[name]))
            except KeyError:
                parts.append(_ABSENT)
        return tuple(parts)

    return reduced


def pruned(value: Any, reads: Reads) -> Any:
    """Return a value as plain maps and lists with nothing but what is read: a reader judges it like the whole."""
    if isinstance(value, _MAPS):
        if not isinstance(reads, dict):
            return {name: pruned(inner, None) for name, inner in value.items()}
        return {name: pruned(value[name], below) for name, below in reads.items() if name in value}
    if isinstance(value, list | tuple):
        return [pruned(inner, None) for inner in value]
    return value


def paths(reads: Reads, above: Path = ()) -> Iterator[Path]:
    """Yield the path of every part that is read, in the order of the schema."""
    if not isinstance(reads, dict) or not reads:
        yield above
        return
    for name, below in reads.items():
        yield from paths(below, (*above, name))


def _keyword(keyword: str, value: Any) -> Reads:
    if keyword in _SAY_NOTHING or keyword.startswith("x-"):
        return {}
    if keyword == "properties" and isinstance(value, dict):
        return {name: reads_of(below) for name, below in value.items()}
    if keyword == "required" and isinstance(value, list):
        return {name: {} for name in value}
    if keyword in _LENGTHS:
        return LENGTH
    if keyword in _SCHEMAS:
        return together(map(reads_of, value if isinstance(value, list) else [value]))
    kinds = value if isinstance(value, list) else [value]
    return {} if keyword == "type" and all(isinstance(kind, str) for kind in kinds) else None


def _type(value: Any) -> Hashable:
    # Some drafts take 1.0 for an integer.
    return value if isinstance(value, float) else type(value).__name__


def _frozen(value: Any) -> Hashable:
    """Return a value as one that hashes, in which true is not 1."""
    if isinstance(value, _HASHED):
        return (type(value), value) if isinstance(value, bool | float) else value
    if isinstance(value, _MAPS):
        return frozenset((key, _frozen(inner)) for key, inner in value.items())
    return tuple(map(_frozen, value))
