"""Orphans, imports in vain, volumes on another class: what is told, what could be freed, and what is left alone."""

from __future__ import annotations

from datetime import datetime
from time import process_time
from typing import TYPE_CHECKING, Any

import pytest

from gitops_golden.drift.model import Command, Note, What
from gitops_golden.fleet.observation import Unread
from gitops_golden.render.cdi import DIGEST_ANNOTATION
from tests import builders
from tests.builders import A, B, C
from tests.recordings import moments
from tests.unit.drift.site import BORN, NAMESPACE, SIZE, Branch, claim, cron, data_source, plan, site, snapshot, volume

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitops_golden.drift.model import Drift
    from tests.unit.drift.site import Site

OLD = "rhel9-01dc0de1"
FAST: dict[str, Any] = {"storage.className": "fast"}
TEAM: dict[str, Any] = {"metadata.labels.team": "a"}


def one(place: Site) -> Drift:
    (drift,) = place.drift().drifts
    return drift


def commands(place: Site) -> list[tuple[str, str, str]]:
    return [(step.action, step.kind, step.name) for step in place.drift().steps if isinstance(step, Command)]


def notes(place: Site) -> str:
    return "\n".join(step.text for step in place.drift().steps if isinstance(step, Note))


def test_a_volume_of_a_cron_that_is_gone_is_an_orphan_with_size_and_age() -> None:
    place = site()
    place.add(*volume("rhel9", OLD, B))
    drift = one(place)
    assert (drift.what, drift.size, drift.reclaimable) == (What.ORPHANED_VOLUME, SIZE, True)
    assert drift.since == datetime.fromisoformat(BORN)
    assert "made 2026-11-20" in drift.message
    # Its DataVolume would make the claim anew, so that is what goes.
    assert commands(place) == [("delete-volume", "DataVolume", drift.name)]


def test_an_orphan_is_one_since_the_commit_that_took_its_cron_out() -> None:
    before = plan(images=(builders.image(storage_size="40Gi"),))
    place = site(plan(), before)
    place.branch = Branch((*place.branch.commits[:1], *place.branch.commits))
    place.add(*volume("rhel9", site(before).cron, B))
    drift = one(place)
    assert drift.since is not None
    assert "Git holds it no longer since commit" in drift.message


def test_a_snapshot_of_a_cron_that_is_gone_is_an_orphan() -> None:
    place = site()
    place.add(snapshot("rhel9-bbbbbbbbbbbb", OLD))
    assert (one(place).what, one(place).size) == (What.ORPHANED_SNAPSHOT, 10 << 30)
    assert commands(place) == [("delete-volume", "VolumeSnapshot", "rhel9-bbbbbbbbbbbb")]


def test_a_claim_without_a_datavolume_goes_by_itself() -> None:
    place = site()
    place.add(claim("rhel9-bbbbbbbbbbbb", OLD))
    assert commands(place) == [("delete-volume", "PersistentVolumeClaim", "rhel9-bbbbbbbbbbbb")]


def test_a_claim_without_cdis_label_is_never_ours() -> None:
    place = site()
    place.add(claim("rhel9-bbbbbbbbbbbb", ""), claim("a-vms-disk", ""))
    assert place.said() == []


def test_a_claim_with_cdis_label_that_is_no_import_by_its_name_may_be_a_vms_disk() -> None:
    place = site()
    place.add(claim("a-vms-disk", OLD), claim("rhel9-disk", OLD))
    assert commands(place) == []
    assert notes(place).count("it may be a VM's disk") == 2


def test_a_volume_whose_datavolume_belongs_to_a_vm_is_left_alone() -> None:
    place = site()
    for made, digest in ((volume("rhel9", OLD, B), B), (volume("rhel9", OLD, C, phase="Pending"), C)):
        made[0]["metadata"]["ownerReferences"] = [{"kind": "VirtualMachine", "name": f"vm-{digest[-1]}", "uid": "u"}]
        place.add(*made)
    assert commands(place) == []
    assert "belongs to VirtualMachine vm-b" in notes(place)
    assert "belongs to VirtualMachine vm-c" in notes(place)


