"""Drift as text for people: one row per kind and object where the fleet is large, or every finding."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from gitops_golden.drift.model import What
from gitops_golden.report.storage import readable
from gitops_golden.report.tables import Cell, table, wrapped
from gitops_golden.report.words import counted, listed, rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from gitops_golden.drift.model import ClusterDrift, Drift, DriftReport
    from gitops_golden.report.tables import Row, Style

MILD = frozenset({What.NOT_SYNCED, What.LEFT_OVER, What.ORPHANED_VOLUME, What.ORPHANED_SNAPSHOT, What.RETIRED_CRON})
ORDER = {what: place for place, what in enumerate(What)}
MOST_PLAIN, MOST = 40, 10
"""How many findings are told in full, in a log and on a terminal."""


def as_text(report: DriftReport, style: Style, *, wide: bool) -> str:
    """Return the report for a person: every finding if ``wide``, else grouped with what to do of each group."""
    findings = _wide(report, style) if wide else _grouped(report, style)
    parts = (
        findings,
        _unread(report, style),
        "" if wide else _advice(report, style),
        wrapped(_headline(report), style),
    )
    return "\n\n".join(part for part in parts if part)


def _headline(report: DriftReport) -> str:
    clusters = report.clusters
    found = sum(len(cluster.drifts) for cluster in clusters)
    where = sum(1 for cluster in clusters if cluster.drifts)
    read = sum(1 for cluster in clusters if cluster.answered)
    notes = f" on {where:,} of {counted(read, 'cluster')}" if found else f" on {counted(read, 'cluster')}"
    if silent := sum(1 for cluster in clusters if not cluster.answered):
        notes += f"; {counted(silent, 'cluster')} could not be read at all"
    if partly := sum(1 for cluster in clusters if cluster.incomplete):
        notes += f"; {counted(partly, 'cluster')} could be read in part only"
    if orphaned := sum(cluster.orphaned for cluster in clusters):
        free = sum(cluster.reclaimable for cluster in clusters)
        notes += f"; orphans hold {readable(orphaned)}, of which --commands would free {readable(free)}"
    commit = f", commit {report.commit[:12]}" if report.commit else ""
    total = counted(found, "difference") if found else "no difference"
    return f"{report.fleet}: {total}{notes} (as of {rfc3339(report.at)}{commit})"


def _color(what: What) -> str:
    return "yellow" if what in MILD else "bold red"


def _wide(report: DriftReport, style: Style) -> str:
    rows: list[Row] = [
        (
            cluster,
            Cell(drift.what, _color(drift.what)),
            f"{drift.kind} {drift.namespace}/{drift.name}",
            drift.who or "-",
            rfc3339(drift.since) or "-",
            readable(drift.size) if drift.size else "-",
            drift.message,
        )
        for cluster, drift in report.found()
    ]
    return table(("cluster", "what", "object", "who", "since", "size", "message"), rows, style) if rows else ""


def _grouped(report: DriftReport, style: Style) -> str:
    """One row per kind of drift and boot source, so that a large fleet fits one screen."""
    groups: dict[tuple[int, str], list[tuple[str, Drift]]] = defaultdict(list)
    for cluster, drift in report.found():
        groups[ORDER[drift.what], drift.data_source].append((cluster, drift))
    rows: list[Row] = []
    for (_, data_source), found in sorted(groups.items()):
        what = found[0][1].what
        size = sum(drift.size or 0 for _, drift in found)
        clusters = sorted({cluster for cluster, _ in found})
        rows.append(
            (
                Cell(what, _color(what)),
                data_source or "-",
                _same(drift.who for _, drift in found),
                rfc3339(_oldest(drift.since for _, drift in found)) or "-",
                readable(size) if size else "-",
                f"{len(found):,}",
                listed(clusters),
            )
        )
    return table(("what", "image", "who", "since", "size", "n", "clusters"), rows, style) if rows else ""


def _oldest(moments: Iterable[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment), default=None)


def _same(managers: Iterable[str | None]) -> str:
    distinct = sorted({manager for manager in managers if manager})
    return listed(distinct, 1) or "-"


def _unread(report: DriftReport, style: Style) -> str:
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for cluster in report.clusters:
        for what, why in sorted(_gaps(cluster)):
            groups[what, why].append(cluster.cluster)
    rows: list[Row] = [(what, why, f"{len(names):,}", listed(names)) for (what, why), names in sorted(groups.items())]
    return table(("not read", "why", "n", "clusters"), rows, style) if rows else ""


def _gaps(cluster: ClusterDrift) -> set[tuple[str, str]]:
    gaps = {(f"{gap.kind}s", gap.reason) for gap in cluster.unread}
    return gaps if cluster.answered else {("the cluster", cluster.reason)}


def _advice(report: DriftReport, style: Style) -> str:
    """Say what differs and what to do, once per distinct finding."""
    told: dict[tuple[int, str, str], list[str]] = defaultdict(list)
    for cluster, drift in report.found():
        told[ORDER[drift.what], drift.message, drift.remedy].append(cluster)
    most = MOST_PLAIN if style.plain else MOST
    entries = [_entry(key, clusters, style) for key, clusters in sorted(told.items())[:most]]
    if len(told) > most:
        entries.append(f"and {len(told) - most} more: -o wide has all")
    return "\n".join(entries)


def _entry(key: tuple[int, str, str], clusters: list[str], style: Style) -> str:
    order, message, remedy = key
    return "\n".join(
        (
            wrapped(f"{tuple(What)[order]}: {listed(clusters)}", style),
            wrapped(message, style, indent="    "),
            wrapped(f"do: {remedy}", style, indent="    "),
        )
    )
