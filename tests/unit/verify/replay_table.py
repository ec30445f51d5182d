"""Reads ``replay_table.yaml``: what is to be said of every moment of every recording, and what Git asked for then."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypedDict

from ruamel.yaml import YAML

from tests.recordings import replayed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.recordings import Moment

TABLE = Path(__file__).with_suffix(".yaml")


class Asked(NamedTuple):
    """What Git says from a moment on: a cron, its digest, whether CDI polls for that, and a channel if there is one."""

    cron: str
    digest: str
    tracking: bool
    channel: str


class Row(NamedTuple):
    """What is to be said of so many moments, the first of which begins so, and which digest is served in them."""

    moments: int
    begins: str
    said: str
    served: str | None
    why: str = ""


class Wait(NamedTuple):
    """What is said of a wait that is beyond the objective, and of one that lasts too long without an objective."""

    late: str
    alone: str


class Until(NamedTuple):
    """The moment from which Git asks for nothing any more, which is where a story ends."""

    begins: str


class Told(NamedTuple):
    """One moment of a story: ``asked`` is what Git said up to then and since when, newest first."""

    number: int
    moment: Moment
    row: Row
    asked: tuple[tuple[Moment, Asked], ...]

    @property
    def last(self) -> bool:
        """Whether the next moment is another row's."""
        return self.number == self.row.moments


Story: TypeAlias = "tuple[Asked | Row | Until, ...]"


class Table(TypedDict):
    """The file as it is."""

    facts: dict[str, str]
    because: dict[str, str]
    since: dict[str, str]
    waits: dict[str, list[str]]
    recorded: dict[str, list[dict[str, str] | list[Any]]]


@cache
def stories() -> Mapping[str, Story]:
    """Return what is to be said of each delivery of each recording, by the recording's name and the delivery's."""
    return {name: tuple(map(_entry, told)) for name, told in _table()["recorded"].items()}


@cache
def facts() -> frozenset[str]:
    """Return what is known of CDI, as the table refers to it."""
    return frozenset(_table()["facts"])


@cache
def because() -> Mapping[str, str]:
    """Return why a verdict is right wherever it is told, with the fact that it rests on."""
    return _table()["because"]


@cache
def since() -> Mapping[str, str]:
    """Return since when a verdict holds, in words."""
    return _table()["since"]


@cache
def waits() -> Mapping[str, Wait]:
    """Return what becomes of each wait that lasts too long."""
    return {said: _wait(*said.split(), *becomes) for said, becomes in _table()["waits"].items()}


def recorded_as(story: str) -> str:
    """Return the recording's name."""
    return story.partition(" ")[0]


def telling(story: str) -> Iterator[Told]:
    """Yield each moment of a story with its row; the numbers begin anew with each row.

    Raises ``AssertionError`` where the recording has not the moments that the table counts.
    """
    moments = replayed(recorded_as(story))
    asked: tuple[tuple[Moment, Asked], ...] = ()
    coming: list[Asked] = []
    for entry in stories()[story]:
        if isinstance(entry, Asked):
            coming.append(entry)
        elif isinstance(entry, Until):
            moment = next(moments)
            assert moment.told.startswith(entry.begins), f"{story}: {entry.begins!r} is to come, not {moment.told!r}"
            return
        else:
            # A delivery may be new in the middle of a recording; once it is told of, no moment is left out.
            first = next(moments) if asked else next(each for each in moments if each.told.startswith(entry.begins))
            asked = (*((first, each) for each in reversed(coming)), *asked)
            coming.clear()
            assert first.told.startswith(entry.begins), f"{story}: {entry.begins!r} is to come, not {first.told!r}"
            yield Told(1, first, entry, asked)
            for number in range(2, entry.moments + 1):
                yield Told(number, next(moments), entry, asked)
    left = [each.told for each in moments]
    assert not left, f"{story}: nothing is said of {left}"


def _wait(_: str, link: str, reason: str, late: str, alone: str, other: str = "") -> Wait:
    return Wait(f"{late} {link} {reason}", f"{alone} {link} {other or reason}")


def _entry(found: dict[str, str] | list[Any]) -> Asked | Row | Until:
    if isinstance(found, list):
        moments, begins, said, served, *why = found
        return Row(moments, begins, said, None if served == "none" else _digest(served), *why)
    if "until" in found:
        return Until(found["until"])
    cron, *words = found["git"].split()
    tracking = words[0] == "tag"
    letter, *channel = words[1:] if tracking else words
    return Asked(cron, _digest(letter), tracking, "".join(channel))


def _digest(letter: str) -> str:
    return f"sha256:{letter.lower() * 64}"


@cache
def _table() -> Table:
    table: Table = YAML(typ="safe").load(TABLE)
    return table
