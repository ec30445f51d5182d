"""Cron expressions as CDI accepts them: the standard parser of github.com/robfig/cron/v3, five fields, in UTC.

``H`` stands for a stable value, as Jenkins has it: ``H``, ``H/15``, ``H(0-5)``, ``H(0-29)/10``. It is resolved per
cluster (``spread``) before anything else sees the expression.

No library is used, for none has robfig's rules: others read 7 as Sunday and L as a last day, and take the days
``1-31`` for a ``*``, so that a weekday beside it narrows the schedule where robfig widens it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONGEST_MONTH: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DESCRIPTORS: Final = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_EVERY: Final = "@every "
_DURATION: Final = re.compile(r"(?:[0-9]{1,9}(?:\.[0-9]{1,9})?(?:ns|us|µs|ms|s|m|h))+")
_DURATION_PART: Final = re.compile(r"([0-9.]+)(ns|us|µs|ms|s|m|h)")
_SECONDS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_SHORTEST: Final = timedelta(minutes=1)
_LONGEST: Final = timedelta(days=3660)
_HASHED: Final = re.compile(r"(?<![A-Za-z])H(?![A-Za-z])")
_HASH: Final = re.compile(r"H(?:\(([0-9]{1,4})-([0-9]{1,4})\))?(?:/([0-9]{1,4}))?")
SLOTS: Final = 60
"""How many distinct values H may have in a fleet: few, so that clusters share manifests, and one for each minute."""
_ANY_MONTHS_DAYS: Final = 28
_MOST_CHARACTERS: Final = 200
# 29 February comes round within 8 years, over a century that is no leap year.
_SEARCHED: Final = timedelta(days=366 * 9)


@dataclass(frozen=True, slots=True)
class _Field:
    """What one of the five fields may hold."""

    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()


_FIELDS: Final = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of the week", 0, 6, _DAYS),
)


@dataclass(frozen=True, slots=True)
class _Times:
    """When a schedule is due. ``either_day``: both day fields are restricted, and one of them is enough."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool

    def on(self, day: datetime) -> bool:
        """Tell whether it is due on a day."""
        of_month, of_week = day.day in self.days, (day.weekday() + 1) % 7 in self.weekdays
        return day.month in self.months and (of_month or of_week if self.either_day else of_month and of_week)


def validate(expression: str) -> str | None:
    """Return what is wrong with an expression, as the end of a sentence, or None."""
    if len(expression) > _MOST_CHARACTERS:
        return f"is longer than {_MOST_CHARACTERS} characters"
    try:
        # The ends of what H may be tell about all of it, except whether a month has a day.
        for slot in range(SLOTS) if hashed(" ".join(expression.split()[2:4])) else (0, SLOTS - 1):
            _parse(spread(expression, slot))
    except ValueError as error:
        return str(error)
    return None


def hashed(expression: str) -> bool:
    """Tell whether an expression spreads with H."""
    return bool(_HASHED.search(expression))


def slot_of(cluster: str) -> int:
    """Return the slot of a cluster, below ``SLOTS``: the same in every release of the tool, and evenly spread."""
    return int.from_bytes(hashlib.sha256(cluster.encode()).digest()[:8]) % SLOTS


def spread(expression: str, slot: int) -> str:
    """Return an expression with every H as the value that a slot has; ``ValueError`` for one that ``validate`` refuses.

    Over all slots, minutes are each taken once, hours and days evenly; a day of the month is at most the 28th.
    """
    if not hashed(expression):
        return expression
    return " ".join(
        ",".join(_spread(part, field, slot) for part in text.split(","))
        for text, field in zip(_five(expression), _FIELDS, strict=True)
    )


