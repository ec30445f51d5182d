"""Shards' reports make the whole fleet's report again; what does not belong together, or is missing, is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.errors import InputError, Location
from gitops_golden.plan.narrow import shard_number
from gitops_golden.report.merging import Part, merge
from gitops_golden.verify.model import Finding, Link, Scope, Verdict
from tests.reports import AT, report_of
from tests.unit.report.any_report import reports

if TYPE_CHECKING:
    from gitops_golden.verify.model import ImageResult, Report

MADE = report_of(clusters=130, images=4)
WHOLE = replace(MADE, images=tuple(sorted(MADE.images, key=lambda result: result.image)))
COUNT = 5


def shard(whole: Report, number: int, count: int = COUNT) -> Report:
    """Return what verify reports of one shard, ``number`` minutes later."""

    def inside(cluster: str) -> bool:
        return shard_number(cluster, count) == number

    return replace(
        whole,
        at=whole.at + timedelta(minutes=number),
        deliveries=tuple(result for result in whole.deliveries if inside(result.cluster)),
        clusters=tuple(result for result in whole.clusters if inside(result.cluster)),
        scope=replace(whole.scope or Scope(), shard=f"{number}/{count}"),
    )


def parts(whole: Report = WHOLE, count: int = COUNT) -> list[Part]:
    return [Part(f"{number}.json", shard(whole, number, count)) for number in range(1, count + 1)]


def refusal(*given: Part, partial: bool = False, allow_mixed: bool = False) -> list[str]:
    with pytest.raises(InputError) as refused:
        merge(given, partial=partial, allow_mixed=allow_mixed)
    return [str(problem) for problem in refused.value.problems]


@given(whole=reports(), count=st.integers(1, 6), data=st.data())
def test_all_shards_in_any_order_make_the_whole_report_as_of_the_earliest(
    whole: Report, count: int, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(parts(whole, count)))
    known = dict.fromkeys((whole.basis, *whole.mixed))
    expected = replace(
        whole, at=whole.at + timedelta(minutes=1), mixed=tuple(basis for basis in known if basis != whole.basis)
    )
    expected = replace(expected, scope=None if whole.scope == Scope() else whole.scope)
    assert merge(shuffled) == expected


def test_a_report_of_the_whole_fleet_alone_is_handed_back() -> None:
    assert merge([Part("all.json", WHOLE)]) == WHOLE


def test_missing_shards_are_named() -> None:
    one, _, three, four, _ = parts()
    assert refusal(one, three, four) == [
        "of 5 shards 2,5 are missing (name their reports, too, or merge what is there with --partial)"
    ]
    assert refusal(*parts()[:4])[0].startswith("of 5 shards 5 is missing")


def test_a_partial_report_says_which_shards_it_has_and_the_rest_can_be_merged_later() -> None:
    one, two, three, four, five = parts()
    some = merge([one, three, four], partial=True)
    assert some.scope == Scope(shard="1,3-4/5")
    assert merge([Part("some.json", some), five, two]) == replace(WHOLE, at=one.report.at)


def test_all_shards_are_no_partial_report() -> None:
    assert merge(parts(), partial=True).scope is None


def test_a_shard_that_is_there_twice_is_named_with_both_files() -> None:
    one, *others = parts()
    again = replace(one, file="again.json", report=replace(one.report, clusters=(), deliveries=()))
    assert refusal(one, again, *others) == [
        "1.json and again.json are both of shard 1/5 (name each shard's report once)"
    ]


def test_a_file_that_is_named_twice_is_told() -> None:
    empty = replace(WHOLE, clusters=(), deliveries=())
    first, second = parts(empty, 2)
    assert refusal(first, second, first) == ["1.json and 1.json are both of shard 1/2 (name each shard's report once)"]


def test_a_cluster_that_is_there_twice_is_named_with_both_files() -> None:
    one, two, *others = parts()
    stolen = replace(two, report=replace(two.report, clusters=(one.report.clusters[0], *two.report.clusters)))
    cluster = one.report.clusters[0].cluster
    told = refusal(one, stolen, *others)
    assert f"1.json and 2.json both have {cluster} (name each shard's report once)" in told
    assert told[-1].startswith(f"2.json: it is of shard 2/5 by its scope, and has {cluster} of another")


def test_two_reports_of_the_whole_fleet_are_not_merged() -> None:
    told = refusal(Part("a.json", WHOLE), Part("b.json", WHOLE))
    assert told == [
        "a.json and b.json both have edge-00000, edge-00001, edge-00002 +127 (name each shard's report once)"
    ]


def test_reports_of_several_fleets_are_refused() -> None:
    one, two, *others = parts()
    stranger = replace(two, report=replace(two.report, fleet="other"))
    told = "the reports differ: of fleet acme: 1.json, 3.json, 4.json +1; of fleet other: 2.json"
    remedy = "merge one fleet's reports"
    assert refusal(one, stranger, *others, allow_mixed=True, partial=True) == [f"{told} ({remedy})"]


@pytest.mark.parametrize("scope", [None, Scope(shard="2/6"), Scope(images=("rhel9",), shard="2/5")])
def test_reports_that_are_narrowed_differently_are_refused(scope: Scope | None) -> None:
    one, two, *others = parts()
    (told, *_) = refusal(one, replace(two, report=replace(two.report, scope=scope)), *others, partial=True)
    assert "narrowed to one of 5 shards: 1.json, 3.json, 4.json +1; narrowed to " in told


def test_what_was_judged_by_other_commits_is_refused_with_what_differs() -> None:
    one, two, *others = parts()
    moved = replace(two.report.basis, commit="e" * 40)
    (told,) = refusal(one, replace(two, report=replace(two.report, basis=moved)), *others)
    assert "judged by main eeeeeeeeeeee, policy " in told
    assert ": 2.json" in told
    assert "--allow-mixed" in told


def test_a_mixed_report_has_the_earliest_ones_basis_and_tells_the_others() -> None:
    one, two, *others = parts()
    moved = replace(two.report.basis, commit="e" * 40)
    merged = merge([replace(two, report=replace(two.report, basis=moved)), *others, one], allow_mixed=True)
    assert (merged.basis, merged.mixed) == (WHOLE.basis, (moved,))
    assert merged.count(Verdict.BROKEN) == WHOLE.count(Verdict.BROKEN)


@pytest.mark.parametrize("shown", ["x", "0/5", "6/5", "3-2/5", "2,1/5", "1,1/5", "1-/5", "1/0", "1/5/5", "1-99999/5"])
def test_a_scope_that_is_no_shard_is_refused_at_its_file(shown: str) -> None:
    with pytest.raises(InputError) as refused:
        merge([Part("odd.json", replace(WHOLE, scope=Scope(shard=shown)))])
    assert refused.value.problem.where == Location("odd.json")


def image(verdict: Verdict | None, reason: str = "TagMoved") -> ImageResult:
    finding = Finding(verdict, Link.REGISTRY, reason, "said") if verdict else None
    return replace(WHOLE.images[0], finding=finding)


MOVED, SILENT, FINE = image(Verdict.BROKEN), image(Verdict.UNREACHABLE, "RegistryUnreachable"), image(None)


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (FINE, MOVED, MOVED),
        (MOVED, FINE, FINE),
        (SILENT, MOVED, MOVED),
        (FINE, SILENT, FINE),
        (MOVED, SILENT, MOVED),
        (SILENT, SILENT, SILENT),
    ],
)
def test_of_an_image_is_told_what_was_known_last(first: ImageResult, second: ImageResult, told: ImageResult) -> None:
    both = [
        Part(f"{number}.json", replace(shard(WHOLE, number, 2), images=(result,)))
        for number, result in enumerate((first, second), 1)
    ]
    assert merge(both).images == (told,)


def test_images_that_only_some_shards_hold_are_all_told_by_name() -> None:
    fedora = replace(FINE, image="fedora")
    both = [
        Part("1.json", replace(shard(WHOLE, 1, 2), images=(FINE,))),
        Part("2.json", replace(shard(WHOLE, 2, 2), images=(fedora,))),
    ]
    assert merge(both).images == (fedora, FINE)


def test_a_merged_report_is_as_of_its_earliest_part() -> None:
    assert merge(parts()).at == AT + timedelta(minutes=1)
