"""Compares what was played with what real CDI was recorded to do, by written rules; never by how long anything took.

1. An object's **state** is what CDI means by it (``state``). Left out are fields of a run (timeline.py) and, of an
   import that goes on, how far it is: whether the claim was bound before the importer ran, or when CDI looked in
   between, was a race in the recordings, which hold every order of it. An import that ran into an error is a state of
   its own.
2. A recorded state is **settled** if it stood for SETTLED_SECONDS, or was the last; the others are passing.
3. Each object's played states are its recorded ones, in order, with nothing left out but passing states and nothing
   added. Before the first recorded one there may be states that any recording holds: the recorder sometimes came late.
   What is being deleted at the end may be gone, and a claim whose DataVolume is gone may go too: some recordings ended
   before the garbage collector came round.
4. Where a recording was quiet for QUIET_SECONDS before a step, everything **rests**: there each object is compared in
   detail (``detail``), how far a waiting import got included.
5. Settled states of different objects that began ORDER_SECONDS apart begin in the same order.
6. The messages of failed imports are equal, in any order and number.
7. Answers of admission are equal: let pass or not, and the sentence, without the wrapper of who refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.testbed.cdi.facts import GONE, detail, state

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.testbed.cdi.timeline import Answer, Seen, Timeline

    Key = tuple[str, str]

SETTLED_SECONDS = 0.3
QUIET_SECONDS = 0.8
ORDER_SECONDS = 0.5
SUCCESS = 300
CHOSEN = (
    "cdi.kubevirt.io/dataImportCron",
    "managedDataSource",
    "importsToKeep",
    "schedule",
    "url",
    "storage",
    "storageClassName",
    "import.storageClass",
)


@dataclass(frozen=True, slots=True)
class State:
    """A state of an object and when it began; ``settled`` as rule 2 says."""

    at: float
    order: int
    text: str
    settled: bool


def differences(
    recorded: Timeline, played: Timeline, *, repertoire: frozenset[str] = frozenset(), messages: bool = True
) -> tuple[str, ...]:
    """Return what the rules find, in words; nothing if the run is what CDI does.

    ``repertoire`` are the states that any recording holds, for rule 3. ``messages`` is whether rule 6 holds: an
    importer that really failed says it in other words than the recordings' node did.
    """
    known, now = _states(recorded), _states(played)
    found = [
        f"{kind} {name} is {'missing' if (kind, name) in known else 'too much'}"
        for kind, name in known.keys() ^ now.keys()
    ]
    for key in sorted(known.keys() & now.keys()):
        found += _sequence(key, known[key], _without_collection(key, known, now[key]), repertoire)
    found += _rests(recorded, played)
    if not found:
        found += _order(known, now)
    if messages and (told := _messages(recorded)) != (mine := _messages(played)):
        found.append(f"failed imports said {mine}, recorded {told}")
    return tuple(found + _answers(recorded.answers, played.answers))


def states_of(timeline: Timeline) -> frozenset[str]:
    """Return the states of all objects of a timeline, without names, for rule 3's beginnings."""
    return frozenset(anonymous(of.text) for states in _states(timeline).values() for of in states)


def anonymous(text: str) -> str:
    """Return a state without what a scenario chose: names, class, size, schedule, url."""
    return re.sub(rf'"({"|".join(CHOSEN)})": ("[^"]*"|\d+)', r'"\1": ""', text)


def quiet_steps(recorded: Timeline) -> tuple[int, ...]:
    """Return the numbers of the steps before which nothing changed for QUIET_SECONDS."""
    return tuple(
        number
        for number, step in enumerate(recorded.steps)
        if number and not any(step.at - QUIET_SECONDS < of.at <= step.at for of in recorded.seen)
    )


def sentence(message: str | None) -> str | None:
    """Return what was said, without who said it: webhook or policy."""
    return message and re.sub(r"^.*?denied (?:the )?request:\s+", "", message)


def _states(timeline: Timeline) -> dict[Key, list[State]]:
    """Return each object's distinct states until the end."""
    end = timeline.steps[-1].at
    begun: dict[Key, list[tuple[float, int, str]]] = {}
    for of in timeline.seen:
        text = state(of.kind, of.object)
        states = begun.setdefault((of.kind, of.name), [])
        if of.at <= end and (not states or states[-1][2] != text):
            states.append((of.at, of.order, text))
    found = {}
    for key, states in begun.items():
        until = [at for at, *_ in states[1:]] + [float("inf")]
        found[key] = [
            State(at, order, text, stop - at >= SETTLED_SECONDS)
            for (at, order, text), stop in zip(states, until, strict=True)
        ]
    return {key: states for key, states in found.items() if states}


