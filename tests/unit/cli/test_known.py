"""What is known of a fleet while somebody waits for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gitops_golden.cli.known import Known
from gitops_golden.errors import InputError
from gitops_golden.fleet.observation import Unreachable
from gitops_golden.policy.model import Tracking
from gitops_golden.registry.update import TagState
from gitops_golden.verify.waiting import Outlook
from tests.builders import A, B, cluster, image
from tests.unit.verify.small_fleet import Fleet
from tests.unit.verify.world import BASIS, NOW

LATER = NOW + timedelta(minutes=5)
CURRENT = TagState("rhel9", "1", "current", A, A)
MOVED = TagState("rhel9", "1", "moved", A, B)


def two() -> Fleet:
    return Fleet(clusters=(cluster("edge", labels={"site": "far"}), cluster("hub", labels={"site": "near"})))


def known(fleet: Fleet, *read: str, by: str | None = None) -> Known:
    found = Known(fleet.plan, fleet.truth._replace(tags={"rhel9": CURRENT}), NOW, by=by)
    for name in read:
        found.take(fleet.clusters[name], NOW)
    return found


def test_nothing_is_complete_before_every_cluster_was_read() -> None:
    fleet = two()
    assert not known(fleet, "edge").complete
    found = known(fleet, "edge", "hub")
    assert (found.complete, found.open, found.outlook()) == (True, set(), Outlook.CONVERGED)


def test_a_fleet_that_holds_nothing_is_complete() -> None:
    found = known(Fleet(placements=()))
    assert (found.complete, found.outlook()) == (True, Outlook.CONVERGED)


def test_a_cluster_that_was_not_read_is_told_as_such() -> None:
    report = known(two(), "edge").report(LATER, None)
    assert [each.verdict.value for each in report.deliveries] == ["converged", "unreachable"]
    assert report.at == LATER


def test_a_cluster_is_open_until_it_has_converged() -> None:
    fleet = two()
    found = known(fleet, "hub")
    converged = fleet.clusters["edge"]
    fleet.change("edge", "DataSource", "rhel9", gone=True)
    assert found.take(fleet.clusters["edge"], NOW)
    assert (found.open, found.outlook()) == ({"edge"}, Outlook.OPEN)
    assert not found.take(fleet.clusters["edge"], LATER)
    assert found.take(converged, LATER)
    assert found.open == set()


def test_what_no_waiting_mends_is_named_by_cluster() -> None:
    found = known(two(), "hub")
    found.take(Unreachable("edge", "Unauthorized", "no"), NOW)
    assert (found.certain, found.outlook()) == (["edge"], Outlook.CERTAIN)


def test_a_tag_that_moved_costs_no_reading() -> None:
    fleet = two()
    found = known(fleet, "edge", "hub")
    truth = fleet.truth._replace(tags={"rhel9": MOVED})
    assert found.retagged(fleet.plan, truth, LATER)
    assert (found.complete, found.outlook()) == (True, Outlook.SETTLED)
    assert [each.finding.reason for each in found.report(LATER, None).images if each.finding] == ["TagMoved"]


def test_a_tag_that_clusters_follow_means_other_verdicts() -> None:
    fleet = Fleet(images=(image(update=Tracking("0 2 * * *")),))
    assert not known(fleet).retagged(fleet.plan, fleet.truth._replace(tags={"rhel9": MOVED}), LATER)


def test_another_commit_means_other_verdicts() -> None:
    fleet = two()
    moved = fleet.truth._replace(tags={"rhel9": CURRENT}, basis=replace(BASIS, commit="f" * 40))
    assert not known(fleet, "edge", "hub").retagged(fleet.plan, moved, LATER)


@pytest.mark.parametrize(("by", "groups"), [(None, ["far", "near"]), ("site", ["far", "near"])])
def test_a_fleet_is_split_by_its_best_label_or_the_one_asked_for(by: str | None, groups: list[str]) -> None:
    assert [name for name, _ in known(two(), by=by).split.groups] == groups


def test_a_label_that_no_cluster_has_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"no cluster has the label 'rack'") as refused:
        known(two(), by="rack")
    assert refused.value.problem.remedy.endswith("they have site")
