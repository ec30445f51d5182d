"""A verification as text for people and as JSON for machines."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from gitops_golden.report.tables import Cell, table, wrapped
from gitops_golden.report.words import API_VERSION, counted, listed, short
from gitops_golden.verify.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from gitops_golden.report.tables import Row, Style
    from gitops_golden.verify.model import DeliveryResult, Finding, Report

COLOR = {
    Verdict.CONVERGED: "green",
    Verdict.PROGRESSING: "yellow",
    Verdict.BROKEN: "bold red",
    Verdict.UNREACHABLE: "magenta",
}
WORST_FIRST = (Verdict.BROKEN, Verdict.UNREACHABLE, Verdict.PROGRESSING, Verdict.CONVERGED)


def rfc3339(moment: datetime | None) -> str | None:
    """Return a time in UTC to the second."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else None


def as_json(report: Report) -> dict[str, Any]:
    """Return the report as JSON has it; ``schema report`` prints its schema."""
    return {
        "apiVersion": API_VERSION,
        "kind": "VerifyReport",
        "metadata": {"name": report.fleet},
        "at": rfc3339(report.at),
        "commit": report.commit,
        "summary": {
            "deliveries": len(report.deliveries),
            **{verdict.value: report.count(verdict) for verdict in Verdict},
            "imageFindings": sum(1 for result in report.images if result.finding),
            "clusterFindings": sum(1 for result in report.clusters if result.finding),
        },
        "deliveries": [
            {
                "cluster": result.cluster,
                "image": result.image,
                "dataSource": result.data_source,
                "architecture": result.architecture,
                "expected": result.expected,
                "actual": result.actual,
                "verdict": result.verdict.value,
                **_finding(result.finding),
            }
            for result in report.deliveries
        ],
        "images": [
            {
                "image": result.image,
                "tag": result.tag,
                "locked": result.locked,
                "served": result.served,
                **_finding(result.finding),
            }
            for result in report.images
        ],
        "clusters": [
            {
                "cluster": result.cluster,
                "readAt": rfc3339(result.read_at),
                "serverVersion": result.server,
                "notJudged": [link.value for link in result.not_judged],
                "verdict": result.finding.verdict.value if result.finding else None,
                **_finding(result.finding),
            }
            for result in report.clusters
        ],
    }


def _finding(finding: Finding | None) -> dict[str, Any]:
    if finding is None:
        return {}
    return {
        "link": finding.link.value if finding.link else None,
        "reason": finding.reason,
        "message": finding.message,
        "remedy": finding.remedy,
        "since": rfc3339(finding.since),
    }


def as_text(report: Report, style: Style, *, wide: bool) -> str:
    """Return the report for a person: every delivery if ``wide``, else those with a finding, grouped, worst first."""
    verdicts = _wide(report, style) if wide else _grouped(report, style)
    parts = (verdicts, _clusters(report, style), _advice(report, style), wrapped(_headline(report), style))
    return "\n\n".join(part for part in parts if part)


def _headline(report: Report) -> str:
    counts = ", ".join(f"{report.count(verdict):,} {verdict}" for verdict in WORST_FIRST if report.count(verdict))
    commit = f", commit {report.commit[:12]}" if report.commit else ""
    total = counted(len(report.deliveries), "delivery", "deliveries")
    clusters = counted(len(report.clusters), "cluster")
    moved = sum(1 for result in report.images if result.finding)
    notes = f"; {counted(moved, 'image')} with a finding at the registry" if moved else ""
    if whole := sum(1 for _ in _of_their_own(report)):
        notes += f"; {counted(whole, 'cluster')} with a finding of its own"
    if silent := sum(1 for result in report.clusters if result.not_judged):
        notes += f"; access not judged on {counted(silent, 'cluster')}, for roles may not be read there"
    return f"{report.fleet}: {total} on {clusters}: {counts or 'none'}{notes} (as of {rfc3339(report.at)}{commit})"


def _of_their_own(report: Report) -> Iterator[tuple[str, Finding]]:
    """Yield clusters with a finding that no delivery's verdict tells: an unreachable one with deliveries has theirs."""
    delivered = {result.cluster for result in report.deliveries}
    for result in report.clusters:
        if result.finding and (result.answered or result.cluster not in delivered):
            yield result.cluster, result.finding


def _clusters(report: Report, style: Style) -> str:
    """One row per verdict and reason of clusters as a whole."""
    groups: dict[tuple[Verdict, str], list[str]] = defaultdict(list)
    for cluster, finding in _of_their_own(report):
        groups[finding.verdict, finding.reason].append(cluster)
    order = sorted(groups.items(), key=lambda item: (WORST_FIRST.index(item[0][0]), item[0][1]))
    rows: list[Row] = [
        (reason, Cell(verdict, COLOR[verdict]), f"{len(names):,}", listed(names)) for (verdict, reason), names in order
    ]
    return table(("clusters as a whole", "verdict", "n", "clusters"), rows, style) if rows else ""


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
    return table(("cluster", "image", "verdict", "link", "reason", "expected", "actual", "since"), rows, style)


def _grouped(report: Report, style: Style) -> str:
    """One row per DataSource, verdict, link and reason, so that a large fleet fits one screen."""
    groups: dict[tuple[str, Verdict, str, str], list[DeliveryResult]] = defaultdict(list)
    for result in report.deliveries:
        finding = result.finding
        link, reason = (finding.link or "-", finding.reason) if finding else ("-", "-")
        groups[result.data_source, result.verdict, link, reason].append(result)
    order = sorted(groups.items(), key=lambda item: (WORST_FIRST.index(item[0][1]), *item[0]))
    rows: list[Row] = [
        (
            name,
            Cell(verdict, COLOR[verdict]),
            link,
            reason,
            _same(short(result.expected) for result in results),
            _same(short(result.actual) for result in results),
            f"{len(results):,}",
            listed([result.cluster for result in results]),
        )
        for (name, verdict, link, reason), results in order
    ]
    if not rows:
        return ""
    return table(("image", "verdict", "link", "reason", "expected", "served", "n", "clusters"), rows, style)


def _same(values: Any) -> str:
    distinct = sorted(set(values))
    return distinct[0] if len(distinct) == 1 else f"{len(distinct)} digests"


def _advice(report: Report, style: Style) -> str:
    """Say what is wrong and what to do, once per distinct finding."""
    told: dict[tuple[str, str, str, str], list[str]] = defaultdict(list)
    for image in report.images:
        if image.finding:
            told["registry", image.finding.reason, image.finding.message, image.finding.remedy].append(
                f"{image.image}:{image.tag}"
            )
    for cluster, whole in _of_their_own(report):
        told[whole.link or "cluster", whole.reason, whole.message, whole.remedy].append(cluster)
    worst_first = sorted(report.deliveries, key=lambda result: WORST_FIRST.index(result.verdict))
    for result in worst_first:
        if finding := result.finding:
            told[finding.link or "cluster", finding.reason, finding.message, finding.remedy].append(
                f"{result.data_source} on {result.cluster}"
            )
    most = 20 if style.plain else 8
    entries = [_entry(key, where, style) for key, where in list(told.items())[:most]]
    if len(told) > most:
        entries.append(f"and {len(told) - most} more: -o json has all")
    return "\n".join(entries)


def _entry(key: tuple[str, str, str, str], where: list[str], style: Style) -> str:
    link, reason, message, remedy = key
    lines = [wrapped(f"{link}/{reason}: {listed(where)}", style), wrapped(message, style, indent="    ")]
    if remedy:
        lines.append(wrapped(f"do: {remedy}", style, indent="    "))
    return "\n".join(lines)
