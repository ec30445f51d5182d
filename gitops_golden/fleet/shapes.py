"""Tolerant access into objects that somebody else wrote: a wrong shape reads as absent and never raises."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

_MAPPING: Final = (dict, Mapping)
"""``dict`` first: nearly all are, and asking an abstract class is slow."""


def mapping(value: object, *path: str) -> Mapping[str, Any]:
    """Return the mapping at ``path`` below ``value``; empty where any step of the way is not one."""
    found = _at(value, path)
    return found if isinstance(found, _MAPPING) else {}


def text(value: object, *path: str) -> str:
    """Return the string at ``path`` below ``value``, else the empty string."""
    # As _at, written out: judging a large fleet asks this a hundred million times.
    for key in path:
        if not isinstance(value, _MAPPING):
            return ""
        value = value.get(key)
    return value if isinstance(value, str) else ""


def count(value: object, *path: str) -> int:
    """Return the whole number at ``path`` below ``value``, else 0."""
    found = _at(value, path)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def items(value: object, *path: str) -> tuple[Any, ...]:
    """Return the list at ``path`` below ``value`` as a tuple, else an empty one."""
    found = _at(value, path)
    return tuple(found) if isinstance(found, list | tuple) else ()


def texts(value: object, *path: str) -> Mapping[str, str]:
    """Return the string entries of the mapping at ``path``: how labels and annotations are meant."""
    return {key: entry for key, entry in mapping(value, *path).items() if isinstance(entry, str)}


def instant(value: object, *path: str) -> datetime | None:
    """Return the RFC 3339 time at ``path`` in UTC; ``None`` where it is absent or malformed."""
    try:
        found = datetime.fromisoformat(text(value, *path))
        return None if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):  # the year 1 with a positive offset has no UTC
        return None


def _at(value: object, path: tuple[str, ...]) -> object:
    for key in path:
        if not isinstance(value, _MAPPING):
            return None
        value = value.get(key)
    return value
