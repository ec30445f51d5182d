"""A verification as text for people: what fails, worst first, on one screen however large the fleet is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitops_golden.policy.durations import span
from gitops_golden.report.groups import WORST_FIRST, groups, lasting
from gitops_golden.report.headline import headline
from gitops_golden.report.sites import Sites
from gitops_golden.report.tables import Cell, table, taken, wrapped
from gitops_golden.report.tallies import tallies
from gitops_golden.report.words import counted, cut, rfc3339, short
from gitops_golden.verify.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops_golden.report.groups import Group
    from gitops_golden.report.tables import Row, Style
    from gitops_golden.report.tallies import Tally
    from gitops_golden.verify.model import Report

COLOR: Final = {
    Verdict.CONVERGED: "green",
    Verdict.PROGRESSING: "yellow",
    Verdict.BROKEN: "bold red",
    Verdict.UNREACHABLE: "magenta",
}
ROOM_FOR_LINKS: Final = 120
"""Columns from which on the table of groups names the link, too; what is said below it always does."""
SCREEN: Final = 50
"""Lines that a terminal is given, so that a fleet fits one screen however large it is, of which..."""
REASONS: Final = 18
"""...so many at most are ways to fail, one line each, and..."""
IMAGES: Final = 5
"""...so many images. What is left is for the evidence and the remedies."""
EXPLAINED: Final = 20
"""Findings that a log tells with evidence and remedy at most."""
MESSAGE: Final = 400
"""Characters that are shown of one message: some are pages long."""
MARGIN: Final = 30
"""Columns of two lines that a message does not get: indents, ``do:``, and how much of it is left out."""


def as_text(report: Report, style: Style, *, wide: bool) -> str:
    """Return the report for a person: what fails, grouped, worst first; with ``wide`` every delivery, too."""
    found, sites = groups(report), Sites(report)
    every = style.plain or wide
    tables = (
        _wide(report, style) if wide else "",
        _groups(report, found, sites, style, None if every else REASONS),
        "" if wide else _images(tallies(report), style, None if every else IMAGES),
    )
    last = wrapped(headline(report), style)
    left = None if every else SCREEN - sum(part.count("\n") + 2 for part in (*tables, last) if part)
    most = len(found) if wide else EXPLAINED
    parts = (*tables, _advice(report, found, sites, style, most=most, left=left), last)
    return "\n\n".join(part for part in parts if part)


def _groups(report: Report, found: Sequence[Group], sites: Sites, style: Style, most: int | None) -> str:
    """One row per way to fail. ``n`` counts what it is told of: deliveries, images at the registry, or clusters."""
    shown = found[:most]
    if not shown:
        return ""
    rows = [_row(report, group) for group in shown]
    columns: tuple[str, ...] = ("verdict", "link", "reason", "n", "oldest")
    if not style.plain and style.width < ROOM_FOR_LINKS:
        columns, rows = (columns[0], *columns[2:]), [(row[0], *row[2:]) for row in rows]
    room = None if style.plain else style.width - taken(columns, rows)
    whole = [(*row, sites.where(group.images, group.clusters, room)) for row, group in zip(rows, shown, strict=True)]
    rest = len(found) - len(shown)
    return table((*columns, "where"), whole, style) + (f"\n{_rest(rest, 'more reason', style)}" if rest else "")


def _row(report: Report, group: Group) -> Row:
    way = group.way
    reason = f"{way.reason}, overdue" if way.overdue else way.reason
    return (
        Cell(way.verdict, COLOR[way.verdict]),
        way.link or "cluster",
        reason,
        f"{len(group.found):,}",
        _age(report, group),
    )


def _age(report: Report, group: Group) -> Cell:
    if group.oldest is None:
        return Cell("-")
    late = report.objective is not None and report.at - group.oldest > report.objective
    first_unit = " ".join(span(report.at - group.oldest).split()[:2])
    return Cell(first_unit, "red" if late else "")


def _images(found: Sequence[Tally], style: Style, most: int | None) -> str:
    """One row per image, the worst first: the digest that consumers are to be served, and how many are."""
    order = sorted(found, key=lambda tally: tuple(-tally.counts[verdict] for verdict in WORST_FIRST[:-1]))
    rows: list[Row] = [
        (
            tally.data_source,
            _digest(tally),
            f"{tally.counts[Verdict.CONVERGED]:,} of {tally.total:,}",
            Cell("all converged", "green") if tally.converged else _otherwise(tally),
        )
        for tally in order[:most]
    ]
    if not rows:
        return ""
    shown = table(("image", "expected", "converged", "otherwise"), rows, style)
    rest = order[len(rows) :]
    if not rest:
        return shown
    least = min(rest, key=lambda tally: tally.counts[Verdict.CONVERGED] / tally.total)
    converged = f"{least.counts[Verdict.CONVERGED]:,} of {least.total:,}"
    return f"{shown}\n{_rest(len(rest), 'more image', style)}; of each at least {converged} converged"


def _digest(tally: Tally) -> str:
    first, *others = tally.expected or (None,)
    return f"{len(tally.expected)} digests" if others else short(first)


def _otherwise(tally: Tally) -> str:
    counts = [f"{tally.counts[verdict]:,} {verdict}" for verdict in WORST_FIRST[:-1] if tally.counts[verdict]]
    return ", ".join([*counts, *([tally.tag.reason] if tally.tag else [])])


def _rest(number: int, noun: str, style: Style) -> str:
    return wrapped(f"and {counted(number, noun)}", style)


def _wide(report: Report, style: Style) -> str:
    rows: list[Row] = []
    for result in report.deliveries:
        finding = result.finding
        rows.append(
            (
                result.cluster,
                result.data_source,
                Cell(result.verdict, COLOR[result.verdict]),
                (finding.link or "-") if finding else "-",
                finding.reason if finding else "-",
                short(result.expected),
                short(result.actual),
                rfc3339(finding.since) or "-" if finding else "-",
            )
        )
    columns = ("cluster", "image", "verdict", "link", "reason", "expected", "served", "since")
    return table(columns, rows, style) if rows else ""


def _advice(report: Report, found: Sequence[Group], sites: Sites, style: Style, *, most: int, left: int | None) -> str:
    """Say what is wrong and what to do, in so many lines as are ``left``; None for any number of them.

    Once per distinct finding if these are few, else with one example per group, for ``most`` groups.
    """
    apart = [each for group in found for each in group.apart[: EXPLAINED + 1]]
    if len(apart) <= EXPLAINED:
        told = "\n".join(_entry(report, each, sites, style, MESSAGE) for each in apart)
        if left is None or told.count("\n") < left:
            return told
    # Two lines of each message on a terminal: this is an overview.
    long = MESSAGE if left is None else 2 * style.width - MARGIN
    entries: list[str] = []
    for group in found[:most]:
        entry = _entry(report, group, sites, style, long)
        if left is not None:
            left -= entry.count("\n") + 1
            if left < 1 and entries:
                break
        entries.append(entry)
    if rest := len(found) - len(entries):
        entries.append(wrapped(f"and {counted(rest, 'more reason')}: -o wide tells of each", style))
    return "\n".join(entries)


def _entry(report: Report, group: Group, sites: Sites, style: Style, long: int) -> str:
    """Return one way to fail in a few lines: where and for how long, the evidence, the remedy."""
    way, first = group.way, group.apart[0].found[0]
    what, ago = f"{way.link or 'cluster'}/{way.reason}: ", lasting(report, group)
    room = None if style.plain else style.width - len(what) - len(ago)
    where = first.place if len(group.found) == 1 else sites.where(group.images, group.clusters, room)
    example = f"{first.place}: " if len(group.apart) > 1 else ""
    lines = [
        wrapped(f"{what}{where}{ago}", style),
        wrapped(example + cut(first.finding.message, long), style, indent="    "),
    ]
    if first.finding.remedy:
        lines.append(wrapped(f"do: {cut(first.finding.remedy, long)}", style, indent="    "))
    return "\n".join(lines)
