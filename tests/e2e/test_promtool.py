"""What we give Prometheus is what Prometheus takes: its own promtool looks at it."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitops_golden.report.prometheus import as_prometheus
from gitops_golden.verify.model import Finding, Link, Scope, Verdict
from tests.reports import report_of

if TYPE_CHECKING:
    from gitops_golden.verify.model import Report
    from tests.testbed.binaries import Binaries

ROOT = Path(__file__).parents[2]
RULES = ROOT / "docs" / "monitoring" / "gitops-golden.rules.yaml"
CASES = ROOT / "tests" / "data" / "rules.test.yaml"
HOSTILE = ('quote"', "back\\slash", "two\nlines", "brace}", "\x00\x1b[31m", "é\u2028", '",evil="1', "\\n", "")


@pytest.fixture(scope="session")
def promtool(binaries: Binaries) -> Path:
    return binaries.path("promtool")


def promtool_says(promtool: Path, *arguments: str | Path, given: str = "") -> str:
    ran = subprocess.run(
        [promtool, *arguments], input=given, capture_output=True, encoding="utf-8", check=False, cwd=CASES.parent
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout + ran.stderr


def hostile() -> Report:
    """Return a report whose names and reasons are what would break out of a label."""
    report = report_of(1, 1)
    (first,) = report.deliveries
    deliveries = tuple(
        replace(
            first,
            image=text,
            data_source=f"{text}{number}",
            finding=Finding(Verdict.UNREACHABLE, Link.CRON, text, text),
        )
        for number, text in enumerate(HOSTILE)
    )
    return replace(report, fleet='a"c\\me', deliveries=deliveries, scope=Scope(selector='a in ("b")'))


@pytest.mark.parametrize("report", [report_of(1, 1), report_of(400, 20), hostile()], ids=["small", "large", "hostile"])
def test_metrics_are_well_formed_and_well_named(promtool: Path, report: Report) -> None:
    assert promtool_says(promtool, "check", "metrics", given=as_prometheus(report)) == ""


def test_rules_are_sound(promtool: Path) -> None:
    assert "SUCCESS: 11 rules found" in promtool_says(promtool, "check", "rules", "--lint=all", RULES)


def test_alerts_fire_when_they_should_and_only_then(promtool: Path) -> None:
    promtool_says(promtool, "test", "rules", CASES.name)
