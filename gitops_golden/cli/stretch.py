"""One stretch of a wait, in which a fleet is judged by the same truth: what is known, and which clusters are due.

Reads nothing and knows no clock: ``now`` is in seconds of any one, ``at`` a time of day.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Final

from gitops_golden.fleet.agenda import POLLED, WATCHED, Agenda, Pace
from gitops_golden.verify.closing import Situation, decide
from gitops_golden.verify.waiting import Outlook

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from gitops_golden.cli.known import Known
    from gitops_golden.fleet.observation import Observed
    from gitops_golden.verify.closing import Closing, Decision
    from gitops_golden.verify.model import Report, Scope

PARALLEL: Final = 16
"""Clusters that are read again at a time."""


class Stretch:
    """What is ``known`` since this began, and what is under way to know more."""

    def __init__(self, known: Known, now: float, before: Known | None = None) -> None:
        """Begin. ``before`` is what was last known of every cluster, judged by an earlier truth."""
        self.known = known
        self._began = now
        self._before = before
        self._agenda = Agenda(known.targets)
        self._round: float | None = None
        self._closing: Closing | None = None

    def followed_by(self, known: Known, now: float) -> Stretch:
        """Return what follows once the fleet is judged by something else."""
        return Stretch(known, now, self.known if self.known.complete else self._before)

    def report(self, at: datetime, scope: Scope | None) -> Report:
        """Return what is known; by an earlier truth, if by the newest not every cluster was judged."""
        known = self.known if self.known.complete or self._before is None else self._before
        return known.report(at, scope)

    def decide(self, now: float, deadline: float, looked: float, *, interrupted: bool) -> Decision:
        """Return what follows, and let clusters be read again if they are to be."""
        known = self.known
        outlook = known.outlook() if known.complete else None
        situation = Situation(
            now=now,
            deadline=deadline,
            outlook=outlook,
            clusters=known.targets,
            certain=known.certain if outlook is Outlook.CERTAIN else (),
            read=self._agenda.ended,
            looked=looked,
            interrupted=interrupted,
        )
        decision = decide(situation, self._closing)
        self._closing = decision.closing
        for cluster in decision.again:
            self._agenda.changed(cluster, now)
        return decision

    def due(self, now: float) -> tuple[str, ...]:
        """Return the clusters to read now: all at once in the beginning, few at a time later."""
        agenda = self._agenda
        begins = not self.known.tallies and not agenda.reading
        return agenda.take(now, len(self.known.targets) if begins else PARALLEL - agenda.reading)

    def next(self) -> float:
        """Return when a cluster is due, if nobody tells anything before; infinity if none is."""
        return self._agenda.next() if self._agenda.reading < PARALLEL else inf

    def take(self, observed: Observed, now: float, at: datetime) -> bool:
        """Judge a cluster that was read; whether its verdicts are others than before."""
        moved = self.known.take(observed, at)
        if self.known.complete and self._round is None:
            self._round = now - self._began
        return moved

    def read(self, cluster: str, now: float, *, watched: bool, moved: bool) -> None:
        """Note that a cluster was read and judged; what has converged is read again only if something changes."""
        pace = None
        if cluster in self.known.open:
            pace, least = WATCHED if watched else POLLED, 2 * (self._round or 0.0)
            pace = Pace(max(least, pace.first), max(least, pace.most))
        self._agenda.done(cluster, now, pace, moved=moved)

    def changed(self, cluster: str, now: float) -> None:
        """Note that something happened on a cluster, or may have."""
        self._agenda.changed(cluster, now)

    def written(self, snapshots: Collection[str], now: float) -> None:
        """Note which snapshots were written or removed."""
        for cluster, source in self.known.sources() if snapshots else ():
            # Whose a new file is only reading tells: it may be that of any cluster that has none yet.
            if source in snapshots or (not source and cluster in self.known.open):
                self._agenda.changed(cluster, now)