@pytest.mark.parametrize("kind", ["DataSource", "DataImportCron"])
@pytest.mark.parametrize("phase", ["Succeeded", "ImportInProgress"])
def test_what_another_fleet_in_the_same_namespace_may_go_back_to_is_left_alone(kind: str, phase: str) -> None:
    place = site()
    place.add(
        data_source("debian", "debian-01dc0de1", f"debian-{'c' * 12}"),
        cron("debian-01dc0de1", digest=C, managed="debian"),
        *volume("debian", "debian-01dc0de1", C),
        *volume("debian", "debian-0ff00ff0", B, phase=phase),
    )
    name = "debian" if kind == "DataSource" else "debian-01dc0de1"
    place.get(kind, name)["metadata"]["labels"]["gitops-golden/fleet"] = "other"
    assert commands(place) == []
    assert f"{kind} {name} is of fleet other, who may go back to it" in notes(place)


def test_what_a_living_cron_keeps_is_its_own_to_collect() -> None:
    place = site()
    place.add(*volume("rhel9", place.cron, B), *volume("rhel9", place.cron, C))
    assert place.said() == []


def test_an_adopted_volume_is_served_although_its_datavolume_names_the_old_cron() -> None:
    place = site()
    place.get("DataVolume")["metadata"]["labels"]["cdi.kubevirt.io/dataImportCron"] = OLD
    place.add(*volume("rhel9", OLD, B))
    assert commands(place) == [("delete-volume", "DataVolume", "rhel9-bbbbbbbbbbbb")]


def test_the_orphan_that_real_cdi_left_at_a_hand_over_is_told_and_nothing_else_of_its_storage() -> None:
    recorded = list(moments("handover_orphans"))[-1]
    place = site()
    namespace = "golden-handover-orphans"
    place.objects = [{**each, "metadata": each["metadata"] | {"namespace": namespace}} for each in recorded]
    told = [drift for drift in place.drift().drifts if drift.kind == "PersistentVolumeClaim"]
    assert [(drift.what, drift.name, drift.size) for drift in told] == [
        (What.ORPHANED_VOLUME, "rhel9-aaaaaaaaaaaa", 1138166334)
    ]


@pytest.mark.parametrize("scenario", ["handover", "handover_with_bump", "pinned_bump_and_rollback", "keep_two"])
def test_no_command_touches_what_real_cdi_serves(scenario: str) -> None:
    base = site()
    for recorded in moments(scenario):
        place = base.copy()
        place.objects = [{**each, "metadata": each["metadata"] | {"namespace": NAMESPACE}} for each in recorded]
        served = {
            source["name"]
            for each in recorded
            if each["kind"] == "DataSource"
            for source in each["spec"].get("source", {}).values()
        }
        assert not served.intersection(name for _, _, name in commands(place))


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda place: setattr(place, "digests", (A, B)), "the lock, Git or a cron still names its digest"),
        (
            lambda place: place.add(
                {
                    "kind": "DataSource",
                    "metadata": {"namespace": "elsewhere", "name": "borrowed"},
                    "spec": {"source": {"pvc": {"namespace": NAMESPACE, "name": "rhel9-bbbbbbbbbbbb"}}},
                }
            ),
            "",
        ),
        (
            lambda place: place.get("PersistentVolumeClaim", "rhel9-bbbbbbbbbbbb")["metadata"]["finalizers"].append(
                "provisioner.storage.kubernetes.io/cloning-protection"
            ),
            "finalizer provisioner.storage.kubernetes.io/cloning-protection",
        ),
        (
            lambda place: place.get("PersistentVolumeClaim", "rhel9-bbbbbbbbbbbb")["metadata"].update(
                deletionTimestamp=BORN
            ),
            "being deleted already",
        ),
        (
            lambda place: place.get("PersistentVolumeClaim", "rhel9-bbbbbbbbbbbb")["metadata"][
                "ownerReferences"
            ].append({"kind": "VirtualMachine", "name": "vm", "uid": "1"}),
            "it belongs to DataVolume",
        ),
        (
            lambda place: place.add(
                claim("copy", "", phase="Pending")
                | {"spec": {"dataSource": {"kind": "PersistentVolumeClaim", "name": "rhel9-bbbbbbbbbbbb"}}}
            ),
            "claim copy may be cloning it",
        ),
        (
            lambda place: setattr(place, "unread", (Unread("DataSource", "elsewhere", "Forbidden"),)),
            "DataSources in elsewhere could not be read: Forbidden",
        ),
    ],
    ids=["in the lock", "served elsewhere", "a finalizer", "deleting", "owned", "cloned", "unread"],
)
def test_what_may_be_needed_is_told_and_left_alone(make: Callable[[Site], object], why: str) -> None:
    place = site()
    place.add(*volume("rhel9", OLD, B))
    make(place)
    assert commands(place) == []
    assert why in notes(place)


