"""What holds of every format, as a job's log gets it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from gitops_golden.fleet.observation import Unreachable
from gitops_golden.report.attestation import as_statement
from gitops_golden.report.html import as_html
from gitops_golden.report.junit import as_junit
from gitops_golden.report.markdown import as_markdown
from gitops_golden.report.prometheus import as_prometheus
from gitops_golden.report.sarif import as_sarif
from gitops_golden.report.tables import Style
from gitops_golden.report.verification import as_text
from gitops_golden.report.verification_json import as_json, json_text
from gitops_golden.report.words import rfc3339
from gitops_golden.verify.model import Finding, Link, Verdict
from gitops_golden.verify.unseen import unreachable
from tests.reports import report_of
from tests.unit.report.any_report import reports

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitops_golden.verify.model import Report

COMMANDS = ("::error::forged", "  ::add-mask::x", "ok ##vso[task.complete]", "###[group]", "a\n::stop-commands::b")


def table(report: Report) -> str:
    return as_text(report, Style(), wide=False)


def wide(report: Report) -> str:
    return as_text(report, Style(), wide=True)


FORMATS = (table, wide, as_markdown, as_junit, as_sarif, as_prometheus)
WRITTEN = (*FORMATS, json_text, as_html, as_statement)
DIGESTS = """
from hashlib import sha256
from tests.reports import report_of
from tests.unit.report.test_formats import WRITTEN
for form in WRITTEN:
    print(form.__name__, sha256(form(report_of(60, 5)).encode()).hexdigest())
"""


def saying(command: str) -> Report:
    """Return a report in which everything from outside is a command."""
    report = report_of(12, 4)

    def forged(finding: Finding | None) -> Finding | None:
        return replace(finding, reason=command, message=command, remedy=command) if finding else None

    return replace(
        report,
        fleet=command,
        basis=replace(report.basis, version=command),
        deliveries=tuple(
            replace(each, image=command, data_source=f"{command}{number}", finding=forged(each.finding))
            for number, each in enumerate(report.deliveries)
        ),
        images=tuple(replace(each, tag=command, finding=forged(each.finding)) for each in report.images),
        clusters=tuple(replace(each, finding=forged(each.finding)) for each in report.clusters),
    )


def made(seed: int) -> str:
    """Return a digest of each format of one report, as a process with this hash seed makes it."""
    ran = subprocess.run(
        [sys.executable, "-c", DIGESTS],
        cwd=Path(__file__).parents[3],
        env={"PATH": os.environ["PATH"], "PYTHONHASHSEED": str(seed)},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout


def missing(snapshots: int, images: int) -> Report:
    """Return a report in which all is sound but these clusters, and one whose HyperConverged is not published."""
    report = report_of(1, images)
    (read,), deliveries = report.clusters, [replace(each, finding=None) for each in report.deliveries]
    unpublished = Finding(Verdict.BROKEN, Link.GIT, "NotPublished", "the branch holds none")
    clusters = [replace(read, finding=unpublished)]
    for number in range(snapshots):
        name = f"silent-{number}"
        seen = unreachable(Unreachable(name, "SnapshotMissing", f"no snapshot of it in snapshots ({name})"))
        clusters.append(replace(read, cluster=name, finding=seen, answered=False))
        deliveries += [replace(each, cluster=name, finding=seen) for each in report.deliveries]
    sound = tuple(replace(each, finding=None) for each in report.images)
    return replace(report, deliveries=tuple(deliveries), clusters=tuple(clusters), images=sound)


def sarif_of(report: Report) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(as_sarif(report))["runs"][0]["results"]
    return found


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("form", [*FORMATS, json_text])
def test_nothing_that_was_said_is_a_command_to_a_ci_system(form: Callable[[Report], str], command: str) -> None:
    for line in form(saying(command)).splitlines():
        assert not line.lstrip().startswith("::")
        assert "##[" not in line
        assert "##vso[" not in line


@pytest.mark.parametrize("command", COMMANDS)
def test_json_says_what_was_said_although_it_is_no_command_there(command: str) -> None:
    report = saying(command)
    assert json.loads(json_text(report)) == as_json(report)


@pytest.mark.parametrize("when", ["0001-01-01T00:00:00Z", "0999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"])
def test_a_time_of_any_year_is_written_with_four_digits(when: str) -> None:
    assert rfc3339(datetime.fromisoformat(when)) == when


@given(reports())
def test_any_report_can_be_written(report: Report) -> None:
    for form in FORMATS:
        assert form(report).encode()


def test_every_format_has_the_same_bytes_whatever_the_hash_seed() -> None:
    first, second = (made(seed) for seed in (0, 4711))
    assert first == second
    assert len(first.splitlines()) == len(WRITTEN)


def test_every_format_tells_as_often_what_is_out_of_reach_and_what_is_of_clusters() -> None:
    report = missing(snapshots=6, images=4)
    assert report.count(Verdict.UNREACHABLE) == 24
    told = as_json(report)["summary"]
    assert (told["unreachable"], told["clusterFindings"]) == (24, 1)
    for form in (table, wide):
        assert re.search(r"^unreachable +cluster +SnapshotMissing +24 ", form(report), re.MULTILINE)
        assert "; 1 cluster with a finding of its own" in form(report)
    assert "| unreachable | cluster | SnapshotMissing | 24 |" in as_markdown(report).replace("❔ ", "")
    assert re.search(r'<testsuites [^>]*failures="1" errors="24" skipped="6"', as_junit(report))
    counts: Counter[str] = Counter()
    for result in sarif_of(report):
        counts[result["ruleId"]] += result["properties"]["count"]
    assert counts == {"cluster/SnapshotMissing": 24, "git/NotPublished": 1}
    assert len(sarif_of(report)) == 6 + 1
    assert re.search(r'gitops_golden_findings\{[^}]*reason="SnapshotMissing"\} 24\n', as_prometheus(report))
    assert re.findall(r'gitops_golden_cluster_findings\{.*reason="(.*)"\} 1\n', as_prometheus(report)) == [
        "NotPublished"
    ]
    assert re.findall(r"<b>(24 deliveries|1 cluster)</b>", as_html(report)) == ["1 cluster", "24 deliveries"]


@pytest.mark.parametrize("form", [table, wide, as_markdown, as_html, as_sarif, as_junit])
def test_when_a_cluster_was_last_read_is_told_to_people_and_is_no_time_since_when(
    form: Callable[[Report], str],
) -> None:
    silent = report_of(3, 2)
    known = replace(
        silent,
        deliveries=tuple(each for each in silent.deliveries if each.unread),
        clusters=tuple(each for each in silent.clusters if not each.answered),
        images=(),
    )
    assert "last read" in form(known)
    for since in ("for 1 d 7 h", "since <time", "since: 2026"):
        assert since not in form(known)
