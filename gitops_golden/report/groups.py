"""The findings of a report gathered by what goes wrong, worst first: a large fleet fails in few ways."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from gitops_golden.policy.durations import span
from gitops_golden.verify.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from gitops_golden.verify.model import Finding, Link, Report

WORST_FIRST: Final = (Verdict.BROKEN, Verdict.UNREACHABLE, Verdict.PROGRESSING, Verdict.CONVERGED)


class Found(NamedTuple):
    """A finding with its place: ``image`` is the DataSource's name, empty of a cluster as a whole.

    ``cluster`` is empty of an image wherever it is; ``entry`` is the image's name in the policy, which may have several
    DataSources. ``last_read`` is when a cluster that cannot be read now was read.
    """

    finding: Finding
    image: str
    cluster: str
    entry: str = ""
    last_read: datetime | None = None

    @property
    def place(self) -> str:
        """Where it is, as people say it."""
        return f"{self.image} on {self.cluster}" if self.image and self.cluster else self.image or self.cluster


class Way(NamedTuple):
    """One way to fail: what a finding says of what is wrong, without where and since when.

    ``of`` is what it is told of: a ``delivery``, an ``image`` or a ``cluster``.
    """

    of: str
    verdict: Verdict
    link: Link | None
    reason: str
    overdue: bool


@dataclass(frozen=True)
class Group:
    """All that fails in one way, in the report's order; never empty."""

    way: Way
    found: tuple[Found, ...]

    @cached_property
    def images(self) -> tuple[str, ...]:
        """The names of the images, sorted."""
        return tuple(sorted({each.image for each in self.found if each.image}))

    @cached_property
    def clusters(self) -> tuple[str, ...]:
        """The names of the clusters, sorted."""
        return tuple(sorted({each.cluster for each in self.found if each.cluster}))

    @cached_property
    def oldest(self) -> datetime | None:
        """The earliest time since when, None where nothing tells one."""
        return min((each.finding.since for each in self.found if each.finding.since), default=None)

    @cached_property
    def last_read(self) -> datetime | None:
        """The earliest time at which one of the clusters that cannot be read was, None where nobody knows one."""
        return min((each.last_read for each in self.found if each.last_read), default=None)

    @cached_property
    def apart(self) -> tuple[Group, ...]:
        """This group divided by what each finding says and advises, the most frequent first."""
        words: dict[tuple[str, str], list[Found]] = defaultdict(list)
        for each in self.found:
            words[each.finding.message, each.finding.remedy].append(each)
        parts = sorted(words.values(), key=len, reverse=True)
        return tuple(Group(self.way, tuple(part)) for part in parts)


def groups(report: Report) -> tuple[Group, ...]:
    """Return what fails, the worst verdict first, then what is of images wherever they are, then the largest.

    What has converged is in none of them.
    """
    found: dict[Way, list[Found]] = defaultdict(list)
    for kind, each in findings(report):
        finding = each.finding
        found[Way(kind, finding.verdict, finding.link, finding.reason, finding.overdue)].append(each)
    order = sorted(found.items(), key=lambda item: _rank(*item))
    return tuple(Group(way, tuple(places)) for way, places in order)


def _rank(way: Way, found: list[Found]) -> tuple[int, bool, int, str, str, bool]:
    return (
        WORST_FIRST.index(way.verdict),
        way.of != "image",
        -len(found),
        way.reason,
        way.link or "",
        way.of == "delivery",
    )


def findings(report: Report) -> Iterator[tuple[str, Found]]:
    """Yield each finding once, with what it is told of; of a cluster only what no delivery tells."""
    for image in report.images:
        if image.finding:
            yield "image", Found(image.finding, image.image, "", image.image)
    last_read = {result.cluster: result.read_at for result in report.clusters if not result.answered}
    for cluster, own in report.of_clusters():
        yield "cluster", Found(own, "", cluster.cluster, last_read=last_read.get(cluster.cluster))
    for result in report.deliveries:
        if finding := result.finding:
            seen = last_read.get(result.cluster) if result.unread else None
            yield "delivery", Found(finding, result.data_source, result.cluster, result.image, seen)


def lasting(report: Report, group: Group) -> str:
    """Return for how long it has been so, measured against what the policy promises, or when it was last otherwise.

    Begins with a comma; empty where nothing is known.
    """
    told = ""
    if group.oldest:
        told = f", for {span(report.at - group.oldest)}"
        if report.objective is not None and report.at - group.oldest > report.objective:
            told += f" (objective {span(report.objective)})"
    return f"{told}, last read {span(report.at - group.last_read)} ago" if group.last_read else told