def test_where_a_claim_is_from_wants_it_back_by_a_digest_alone() -> None:
    place = site()
    place.add(*volume("rhel9", OLD, B))
    noted = place.get("PersistentVolumeClaim", "rhel9-bbbbbbbbbbbb")["metadata"]["annotations"]
    noted["cdi.kubevirt.io/storage.import.endpoint"] = f"docker:{A[7:19]}"
    assert [name for _, _, name in commands(place)] == ["rhel9-bbbbbbbbbbbb"]


def test_an_import_that_nobody_asks_for_any_more_is_told_and_can_go() -> None:
    place = site()
    place.add(*volume("rhel9", OLD, B, phase="Pending"))
    assert (one(place).what, one(place).reclaimable) == (What.UNWANTED_IMPORT, True)
    assert commands(place) == [("delete-import", "DataVolume", "rhel9-bbbbbbbbbbbb")]


def test_an_import_that_git_or_its_cron_asks_for_is_wanted() -> None:
    place = site(plan(B, A), plan(A), at=plan(A))
    place.add(*volume("rhel9", place.cron, B, phase="ImportInProgress"))
    assert {what for what, _ in place.said()} == {"NotSynced"}
    place.get("DataImportCron")["metadata"]["annotations"][DIGEST_ANNOTATION] = C
    place.add(*volume("rhel9", place.cron, C, phase="ImportInProgress"))
    assert {what for what, _ in place.said()} == {"CronEdited"}


def test_an_import_of_a_digest_that_the_lock_holds_is_left_alone() -> None:
    place = site()
    place.digests = (A, B)
    place.add(*volume("rhel9", place.cron, B, phase="Pending"))
    assert (one(place).what, one(place).reclaimable) == (What.UNWANTED_IMPORT, False)
    assert commands(place) == []


def test_a_volume_on_another_class_than_its_cron_says_is_told_and_not_touched() -> None:
    place = site(plan(images=(builders.image(**FAST),)))
    drift = one(place)
    assert (drift.what, drift.name, drift.size) == (What.OTHER_STORAGE_CLASS, "rhel9-aaaaaaaaaaaa", SIZE)
    assert "is on standard" in drift.message
    assert commands(place) == []


@pytest.mark.parametrize(
    ("snapshot_class", "told"),
    [("csi-slow", "is of snapshot class csi-slow (that of fast is csi-fast)"), ("csi-fast", None), ("", None)],
)
def test_a_snapshot_is_to_be_of_the_class_that_cdi_uses_for_what_its_cron_says(
    snapshot_class: str, told: str | None
) -> None:
    place = site(plan(images=(builders.image(**FAST),)))
    for kind in ("DataVolume", "PersistentVolumeClaim"):
        place.remove(kind)
    name = "rhel9-aaaaaaaaaaaa"
    made = snapshot(name, place.cron)
    made["spec"]["volumeSnapshotClassName"] = snapshot_class
    profile = {"kind": "StorageProfile", "metadata": {"name": "fast"}, "status": {"snapshotClass": "csi-fast"}}
    place.add(made, profile)
    place.get("DataSource")["spec"]["source"] = {"snapshot": {"namespace": NAMESPACE, "name": name}}
    if told is None:
        assert place.said() == []
        return
    drift = one(place)
    assert (drift.what, drift.kind, drift.name) == (What.OTHER_STORAGE_CLASS, "VolumeSnapshot", name)
    assert told in drift.message
    assert f"delete VolumeSnapshot {name}" in drift.remedy


def test_a_size_that_is_no_quantity_is_not_told() -> None:
    place = site()
    place.add(claim("rhel9-bbbbbbbbbbbb", OLD))
    place.get("PersistentVolumeClaim", "rhel9-bbbbbbbbbbbb")["status"]["capacity"]["storage"] = "much"
    assert one(place).size is None


def test_a_snapshot_takes_what_is_written_however_large_its_clones_are_made() -> None:
    place = site()
    made = snapshot("rhel9-bbbbbbbbbbbb", OLD)
    made["metadata"]["annotations"] = {"cdi.kubevirt.io/storage.import.advisedRestoreSize": "40Gi"}
    place.add(made)
    assert one(place).size == 10 << 30


