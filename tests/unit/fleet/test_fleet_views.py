"""Views say what CDI wrote, and survive what nobody should have written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.fleet import storage_views, views
from gitops_golden.fleet.views import CurrentImport, SourceReference

A = "sha256:" + "a" * 64
CRON: dict[str, Any] = {
    "apiVersion": "cdi.kubevirt.io/v1beta1",
    "kind": "DataImportCron",
    "metadata": {
        "annotations": {"cdi.kubevirt.io/storage.import.sourceDesiredDigest": A},
        "creationTimestamp": "2026-11-21T09:59:06Z",
        "name": "rhel9-bbbbbb",
        "namespace": "golden",
    },
    "spec": {"managedDataSource": "rhel9", "schedule": ""},
    "status": {
        "conditions": [
            {
                "lastTransitionTime": "2026-11-21T09:59:07Z",
                "message": "Latest import is up to date",
                "reason": "UpToDate",
                "status": "True",
                "type": "UpToDate",
            }
        ],
        "currentImports": [{"DataVolumeName": "rhel9-aaaaaaaaaaaa", "Digest": A}],
        "sourceFormat": "snapshot",
    },
}
SOURCE: dict[str, Any] = {
    "kind": "DataSource",
    "metadata": {
        "labels": {"cdi.kubevirt.io/dataImportCron": "rhel9-bbbbbb"},
        "name": "rhel9",
        "namespace": "golden",
    },
    "spec": {"source": {"snapshot": {"name": "rhel9-aaaaaaaaaaaa", "namespace": "golden"}}},
    "status": {
        "conditions": [{"reason": "Ready", "status": "True", "type": "Ready"}],
        "source": {"snapshot": {"name": "rhel9-aaaaaaaaaaaa", "namespace": "golden"}},
    },
}
CRASHING: dict[str, Any] = {
    "kind": "DataVolume",
    "metadata": {"name": "rhel9-bbbbbbbbbbbb", "namespace": "golden"},
    "spec": {
        "source": {"registry": {"pullMethod": "pod", "url": f"docker://registry/golden/rhel9@{A}"}},
        "storage": {"resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "fast"},
    },
    "status": {
        "claimName": "rhel9-bbbbbbbbbbbb",
        "conditions": [{"message": "Unable to process data", "reason": "Error", "status": "False", "type": "Running"}],
        "phase": "ImportInProgress",
        "progress": "N/A",
        "restartCount": 7,
    },
}
CLAIM: dict[str, Any] = {
    "kind": "PersistentVolumeClaim",
    "metadata": {"deletionTimestamp": "2026-11-21T09:59:06Z", "name": "v", "namespace": "golden"},
    "spec": {"storageClassName": "snappy", "volumeName": "pv-1"},
    "status": {"phase": "Bound"},
}
SNAPSHOT: dict[str, Any] = {
    "kind": "VolumeSnapshot",
    "metadata": {"name": "v", "namespace": "golden"},
    "spec": {"source": {"persistentVolumeClaimName": "v"}, "volumeSnapshotClassName": "snappy"},
    "status": {"readyToUse": True, "restoreSize": "1Gi"},
}


def test_a_cron_tells_its_digest_its_import_and_its_conditions() -> None:
    cron = views.cron_view(CRON)
    assert (cron.meta.namespace, cron.meta.name) == ("golden", "rhel9-bbbbbb")
    assert cron.desired_digest == A
    assert cron.managed_data_source == "rhel9"
    assert cron.current_import == CurrentImport(A, "rhel9-aaaaaaaaaaaa")
    assert cron.meta.created == datetime(2026, 11, 21, 9, 59, 6, tzinfo=UTC)
    up_to_date = cron.condition("UpToDate")
    assert up_to_date
    assert up_to_date.since == datetime(2026, 11, 21, 9, 59, 7, tzinfo=UTC)
    assert cron.condition("Progressing") is None


def test_the_keys_of_a_current_import_start_with_capitals() -> None:
    lower = {**CRON, "status": {"currentImports": [{"digest": A, "dataVolumeName": "x"}]}}
    assert views.cron_view(lower).current_import is None


@pytest.mark.parametrize("status", [None, {}, "Ready", [], 7])
def test_a_cron_that_cdi_never_acted_on_has_no_status(status: object) -> None:
    cron = views.cron_view({**CRON, "status": status})
    assert not cron.has_status
    assert cron.current_import is None


def test_a_source_tells_its_owner_and_what_it_points_at() -> None:
    source = views.data_source_view(SOURCE)
    assert source.meta.owner == "rhel9-bbbbbb"
    assert source.source == SourceReference("snapshot", "golden", "rhel9-aaaaaaaaaaaa")
    assert source.resolved == source.sources
    assert source.ready


def test_a_source_that_points_at_two_things_points_at_none() -> None:
    both = {"pvc": {"name": "v", "namespace": "golden"}, "snapshot": {"name": "v", "namespace": "golden"}}
    source = views.data_source_view({**SOURCE, "spec": {"source": both}})
    assert source.source is None
    assert len(source.sources) == 2


def test_a_source_as_rendered_points_at_nothing() -> None:
    assert views.data_source_view({"spec": {"source": {}}}).sources == ()


def test_a_crash_loop_shows_in_restarts_and_the_importers_message() -> None:
    volume = views.data_volume_view(CRASHING)
    running = volume.condition("Running")
    assert running
    assert (running.reason, running.message) == ("Error", "Unable to process data")
    assert (volume.restarts, volume.phase, volume.storage_class) == (7, "ImportInProgress", "fast")


def test_a_claim_is_ready_when_bound_and_says_that_it_goes() -> None:
    claim = storage_views.volume_view(CLAIM)
    assert claim.ready
    assert claim.meta.deleting
    assert claim.storage_class == "snappy"
    assert not storage_views.volume_view({**CLAIM, "status": {"phase": "Pending"}}).ready


@pytest.mark.parametrize(("ready", "expected"), [(True, True), (False, False), ("true", False), (None, False)])
def test_a_snapshot_is_ready_only_when_it_says_true(ready: object, expected: bool) -> None:  # noqa: FBT001 - a table
    snapshot = storage_views.volume_view({**SNAPSHOT, "status": {"readyToUse": ready}})
    assert snapshot.ready is expected
    assert snapshot.kind == "VolumeSnapshot"


def test_a_storage_class_tells_both_kinds_of_default() -> None:
    both = {
        "storageclass.kubernetes.io/is-default-class": "true",
        "storageclass.kubevirt.io/is-default-virt-class": "true",
    }
    found = storage_views.storage_class_view({"metadata": {"name": "fast", "annotations": both}, "provisioner": "csi"})
    assert (found.name, found.default, found.virt_default) == ("fast", True, True)
    assert not storage_views.storage_class_view({"metadata": {"name": "slow"}}).default


def test_a_claim_has_the_room_that_it_was_given_and_before_that_what_it_asks_for() -> None:
    asks = {**CLAIM, "spec": {"resources": {"requests": {"storage": "1Gi"}}, "accessModes": ["ReadWriteOnce", 7]}}
    assert storage_views.volume_view(asks).size == 2**30
    given = {**asks, "status": {"phase": "Bound", "capacity": {"storage": "2Gi"}}}
    assert storage_views.volume_view(given).size == 2**31
    assert storage_views.volume_view(given).access_modes == {"ReadWriteOnce"}
    assert storage_views.volume_view(CLAIM).size is None


def test_a_snapshot_has_the_room_of_what_is_restored_from_it() -> None:
    assert storage_views.volume_view(SNAPSHOT).size == 2**30
    assert storage_views.volume_view({**SNAPSHOT, "status": {"restoreSize": "0"}}).size is None


def test_a_snapshot_takes_what_is_written_whatever_the_room_of_its_clones() -> None:
    advised = {"annotations": {"cdi.kubevirt.io/storage.import.advisedRestoreSize": "4Gi"}}
    found = storage_views.volume_view({**SNAPSHOT, "metadata": advised})
    assert (found.held, found.size) == (2**30, 2**32)


@pytest.mark.parametrize(
    ("endpoint", "digest"), [(f"docker://r/rhel9@{A}", A), ("docker://r/rhel9:9", ""), ("docker:aaaaaaaaaaaa", "")]
)
def test_what_was_imported_by_a_tag_alone_has_no_digest(endpoint: str, digest: str) -> None:
    claim = {"metadata": {"annotations": {"cdi.kubevirt.io/storage.import.endpoint": endpoint}}}
    assert storage_views.volume_view(claim).imported == digest
    assert views.data_volume_view({"spec": {"source": {"registry": {"url": endpoint}}}}).digest == digest


def test_a_profile_tells_the_snapshot_class_of_its_storage_class() -> None:
    assert storage_views.snapshot_class_of({"status": {"snapshotClass": "snappy"}}) == "snappy"
    assert storage_views.snapshot_class_of(None) == ""


@pytest.mark.parametrize("time", ["yesterday", "2026-11-21", "2026-11-21T10:00:00", "0001-01-01T00:00:00+14:00", 7])
def test_a_time_that_is_none_reads_as_absent(time: object) -> None:
    assert views.meta({"metadata": {"creationTimestamp": time}}).created is None


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def _places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, inner in entries for place in _places(inner, (*path, key)))]


def _with(value: Any, path: tuple[str | int, ...], new: object) -> object:
    if not path:
        return new
    changed = value.copy()
    changed[path[0]] = _with(value[path[0]], path[1:], new)
    return changed


@given(st.data())
def test_no_wrong_shape_anywhere_makes_a_view_fail(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([CRON, SOURCE, CRASHING, CLAIM, SNAPSHOT]))
    broken = _with(whole, data.draw(st.sampled_from(_places(whole))), data.draw(ANYTHING))
    cron = views.cron_view(broken)
    assert isinstance(cron.desired_digest + cron.managed_data_source, str)
    assert isinstance(views.data_source_view(broken).ready, bool)
    assert views.data_volume_view(broken).restarts is not None
    volume = storage_views.volume_view(broken)
    assert isinstance(volume.ready, bool)
    assert isinstance(volume.phase + volume.storage_class + volume.snapshot_class + volume.message, str)
    assert volume.size is None or volume.size > 0
    assert volume.access_modes is not None
    assert storage_views.storage_class_view(broken).name is not None
