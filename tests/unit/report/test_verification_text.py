"""What a person reads of a verification: on one screen, worst first, with what to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.report.tables import Style
from gitops_golden.report.verification import as_text
from gitops_golden.verify.model import ImageResult, Scope, Verdict
from tests.reports import AT, report_of
from tests.unit.report.any_report import reports

if TYPE_CHECKING:
    from gitops_golden.verify.model import Report


def terminal(width: int) -> Style:
    return Style(width=width, plain=False)


def shown(report: Report, style: Style | None = None, *, wide: bool = False) -> str:
    return as_text(report, style or Style(), wide=wide)


@pytest.fixture(scope="module")
def large() -> Report:
    return report_of(2_000, 20)


@pytest.mark.parametrize("width", [80, 100, 120, 160])
@pytest.mark.parametrize("size", [(12, 4), (130, 3), (400, 40), (2_000, 20)])
def test_any_fleet_fits_one_screen(size: tuple[int, int], width: int) -> None:
    lines = shown(report_of(*size), terminal(width)).splitlines()
    assert len(lines) <= 50
    assert max(map(len, lines)) <= width


def test_a_site_that_fails_is_told_by_its_label(large: Report) -> None:
    text = shown(large, terminal(100))
    assert "ImporterCrashing" in text
    assert "rhel8, win2022: all of site=site-002" in text
    assert "all 20 images: all of site=site-001" in text


def test_verdicts_come_worst_first(large: Report) -> None:
    firsts = [line.split()[0] for line in shown(large).splitlines() if line[:1].isalpha()]
    verdicts = [word for word in firsts if word in set(Verdict)]
    assert verdicts == sorted(verdicts, key=["broken", "unreachable", "progressing"].index)


def test_age_is_told_against_the_objective() -> None:
    report = report_of(12, 4)
    assert ", for 19 h (objective 4 h)" in shown(report)
    assert "(objective" not in shown(replace(report, objective=None))


def test_what_is_overdue_is_told_so() -> None:
    report = report_of(12, 4)
    first = next(result for result in report.deliveries if result.finding)
    assert first.finding
    late = replace(
        first.finding, verdict=Verdict.BROKEN, reason="NotSynced", overdue=True, since=AT - timedelta(hours=5)
    )
    text = shown(replace(report, deliveries=(replace(first, finding=late),)))
    assert "NotSynced, overdue" in text
    assert "for 5 h (objective 4 h)" in text
    assert "1 delivery beyond the objective of 4 h" in text


def test_a_pipe_gets_every_way_to_fail_and_every_image(large: Report) -> None:
    text = shown(large)
    assert "more" not in text.partition("registry/TagMoved")[0]
    assert all(image.image in text for image in large.images)


def test_wide_has_every_delivery() -> None:
    report = report_of(40, 6)
    text = shown(report, wide=True)
    assert all(f"\n{each.cluster}" in text for each in report.clusters)
    assert len(text.partition("\n\n")[0].splitlines()) == len(report.deliveries) + 2


def test_a_fleet_that_has_converged_shows_its_digests_and_nothing_else() -> None:
    report = report_of(12, 4)
    images = tuple(replace(image, finding=None) for image in report.images)
    well = tuple(replace(result, finding=None) for result in report.deliveries)
    clusters = tuple(replace(result, finding=None, answered=True, not_judged=()) for result in report.clusters)
    text = shown(replace(report, deliveries=well, images=images, clusters=clusters))
    assert text.startswith("IMAGE")
    assert text.count("12 of 12") == 4
    assert "VERDICT" not in text


def test_a_narrowed_run_says_that_it_is_no_proof_of_the_fleet() -> None:
    scope = Scope(images=("rhel9",), selector="site=edge", shard="3/16")
    text = shown(replace(report_of(6, 1), scope=scope))
    assert "only image rhel9; clusters with site=edge; shard 3/16, not the whole fleet" in text


def test_clocks_that_differ_and_observations_that_are_old_are_told() -> None:
    report = report_of(6, 1)
    off = replace(report.clusters[0], skew=timedelta(minutes=-7), read_at=AT - timedelta(hours=3))
    text = shown(replace(report, clusters=(off,)))
    assert "the clock of 1 cluster is off by up to 7 min" in text
    assert "the oldest observation is 3 h old" in text


def test_of_long_messages_the_beginning_is_shown_and_how_much_is_left_out() -> None:
    report = report_of(3, 1)
    first = next(image for image in report_of(3, 3).images if image.finding)
    assert first.finding
    long = replace(first.finding, message="x" * 10_000)
    text = shown(replace(report, images=(ImageResult("rhel9", "1", None, None, long),)))
    assert f"{'x' * 400}… (9,600 more characters)" in text


@pytest.mark.parametrize("command", ["::error::forged", "  ::add-mask::x", "ok ##vso[task.complete]", "###[group]"])
def test_no_message_is_a_command_to_a_ci_system(command: str) -> None:
    report = report_of(3, 1)
    image = next(image for image in report_of(3, 3).images if image.finding)
    assert image.finding
    forged = replace(image, finding=replace(image.finding, message=command, remedy=command))
    text = shown(replace(report, images=(forged,)))
    assert not [line for line in text.splitlines() if line.lstrip().startswith("::") or "##" in line]


@given(report=reports(), width=st.sampled_from([20, 60, 100, 200]), wide=st.booleans())
def test_any_report_can_be_shown_and_nothing_in_it_drives_the_terminal(
    *, report: Report, width: int, wide: bool
) -> None:
    for style in (Style(), terminal(width)):
        text = shown(report, style, wide=wide)
        assert all(character.isprintable() or character == "\n" for character in text)
