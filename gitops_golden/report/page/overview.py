"""What the page says first: how much has converged, as of when, and by what that was judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitops_golden.policy.durations import span
from gitops_golden.report.groups import WORST_FIRST
from gitops_golden.report.headline import scope_text
from gitops_golden.report.page.markup import element, readable, together
from gitops_golden.report.tallies import clocks_off, outdated, totals
from gitops_golden.report.words import counted, rfc3339
from gitops_golden.verify.model import Verdict

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator
    from datetime import datetime

    from gitops_golden.report.page.markup import Markup
    from gitops_golden.verify.model import Origin, Report

MEANING: Final = {
    Verdict.CONVERGED: "the chain holds from end to end",
    Verdict.PROGRESSING: "on its way; nothing is wrong yet",
    Verdict.BROKEN: "somebody has to act",
    Verdict.UNREACHABLE: "nothing can be said",
}
_THINNEST: Final = 0.6
"""So many per cent wide is the bar of a verdict that is there at all: one broken delivery of 200,000 is seen, too."""


def headline(report: Report) -> str:
    """Return the whole report in a sentence."""
    converged, total = report.count(Verdict.CONVERGED), len(report.deliveries)
    if not total:
        return "no deliveries"
    if report.converged:
        return f"all {counted(total, 'delivery', 'deliveries')} converged"
    return f"{converged:,} of {counted(total, 'delivery', 'deliveries')} converged"


def warnings(report: Report) -> Markup:
    """Return what a reader must know before all else: that this is not the whole fleet, or not all of one moment."""
    told = []
    if report.scope:
        only = readable(scope_text(report.scope))
        told.append(f"Only {only}. This report says nothing of the rest of the fleet.")
    if report.mixed:
        others = "; ".join(
            f"tree {each.commit or 'without a commit'}, policy {each.policy.sha256}" for each in report.mixed
        )
        told.append(f"Parts of this report were judged by something else than what stands below: {readable(others)}.")
    return together(element("p", sentence, class_="warning") for sentence in told)


def verdicts(report: Report) -> Markup:
    """Return one bar of all deliveries by verdict, with its legend."""
    counts = totals(report)
    legend = (
        element(
            "li",
            badge(verdict),
            " ",
            element("b", f"{counts[verdict]:,}"),
            " ",
            element("span", MEANING[verdict], class_="meaning"),
            class_="some" if counts[verdict] else "none",
        )
        for verdict in WORST_FIRST
    )
    spoken = ", ".join(f"{counts[verdict]:,} {verdict}" for verdict in WORST_FIRST if counts[verdict])
    return together(
        [
            element("svg", *_bars(counts), class_="bar", role="img", aria_label=spoken or "no deliveries"),
            element("ul", *legend, class_="legend"),
        ]
    )


def badge(verdict: Verdict) -> Markup:
    """Return a verdict's name with its sign, which has a form of its own for whoever sees no colour."""
    return element("span", element("i", class_=f"sign {verdict}"), verdict.value, class_=f"badge {verdict}")


def moment(when: datetime) -> Markup:
    """Return a time for people and for machines."""
    return element("time", f"{when:%Y-%m-%d %H:%M} UTC", datetime=rfc3339(when) or "")


def basis(report: Report) -> Markup:
    """Return what the report was judged by, as a list of terms."""
    return together(
        element("div", element("dt", term), element("dd", *told), class_="term") for term, told in _basis(report)
    )


def _bars(counts: Counter[Verdict]) -> Iterator[Markup]:
    total = counts.total()
    shares = {verdict: max(100 * counts[verdict] / total, _THINNEST) for verdict in WORST_FIRST if counts[verdict]}
    whole, left = sum(shares.values()), 0.0
    for verdict, share in shares.items():
        width = 100 * share / whole
        yield element("rect", class_=verdict.value, x=f"{left:.2f}%", width=f"{width:.2f}%", height="100%")
        left += width


def _basis(report: Report) -> Iterator[tuple[str, tuple[str, ...]]]:
    judged = report.basis
    yield "as of", (moment(report.at),)
    if report.objective:
        yield "objective", (f"converge within {span(report.objective)}",)
    commit = element("code", readable(judged.commit[:12])) if judged.commit else "no commit yet"
    yield "tree", (commit, f" on {readable(judged.branch)}")
    yield "policy", _origin(judged.policy)
    yield "lock", _origin(judged.lock) if judged.lock else ("none",)
    yield "verified by", (f"gitops-golden {readable(judged.version)}",)
    answered = sum(cluster.answered for cluster in report.clusters)
    yield "clusters", (f"{answered:,} of {len(report.clusters):,} answered",)
    yield from _limits(report)


def _limits(report: Report) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what makes this proof weaker than it could be."""
    if old := outdated(report):
        yield "oldest reading", (f"{span(old)} before",)
    if off := clocks_off(report):
        yield "clocks", (f"{counted(len(off), 'cluster')} off by up to {span(off[0])}",)
    silent = sum(bool(cluster.not_judged) for cluster in report.clusters)
    if silent:
        yield "access not judged", (f"on {counted(silent, 'cluster')}",)
    unread = sum(bool(cluster.unread) for cluster in report.clusters)
    if unread:
        yield "not all shown", (f"by {counted(unread, 'cluster')}",)


def _origin(origin: Origin) -> tuple[str, ...]:
    digest = element("code", readable(f"sha256:{origin.sha256[:12]}"), title=readable(origin.sha256))
    if origin.commit is None:
        return digest, " not under Git"
    modified = ", modified since" if origin.modified else ""
    return element("code", readable(origin.commit[:12])), modified, " (", digest, ")"
