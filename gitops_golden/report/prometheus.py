"""A verification as Prometheus text, for node_exporter's textfile collector or a Pushgateway.

How many series there are depends on images, links and reasons, never on clusters: the report says which those are.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from gitops_golden.report.groups import WORST_FIRST, findings
from gitops_golden.report.headline import scope_text
from gitops_golden.report.tallies import oldest_reading, overdue, tallies
from gitops_golden.report.words import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitops_golden.report.groups import Found
    from gitops_golden.verify.model import Report, Verdict

REASONS: Final = 100
"""Series of one metric by reason at most: some reasons are an API server's own words. The rest is ``Other``."""

Sample = tuple[dict[str, str], float]


def as_prometheus(report: Report) -> str:
    """Return the report in Prometheus' text format, all gauges; times are in seconds since 1970."""
    common = {"fleet": report.fleet} | ({"scope": scope_text(report.scope)} if report.scope else {})
    told = tuple(findings(report))
    lines: list[str] = []
    for name, text, samples in _metrics(report, told):
        shown = [f"gitops_golden_{name}{_labels(common | labels)} {_number(value)}" for labels, value in samples]
        if shown:
            lines += [f"# HELP gitops_golden_{name} {text}", f"# TYPE gitops_golden_{name} gauge", *shown]
    return "\n".join(lines) + "\n"


def _metrics(report: Report, told: tuple[tuple[str, Found], ...]) -> Iterator[tuple[str, str, Iterable[Sample]]]:
    """Yield each metric's name, meaning and samples."""
    info = {"branch": report.basis.branch, "commit": report.commit or "", "version": report.basis.version}
    yield "report_info", "What the report was judged by: the head of the clusters' branch, and the tool.", [(info, 1)]
    yield "report_timestamp_seconds", "The time that the report is true of.", [({}, report.at.timestamp())]
    if report.objective:
        seconds = report.objective.total_seconds()
        yield (
            "objective_seconds",
            "How long a change may take to reach every cluster, as the policy says.",
            [({}, seconds)],
        )
    yield "deliveries", "Deliveries by image and verdict.", _deliveries(report)
    yield "overdue_deliveries", "Deliveries on their way for longer than the objective.", [({}, overdue(report))]
    yield "findings", "Deliveries that have not converged, by the first broken link.", _by_reason(told, "delivery")
    yield (
        "oldest_finding_timestamp_seconds",
        "Since when the oldest delivery has not converged, by verdict and link; none where nobody knows.",
        _oldest(told),
    )
    yield "clusters", "Clusters by whether they could be read.", _clusters(report)
    yield "cluster_findings", "Clusters with a finding of their own.", _by_reason(told, "cluster")
    yield (
        "oldest_observation_timestamp_seconds",
        "When the cluster that was read the longest ago was read.",
        [({}, read.timestamp())] if (read := oldest_reading(report)) else [],
    )
    yield "images", "Images whose tag was looked at in the registry.", [({}, len(report.images))]
    yield "image_findings", "Images whose tag is not what the lock holds, or is not known.", _images(report)


def _deliveries(report: Report) -> Iterator[Sample]:
    for tally in tallies(report):
        for verdict in WORST_FIRST:
            labels = {"image": tally.image, "data_source": tally.data_source, "verdict": verdict.value}
            yield labels, tally.counts[verdict]


def _by_reason(told: Iterable[tuple[str, Found]], of: str) -> Iterator[Sample]:
    counts: Counter[tuple[Verdict, str, str]] = Counter()
    for kind, each in told:
        if kind == of:
            counts[each.finding.verdict, each.finding.link or "cluster", each.finding.reason] += 1
    order = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    bounded: Counter[tuple[Verdict, str, str]] = Counter(dict(order[:REASONS]))
    for (verdict, link, _), count in order[REASONS:]:
        bounded[verdict, link, "Other"] += count
    for (verdict, link, reason), count in sorted(bounded.items()):
        yield {"verdict": verdict.value, "link": link, "reason": reason}, count


def _oldest(told: Iterable[tuple[str, Found]]) -> Iterator[Sample]:
    oldest: dict[tuple[Verdict, str], float] = {}
    for kind, each in told:
        finding = each.finding
        if kind == "delivery" and finding.since:
            key = finding.verdict, finding.link or "cluster"
            oldest[key] = min(oldest.get(key, float("inf")), finding.since.timestamp())
    for (verdict, link), since in sorted(oldest.items()):
        yield {"verdict": verdict.value, "link": link}, since


def _clusters(report: Report) -> Iterator[Sample]:
    answered = sum(1 for result in report.clusters if result.answered)
    yield {"state": "read"}, answered
    yield {"state": "unreachable"}, len(report.clusters) - answered


def _images(report: Report) -> Iterator[Sample]:
    for result in report.images:
        if finding := result.finding:
            yield {"image": result.image, "verdict": finding.verdict.value, "reason": finding.reason}, 1


def _labels(labels: dict[str, str]) -> str:
    shown = ",".join(f'{name}="{_value(value)}"' for name, value in labels.items())
    return f"{{{shown}}}"


def _value(text: str) -> str:
    """Return a label's value quoted as the format has it; control characters are shown, as everywhere."""
    return clean(text).replace("\\", "\\\\").replace('"', '\\"')


def _number(value: float) -> str:
    """Return a number as whole: of times, too, the report knows no fractions."""
    return str(int(value))