def _sequence(key: Key, known: list[State], now: list[State], repertoire: frozenset[str]) -> list[str]:
    """Apply rule 3 to one object."""
    lead = _lead(known, now)
    found = [
        f"{key}: never recorded as a beginning: {of.text}" for of in now[:lead] if anonymous(of.text) not in repertoire
    ]
    matched = _alignment(known, now[lead:])
    if isinstance(matched, int):
        states = [of.text for of in now[lead:]] + ["the end"]
        before = states[matched - 1] if matched else "the beginning"
        recorded = "\n  ".join(of.text for of in known if of.settled)
        found.append(f"{key}: after {before}\n  came {states[matched]}\n  recorded were\n  {recorded}")
    return found


def _lead(known: list[State], now: list[State]) -> int:
    """Return how many played states come before the first recorded one."""
    texts = {of.text for of in known}
    return next((number for number, of in enumerate(now) if of.text in texts), len(now))


def _alignment(known: list[State], now: list[State]) -> list[int] | int:
    """Match the played states to recorded ones with only passing ones left between; return the numbers of those.

    If that can't be done, return the number of the played state at which it ends; that is how many there are if the end
    comes too early.
    """
    reach: list[dict[int, int]] = [{-1: -1}]
    for of in now:
        onward = {
            number: start
            for number, state in enumerate(known)
            if state.text == of.text
            for start in sorted(reach[-1])
            if _passing(known, start, number)
        }
        if not onward:
            return len(reach) - 1
        reach.append(onward)
    ends = [number for number in reach[-1] if _passing(known, number, len(known))]
    if not ends:
        return len(now)
    path = [max(ends)]
    for step in reversed(reach[2:]):
        path.append(step[path[-1]])
    return path[::-1] if now else []


def _passing(known: list[State], start: int, end: int) -> bool:
    """Whether ``end`` comes after ``start`` with nothing settled between."""
    return start < end and not any(state.settled for state in known[start + 1 : end])


def _without_collection(key: Key, known: dict[Key, list[State]], now: list[State]) -> list[State]:
    """Return the played states up to the collection of a claim that was left to be collected."""
    kind, name = key
    last, kept = known[key][-1].text, list(now)
    volume = known.get(("DataVolume", name.removesuffix("-scratch")))
    orphan = kind == "PersistentVolumeClaim" and volume and volume[-1].text == GONE
    if kept[-1].text == GONE and (orphan or _leaves(last)) and last != GONE:
        kept.pop()
    if kept and _leaves(kept[-1].text) and orphan and not _leaves(last):
        kept.pop()
    return kept


def _leaves(text: str) -> bool:
    return text == GONE or '"deleting"' in text


def _rests(recorded: Timeline, played: Timeline) -> Iterator[str]:
    """Apply rule 4; the played steps are the recorded ones."""
    for number in quiet_steps(recorded):
        step, mine = recorded.steps[number], played.steps[number]
        known, now = _resting(recorded.seen, step.at), _resting(played.seen, mine.at)
        for key in sorted(known.keys() | now.keys()):
            if known.get(key) != now.get(key):
                yield f"{key} rests before {step.text[:60]!r}\n  recorded {known.get(key)}\n  now {now.get(key)}"


def _resting(seen: Iterable[Seen], until: float) -> dict[Key, str]:
    last = {(of.kind, of.name): of.object for of in seen if of.at <= until}
    return {key: detail(key[0], item) for key, item in last.items() if item is not None}


def _order(known: dict[Key, list[State]], now: dict[Key, list[State]]) -> Iterator[str]:
    """Apply rule 5, once rule 3 holds."""
    starts = []
    for key, states in known.items():
        mine = _without_collection(key, known, now[key])[_lead(states, now[key]) :]
        matched = _alignment(states, mine)
        assert not isinstance(matched, int)
        pairs = [(states[number], of) for number, of in zip(matched, mine, strict=True)]
        starts += [(of.at, played.order, key, of.text) for of, played in pairs if of.settled]
    for earlier in starts:
        for later in starts:
            if later[0] - earlier[0] >= ORDER_SECONDS and later[1] < earlier[1]:
                yield f"{later[2]} came to {later[3]}\n  before {earlier[2]} came to {earlier[3]}"


def _messages(timeline: Timeline) -> set[tuple[str, str]]:
    """Return what importers said when they failed, by volume."""
    return {
        (of.name, condition["message"])
        for of in timeline.seen
        if of.kind == "DataVolume" and of.object
        for condition in of.object.get("status", {}).get("conditions") or []
        if condition["type"] == "Running" and condition.get("reason") == "Error"
    }


def _answers(known: Iterable[Answer], now: Iterable[Answer]) -> list[str]:
    """Apply rule 7."""
    pairs = zip(known, now, strict=True)
    return [
        f"{before.request.get('what')}: recorded {before.code} {before.message}, now {after.code} {after.message}"
        for before, after in pairs
        if (before.code < SUCCESS, sentence(before.message)) != (after.code < SUCCESS, sentence(after.message))
    ]
