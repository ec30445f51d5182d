"""Prometheus' text format, read back by its grammar; the real promtool looks at it in the end-to-end tests."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given

from gitops_golden.report.prometheus import REASONS, as_prometheus
from gitops_golden.verify.model import Finding, Link, Scope, Verdict
from tests.reports import AT, OBJECTIVE, report_of
from tests.unit.report.any_report import reports

if TYPE_CHECKING:
    from gitops_golden.verify.model import Report

RULES = Path(__file__).parents[3] / "docs" / "monitoring" / "gitops-golden.rules.yaml"
SAMPLE = re.compile(r'([a-z_]+)\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+)\} (-?[0-9.e+]+)')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\\n]|\\["\\n])*)"')

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(report: Report) -> Samples:
    """Return every sample by name and labels, each line having been one."""
    found: Samples = {}
    for line in as_prometheus(report).removesuffix("\n").split("\n"):
        if line.startswith("# "):
            continue
        match = SAMPLE.fullmatch(line)
        assert match, line
        labels = frozenset((name, re.sub(r"\\(.)", r"\1", value)) for name, value in LABEL.findall(match[2]))
        key = match[1].removeprefix("gitops_golden_"), labels - {("fleet", report.fleet)}
        assert key not in found
        found[key] = float(match[3])
    return found


def sample(report: Report, name: str, **labels: str) -> float | None:
    return samples(report).get((name, frozenset(labels.items())))


@given(reports())
def test_every_line_is_one_sample_of_its_own(report: Report) -> None:
    assert samples(report)


@given(reports())
def test_every_metric_has_its_help_and_type_before_its_samples(report: Report) -> None:
    known = None
    for line in as_prometheus(report).removesuffix("\n").split("\n"):
        if line.startswith("# HELP"):
            known = line.split(" ")[2]
        else:
            assert known
            assert line.startswith((f"# TYPE {known} gauge", f"{known}{{"))


def test_deliveries_are_counted_by_image_and_verdict_also_where_there_are_none() -> None:
    report = report_of(12, 4)
    assert sample(report, "deliveries", image="rhel9", data_source="rhel9", verdict="unreachable") == 4
    assert sample(report, "deliveries", image="rhel9", data_source="rhel9", verdict="broken") == 0
    total = sum(value for (name, _), value in samples(report).items() if name == "deliveries")
    assert total == len(report.deliveries)


def test_findings_are_counted_by_link_and_reason() -> None:
    report = report_of(12, 4)
    crashing = [each for each in report.deliveries if each.finding and each.finding.reason == "ImporterCrashing"]
    assert sample(report, "findings", verdict="broken", link="import", reason="ImporterCrashing") == len(crashing)
    assert sample(report, "image_findings", image="rhel8", verdict="broken", reason="TagMoved") == 1
    assert sample(report, "cluster_findings", verdict="broken", link="cluster", reason="VendorImagesPresent") == 1
    assert sample(report, "clusters", state="unreachable") == 4


def test_times_are_seconds_since_1970() -> None:
    report = report_of(12, 4)
    assert sample(report, "report_timestamp_seconds") == AT.timestamp()
    assert sample(report, "objective_seconds") == OBJECTIVE.total_seconds()
    importing = [each.finding for each in report.deliveries if each.finding and each.finding.link is Link.IMPORT]
    oldest = min(each.since for each in importing if each.since and each.verdict is Verdict.BROKEN)
    assert sample(report, "oldest_finding_timestamp_seconds", verdict="broken", link="import") == oldest.timestamp()


def test_more_clusters_make_no_more_series() -> None:
    few, many = samples(report_of(500, 8)), samples(report_of(2_000, 8))
    assert len(many) == len(few)


def test_reasons_that_servers_make_up_make_no_more_than_so_many_series() -> None:
    report = report_of(1, 1)
    made_up = tuple(
        replace(
            report.deliveries[0],
            cluster=f"c{number}",
            finding=Finding(Verdict.UNREACHABLE, Link.CRON, f"R{number}", "no"),
        )
        for number in range(1_000)
    )
    found = [
        (labels, value)
        for (name, labels), value in samples(replace(report, deliveries=made_up)).items()
        if name == "findings"
    ]
    assert len(found) == REASONS + 1
    assert sum(value for _, value in found) == 1_000
    assert dict(found)[frozenset({("verdict", "unreachable"), ("link", "cron"), ("reason", "Other")})] == 900


def test_a_narrowed_run_is_told_from_that_of_the_fleet() -> None:
    report = replace(report_of(3, 1), scope=Scope(shard="3/16"))
    assert sample(report, "report_timestamp_seconds", scope="shard 3/16") == AT.timestamp()


def test_rules_ask_only_for_metrics_that_there_are() -> None:
    asked = set(re.findall(r"gitops_golden_([a-z_]+)", RULES.read_text(encoding="utf-8")))
    silent = Finding(Verdict.UNREACHABLE, Link.REGISTRY, "RegistryUnreachable", "no answer")
    report = report_of(12, 4)
    report = replace(report, images=tuple(replace(image, finding=silent) for image in report.images))
    assert asked
    assert asked <= {name for name, _ in samples(report)}
