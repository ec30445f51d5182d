"""What is said of an import that runs, fails, or cannot run: states of CDI that no recording shows, and its pace."""

from __future__ import annotations

import copy
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.fleet.views import data_volume_view
from gitops_golden.verify.model import Verdict
from gitops_golden.verify.pace import STALL, pace, stalled_since
from tests.builders import A, B
from tests.recordings import objects_before
from tests.unit.verify.ground import CRON, changed
from tests.unit.verify.world import NOW, Git, Judged, aged, expecting, history, outcome, stamp, written

if TYPE_CHECKING:
    from gitops_golden.verify.model import Finding
    from tests.unit.verify.ground import Objects

RUNNING = objects_before("rollback_during_import", "let B finish")
"""B is imported while A is served, held back by the recording's kubelet."""
CLASS = {
    "kind": "StorageClass",
    "metadata": {"name": "fast"},
    "provisioner": "csi.acme.example",
    "volumeBindingMode": "Immediate",
}
GOOD = {"type": "Running", "status": "True", "reason": "Pod is running"}


def importing(**status: Any) -> Objects:
    """Return a cluster at whose cron B is imported, its DataVolume in the state that is given."""
    objects = copy.deepcopy(RUNNING)
    for each in objects:
        if each["kind"] == "DataVolume" and each["metadata"]["name"].endswith("b" * 12):
            each["status"] = {"claimName": each["metadata"]["name"], "progress": "N/A"} | status
        if each["kind"] == "DataImportCron":
            each["metadata"]["annotations"]["cdi.kubevirt.io/storage.import.sourceDesiredDigest"] = B
    return objects


def found(objects: Objects, digest: str = B, age: timedelta = timedelta(minutes=2)) -> Finding:
    expected = expecting(objects, CRON, B)
    finding = Judged(aged(objects, age), expected, Git(history=history(expected, digest))).finding()
    assert finding is not None
    return finding


def condition(type_: str, reason: str, message: str = "", status: str = "False") -> dict[str, str]:
    return {"type": type_, "status": status, "reason": reason, "message": message}


QUOTA = "persistentvolumeclaims is forbidden: exceeded quota: golden, requested: requests.storage=30Gi"
FAILED = [condition("Running", "ChecksumError", "checksum mismatch")]
LATE = timedelta(minutes=11)


@pytest.mark.parametrize(
    ("status", "age", "said", "told"),
    [
        ({"phase": "ImportScheduled"}, 2, "progressing import ImportScheduled", "about to start"),
        ({"phase": "ImportScheduled"}, 11, "broken import ImportStuck", "does not start"),
        ({"phase": "PVCBound"}, 2, "progressing import ImportScheduled", "about to start"),
        (
            {
                "phase": "WaitForFirstConsumer",
                "conditions": [condition("Running", "Unschedulable", "Importer pod cannot be scheduled")],
            },
            11,
            "broken import ImportStuck",
            "Importer pod cannot be scheduled",
        ),
        (
            {"phase": "ImportInProgress", "conditions": [condition("Running", "ImagePullFailed", "no such image")]},
            2,
            "broken import ImagePullFailed",
            "no such image",
        ),
        ({"phase": "Failed", "conditions": FAILED}, 2, "broken import ImportFailed", "checksum mismatch"),
        (
            {"phase": "Pending", "conditions": [condition("Bound", "ErrExceededQuota", QUOTA)]},
            2,
            "broken import QuotaExceeded",
            "requested: requests.storage=30Gi",
        ),
        (
            {
                "phase": "ImportScheduled",
                "conditions": [condition("Running", "ErrExceededQuota", "Error starting pod")],
            },
            2,
            "broken import QuotaExceeded",
            "Error starting pod",
        ),
        (
            {"phase": "ImportInProgress", "restartCount": 2, "conditions": [GOOD]},
            2,
            "progressing import Importing",
            "restarted 2 times",
        ),
        (
            {"phase": "ImportInProgress", "restartCount": 3, "conditions": [GOOD]},
            2,
            "broken import ImporterCrashing",
            "has failed 3 times: it runs again",
        ),
        (
            {"phase": "ImportInProgress", "restartCount": 3, "conditions": [GOOD]},
            11,
            "progressing import Importing",
            "restarted 3 times",
        ),
        (
            {"phase": "ImportInProgress", "restartCount": 3, "conditions": [condition("Running", "Error", "no route")]},
            2,
            "broken import ImporterCrashing",
            "has failed 4 times: no route",
        ),
    ],
)
def test_each_state_of_an_import_has_its_reason(status: dict[str, Any], age: int, said: str, told: str) -> None:
    finding = found(importing(**status), age=timedelta(minutes=age))
    assert outcome(finding) == said
    assert told in finding.message
    assert finding.since == NOW - timedelta(minutes=age)


def test_an_unbound_claim_is_told_with_its_class_how_it_binds_and_who_makes_its_volumes() -> None:
    objects = changed("PersistentVolumeClaim", "status", "phase", value="Pending", objects=importing(phase="Pending"))
    finding = found((*objects, CLASS))
    assert outcome(finding) == "progressing import ClaimUnbound"
    assert "claim rhel9-bbbbbbbbbbbb of class fast (Immediate, csi.acme.example) is Pending" in finding.message
    assert "look at csi.acme.example" in finding.remedy
    assert " describe persistentvolumeclaims rhel9-bbbbbbbbbbbb`" in finding.remedy


