"""What real CDI did, as it was recorded: the objects of a scenario at any of its moments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.testbed.cdi.timeline import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.testbed.cdi.timeline import Timeline

FOLDER = Path(__file__).parent / "data" / "cdi"


def recording(scenario: str) -> Timeline:
    return read(FOLDER / f"{scenario}.jsonl")


def objects_before(scenario: str, step: str) -> tuple[dict[str, Any], ...]:
    """Return the objects that existed when the first step that starts with ``step`` was taken."""
    timeline = recording(scenario)
    moment = next(each.at for each in timeline.steps if each.text.startswith(step))
    held: dict[tuple[str, str], dict[str, Any] | None] = {}
    for seen in timeline.seen:
        if seen.at <= moment:
            held[seen.kind, seen.name] = seen.object and {"kind": seen.kind} | seen.object
    return tuple(each for each in held.values() if each is not None)


def moments(scenario: str) -> Iterator[tuple[dict[str, Any], ...]]:
    """Yield the objects that existed after each recorded change, in the API server's order, up to the end."""
    timeline = recording(scenario)
    held: dict[tuple[str, str], dict[str, Any]] = {}
    for seen in sorted(timeline.seen, key=lambda each: each.order):
        if seen.at <= timeline.steps[-1].at:
            held.pop((seen.kind, seen.name), None)
            if seen.object:
                held[seen.kind, seen.name] = {"kind": seen.kind} | seen.object
            yield tuple(held.values())


def states(scenario: str, kind: str) -> tuple[dict[str, Any], ...]:
    """Return every state in which objects of a kind were seen."""
    return tuple({"kind": kind} | seen.object for seen in recording(scenario).seen if seen.kind == kind and seen.object)
