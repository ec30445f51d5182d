"""A verification in one sentence: what was judged, by what, and how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_golden.policy.durations import span
from gitops_golden.report.groups import WORST_FIRST
from gitops_golden.report.tallies import clocks_off, outdated, overdue, totals
from gitops_golden.report.words import counted, rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops_golden.verify.model import Report, Scope


def headline(report: Report) -> str:
    """Return the sentence that a person reads first, on one line."""
    counts = totals(report)
    verdicts = ", ".join(f"{counts[verdict]:,} {verdict}" for verdict in WORST_FIRST if counts[verdict])
    total = counted(len(report.deliveries), "delivery", "deliveries")
    clusters = counted(len(report.clusters), "cluster")
    notes = "".join(f"; {note}" for note in _notes(report))
    commit = f", commit {report.commit[:12]}" if report.commit else ""
    at = f"as of {rfc3339(report.at)}{commit}"
    return f"{report.fleet}: {total} on {clusters}: {verdicts or 'none'}{notes} ({at})"


def _notes(report: Report) -> Iterator[str]:
    """Yield what a reader must know beside the counts."""
    if report.scope:
        yield f"only {scope_text(report.scope)}, not the whole fleet"
    if report.mixed:
        yield f"put together of parts that were judged by {len(report.mixed) + 1} states of the repositories"
    if late := overdue(report):
        objective = f" of {span(report.objective)}" if report.objective else ""
        yield f"{counted(late, 'delivery', 'deliveries')} beyond the objective{objective}"
    if moved := sum(1 for result in report.images if result.finding):
        yield f"{counted(moved, 'image')} with a finding at the registry"
    if whole := sum(1 for _ in report.of_clusters()):
        yield f"{counted(whole, 'cluster')} with a finding of its own"
    if silent := sum(1 for result in report.clusters if result.not_judged):
        yield f"access not judged on {counted(silent, 'cluster')}, for roles may not be read there"
    yield from _times(report)


def _times(report: Report) -> Iterator[str]:
    """Yield what is odd about the times: old observations, and clocks that differ."""
    if old := outdated(report):
        yield f"the oldest observation is {span(old)} old"
    if off := clocks_off(report):
        yield f"the clock of {counted(len(off), 'cluster')} is off by up to {span(off[0])}"


def scope_text(scope: Scope) -> str:
    """Return what a run was narrowed to, as a person says it."""
    parts = []
    if scope.images:
        parts.append(f"{'image' if len(scope.images) == 1 else 'images'} {', '.join(scope.images)}")
    if scope.clusters:
        parts.append(f"{'cluster' if len(scope.clusters) == 1 else 'clusters'} {', '.join(scope.clusters)}")
    if scope.selector:
        parts.append(f"clusters with {scope.selector}")
    if scope.shard:
        parts.append(f"shard {scope.shard}")
    return "; ".join(parts) or "a part"
