"""When each cluster is to be read again while somebody waits for it: never twice at a time, the longest due first.

Keeps times and decides by them; reading, and what was read, are others'. Times are seconds of any one clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf, isinf
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

DEBOUNCE: Final = 0.2
"""After a change, before the cluster is read: changes come in bursts."""
SPACING: Final = 0.5
"""Between two readings of a cluster, however much happens there."""
GROWTH: Final = 1.5


class Pace(NamedTuple):
    """How often a cluster is read without being told of a change: after ``first``, ever later, then each ``most``."""

    first: float
    most: float


WATCHED: Final = Pace(10, 60)
"""Of a cluster that tells its changes. Not all that a verdict rests on is watched, and time passes, too."""
POLLED: Final = Pace(2, 30)
"""Of a cluster that tells nothing."""


@dataclass(slots=True)
class _Entry:
    due: float = 0.0
    ended: float = -inf
    pause: float = 0.0
    reading: bool = False
    changed: float = inf


class Agenda:
    """The clusters of one wait. Each is due at once, until it has been read.

    ``reading`` is how many are being read.
    """

    def __init__(self, clusters: Iterable[str]) -> None:
        self._entries: dict[str, _Entry] = {}
        self._queue: list[tuple[float, str]] = []
        self.reading = 0
        for cluster in clusters:
            self._entries[cluster] = _Entry()
            heappush(self._queue, (0.0, cluster))

    def take(self, now: float, most: int) -> tuple[str, ...]:
        """Return up to ``most`` clusters to read now; each is being read until ``done``."""
        taken: list[str] = []
        while len(taken) < most and self.next() <= now:
            _, cluster = heappop(self._queue)
            self._entries[cluster].reading = True
            self.reading += 1
            taken.append(cluster)
        return tuple(taken)

    def next(self) -> float:
        """Return when the next reading is due; infinity if none is."""
        while self._queue and not self._valid(*self._queue[0]):
            heappop(self._queue)
        return self._queue[0][0] if self._queue else inf

    def done(self, cluster: str, now: float, pace: Pace | None, *, moved: bool) -> None:
        """Note that a cluster was read; without a ``pace`` it is read again only if something changes.

        ``moved``: it is not as it was, so that more is likely to happen soon.
        """
        entry = self._entries[cluster]
        entry.reading, entry.ended = False, now
        self.reading -= 1
        due = inf
        if pace:
            entry.pause = pace.first if moved or not entry.pause else min(pace.most, entry.pause * GROWTH)
            due = now + max(pace.first, entry.pause)
        if not isinf(entry.changed):
            due, entry.changed = min(due, max(entry.changed + DEBOUNCE, now + SPACING)), inf
        self._plan(cluster, entry, due)

    def changed(self, cluster: str, now: float) -> None:
        """Note that something happened on a cluster, or may have: it is read soon."""
        entry = self._entries.get(cluster)
        if entry is None:
            return
        if entry.reading:
            # Whether that reading saw it nobody knows.
            entry.changed = now
            return
        self._plan(cluster, entry, min(entry.due, max(now + DEBOUNCE, entry.ended + SPACING)))

    def ended(self, cluster: str) -> float:
        """Return when a cluster was last read; minus infinity if never."""
        return self._entries[cluster].ended

    def _plan(self, cluster: str, entry: _Entry, due: float) -> None:
        entry.due = due
        if not isinf(due):
            heappush(self._queue, (due, cluster))

    def _valid(self, due: float, cluster: str) -> bool:
        entry = self._entries[cluster]
        return entry.due == due and not entry.reading
