from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import given

from gitops_golden.report.groups import WORST_FIRST, findings, groups
from gitops_golden.verify.model import Verdict
from tests.reports import AT, report_of
from tests.unit.report.any_report import reports

if TYPE_CHECKING:
    from gitops_golden.report.groups import Group
    from gitops_golden.verify.model import Report


@given(reports())
def test_every_finding_is_in_one_group_of_its_way(report: Report) -> None:
    found = groups(report)
    assert sorted(str(each) for group in found for each in group.found) == sorted(
        str(each) for _, each in findings(report)
    )
    assert len({group.way for group in found}) == len(found)
    for group in found:
        ways = {(each.finding.verdict, each.finding.link, each.finding.reason) for each in group.found}
        assert ways == {(group.way.verdict, group.way.link, group.way.reason)}


@given(reports())
def test_a_group_falls_apart_into_what_is_said_and_loses_nothing(report: Report) -> None:
    for group in groups(report):
        assert sum(len(part.found) for part in group.apart) == len(group.found)
        assert len({(part.found[0].finding.message, part.found[0].finding.remedy) for part in group.apart}) == len(
            group.apart
        )
        sizes = [len(part.found) for part in group.apart]
        assert sizes == sorted(sizes, reverse=True)


@given(reports())
def test_the_worst_comes_first(report: Report) -> None:
    places = [WORST_FIRST.index(group.way.verdict) for group in groups(report)]
    assert places == sorted(places)


def test_of_one_verdict_the_largest_comes_first_after_what_is_of_images_wherever_they_are() -> None:
    broken = [group for group in groups(report_of(200, 8)) if group.way.verdict is Verdict.BROKEN]
    assert broken[0].way.of == "image"
    sizes = [len(group.found) for group in broken[1:]]
    assert sizes == sorted(sizes, reverse=True)


def test_what_is_overdue_is_told_apart_from_what_is_on_its_way() -> None:
    report = report_of(30, 2)
    first, second = [result for result in report.deliveries if result.finding][:2]
    assert first.finding
    late = replace(first.finding, verdict=Verdict.BROKEN, overdue=True, since=AT - timedelta(days=9))
    own = replace(report, deliveries=(replace(first, finding=late), replace(second, finding=first.finding)))
    assert [group.way.overdue for group in groups(own) if group.way.of == "delivery"] == [True, False]


def test_an_unreachable_cluster_is_told_by_its_deliveries() -> None:
    report = report_of(3, 2)
    assert "cluster" not in {group.way.of for group in groups(report) if group.way.verdict is Verdict.UNREACHABLE}
    without = replace(report, deliveries=())
    (silent,) = (group for group in groups(without) if group.way.verdict is Verdict.UNREACHABLE)
    assert (silent.way.of, silent.clusters) == ("cluster", ("edge-00001",))


def test_a_group_knows_since_when_it_has_been_so() -> None:
    def oldest(group: Group) -> bool:
        since = [each.finding.since for each in group.found if each.finding.since]
        return group.oldest == (min(since) if since else None)

    assert all(map(oldest, groups(report_of(60, 5))))
