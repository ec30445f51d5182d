"""JUnit results, parsed and held to a schema of what Jenkins and GitLab read."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from xmlschema import XMLSchema11

from gitops_golden.report.junit import as_junit
from gitops_golden.verify.model import Verdict
from tests.reports import report_of
from tests.unit.report.any_report import reports

if TYPE_CHECKING:
    from gitops_golden.verify.model import Finding, Report

XSD = Path(__file__).parents[2] / "data" / "junit.xsd"
OUTCOME = {None: Verdict.CONVERGED, "failure": Verdict.BROKEN, "error": Verdict.UNREACHABLE}
OUTCOMES = OUTCOME | {"skipped": Verdict.PROGRESSING}


@pytest.fixture(scope="module")
def schema() -> XMLSchema11:
    return XMLSchema11(XSD)


def cases(report: Report) -> dict[tuple[str, str], str | None]:
    """Return the outcome of each case by suite and name."""
    root = ET.fromstring(as_junit(report))
    return {
        (suite.attrib["name"], case.attrib["name"]): case[0].tag if len(case) else None
        for suite in root
        for case in suite
    }


@pytest.mark.parametrize("size", [(1, 1), (12, 4), (300, 9)])
def test_results_satisfy_the_schema(schema: XMLSchema11, size: tuple[int, int]) -> None:
    schema.validate(as_junit(report_of(*size)))


def test_the_schema_refuses_what_it_should(schema: XMLSchema11) -> None:
    good = as_junit(report_of(3, 1))
    assert not schema.is_valid(good.replace('tests="', 'tests="x'))
    assert not schema.is_valid(good.replace("testcase", "case"))
    assert not schema.is_valid(good.replace(" on edge-00001", " on edge-00000"))


def test_each_delivery_is_a_case_in_its_images_suite() -> None:
    report = report_of(12, 4)
    found = cases(report)
    for result in report.deliveries:
        outcome = found[f"image {result.data_source}", f"{result.data_source} on {result.cluster}"]
        assert OUTCOMES[outcome] is result.verdict
    assert len(found) == len(report.deliveries) + len(report.images) + len(report.clusters)


def test_tags_and_clusters_have_suites_of_their_own() -> None:
    found = cases(report_of(12, 4))
    assert found["registry", "rhel8:9.6"] == "failure"
    assert found["clusters", "edge-00005"] == "failure"
    assert found["clusters", "edge-00000"] is None


def test_a_cluster_that_could_not_be_read_is_an_error_only_where_no_delivery_is_one_for_it() -> None:
    report = report_of(12, 4)
    assert cases(report)["clusters", "edge-00001"] == "skipped"
    assert cases(replace(report, deliveries=()))["clusters", "edge-00001"] == "error"


def test_every_suite_counts_its_cases() -> None:
    root = ET.fromstring(as_junit(report_of(60, 6)))
    totals: Counter[str] = Counter()
    for suite in root:
        tags = Counter(case[0].tag if len(case) else "passed" for case in suite)
        counts = {"tests": len(suite), "failures": tags["failure"], "errors": tags["error"], "skipped": tags["skipped"]}
        assert {name: int(suite.attrib[name]) for name in counts} == counts
        totals.update(counts)
    assert {name: int(root.attrib[name]) for name in totals} == totals


def test_the_evidence_and_the_remedy_are_in_the_text() -> None:
    report = report_of(12, 4)
    root = ET.fromstring(as_junit(report))
    texts = "".join(root.itertext())

    def told(finding: Finding) -> bool:
        return finding.message in texts and finding.remedy in texts and finding.reason in texts

    assert all(map(told, report.findings()))


@given(reports())
def test_any_report_is_well_formed_ascii(report: Report) -> None:
    text = as_junit(report)
    assert text.isascii()
    root = ET.fromstring(text)
    expected = len(report.deliveries) + len(report.images) + len(report.clusters)
    assert root.attrib["tests"] == str(expected)
