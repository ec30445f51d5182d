"""When a wait is over, told from what is known and when it was found out."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.verify.closing import CONFIRMED, FRESH, LOOKED, Closing, Decision, Situation, decide
from gitops_golden.verify.waiting import Ended, Outlook

NOW = 1000.0
FINAL = (Outlook.CONVERGED, Outlook.SETTLED, Outlook.CERTAIN)


def situation(outlook: Outlook | None = Outlook.CONVERGED, **read: float) -> Situation:
    """Return one where clusters were read at a time, by default just now, and Git was looked at just now."""
    clusters = read or {"edge": NOW}
    return Situation(NOW, inf, outlook, tuple(clusters), tuple(clusters), clusters.__getitem__, looked=NOW)


CONVERGED = situation()


@pytest.mark.parametrize(
    ("found", "decision"),
    [
        pytest.param(CONVERGED, Decision(Ended.CONVERGED), id="all has converged"),
        pytest.param(situation(Outlook.SETTLED), Decision(Ended.SETTLED), id="only tags are left"),
        pytest.param(situation(Outlook.OPEN), Decision(), id="something may still happen"),
        pytest.param(situation(None), Decision(), id="not every cluster was read"),
        pytest.param(replace(CONVERGED, interrupted=True), Decision(Ended.INTERRUPTED), id="interrupted"),
        pytest.param(replace(CONVERGED, deadline=NOW), Decision(Ended.DEADLINE), id="the time is up"),
        pytest.param(
            replace(CONVERGED, deadline=NOW, interrupted=True), Decision(Ended.INTERRUPTED), id="both at a time"
        ),
        pytest.param(replace(situation(None), deadline=NOW), Decision(Ended.DEADLINE), id="the time is up unread"),
        pytest.param(
            situation(hub=NOW, edge=NOW - FRESH - 1),
            Decision(None, Closing(Outlook.CONVERGED, NOW, frozenset({"edge"})), frozenset({"edge"})),
            id="what was read long ago is read again",
        ),
        pytest.param(
            replace(CONVERGED, looked=NOW - LOOKED - 1),
            Decision(None, Closing(Outlook.CONVERGED, NOW, frozenset()), look=True),
            id="Git was looked at long ago",
        ),
        pytest.param(
            replace(situation(Outlook.CERTAIN, edge=NOW, hub=NOW), certain=("hub",)),
            Decision(None, Closing(Outlook.CERTAIN, NOW, frozenset({"hub"})), frozenset({"hub"})),
            id="what is broken for good is read again, however fresh",
        ),
    ],
)
def test_what_is_known_decides_what_follows(found: Situation, decision: Decision) -> None:
    assert decide(found, None) == decision


def test_of_many_that_are_broken_for_good_few_are_read_again() -> None:
    broken = situation(Outlook.CERTAIN, **{f"edge-{number:03}": NOW for number in range(100)})
    assert decide(broken, None).again == frozenset(broken.certain[:CONFIRMED])


CLOSING = Closing(Outlook.CERTAIN, NOW, frozenset({"edge"}))
LATER = replace(situation(Outlook.CERTAIN, edge=NOW, hub=NOW), now=NOW + 60)


@pytest.mark.parametrize(
    ("found", "decision"),
    [
        pytest.param(LATER, Decision(None, CLOSING), id="asked once, they are waited for"),
        pytest.param(
            replace(LATER, read={"edge": NOW + 1}.__getitem__),
            Decision(Ended.CERTAIN),
            id="it ends once they were read after it was about to",
        ),
        pytest.param(
            replace(LATER, certain=("hub",), read={"edge": NOW + 1}.__getitem__),
            Decision(Ended.CERTAIN),
            id="one of several that were broken may have mended",
        ),
        pytest.param(
            replace(LATER, read={"edge": NOW + 1}.__getitem__, looked=NOW - LOOKED - 1),
            Decision(None, CLOSING),
            id="it does not end before Git was looked at",
        ),
        pytest.param(replace(LATER, outlook=Outlook.OPEN), Decision(), id="it mended"),
        pytest.param(
            replace(LATER, outlook=Outlook.CONVERGED, looked=NOW + 60, read={"edge": NOW, "hub": NOW}.__getitem__),
            Decision(Ended.CONVERGED),
            id="all converged instead, and was read just now",
        ),
        pytest.param(
            replace(LATER, outlook=Outlook.CONVERGED, looked=NOW),
            Decision(None, Closing(Outlook.CONVERGED, NOW + 60, frozenset()), look=True),
            id="another end begins anew",
        ),
    ],
)
def test_what_is_about_to_be_the_end_is_proven_first(found: Situation, decision: Decision) -> None:
    assert decide(found, CLOSING) == decision


@given(
    outlook=st.sampled_from(FINAL),
    ages=st.dictionaries(st.sampled_from("abcdef"), st.floats(0, 2 * FRESH), min_size=1),
    looked=st.floats(0, 2 * LOOKED),
)
def test_whoever_does_what_is_asked_is_asked_once_and_then_ends(
    outlook: Outlook, ages: dict[str, float], looked: float
) -> None:
    read = {name: NOW - age for name, age in ages.items()}
    found = Situation(NOW, inf, outlook, tuple(read), tuple(read), read.__getitem__, looked=NOW - looked)
    first = decide(found, None)
    read_then = dict.fromkeys(read, NOW + 1)
    looked_then = NOW + 1 if first.look else found.looked
    after = replace(found, now=NOW + 2, looked=looked_then, read=read_then.__getitem__)
    ended = first.ended or decide(after, first.closing).ended
    assert ended == Ended(outlook.value)
    assert (first.ended is None) == bool(first.again or first.look)
