"""Tolerant access into objects that somebody else wrote: a wrong shape reads as absent and never raises."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def mapping(value: object, *path: str) -> Mapping[str, Any]:
    """Return the mapping at ``path`` below ``value``; empty where any step of the way is not one."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def text(value: object, *path: str) -> str:
    """Return the string at ``path`` below ``value``, else the empty string."""
    found = mapping(value, *path[:-1]).get(path[-1]) if path else value
    return found if isinstance(found, str) else ""


def count(value: object, *path: str) -> int:
    """Return the whole number at ``path`` below ``value``, else 0."""
    found = mapping(value, *path[:-1]).get(path[-1]) if path else value
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def items(value: object, *path: str) -> tuple[Any, ...]:
    """Return the list at ``path`` below ``value`` as a tuple, else an empty one."""
    found = mapping(value, *path[:-1]).get(path[-1]) if path else value
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
