"""Clusters are named by what they share, and only by what counting shows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.report.sites import Sites
from gitops_golden.verify.model import Basis, ClusterResult, DeliveryResult, Origin, Report
from tests.reports import AT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SITES = 10
EACH = 8


def fleet(images: Mapping[str, Iterable[int]] | None = None) -> Report:
    """Return a fleet of ten sites of eight clusters, all of which get ``rhel9`` unless ``images`` says otherwise."""
    names = [f"c{number:02}" for number in range(SITES * EACH)]
    clusters = (
        ClusterResult(name, AT, None, labels=(("env", "prod" if number % 2 else "dev"), ("site", f"s{number // EACH}")))
        for number, name in enumerate(names)
    )
    placed = images or {"rhel9": range(len(names))}
    deliveries = [
        DeliveryResult(names[number], image, image, None, None, None)
        for image, numbers in placed.items()
        for number in numbers
    ]
    basis = Basis("main", None, Origin("0" * 64), None, "1")
    return Report("acme", AT, basis, tuple(deliveries), (), tuple(clusters))


def told(numbers: Iterable[int], report: Report | None = None, images: tuple[str, ...] = ("rhel9",)) -> str:
    return Sites(report or fleet()).told(images, [f"c{number:02}" for number in sorted(numbers)])


def test_few_clusters_are_named() -> None:
    assert told([3, 1, 2]) == "c01, c02, c03"


def test_a_whole_site_is_named_by_its_label() -> None:
    assert told(range(8, 16)) == "all of site=s1"


def test_several_whole_sites_are_named_together() -> None:
    assert told(range(8, 48)) == "all of site=s1, s2, s3 +2"


def test_what_a_site_does_not_explain_is_named_beside_it() -> None:
    assert told([*range(8, 16), 30, 40]) == "all of site=s1, c30, c40"


def test_most_of_a_site_explains_clusters_while_the_rest_of_the_fleet_is_well() -> None:
    assert told(range(8, 15)) == "7 of 8 of site=s1"


def test_a_label_that_half_the_fleet_bears_explains_nothing_unless_all_bearers_are_meant() -> None:
    dev = [number for number in range(SITES * EACH) if number % 2 == 0]
    assert told(dev) == "all of env=dev"
    assert told(dev[:-3]).startswith("all of site=") is False
    assert "env=" not in told(dev[: len(dev) // 2])


def test_the_whole_fleet_is_called_so() -> None:
    assert told(range(SITES * EACH)) == "all 80 clusters"


def test_all_of_a_site_are_those_that_get_the_image() -> None:
    report = fleet({"rhel9": range(80), "win2022": range(0, 80, 2)})
    evens = range(8, 16, 2)
    assert told(evens, report, ("win2022",)) == "all of site=s1"
    assert "all of" not in told(evens, report, ("rhel9",))


def test_clusters_without_labels_are_named() -> None:
    report = fleet()
    bare = replace(report, clusters=tuple(replace(each, labels=()) for each in report.clusters))
    assert told(range(8, 16), bare) == "c08, c09, c10 +5"


def test_so_many_names_are_told_as_fit() -> None:
    sites = Sites(fleet())
    clusters = ["c01", "c12", "c23", "c34", "c45"]
    assert sites.where(("rhel9",), clusters) == "rhel9: c01, c12, c23 +2"
    assert sites.where(("rhel9",), clusters, 20) == "rhel9: c01, c12 +3"
    assert sites.where(("rhel9",), clusters, 17) == "rhel9: c01 +4"
    assert sites.where(("rhel9",), clusters, 5) == "5 clusters"


@given(st.sets(st.integers(0, SITES * EACH - 1), min_size=1), st.integers(0, 60))
def test_what_is_said_of_clusters_is_true_however_many_there_are(numbers: set[int], room: int) -> None:
    shown = Sites(fleet()).where(("rhel9",), [f"c{number:02}" for number in sorted(numbers)], room)
    for site in range(SITES):
        members = set(range(site * EACH, site * EACH + EACH))
        if f"all of site=s{site}" in shown:
            assert members <= numbers
    for number in range(SITES * EACH):
        assert f"c{number:02}" not in shown or number in numbers
    assert ("all 80" in shown) == (len(numbers) == SITES * EACH)
