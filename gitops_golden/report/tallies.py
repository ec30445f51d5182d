"""Counts of a report: how many deliveries of each image have which verdict, and how far its times can be relied on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from gitops_golden.verify.model import Verdict

if TYPE_CHECKING:
    from datetime import datetime

    from gitops_golden.verify.model import Finding, Report

OFF: Final = timedelta(seconds=30)
"""Clocks that differ by less are not worth a word."""
OLD: Final = timedelta(minutes=10)
"""Observations that are younger than this are as good as live."""


@dataclass(frozen=True, slots=True)
class Tally:
    """The deliveries of one DataSource: the digests that are expected of it, and how many have which verdict.

    ``tag`` is what is wrong with the image's tag wherever it is, None while the registry and the lock agree.
    """

    image: str
    data_source: str
    expected: tuple[str, ...]
    counts: Counter[Verdict]
    tag: Finding | None

    @property
    def total(self) -> int:
        """The number of deliveries."""
        return self.counts.total()

    @property
    def converged(self) -> bool:
        """Whether all have converged and the tag is what the lock holds."""
        return self.counts[Verdict.CONVERGED] == self.total and self.tag is None


def tallies(report: Report) -> tuple[Tally, ...]:
    """Return one tally for each DataSource, by name."""
    counts: dict[tuple[str, str], Counter[Verdict]] = {}
    expected: dict[tuple[str, str], set[str]] = {}
    for result in report.deliveries:
        key = (result.data_source, result.image)
        if key not in counts:
            counts[key], expected[key] = Counter(), set()
        counts[key][result.verdict] += 1
        if result.expected:
            expected[key].add(result.expected)
    tags = {result.image: result.finding for result in report.images}
    return tuple(
        Tally(image, name, tuple(sorted(expected[name, image])), count, tags.get(image))
        for (name, image), count in sorted(counts.items())
    )


def totals(report: Report) -> Counter[Verdict]:
    """Return how many deliveries of the whole report have which verdict."""
    return Counter(result.verdict for result in report.deliveries)


def overdue(report: Report) -> int:
    """Return how many deliveries have been on their way for longer than the objective."""
    return sum(1 for result in report.deliveries if result.finding and result.finding.overdue)


def oldest_reading(report: Report) -> datetime | None:
    """Return when the cluster was read that was read the longest ago, of those that answered."""
    return min((result.read_at for result in report.clusters if result.answered and result.read_at), default=None)


def outdated(report: Report) -> timedelta | None:
    """Return how old the oldest reading is, None if it is as good as live."""
    read = oldest_reading(report)
    return report.at - read if read and report.at - read > OLD else None


def clocks_off(report: Report) -> tuple[timedelta, ...]:
    """Return by how much clocks of clusters are off, ahead or behind, the most first; only what is worth a word."""
    skews = (abs(result.skew) for result in report.clusters if result.skew)
    return tuple(sorted((skew for skew in skews if skew > OFF), reverse=True))
