"""One stretch of a wait: which clusters are due, and what is known in the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from math import inf

from gitops_golden.cli.known import Known
from gitops_golden.cli.stretch import PARALLEL, Stretch
from gitops_golden.fleet.agenda import DEBOUNCE, POLLED, SPACING, WATCHED
from gitops_golden.fleet.observation import Unreachable
from gitops_golden.verify.closing import FRESH
from gitops_golden.verify.waiting import Ended
from tests.builders import cluster
from tests.unit.verify.small_fleet import Fleet
from tests.unit.verify.world import BASIS, NOW

START = 100.0


def fleet_of(*names: str) -> Fleet:
    return Fleet(clusters=tuple(cluster(name) for name in names))


def known(fleet: Fleet) -> Known:
    return Known(fleet.plan, fleet.truth, NOW, by=None)


def read(stretch: Stretch, fleet: Fleet, *names: str, now: float, watched: bool = False) -> None:
    """Let clusters be read now, as far as they are due."""
    for name in set(stretch.due(now)) & set(names):
        moved = stretch.take(fleet.clusters[name], now, NOW)
        stretch.read(name, now, watched=watched, moved=moved)


def test_all_clusters_are_due_at_first_and_few_at_a_time_later() -> None:
    names = [f"edge-{number:02}" for number in range(2 * PARALLEL)]
    fleet = fleet_of(*names)
    for name in names:
        fleet.clusters[name] = Unreachable(name, "Timeout", "silent")
    stretch = Stretch(known(fleet), START)
    read(stretch, fleet, *names, now=START)
    assert stretch.known.complete
    late = START + 2 * POLLED.first
    assert len(stretch.due(late)) == PARALLEL
    assert stretch.due(late) == ()
    assert stretch.next() == inf


def test_what_has_converged_is_due_again_only_once_something_changes() -> None:
    fleet = fleet_of("edge")
    stretch = Stretch(known(fleet), START)
    read(stretch, fleet, "edge", now=START)
    assert stretch.next() == inf
    stretch.changed("edge", START + 60)
    assert stretch.next() == START + 60 + DEBOUNCE


def test_a_cluster_that_tells_its_changes_is_read_less_often_by_itself() -> None:
    for watched, pace in ((True, WATCHED), (False, POLLED)):
        fleet = fleet_of("edge")
        fleet.change("edge", "DataSource", "rhel9", gone=True)
        stretch = Stretch(known(fleet), START)
        read(stretch, fleet, "edge", now=START, watched=watched)
        assert stretch.next() == START + pace.first


def test_a_fleet_that_takes_long_to_read_is_read_less_often() -> None:
    fleet = fleet_of("edge")
    fleet.change("edge", "DataSource", "rhel9", gone=True)
    stretch = Stretch(known(fleet), START)
    (name,) = stretch.due(START)
    moved = stretch.take(fleet.clusters[name], START + 30, NOW)
    stretch.read(name, START + 30, watched=False, moved=moved)
    assert stretch.next() == START + 30 + 2 * 30


def test_a_snapshot_that_was_written_makes_its_cluster_due_and_a_new_one_any_that_has_none() -> None:
    fleet = fleet_of("edge", "hub", "rome")
    for name in ("edge", "hub"):
        fleet.clusters[name] = replace(fleet.seen(name), source=f"recorded/{name}.json")
    fleet.clusters["rome"] = Unreachable("rome", "SnapshotMissing", "none")
    stretch = Stretch(known(fleet), START)
    read(stretch, fleet, "edge", "hub", "rome", now=START)
    stretch.written({"recorded/edge.json", "recorded/new.json"}, START)
    assert set(stretch.due(START + SPACING)) == {"edge", "rome"}


def test_what_was_read_long_ago_is_read_again_before_the_end() -> None:
    fleet = fleet_of("edge")
    stretch = Stretch(known(fleet), START)
    read(stretch, fleet, "edge", now=START)
    late = START + FRESH + 1
    assert stretch.decide(late, inf, late, interrupted=False).again == {"edge"}
    assert stretch.decide(late + 1, inf, late, interrupted=False).ended is None
    read(stretch, fleet, "edge", now=late + 1)
    assert stretch.decide(late + 2, inf, late, interrupted=False).ended is Ended.CONVERGED


def test_by_a_newer_truth_nothing_is_reported_before_every_cluster_was_judged_by_it() -> None:
    fleet = fleet_of("edge", "hub")
    first = Stretch(known(fleet), START)
    read(first, fleet, "edge", "hub", now=START)
    moved = fleet.truth._replace(basis=replace(BASIS, commit="f" * 40))
    second = first.followed_by(Known(fleet.plan, moved, NOW, by=None), START + 10)
    third = second.followed_by(Known(fleet.plan, moved, NOW, by=None), START + 20)
    later = NOW + timedelta(seconds=30)
    for stretch in (second, third):
        assert stretch.report(later, None).basis.commit == BASIS.commit
        read(stretch, fleet, "edge", "hub", now=START + 20)
        assert stretch.report(later, None).basis.commit == "f" * 40
