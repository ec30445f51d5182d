"""How far a wait has come, for a person who watches it: a table for a terminal, lines for a log.

Draws values alone; when to draw is the CLI's.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from math import log
from typing import TYPE_CHECKING, Final

from rich.console import Group
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from gitops_golden.policy.durations import span
from gitops_golden.report.words import clean, counted
from gitops_golden.verify.model import Verdict
from gitops_golden.verify.waiting import Ended, oldest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from rich.console import RenderableType

    from gitops_golden.verify.waiting import Pending, Tally

FEW: Final = 12
"""A label with more values than this splits a fleet into more than a person looks at."""
OPEN: Final = {Verdict.PROGRESSING: "yellow", Verdict.BROKEN: "bold red", Verdict.UNREACHABLE: "magenta"}
"""What is not there yet, with its colour."""
BAR: Final = 20
MESSAGE: Final = 200
"""How many characters of a message a terminal shows while waiting; the report has all."""
_DIGEST: Final = re.compile(r"(sha256:[0-9a-f]{12})[0-9a-f]{52}")
LISTED: Final = 4
"""How many groups a line names."""


@dataclass(frozen=True, slots=True)
class Member:
    """A cluster that is waited for: its labels, and how many deliveries it is to hold."""

    cluster: str
    labels: tuple[tuple[str, str], ...]
    deliveries: int


@dataclass(frozen=True, slots=True)
class Split:
    """A fleet in groups by the values of a label, which is empty if it is not split."""

    label: str
    groups: tuple[tuple[str, tuple[Member, ...]], ...]


@dataclass(frozen=True, slots=True)
class Share:
    """A part of the fleet, counted: deliveries by verdict, ``unread`` ones of clusters that nobody has read yet.

    ``whole`` are clusters with a finding of their own.
    """

    name: str
    counts: Mapping[Verdict, int]
    unread: int = 0
    whole: int = 0

    @property
    def total(self) -> int:
        """All its deliveries."""
        return sum(self.counts.values()) + self.unread

    @property
    def open(self) -> int:
        """What is known not to be there yet: deliveries, and clusters with a finding of their own."""
        return sum(self.counts.get(verdict, 0) for verdict in OPEN) + self.whole


@dataclass(frozen=True, slots=True)
class Progress:
    """A wait at one moment: ``label`` is what the fleet is split by, empty if it is not.

    Two compare equal if nothing has changed but the time.
    """

    label: str
    shares: tuple[Share, ...]
    at: datetime = field(compare=False)
    elapsed: timedelta = field(compare=False)
    left: timedelta = field(compare=False)
    oldest: Pending | None = field(default=None, compare=False)
    certain: tuple[Pending, ...] = field(default=(), compare=False)

    @property
    def all(self) -> Share:
        """The whole fleet."""
        return _sum("", self.shares)


def best_label(labels: Iterable[tuple[tuple[str, str], ...]]) -> str:
    """Return the label that splits clusters best into a few groups; empty where none splits them.

    That is the one of 2 to 12 values that tells most (Shannon's entropy); of equals the first by name. A label that
    clusters lack counts as one more value.
    """
    every = [dict(each) for each in labels]
    keys = sorted({key for each in every for key in each})
    gains = {key: gain for key in keys if (gain := _gain([each.get(key, "") for each in every]))}
    return max(gains, key=lambda key: gains[key], default="")


def _gain(values: Sequence[str]) -> float:
    shares = [count / len(values) for count in Counter(values).values()]
    # Rounded: of two labels that split alike, the sum's order must not choose.
    return round(-sum(share * log(share) for share in shares), 9) if len(shares) <= FEW else 0.0


def split(members: Iterable[Member], label: str) -> Split:
    """Return members in groups by a label's value, sorted; empty for those without it."""
    groups: dict[str, list[Member]] = defaultdict(list)
    for member in members:
        groups[dict(member.labels).get(label, "")].append(member)
    return Split(label, tuple((name, tuple(groups[name])) for name in sorted(groups)))


def progress_of(
    fleet: Split, tallies: Mapping[str, Tally], *, at: datetime, elapsed: timedelta, left: timedelta
) -> Progress:
    """Return how far a wait has come. A member without a tally has not been read yet."""
    known = [found for _, group in fleet.groups for each in group if (found := tallies.get(each.cluster))]
    return Progress(
        label=fleet.label,
        shares=tuple(_share(name, group, tallies) for name, group in fleet.groups),
        at=at,
        elapsed=elapsed,
        left=left,
        oldest=oldest(each.oldest for each in known if each.oldest),
        certain=tuple(each.certain for each in known if each.certain),
    )


def _share(name: str, members: Iterable[Member], tallies: Mapping[str, Tally]) -> Share:
    counts: Counter[Verdict] = Counter()
    unread = whole = 0
    for member in members:
        if found := tallies.get(member.cluster):
            counts.update(found.counts)
            whole += found.whole
        else:
            unread += member.deliveries
    return Share(name, counts, unread, whole)


def _sum(name: str, shares: Iterable[Share]) -> Share:
    counts: Counter[Verdict] = Counter()
    unread = whole = 0
    for each in shares:
        counts.update(each.counts)
        unread, whole = unread + each.unread, whole + each.whole
    return Share(name, counts, unread, whole)


def as_line(progress: Progress) -> str:
    """Return a wait as one line of a log."""
    whole = progress.all
    parts = [f"{span(progress.elapsed)}: {', '.join(_words(whole))}"]
    if behind := [each for each in progress.shares if each.open and progress.label]:
        behind.sort(key=lambda share: (-share.open, share.name))
        named = [f"{clean(each.name) or 'none'} {each.open:,}" for each in behind[:LISTED]]
        more = f" and {len(behind) - LISTED} more" if len(behind) > LISTED else ""
        parts.append(f"open by {progress.label}: {', '.join(named)}{more}")
    if progress.oldest:
        parts.append(f"oldest: {_pending(progress.oldest, progress.at)}")
    return "; ".join((*parts, f"{span(progress.left)} left"))


def _words(share: Share) -> Iterator[str]:
    yield f"{share.counts.get(Verdict.CONVERGED, 0):,} of {counted(share.total, 'delivery', 'deliveries')} converged"
    yield from (f"{count:,} {verdict}" for verdict in OPEN if (count := share.counts.get(verdict, 0)))
    if share.whole:
        yield f"{counted(share.whole, 'cluster')} with a finding of its own"
    if share.unread:
        yield f"{share.unread:,} not read yet"


def _pending(pending: Pending, at: datetime) -> str:
    finding = pending.finding
    where = f"{pending.what} on {pending.cluster}" if pending.what else pending.cluster
    age = f" for {span(at - finding.since)}" if finding.since else ""
    return clean(f"{where}, {finding.link or 'cluster'}/{finding.reason}{age}")


def as_table(progress: Progress, rows: int = FEW) -> RenderableType:
    """Return a wait for a terminal, of so many ``rows`` at most: what has come furthest is summed up then."""
    by = f", by {clean(progress.label)}" if progress.label else ""
    head = Text(f"waited {span(progress.elapsed)}, {span(progress.left)} left{by}", "bold")
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, overflow="ellipsis")
    grid.add_column(width=BAR)
    for _ in range(2):
        grid.add_column(justify="right", no_wrap=True)
    grid.add_column(no_wrap=True, overflow="ellipsis")
    shares = _fitting(progress.shares, rows)
    for share in shares:
        grid.add_row(*_row(share))
    if len(shares) > 1:
        grid.add_row(*_row(_sum("all", shares)), style="bold")
    parts: list[RenderableType] = [head, grid]
    if progress.oldest:
        told = Text("oldest: ", "dim").append(_pending(progress.oldest, progress.at), "default")
        told.append(f"\n{_short(progress.oldest.finding.message)}", "dim")
        parts.append(told)
    return Group(*parts)


