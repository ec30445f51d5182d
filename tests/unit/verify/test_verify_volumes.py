"""A volume is what was asked for, or the difference is told; what the policy leaves open is CDI's to choose."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.fleet.observation import Unread
from tests.builders import A
from tests.recordings import objects_before
from tests.unit.verify.ground import CRON, VOLUME, changed, converged, without
from tests.unit.verify.world import Git, Judged, expecting, history, outcome

if TYPE_CHECKING:
    from gitops_golden.verify.model import Finding
    from tests.unit.verify.ground import Objects

CLAIM = "PersistentVolumeClaim"
SNAPSHOT = "VolumeSnapshot"
SNAPSHOTS = objects_before("snapshot_format", "pin B")


def found(objects: Objects, *, of: Objects | None = None, **asked: Any) -> Finding | None:
    expected = replace(expecting(of or converged(), CRON), **asked)
    return Judged(objects, expected, Git(history=history(expected, A))).finding()


def claim(**spec: Any) -> Objects:
    objects = converged()
    for each in objects:
        if each["kind"] == CLAIM:
            each["spec"] |= spec
    return objects


@pytest.mark.parametrize(
    ("objects", "asked", "said"),
    [
        (converged(), {"access_modes": frozenset({"ReadWriteOnce"})}, "converged"),
        (converged(), {"access_modes": frozenset({"ReadWriteMany"})}, "broken volume OtherAccessModes"),
        (claim(accessModes=["ReadWriteMany"]), {}, "converged"),
        (claim(accessModes="all"), {"access_modes": frozenset({"ReadWriteMany"})}, "broken volume OtherAccessModes"),
        (converged(), {"volume_mode": "Filesystem"}, "converged"),
        (converged(), {"volume_mode": "Block"}, "broken volume OtherVolumeMode"),
        (claim(volumeMode="Block"), {}, "converged"),
        (converged(), {"size": 1138166334}, "converged"),
        (converged(), {"size": 1138166335}, "broken volume VolumeTooSmall"),
        (converged(), {"size": None}, "converged"),
        (converged(), {"storage_class": "slow", "size": 2**40}, "broken volume WrongStorageClass"),
    ],
)
def test_a_volume_other_than_asked_for_has_its_reason(objects: Objects, asked: dict[str, Any], said: str) -> None:
    assert outcome(found(objects, **asked)) == said


@given(has=st.integers(1, 2**62), wanted=st.integers(1, 2**62))
def test_a_volume_is_too_small_if_it_has_less_and_only_then(has: int, wanted: int) -> None:
    objects = changed(CLAIM, "status", "capacity", value={"storage": str(has)})
    finding = found(objects, size=wanted)
    assert (finding is not None) is (has < wanted)


@pytest.mark.parametrize("told", ["", "much", None, "-1", 7])
def test_a_volume_that_does_not_tell_its_size_is_not_called_too_small(told: object) -> None:
    objects = changed(CLAIM, "status", "capacity", value={"storage": told})
    objects = changed(CLAIM, "spec", "resources", value={}, objects=objects)
    assert found(objects, size=2**40) is None


# Snapshots ----------------------------------------------------------------------------------------------------------


def profile(snapshot_class: str | None, preferred: str = "") -> dict[str, Any]:
    status = {"snapshotClass": snapshot_class} if snapshot_class else {}
    noted = {"cdi.kubevirt.io/snapshotClassForDataImportCron": preferred} if preferred else {}
    return {"kind": "StorageProfile", "metadata": {"name": "snappy", "annotations": noted}, "status": status}


def restored(size: str, advised: str) -> Objects:
    """Return the snapshots with what their driver says that they take, and what CDI advises to make of them."""
    objects = changed(SNAPSHOT, "status", "restoreSize", value=size, objects=SNAPSHOTS)
    noted = {"cdi.kubevirt.io/storage.import.advisedRestoreSize": advised} if advised else {}
    return changed(SNAPSHOT, "metadata", "annotations", value=noted, objects=objects)


@pytest.mark.parametrize(
    ("extra", "asked", "said"),
    [
        ((), {"size": 2**30}, "converged"),
        ((), {"size": 2**30 + 1}, "broken volume VolumeTooSmall"),
        ((profile(None),), {}, "converged"),
        ((profile("snappy"),), {}, "converged"),
        ((profile("other"),), {}, "broken volume WrongStorageClass"),
        ((profile("other", preferred="snappy"),), {}, "converged"),
        ((profile("snappy", preferred="other"),), {}, "broken volume WrongStorageClass"),
        ((), {"access_modes": frozenset({"ReadWriteMany"}), "volume_mode": "Block"}, "converged"),
    ],
)
def test_a_snapshot_is_held_to_what_cdi_tells_of_it(extra: Objects, asked: dict[str, Any], said: str) -> None:
    assert outcome(found((*SNAPSHOTS, *extra), of=SNAPSHOTS, **asked)) == said


@pytest.mark.parametrize(
    ("size", "advised", "said"),
    [
        ("300Mi", "30Gi", "converged"),
        ("0", "30Gi", "converged"),
        ("0", "", "converged"),
        ("31Gi", "20Gi", "converged"),
        ("300Mi", "20Gi", "broken volume VolumeTooSmall"),
    ],
)
def test_a_snapshot_of_a_driver_that_counts_what_is_written_is_as_large_as_cdi_makes_its_clones(
    size: str, advised: str, said: str
) -> None:
    assert outcome(found(restored(size, advised), of=SNAPSHOTS, size=30 * 2**30)) == said


def test_a_claim_by_the_name_of_the_snapshot_that_is_sound_is_not_what_consumers_are_to_be_given() -> None:
    claim = next(each for each in converged() if each["kind"] == CLAIM)
    (snapshot,) = (each for each in SNAPSHOTS if each["kind"] == SNAPSHOT)
    claim["metadata"] |= {"namespace": snapshot["metadata"]["namespace"], "annotations": {}}
    place = {"name": VOLUME, "namespace": snapshot["metadata"]["namespace"]}
    objects = (*changed("DataSource", "spec", "source", value={"pvc": place}, objects=SNAPSHOTS), claim)
    finding = found(objects, of=SNAPSHOTS)
    assert outcome(finding) == "broken datasource OtherSource"
    assert finding is not None
    assert f"points at {CLAIM} {VOLUME}, not at {SNAPSHOT} {VOLUME}" in finding.message
    assert outcome(found((*SNAPSHOTS, claim), of=SNAPSHOTS)) == "converged"


def test_a_snapshot_that_is_given_and_may_not_be_read_is_not_proven_by_the_claim_of_its_name() -> None:
    claim = next(each for each in converged() if each["kind"] == CLAIM)
    (snapshot,) = (each for each in SNAPSHOTS if each["kind"] == SNAPSHOT)
    claim["metadata"] |= {"namespace": snapshot["metadata"]["namespace"]}
    objects = (*(each for each in SNAPSHOTS if each["kind"] != SNAPSHOT), claim)
    expected = replace(expecting(SNAPSHOTS, CRON), storage_class=None)
    unread = (Unread(SNAPSHOT, expected.namespace, "Forbidden"),)
    finding = Judged(objects, expected, Git(history=history(expected, A))).finding(unread=unread)
    assert outcome(finding) == "unreachable datasource Forbidden"


def test_a_snapshot_that_is_not_ready_is_told_with_its_error() -> None:
    objects = changed(SNAPSHOT, "status", value={"error": {"message": "no room in the pool"}}, objects=SNAPSHOTS)
    finding = found(objects, of=SNAPSHOTS)
    assert outcome(finding) == "progressing volume SnapshotNotReady"
    assert finding is not None
    assert "no room in the pool" in finding.message


def test_snapshots_that_may_not_be_read_are_not_absent_while_it_is_open_what_cdi_keeps() -> None:
    objects = changed("DataImportCron", "status", "sourceFormat", value="", objects=without(CLAIM))
    expected = expecting(converged(), CRON)
    unread = (Unread(SNAPSHOT, expected.namespace, "Forbidden"),)
    git = Git(history=history(expected, A))
    assert outcome(Judged(objects, expected, git).finding(unread=unread)) == "unreachable volume Forbidden"
    assert outcome(Judged(without(CLAIM), expected, git).finding(unread=unread)) == "broken volume VolumeAbsent"


# What to do ---------------------------------------------------------------------------------------------------------


def lost(*, record: bool) -> Objects:
    objects = changed(CLAIM, "status", "phase", value="Lost")
    return objects if record else tuple(each for each in objects if each["kind"] != "DataVolume")


@pytest.mark.parametrize(("record", "kind"), [(True, "datavolumes.cdi.kubevirt.io"), (False, "persistentvolumeclaims")])
def test_a_volume_is_deleted_with_its_record_if_there_is_one(*, record: bool, kind: str) -> None:
    finding = found(lost(record=record))
    assert finding is not None
    assert f"`kubectl -n golden-pinned-bump-and-rollback delete {kind} {VOLUME}`" in finding.remedy
    assert "consumers wait for that" in finding.remedy


def test_a_snapshot_is_deleted_as_one() -> None:
    finding = found((*copy.deepcopy(SNAPSHOTS), profile("other")), of=SNAPSHOTS)
    assert finding is not None
    assert f"delete volumesnapshots.snapshot.storage.k8s.io {VOLUME}`" in finding.remedy
