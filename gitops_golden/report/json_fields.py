"""The fields of a JSON document that somebody else wrote, one at a time: each is what it should be, or is told of.

Knows nothing of what the document is about.
"""

from __future__ import annotations

import re
from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_MOST: Final = 10**12
"""Beyond it a number of seconds is no length of time for Python."""

_Value = TypeVar("_Value")


class WrongFieldError(Exception):
    """Something that should not be, ``path`` being the keys and indexes that lead to it."""

    def __init__(self, what: str, *path: str | int) -> None:
        super().__init__(what)
        self.what = what
        self.path = path

    @property
    def told(self) -> str:
        """What is wrong, after its path as ``deliveries[3].verdict``."""
        place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path).removeprefix(".")
        return f"{place}: {self.what}" if place else self.what


def wrong(what: str, *path: str | int) -> NoReturn:
    """Raise that something is wrong."""
    raise WrongFieldError(what, *path)


def mapping(value: Any) -> dict[str, Any]:
    """Return a map."""
    if not isinstance(value, dict):
        wrong("should be a map")
    return value


def keys(value: Mapping[str, Any], expected: frozenset[str]) -> None:
    """See that a map has exactly these keys."""
    if value.keys() == expected:
        return
    for key in value:
        if key not in expected:
            near = get_close_matches(key, expected, 1)
            wrong(f"an unknown field{f'; did you mean {near[0]}?' if near else ''}", key)
    wrong(f"{', '.join(sorted(expected - value.keys()))} is missing")


def text(value: Mapping[str, Any], key: str) -> str:
    """Return a text, which may be empty."""
    found = value[key]
    if not isinstance(found, str):
        wrong("should be a text", key)
    return found


def name(value: Mapping[str, Any], key: str) -> str:
    """Return a text that is not empty."""
    found = text(value, key)
    if not found:
        wrong("is empty", key)
    return found


def like(value: Mapping[str, Any], key: str, pattern: re.Pattern[str], what: str) -> str:
    """Return a text that matches a pattern as a whole."""
    found = text(value, key)
    if not pattern.fullmatch(found):
        wrong(f"should be {what}", key)
    return found


def flag(value: Mapping[str, Any], key: str) -> bool:
    """Return a truth value."""
    found = value[key]
    if not isinstance(found, bool):
        wrong("should be true or false", key)
    return found


def number(value: Mapping[str, Any], key: str, least: int = -_MOST) -> int:
    """Return a whole number."""
    found = value[key]
    if type(found) is not int or not least <= found <= _MOST:
        wrong(f"should be a whole number{f' from {least}' if least > -_MOST else ''}", key)
    return int(found)


def moment(value: Mapping[str, Any], key: str) -> datetime:
    """Return a time in UTC, to the second."""
    found = text(value, key)
    try:
        if _TIME.fullmatch(found):
            return datetime.fromisoformat(found)
    except ValueError:
        pass
    wrong("should be a time such as 2026-11-21T10:50:22Z", key)


def maybe(value: Mapping[str, Any], key: str, read: Callable[[Mapping[str, Any], str], _Value]) -> _Value | None:
    """Return a field as ``read`` returns it, or None if it is null."""
    return None if value[key] is None else read(value, key)


def inside(value: Mapping[str, Any], key: str, read: Callable[[Any], _Value]) -> _Value:
    """Return what ``read`` makes of a field's value, whose faults get the field's path."""
    try:
        return read(value[key])
    except WrongFieldError as error:
        raise WrongFieldError(error.what, key, *error.path) from None


def each(value: Mapping[str, Any], key: str, read: Callable[[Any], _Value]) -> tuple[_Value, ...]:
    """Return what ``read`` makes of each item of a list, whose faults get the item's path."""
    items = value[key]
    if not isinstance(items, list):
        wrong("should be a list", key)
    made: list[_Value] = []
    try:
        for item in items:
            made.append(read(item))  # noqa: PERF401 -- where it stopped is the item that is wrong
    except WrongFieldError as error:
        raise WrongFieldError(error.what, key, len(made), *error.path) from None
    return tuple(made)
