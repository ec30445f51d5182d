"""How far an API server's clock is from ours, as far as its answers prove it."""

from __future__ import annotations

from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

MOST = timedelta(seconds=10_000_000_000)
"""Some three hundred years: a clock that was never set says 1970. Far beyond, times reckoned from it have no date."""
_RESOLUTION = timedelta(seconds=1)
_NONE = timedelta()


def skew(date: str, *, asked: datetime, answered: datetime) -> timedelta | None:
    """Return how far the clock behind a ``Date`` header (RFC 9110) is ahead of ours, at least; negative if behind.

    ``asked`` and ``answered`` are our times before and after the request. The header tells whole seconds and was
    written somewhere in between, so what that explains is no skew: zero. None for a header that tells no time, or one
    that no clock has.
    """
    try:
        theirs = parsedate_to_datetime(date)
        told = theirs.replace(tzinfo=UTC) if theirs.tzinfo is None else theirs.astimezone(UTC)
        found = told - answered if told > answered else min(_NONE, told + _RESOLUTION - asked)
        return found if abs(found) <= MOST else None
    except (ValueError, OverflowError):
        return None
