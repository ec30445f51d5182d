"""Spans of time as people write them: ``4h``, ``1h30m``, ``90s``, ``2d``."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

_DURATION: Final = re.compile(
    r"(?=[a-z0-9]*[1-9])(?:([0-9]{1,4})d)?(?:([0-9]{1,5})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,7})s)?"
)
_EXAMPLE: Final = "write a span of time such as 4h, 1h30m or 90s"


def validate(text: str) -> str | None:
    """Return what is wrong with a span of time, as the end of a sentence, or None."""
    return None if _DURATION.fullmatch(text) else f"is no span of time; {_EXAMPLE}"


def duration(text: str) -> timedelta:
    """Return a span of time in days, hours, minutes and seconds, each at most once and in this order.

    Raises ValueError, with the end of a sentence as its message, for anything else and for no time at all.
    """
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError(f"is no span of time; {_EXAMPLE}")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def span(time: timedelta) -> str:
    """Return a span of time as a person writes it, in its two largest units: ``3 d 4 h``, ``5 min``, ``12 s``."""
    seconds = max(0, int(time.total_seconds()))
    parts = ((seconds // 86_400, "d"), (seconds // 3_600 % 24, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s"))
    first = next((place for place, (count, _) in enumerate(parts) if count), len(parts) - 1)
    told = [f"{count} {unit}" for count, unit in parts[first : first + 2] if count]
    return " ".join(told) or "0 s"
