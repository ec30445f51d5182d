"""When a wait is over. What was read long ago is read once more before that, and so is Git.

Decides from verdicts and times alone; reading is others'. Times are seconds of any one clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitops_golden.verify.waiting import Ended, Outlook

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

FRESH: Final = 120.0
"""Seconds: what was read longer ago is read again before it counts as converged."""
CONFIRMED: Final = 16
"""Clusters that are read again before what no waiting mends ends the wait."""
LOOKED: Final = 2.0
"""Seconds: an older look at Git does not count as the last one."""


@dataclass(frozen=True, slots=True)
class Situation:
    """Where a wait stands ``now``.

    ``outlook`` is None until every cluster was read. ``certain`` are those of ``clusters`` on which something is broken
    that no waiting mends; ``read`` returns when one was last read. ``looked`` is when the last look at Git and the
    registry began that did not fail.
    """

    now: float
    deadline: float
    outlook: Outlook | None
    clusters: Collection[str]
    certain: Sequence[str]
    read: Callable[[str], float]
    looked: float
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Closing:
    """What is about to be the end, since ``at``: it is once ``clusters`` were read after that."""

    outlook: Outlook
    at: float
    clusters: frozenset[str]


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows: it has ``ended``, or clusters are to be read ``again`` and Git to be looked at, or it goes on.

    ``closing`` is to be handed over with the next question.
    """

    ended: Ended | None = None
    closing: Closing | None = None
    again: frozenset[str] = frozenset()
    look: bool = False


def decide(situation: Situation, closing: Closing | None) -> Decision:
    """Return what follows from where a wait stands, and from what has been about to be its end so far."""
    if situation.interrupted:
        return Decision(Ended.INTERRUPTED)
    if situation.now >= situation.deadline:
        return Decision(Ended.DEADLINE)
    outlook = situation.outlook
    if outlook is None or outlook is Outlook.OPEN:
        return Decision()
    begins = closing is None or closing.outlook is not outlook
    if closing is None or begins:
        closing = Closing(outlook, situation.now, _resting_on(situation, outlook))
    looked = situation.looked >= closing.at - LOOKED
    if looked and all(situation.read(cluster) > closing.at for cluster in closing.clusters):
        return Decision(Ended(outlook.value))
    return Decision(None, closing, closing.clusters, not looked) if begins else Decision(None, closing)


def _resting_on(situation: Situation, outlook: Outlook) -> frozenset[str]:
    """Return the clusters without which nothing is proven."""
    if outlook is Outlook.CERTAIN:
        return frozenset(situation.certain[:CONFIRMED])
    return frozenset(each for each in situation.clusters if situation.read(each) < situation.now - FRESH)