def test_a_claim_of_a_class_that_is_not_there_is_told_so() -> None:
    objects = changed("PersistentVolumeClaim", "status", "phase", value="Pending", objects=importing(phase="Pending"))
    assert "of class fast, which is not there, is Pending" in found(objects).message


def test_a_bound_claim_is_waited_for_no_longer() -> None:
    objects = changed("PersistentVolumeClaim", "status", "phase", value="Bound", objects=importing(phase="Pending"))
    assert outcome(found(objects)) == "progressing import ImportScheduled"


def test_an_import_that_does_not_start_is_told_with_the_pod_to_look_at() -> None:
    remedy = found(importing(phase="ImportScheduled"), age=LATE).remedy
    assert "describe pod importer-rhel9-bbbbbbbbbbbb`" in remedy


# How fast -----------------------------------------------------------------------------------------------------------


def volume(progress: str, *, ran: timedelta, changed_ago: timedelta | None = None) -> dict[str, Any]:
    conditions = [GOOD | {"lastTransitionTime": stamp(ran)}]
    status = {"phase": "ImportInProgress", "progress": progress, "conditions": conditions}
    found = {"kind": "DataVolume", "metadata": {"name": "v", "namespace": "n"}, "status": status}
    return written(found, "cdi-controller", changed_ago, "status", "progress") if changed_ago is not None else found


@pytest.mark.parametrize(
    ("progress", "ran", "told"),
    [
        ("42.0%", 190, "42.0 % after 3 min 10 s, about 4 min 22 s to go"),
        ("0.0%", 190, "0.0 % after 3 min 10 s"),
        ("100.0%", 190, "100.0 % after 3 min 10 s"),
        ("N/A", 190, "running for 3 min 10 s, progress not told"),
        ("", 0, "progress not told"),
        ("42.0%", -60, "42.0 %"),
        ("soon", 60, "running for 1 min, progress not told"),
        ("0.1%", 86_400, "0.1 % after 1 d"),
        ("0.000000001%", 3600, "0.0 % after 1 h"),
    ],
)
def test_the_pace_is_told_as_far_as_cdi_tells_it(progress: str, ran: int, told: str) -> None:
    assert pace(data_volume_view(volume(progress, ran=timedelta(seconds=ran))), NOW) == told


@given(progress=st.text(max_size=8) | st.floats(-10, 1000).map("{:.2f}%".format), ran=st.integers(-1000, 10**7))
def test_no_progress_gives_a_time_below_zero_or_more_than_all_of_it(progress: str, ran: int) -> None:
    told = pace(data_volume_view(volume(progress, ran=timedelta(seconds=ran))), NOW)
    assert "-" not in told
    assert all(float(number) <= 100 for number in re.findall(r"([0-9.]+) %", told))


def test_an_import_whose_progress_has_not_moved_for_half_an_hour_is_stuck_since_then() -> None:
    objects = importing(phase="ImportInProgress", progress="42.0%", conditions=[GOOD])
    for ago, said in (
        (STALL, "progressing import Importing"),
        (STALL + timedelta(seconds=1), "broken import ImportStuck"),
    ):
        dated = aged(objects, timedelta(hours=3))
        noted = tuple(
            written(each, "cdi-controller", ago, "status", "progress") if each["kind"] == "DataVolume" else each
            for each in dated
        )
        expected = expecting(objects, CRON, B)
        finding = Judged(noted, expected, Git(history=history(expected, B))).finding()
        assert outcome(finding) == said
    assert finding is not None
    assert finding.since == NOW - STALL - timedelta(seconds=1)


@pytest.mark.parametrize("progress", ["N/A", "0.0%", "100.0%", ""])
def test_what_shows_no_progress_is_not_called_stuck(progress: str) -> None:
    long_ago = timedelta(days=1)
    assert stalled_since(data_volume_view(volume(progress, ran=long_ago, changed_ago=long_ago)), NOW) is None


def test_what_nobody_noted_is_not_called_stuck() -> None:
    assert stalled_since(data_volume_view(volume("42.0%", ran=timedelta(days=1))), NOW) is None


def test_an_import_behind_one_that_stands_still_is_blocked() -> None:
    objects = aged(importing(phase="ImportInProgress", progress="42.0%", conditions=[GOOD]), timedelta(hours=3))
    noted = tuple(
        written(each, "cdi-controller", timedelta(hours=1), "status", "progress")
        if each["kind"] == "DataVolume"
        else each
        for each in changed("DataImportCron", "metadata", "annotations", value={}, objects=objects)
    )
    pinned = changed(
        "DataImportCron",
        "metadata",
        "annotations",
        value={"cdi.kubevirt.io/storage.import.sourceDesiredDigest": A},
        objects=noted,
    )
    expected = expecting(pinned, CRON, A)
    finding = Judged(pinned, expected, Git(history=history(expected, A, B))).finding()
    assert outcome(finding) == "broken import BlockedByWaitingImport"
    assert finding is not None
    assert "stands still at 42.0%" in finding.message
    assert finding.verdict is Verdict.BROKEN
