"""SARIF, held to models made of the standard's schema, and to what GitHub takes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from pydantic import ValidationError
from pydantic_sarif.model import (  # type: ignore[import-untyped]  # the package has none
    StaticAnalysisResultsFormatSarifVersion210JsonSchema as Sarif,
)

from gitops_golden.errors import Location
from gitops_golden.report.sarif import MOST, as_sarif
from gitops_golden.verify.model import Finding, Link, Verdict
from tests.reports import AT, report_of
from tests.unit.report.any_report import reports

if TYPE_CHECKING:
    from gitops_golden.verify.model import Report


def run(report: Report) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(as_sarif(report))["runs"][0]
    return found


def results(report: Report) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run(report)["results"]
    return found


def place(result: dict[str, Any]) -> tuple[str, int]:
    physical = result["locations"][0]["physicalLocation"]
    return physical["artifactLocation"]["uri"], physical["region"]["startLine"]


@given(reports())
def test_any_report_is_valid_sarif(report: Report) -> None:
    text = as_sarif(report)
    assert text.isascii()
    Sarif.model_validate_json(text)


def test_what_validates_refuses_what_is_no_sarif() -> None:
    broken = json.loads(as_sarif(report_of(12, 4)))
    broken["runs"][0]["results"][0]["level"] = "fatal"
    with pytest.raises(ValidationError):
        Sarif.model_validate(broken)


def test_a_finding_of_an_image_is_at_its_line_and_one_of_a_cluster_at_the_clusters() -> None:
    report = report_of(12, 4)
    images = {image.image: image.where for image in report.images}
    found = {(result["ruleId"], place(result)) for result in results(report)}
    assert images["rhel8"]
    assert ("registry/TagMoved", ("fleet.yaml", images["rhel8"].line)) in found
    assert ("import/ImporterCrashing", ("fleet.yaml", images["rhel8"].line)) in found
    assert ("cluster/Timeout", ("inventory/edge.yaml", 10)) in found


def test_an_image_is_told_once_for_each_reason_however_many_clusters_it_is_on() -> None:
    report = report_of(400, 3)
    count = sum(
        1
        for each in report.deliveries
        if each.image == "rhel8" and each.finding and each.finding.reason == "ImporterCrashing"
    )
    (crashing,) = (
        result for result in results(report) if result["ruleId"] == "import/ImporterCrashing" and place(result)[1] == 25
    )
    assert crashing["properties"]["count"] == count > 30
    assert f"of site=site-002 ({count} deliveries), for 19 h\n" in crashing["message"]["text"]


def test_an_unreachable_cluster_is_told_once_whatever_it_was_to_hold() -> None:
    found = [result for result in results(report_of(400, 6)) if result["ruleId"] == "cluster/Timeout"]
    assert len(found) == 40
    assert {result["level"] for result in found} == {"warning"}


def test_levels_follow_verdicts() -> None:
    levels = {result["properties"]["verdict"]: result["level"] for result in results(report_of(400, 6))}
    assert levels == {"broken": "error", "unreachable": "warning", "progressing": "note"}


def test_every_result_has_its_rule_with_help() -> None:
    found = run(report_of(400, 6))
    rules = found["tool"]["driver"]["rules"]
    for result in found["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert all(rule["help"]["text"] and rule["fullDescription"]["text"] for rule in rules)


@given(reports())
def test_fingerprints_tell_results_apart(report: Report) -> None:
    prints = [result["partialFingerprints"]["gitopsGoldenSubject/v1"] for result in results(report)]
    assert len(set(prints)) == len(prints)


def test_a_finding_keeps_its_fingerprint_while_it_spreads_ages_and_becomes_overdue() -> None:
    report = report_of(12, 1)
    first = next(each for each in report.deliveries if each.finding and each.finding.reason == "NotSynced")
    assert first.finding
    late = replace(first.finding, verdict=Verdict.BROKEN, overdue=True, since=AT - timedelta(days=1), message="other")
    more = replace(
        report,
        deliveries=tuple(
            replace(each, finding=late) if each.finding == first.finding else each for each in report.deliveries
        ),
        at=AT + timedelta(days=1),
    )

    def identity(report: Report) -> str:
        (found,) = (result for result in results(report) if result["ruleId"] == "cron/NotSynced")
        return str(found["partialFingerprints"])

    assert identity(report) == identity(more)


def test_the_worst_come_first_and_what_is_too_much_is_counted() -> None:
    report = report_of(2, 1)
    silent = Finding(Verdict.UNREACHABLE, None, "Timeout", "no answer")
    clusters = tuple(
        replace(report.clusters[0], cluster=f"c{number}", finding=silent, answered=False) for number in range(MOST + 7)
    )
    found = run(replace(report, clusters=clusters, deliveries=(), images=report_of(3, 3).images))
    assert len(found["results"]) == MOST
    assert found["results"][0]["ruleId"] == "registry/TagMoved"
    (note,) = found["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"].startswith("8 more results")


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("fleet.yaml", "fleet.yaml"),
        ("./a b/fleet.yaml", "a%20b/fleet.yaml"),
        ("c:d/é#?.yaml", "c%3Ad/%C3%A9%23%3F.yaml"),
        ("/srv/fleet.yaml", "file:///srv/fleet.yaml"),
    ],
)
def test_files_are_uris_relative_where_they_were_named_so(file: str, uri: str) -> None:
    report = report_of(3, 3)
    images = tuple(replace(image, where=Location(file, 7, 3)) for image in report.images)
    (moved,) = (result for result in results(replace(report, images=images)) if result["ruleId"] == "registry/TagMoved")
    assert place(moved) == (uri, 7)


def test_a_result_whose_place_is_not_known_is_still_at_a_file_of_the_policy() -> None:
    report = report_of(3, 3)
    first, *rest = report.images
    report = replace(report, images=(first, *(replace(image, where=None) for image in rest)))
    (moved,) = (result for result in results(report) if result["ruleId"] == "registry/TagMoved")
    assert moved["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "fleet.yaml", "uriBaseId": "%SRCROOT%"}
    }


def test_an_image_is_told_beside_a_cluster_that_fails_in_the_same_way() -> None:
    report = report_of(1, 1)
    unpublished = Finding(Verdict.BROKEN, Link.GIT, "NotPublished", "the branch holds none")
    (cluster,), (delivery,) = report.clusters, report.deliveries
    both = replace(
        report,
        clusters=(replace(cluster, finding=unpublished),),
        deliveries=(replace(delivery, finding=unpublished),),
    )
    found = {place(result) for result in results(both) if result["ruleId"] == "git/NotPublished"}
    assert found == {("fleet.yaml", 20), ("inventory/edge.yaml", 4)}