def _short(message: str) -> str:
    """Return a message cleaned, its digests cut as volumes' names cut them, in a line or two."""
    # A message may hold megabytes, and this is done twice a second.
    told = _DIGEST.sub(r"\1", clean(message[: 10 * MESSAGE]))
    return told if len(told) <= MESSAGE else f"{told[:MESSAGE]}…"


def _fitting(shares: tuple[Share, ...], rows: int) -> tuple[Share, ...]:
    if len(shares) <= rows:
        return shares
    kept = sorted(shares, key=lambda share: (-share.open - share.unread, share.name))[: rows - 1]
    rest = [share for share in shares if share not in kept]
    return (*(share for share in shares if share in kept), _sum(f"{len(rest)} more", rest))


def _row(share: Share) -> tuple[RenderableType, ...]:
    there = share.counts.get(Verdict.CONVERGED, 0)
    rest = Text(", ").join(
        Text(f"{count:,} {verdict}", style)
        for verdict, style in OPEN.items()
        if (count := share.counts.get(verdict, 0))
    )
    for number, what in ((share.whole, "clusters with a finding"), (share.unread, "not read yet")):
        if number:
            rest.append(", " if rest else "").append(f"{number:,} {what}", "dim")
    done = there if share.total else 1
    bar = ProgressBar(total=max(1, share.total), completed=done, width=BAR, complete_style="cyan")
    percent = f"{100 * there // share.total} %" if share.total else "-"
    return Text(clean(share.name)), bar, f"{there:,}/{share.total:,}", percent, rest


def as_ending(ended: Ended, progress: Progress) -> str:
    """Return, in one line, why a wait is over."""
    after, whole = span(progress.elapsed), progress.all
    if ended is Ended.CONVERGED:
        return f"converged after {after}"
    if ended is Ended.SETTLED:
        return f"every cluster has converged after {after}; no waiting mends what is said of the tags"
    if ended is Ended.CERTAIN:
        first, *others = progress.certain
        more = f" and {len(others)} more" if others else ""
        return f"ended after {after}: no waiting mends {_pending(first, progress.at)}{more}"
    how = "not converged within" if ended is Ended.DEADLINE else "interrupted after"
    return f"{how} {after}; as far as it is known: {', '.join(_words(whole))}"
