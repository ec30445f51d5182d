"""A fleet judged cluster by cluster: what is overdue, whose clock counts, what a verdict rests on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gitops_golden.fleet.observation import Observation, Server, Unreachable
from gitops_golden.verify.case import Case, Past
from gitops_golden.verify.judge import Judge
from gitops_golden.verify.model import BootSource, Finding, Link, Scope, Verdict
from gitops_golden.verify.objective import in_time, since_asked
from tests.builders import A, B, cluster
from tests.recordings import objects_before
from tests.unit.verify.ground import CRON
from tests.unit.verify.small_fleet import Fleet
from tests.unit.verify.world import NOW, Git, expecting, manifest

HOUR = timedelta(hours=1)
BEHIND = Finding(Verdict.PROGRESSING, Link.CRON, "NotSynced", "the cluster is behind", since=NOW - HOUR)


def test_what_is_on_its_way_for_longer_than_the_objective_is_broken_and_keeps_its_reason() -> None:
    late = in_time(BEHIND, timedelta(minutes=59), NOW)
    assert late == replace(BEHIND, verdict=Verdict.BROKEN, overdue=True)


def test_what_is_within_the_objective_or_has_none_is_on_its_way() -> None:
    assert in_time(BEHIND, HOUR, NOW) == BEHIND
    assert in_time(BEHIND, None, NOW) == BEHIND


def test_what_nobody_knows_the_beginning_of_is_never_overdue() -> None:
    ageless = replace(BEHIND, since=None)
    assert in_time(ageless, timedelta(seconds=1), NOW) == ageless


@pytest.mark.parametrize("verdict", [Verdict.BROKEN, Verdict.UNREACHABLE])
def test_only_what_is_on_its_way_can_be_overdue(verdict: Verdict) -> None:
    finding = replace(BEHIND, verdict=verdict)
    assert in_time(finding, timedelta(seconds=1), NOW) == finding


def test_a_verdict_says_which_volume_consumers_are_given_and_where_it_was_read() -> None:
    fleet = Fleet()
    seen = fleet.seen()
    (claim,) = seen.list("PersistentVolumeClaim")
    claim["metadata"]["uid"] = "4f1c"
    fleet.clusters["prod-1"] = replace(
        seen, server=Server("v1.36.0", "8d5f"), source="context prod-1", namespaces=frozenset({"golden-images"})
    )
    report = fleet.report
    (delivery,), (result,) = report.deliveries, report.clusters
    assert delivery.boot_source == BootSource(
        "PersistentVolumeClaim", "golden-images", claim["metadata"]["name"], "4f1c"
    )
    assert (result.server, result.source) == (Server("v1.36.0", "8d5f"), "context prod-1")
    assert (result.namespaces, result.objects) == (("golden-images",), len(seen.objects))


def test_a_cluster_is_judged_alone_and_the_report_keeps_the_plans_order() -> None:
    fleet = Fleet(clusters=(cluster("dev-1"), cluster("prod-1"), cluster("prod-2")))
    judge = Judge(fleet.plan, fleet.truth, NOW)
    held = {each.cluster.name: each for each in fleet.plan.receiving}
    judged = {name: judge.cluster(held[name], fleet.clusters[name]) for name in ("prod-2", "dev-1")}
    report = judge.report(judged, Scope(shard="1/2"))
    assert [each.cluster for each in report.clusters] == ["dev-1", "prod-1", "prod-2"]
    assert [each.verdict for each in report.deliveries] == ["converged", "unreachable", "converged"]
    assert report.scope == Scope(shard="1/2")
    assert report.clusters[1].finding
    assert report.clusters[1].finding.reason == "NotObserved"


def test_a_cluster_that_did_not_answer_has_no_boot_source() -> None:
    fleet = Fleet()
    fleet.clusters["prod-1"] = Unreachable("prod-1", "Timeout", "it did not answer", NOW - HOUR)
    (delivery,), (result,) = fleet.report.deliveries, fleet.report.clusters
    assert (delivery.boot_source, delivery.actual) == (None, None)
    assert (result.answered, result.read_at) == (False, NOW - HOUR)


def test_a_change_has_been_on_its_way_since_git_asked_for_it_through_however_many_links() -> None:
    seen = objects_before("pinned_bump_and_rollback", "let the import finish")
    expected = expecting(seen, CRON, B, known=frozenset({A, B}))
    younger, older = (Past(str(age), NOW - age, manifest(expected, B)) for age in (HOUR, 5 * HOUR))
    first = Past("0", NOW - 9 * HOUR, manifest(expected, A))
    running = Finding(Verdict.PROGRESSING, Link.IMPORT, "Importing", "it runs", since=NOW - timedelta(minutes=5))
    case = Case("c", expected, Git(history=(younger, older, first)), Observation("c", NOW, None, seen), NOW)
    assert since_asked(running, case).since == NOW - 5 * HOUR
    assert since_asked(replace(running, verdict=Verdict.BROKEN), case).since == running.since