def _spread(part: str, field: _Field, slot: int) -> str:
    if not hashed(part):
        return part
    found = _HASH.fullmatch(part)
    if not found:
        raise ValueError(f"has a {field.name} {part!r}: write H, H/STEP, H(FIRST-LAST) or H(FIRST-LAST)/STEP")
    first, last, step = found.groups()
    low = int(first) if first else field.low
    high = int(last) if last else _ANY_MONTHS_DAYS if field.name == "day of the month" else field.high
    if not field.low <= low <= high <= field.high:
        raise ValueError(f"has its {field.name} outside {field.low} to {field.high}")
    if not step:
        return str(low + slot * (high - low + 1) // SLOTS)
    every = min(int(step), high - low + 1)
    if every == 0:
        raise ValueError(f"has a step of 0 in its {field.name}")
    return f"{low + slot * every // SLOTS}-{high}/{every}"


def next_after(expression: str, moment: datetime) -> datetime:
    """Return the first time after ``moment`` (aware) that a schedule is due, in UTC.

    ``@every`` counts from the moment, as robfig does. Raises ValueError for an expression that ``validate`` refuses.
    """
    times = _parse(expression)
    moment = moment.astimezone(UTC)
    if isinstance(times, timedelta):
        return (moment + times).replace(microsecond=0)
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    last = day + _SEARCHED
    while day <= last:
        if times.on(day):
            for hour in times.hours:
                for minute in times.minutes:
                    due = day.replace(hour=hour, minute=minute)
                    if due > moment:
                        return due
        day += timedelta(days=1)
    raise AssertionError(expression)


def _parse(expression: str) -> _Times | timedelta:
    if expression.startswith(_EVERY):
        return _every(expression.removeprefix(_EVERY))
    if expression.startswith("@") and expression not in _DESCRIPTORS:
        raise ValueError(f"is none of {', '.join(_DESCRIPTORS)} and @every DURATION")
    fields = zip(_five(_DESCRIPTORS.get(expression, expression)), _FIELDS, strict=True)
    values = [_members(text, field) for text, field in fields]
    minutes, hours, days, months, weekdays = (members for members, _ in values)
    times = _Times(
        tuple(sorted(minutes)),
        tuple(sorted(hours)),
        days,
        months,
        weekdays,
        not (values[2][1] or values[4][1]),
    )
    if not times.either_day and not any(min(days) <= _LONGEST_MONTH[month - 1] for month in months):
        raise ValueError("names a day that its months don't have, so it is never due")
    return times


def _five(expression: str) -> list[str]:
    if expression.upper().startswith(("TZ=", "CRON_TZ=")):
        raise ValueError("names a time zone, which Kubernetes refuses in a schedule: write it in UTC")
    fields = expression.split()
    if len(fields) != len(_FIELDS):
        raise ValueError(f"has {len(fields)} fields; a cron expression has five: minute hour day month weekday")
    return fields


def _every(text: str) -> timedelta:
    if not _DURATION.fullmatch(text):
        raise ValueError("needs a duration such as 90m or 1h30m after @every")
    try:
        delay = timedelta(seconds=sum(float(n) * _SECONDS[unit] for n, unit in _DURATION_PART.findall(text)))
    except OverflowError:
        delay = timedelta.max
    if not _SHORTEST <= delay <= _LONGEST:
        raise ValueError(f"must lie between a minute and {_LONGEST.days} days")
    return timedelta(seconds=int(delay.total_seconds()))


def _members(text: str, field: _Field) -> tuple[frozenset[int], bool]:
    """Return what a field matches, and whether it is unrestricted in robfig's sense: ``*`` or ``?``, not ``*/2``."""
    members: set[int] = set()
    unrestricted = False
    for part in text.split(","):
        span, slash, step_text = part.partition("/")
        step = _number(step_text, field, "step") if slash else 1
        if step == 0:
            raise ValueError(f"has a step of 0 in its {field.name}")
        if span in {"*", "?"}:
            low, high = field.low, field.high
            unrestricted |= step == 1
        else:
            low, high = _span(span, field, open_ended=bool(slash))
        members.update(range(low, high + 1, step))
    return frozenset(members), unrestricted


def _span(text: str, field: _Field, *, open_ended: bool) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    low = _value(first, field)
    high = _value(last, field) if dash else field.high if open_ended else low
    if not field.low <= low <= field.high or not field.low <= high <= field.high:
        raise ValueError(f"has its {field.name} outside {field.low} to {field.high}")
    if low > high:
        raise ValueError(f"has a {field.name} that ends before it begins: {text}")
    return low, high


def _value(text: str, field: _Field) -> int:
    word = text.lower()
    return field.words.index(word) + field.low if word in field.words else _number(text, field, field.name)


def _number(text: str, field: _Field, what: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= len("0059")):
        words = f" or one of {', '.join(field.words)}" if field.words else ""
        raise ValueError(f"has a {what} {text!r} that is no number{words if what == field.name else ''}")
    return int(text)
