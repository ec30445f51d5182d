"""A verification as Markdown, for a comment on a pull request or the summary of a CI job.

Written for GitHub's and GitLab's dialect. What comes from outside is shown as it is and does nothing there: it is no
markup, names nobody and links nowhere.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Final

from gitops_golden.policy.durations import span
from gitops_golden.report.groups import WORST_FIRST, groups, lasting
from gitops_golden.report.headline import headline
from gitops_golden.report.sites import Sites
from gitops_golden.report.tallies import tallies, totals
from gitops_golden.report.words import clean, counted, cut, short
from gitops_golden.verify.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gitops_golden.report.groups import Group
    from gitops_golden.verify.model import Report

LONGEST: Final = 65_536
"""Characters that a comment on GitHub may have."""
ROWS: Final = 40
"""Rows of a table at most."""
MESSAGES: Final = 5
"""Distinct messages that are told of one way to fail."""
NAMES: Final = 100
"""Clusters that are named of one way to fail."""
MESSAGE: Final = 2_000
"""Characters that are shown of one message."""
REST: Final = 200
"""Characters that are kept free for the line that tells what was left out."""
SIGN: Final = {
    Verdict.BROKEN: "❌",
    Verdict.UNREACHABLE: "❔",
    Verdict.PROGRESSING: "⏳",
    Verdict.CONVERGED: "✅",
}
MARKER: Final = "<!-- gitops-golden verify -->"
"""The first line, by which a job finds the comment that it is to replace."""
_ACTIVE: Final = re.compile(r"(?!: )[^\w \-,/%;=+]|_|^\W", re.ASCII)
_CALLING: Final = re.compile(r"([@#])")


def as_markdown(report: Report) -> str:
    """Return the report as Markdown of at most 65,536 characters: a table, worst first, and folded what it means."""
    found, sites = groups(report), Sites(report)
    parts = [f"{MARKER}\n### {_title(report)}", _text(headline(report))]
    if found:
        parts.append(_table(report, found, sites))
    parts.append(_images(report))
    # Each is whole or left out: half a fold would swallow the rest of the page.
    left = LONGEST - sum(len(part) + 2 for part in parts) - REST
    for place, group in enumerate(found):
        told = _fold(report, group, sites)
        left -= len(told) + 2
        if left < 0:
            rest = counted(len(found) - place, "way to fail is", "ways to fail are")
            parts.append(
                f"{rest} not explained here, for a comment would be too long: the report as JSON or HTML has all."
            )
            break
        parts.append(told)
    return "\n\n".join(parts) + "\n"


def _title(report: Report) -> str:
    counts = totals(report)
    worst = next((verdict for verdict in WORST_FIRST if counts[verdict]), Verdict.CONVERGED)
    if report.converged:
        return f"{SIGN[Verdict.CONVERGED]} Golden images of {_text(report.fleet)}: all have converged"
    if worst is Verdict.CONVERGED:
        worst = min((finding.verdict for finding in report.findings()), key=WORST_FIRST.index)
    done = f"{counts[Verdict.CONVERGED]:,} of {len(report.deliveries):,}"
    return f"{SIGN[worst]} Golden images of {_text(report.fleet)}: {done} have converged"


def _table(report: Report, found: Sequence[Group], sites: Sites) -> str:
    rows = [
        (
            f"{SIGN[group.way.verdict]} {group.way.verdict}",
            _text(group.way.link or "cluster"),
            _text(group.way.reason) + (", overdue" if group.way.overdue else ""),
            f"{len(group.found):,}",
            _text(span(report.at - group.oldest)) if group.oldest else "",
            _text(sites.where(group.images, group.clusters)),
        )
        for group in found[:ROWS]
    ]
    return _grid(("Verdict", "Link", "Reason", "n", "Oldest", "Where"), rows, len(found) - ROWS)


def _images(report: Report) -> str:
    """One row per image, folded: the digest that consumers are to be served, and how many are."""
    shown = tallies(report)
    rows = [
        (
            _text(tally.data_source),
            ", ".join(short(digest) for digest in tally.expected[:3]) or "none",
            *(f"{tally.counts[verdict]:,}" for verdict in reversed(WORST_FIRST)),
            _text(tally.tag.reason) if tally.tag else "",
        )
        for tally in shown[:ROWS]
    ]
    columns = ("Image", "Expected", *(verdict.capitalize() for verdict in reversed(WORST_FIRST)), "Tag")
    return _folded(counted(len(shown), "image"), _grid(columns, rows, len(shown) - ROWS))


def _fold(report: Report, group: Group, sites: Sites) -> str:
    """Return what one way to fail means and what to do, folded."""
    way = group.way
    where = sites.where(group.images, group.clusters)
    summary = f"{SIGN[way.verdict]} {way.link or 'cluster'}/{way.reason}: {where}{lasting(report, group)}"
    return _folded(summary, "\n\n".join(_explained(group)))


def _explained(group: Group) -> Iterator[str]:
    for each in group.apart[:MESSAGES]:
        first = each.found[0]
        more = f" and {len(each.found) - 1:,} more" if len(each.found) > 1 else ""
        yield f"{_text(first.place)}{more}:"
        yield _block(first.finding.message)
        if first.finding.remedy:
            yield f"Do:\n\n{_block(first.finding.remedy)}"
    if (rest := len(group.apart) - MESSAGES) > 0:
        yield f"And {counted(rest, 'more message')}."
    if len(group.clusters) > 1:
        more = f" and {len(group.clusters) - NAMES:,} more" if len(group.clusters) > NAMES else ""
        yield f"Clusters: {_text(', '.join(group.clusters[:NAMES]))}{more}"


def _grid(columns: Sequence[str], rows: Iterable[Sequence[str]], more: int) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    shown = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{shown}\n\nand {counted(more, 'more row')}" if more > 0 else shown


def _folded(summary: str, content: str) -> str:
    title = _CALLING.sub("\\1\u200b", escape(clean(summary)))
    return f"<details><summary>{title}</summary>\n\n{content}\n\n</details>"


def _text(text: str) -> str:
    """Return text that is no Markdown: character references make no structure, and nobody is called by ``@``."""
    quoted = _ACTIVE.sub(lambda found: f"&#{ord(found[0])};", clean(text))
    return quoted.replace("&#64;", "&#64;\u200b").replace("&#35;", "&#35;\u200b")


def _block(text: str) -> str:
    """Return text as a block of code, behind a fence that is longer than any within it."""
    shown = cut(text, MESSAGE)
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", shown)), default=0))
    return f"{fence}text\n{shown}\n{fence}"
