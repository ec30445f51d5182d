"""What waits is on its way at first and broken once it lasts: the same reason and remedy before and after."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.fleet.observation import Observation
from gitops_golden.verify.case import Case, known_at
from gitops_golden.verify.judge import judge
from gitops_golden.verify.model import Verdict
from gitops_golden.verify.patience import PATIENCE
from tests.builders import A, B
from tests.recordings import objects_before
from tests.unit.verify.ground import CRON, changed, converged
from tests.unit.verify.small_fleet import Fleet, judge_fleet
from tests.unit.verify.world import NOW, Git, Judged, aged, expecting, history, manifest, outcome, stamp, written

if TYPE_CHECKING:
    from gitops_golden.verify.model import Finding
    from tests.unit.verify.ground import Objects

MOMENT = timedelta(seconds=1)
FALSE = [{"type": "Ready", "status": "False", "reason": "NotFound", "message": "PVC not found"}]
PENDING = [{"type": "UpToDate", "status": "False", "reason": "ImportProgressing"}]
DELETED = "2026-11-21T11:00:00Z"
SNAPSHOT = objects_before("snapshot_format", "pin B")


def seen(scenario: str, step: str) -> Objects:
    return objects_before(scenario, step)


def not_ready() -> Objects:
    return changed("VolumeSnapshot", "status", value={"error": {"message": "no room"}}, objects=SNAPSHOT)


class Wait(NamedTuple):
    """What waits, what Git asks for, and the reason."""

    objects: Objects
    digest: str
    reason: str


WAITS = (
    Wait(changed("DataImportCron", "metadata", "deletionTimestamp", value=DELETED), A, "CronDeleting"),
    Wait(changed("DataImportCron", "status", value={}), A, "NotStarted"),
    Wait(changed("DataImportCron", "status", "currentImports", value=[]), A, "ImportPending"),
    Wait(changed("DataImportCron", "status", "conditions", value=PENDING), A, "ImportEnding"),
    Wait(seen("pinned_bump_and_rollback", "let the import finish"), B, "ClaimUnbound"),
    Wait(seen("rollback_during_import", "let B finish"), A, "BlockedByWaitingImport"),
    Wait(changed("PersistentVolumeClaim", "metadata", "deletionTimestamp", value=DELETED), A, "VolumeDeleting"),
    Wait(changed("PersistentVolumeClaim", "status", "phase", value="Pending"), A, "VolumeNotReady"),
    Wait(not_ready(), A, "SnapshotNotReady"),
    Wait(changed("DataSource", "metadata", "deletionTimestamp", value=DELETED), A, "DataSourceDeleting"),
    Wait(changed("DataSource", "status", "conditions", value=FALSE), A, "DataSourceNotReady"),
)
UNDATED = [wait for wait in WAITS if "Deleting" not in wait.reason]
EACH = pytest.mark.parametrize("wait", WAITS, ids=[wait.reason for wait in WAITS])


def told(wait: Wait, objects: Objects) -> Finding:
    expected = expecting(wait.objects, CRON, wait.digest)
    other = B if wait.digest == A else A
    git = Git(history=history(expected, wait.digest, manifest(expected, other), manifest(expected, wait.digest)))
    finding = Judged(objects, expected, git).finding()
    assert finding is not None
    assert finding.reason == wait.reason
    return finding


@EACH
def test_a_wait_is_broken_once_it_lasts_longer_than_patience(wait: Wait) -> None:
    fresh, late = (told(wait, aged(wait.objects, age)) for age in (PATIENCE, PATIENCE + MOMENT))
    assert (fresh.verdict, late.verdict) == (Verdict.PROGRESSING, Verdict.BROKEN)
    assert fresh.remedy == late.remedy != ""
    assert (fresh.since, late.since) == (NOW - PATIENCE, NOW - PATIENCE - MOMENT)


@pytest.mark.parametrize("wait", UNDATED, ids=[wait.reason for wait in UNDATED])
def test_a_wait_that_began_at_no_known_time_is_never_late(wait: Wait) -> None:
    assert told(wait, wait.objects).verdict is Verdict.PROGRESSING


@given(
    wait=st.sampled_from(WAITS),
    seconds=st.integers(-3600, 86_400),
    more=st.integers(0, 86_400),
)
def test_nothing_that_is_broken_by_waiting_mends_by_waiting_longer(wait: Wait, seconds: int, more: int) -> None:
    sooner, later = (
        told(wait, aged(wait.objects, timedelta(seconds=age))).verdict for age in (seconds, seconds + more)
    )
    assert (sooner, later) != (Verdict.BROKEN, Verdict.PROGRESSING)


def test_a_recorded_cluster_has_waited_until_it_was_read() -> None:
    objects = aged(changed("DataImportCron", "status", value={}), timedelta(minutes=5))
    case = Case("c", expecting(converged(), CRON), Git(), Observation("c", NOW, None, objects), NOW)
    a_day_later = judge(replace(case, now=NOW + timedelta(days=1)))
    assert a_day_later is not None
    assert a_day_later.verdict is Verdict.PROGRESSING


def test_a_clusters_own_clock_tells_how_long_it_has_waited() -> None:
    skew = timedelta(hours=-1)
    objects = aged(changed("DataImportCron", "status", value={}), timedelta(hours=1, minutes=5))
    observed = Observation("c", NOW, None, objects, skew=skew)
    finding = judge(Case("c", expecting(converged(), CRON), Git(), observed, NOW + skew))
    assert finding is not None
    assert finding.verdict is Verdict.PROGRESSING


@pytest.mark.parametrize(("year", "years"), [(1, -300), (9999, 300)])
def test_a_clock_that_no_calendar_has_hinders_no_verdict(year: int, years: int) -> None:
    read = datetime(year, 6, 1, tzinfo=UTC)
    assert known_at(Observation("c", read, None, (), skew=timedelta(days=365 * years)), NOW) == NOW


def test_a_digest_that_is_asked_for_behind_an_old_wait_is_blocked_at_once_and_only_since_then() -> None:
    objects = aged(seen("rollback_during_import", "let B finish"), timedelta(minutes=20))
    expected = expecting(objects, CRON, A)
    git = Git(history=history(expected, A, B))
    path = ("metadata", "annotations", "cdi.kubevirt.io/storage.import.sourceDesiredDigest")
    asked = tuple(
        written(each, "argocd", timedelta(minutes=1), *path) if each["kind"] == "DataImportCron" else each
        for each in objects
    )
    finding = Judged(asked, expected, git).finding()
    assert finding is not None
    assert (finding.reason, finding.verdict) == ("BlockedByWaitingImport", Verdict.BROKEN)
    assert finding.since == NOW - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("objective", "verdict"),
    [(None, "progressing"), (timedelta(hours=4), "progressing"), (timedelta(minutes=4), "broken")],
)
def test_an_objective_that_is_shorter_than_patience_ends_a_wait(objective: timedelta | None, verdict: str) -> None:
    fleet = Fleet()
    (cron,) = fleet.seen().list("DataImportCron")
    created = cron["metadata"] | {"creationTimestamp": stamp(timedelta(minutes=5))}
    fleet.change("prod-1", "DataImportCron", cron["metadata"]["name"], status={}, metadata=created)
    (result,) = judge_fleet(fleet.plan, fleet.truth._replace(objective=objective), fleet.clusters, NOW).deliveries
    assert outcome(result.finding) == f"{verdict} import NotStarted"
    assert result.finding is not None
    assert result.finding.overdue == (verdict == "broken")