def test_volumes_of_a_retired_cron_go_after_it() -> None:
    before = plan(images=(builders.image(storage_size="40Gi"),))
    place = site(plan(), before)
    old = site(before)
    place.add(old.get("DataImportCron"), *volume("rhel9", old.cron, B))
    place.get("DataImportCron", old.cron)["metadata"]["annotations"][DIGEST_ANNOTATION] = A
    assert [action for action, _, _ in commands(place)] == ["delete-cron", "delete-volume"]


def test_a_retired_cron_that_a_datasource_of_gits_is_given_to_stays_with_its_volumes() -> None:
    before = plan(images=(builders.image(storage_size="40Gi"),))
    place = site(plan(), before)
    old = site(before)
    place.add(old.get("DataImportCron"), *volume("rhel9", old.cron, B))
    place.get("DataSource")["metadata"]["labels"]["cdi.kubevirt.io/dataImportCron"] = old.cron
    assert commands(place) == []
    assert "is still given to it" in notes(place)
    assert f"cron {old.cron} holds it" in notes(place)


def test_a_cron_that_takes_its_volumes_with_it_stays_if_one_is_needed() -> None:
    place = site()
    # An adopted volume's DataVolume keeps the old cron's label: with it the claim that is served would go.
    place.get("DataVolume")["metadata"]["labels"]["cdi.kubevirt.io/dataImportCron"] = "theirs"
    place.add(cron("theirs", retention="None"))
    assert place.said() == [("SecondCron", "theirs")]
    assert commands(place) == []
    told = "DataVolume rhel9-aaaaaaaaaaaa, which is needed, would go with it, for its retentionPolicy is None"
    assert told in notes(place)


@pytest.mark.parametrize("kind", ["DataVolume", "PersistentVolumeClaim"])
def test_a_cron_stays_that_takes_what_a_cron_before_it_marked(kind: str) -> None:
    # The one before it had retentionPolicy None: CDI marks what that one held, and nobody takes the mark away.
    place = site()
    place.add(cron("second", retention="All"))
    labels = place.get(kind)["metadata"]["labels"]
    labels |= {"cdi.kubevirt.io/dataImportCron": "second"}
    assert ("delete-cron", "DataImportCron", "second") in commands(place)
    labels |= {"cdi.kubevirt.io/dataImportCron.cleanup": "true"}
    assert commands(place) == []
    assert f"{kind} rhel9-aaaaaaaaaaaa, which is needed, would go with it" in notes(place)
    (drift,) = (each for each in place.drift().drifts if each.what is What.SECOND_CRON)
    assert "rhel9-aaaaaaaaaaaa would go with it, marked so by a cron before it" in drift.remedy


def test_a_second_cron_that_keeps_volumes_can_go() -> None:
    place = site()
    place.add(cron("theirs"))
    assert commands(place) == [("delete-cron", "DataImportCron", "theirs")]


def test_what_carries_no_name_of_kubernetes_is_left_alone() -> None:
    place = site()
    place.add(claim("rhel9-bbbbbbbbbbbb'; reboot #", OLD))
    assert commands(place) == []
    assert "is no name of Kubernetes" in notes(place)


def test_what_is_left_over_is_taken_off() -> None:
    place = site(plan(), plan(B, images=(builders.image(**TEAM),)))
    place.get("DataImportCron")["metadata"]["labels"]["team"] = "a"
    (step,) = place.drift().steps
    assert isinstance(step, Command)
    assert (step.action, step.kind, step.keys) == ("unlabel", "DataImportCron", ("team",))


def test_what_the_engine_mends_is_counted_and_not_commanded() -> None:
    place = site()
    place.remove("Role")
    place.remove("RoleBinding")
    assert notes(place) == "2 differences are for the GitOps engine to mend: let it sync this cluster"


def test_thousands_of_strays_are_told_in_seconds() -> None:
    place, number = site(), 2000
    for each in range(number):
        digest = f"sha256:{each:012x}{'0' * 52}"
        place.add(*volume("rhel9", OLD, digest), cron(f"stray-{each}", managed=f"stray{each}", digest=digest))
    began = process_time()
    drift = place.drift()
    assert process_time() - began < 10
    assert len(drift.drifts) == 2 * number
