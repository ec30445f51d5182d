"""Fields of ours that others changed, and objects of ours that are gone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from gitops_golden.drift.model import What
from gitops_golden.fleet.observation import Unread
from gitops_golden.policy.model import Channel, Subject
from gitops_golden.render.cdi import DIGEST_ANNOTATION, FLEET_LABEL, OWNER_LABEL
from tests import builders
from tests.builders import A, B, C
from tests.unit.drift.site import IMAGE, NOW, TOUCHED, edited, plan, site

TEAM: dict[str, Any] = {"metadata.labels.team": "a"}


def test_a_cluster_that_holds_what_git_says_has_no_drift() -> None:
    found = site().drift()
    assert (found.drifts, found.others, found.unread, found.steps) == ((), (), (), ())


def test_an_edited_digest_is_told_with_who_and_when() -> None:
    place = site()
    edited(place.get("DataImportCron"), "annotations", {DIGEST_ANNOTATION: B})
    (drift,) = place.drift().drifts
    assert (drift.what, drift.name, drift.who) == (What.CRON_EDITED, place.cron, "kubectl-edit")
    assert drift.since == datetime.fromisoformat(TOUCHED)
    assert drift.fields == (("metadata", "annotations", DIGEST_ANNOTATION),)
    assert B in drift.message
    assert A in drift.message


def test_what_was_set_back_since_is_no_drift() -> None:
    place = site()
    edited(place.get("DataImportCron"), "annotations", {DIGEST_ANNOTATION: B})
    edited(place.get("DataImportCron"), "annotations", {DIGEST_ANNOTATION: A}, by="somebody")
    assert place.said() == []


def test_two_who_edited_one_object_are_told_apart() -> None:
    place = site()
    edited(place.get("DataImportCron"), "annotations", {DIGEST_ANNOTATION: B}, by="one")
    edited(place.get("DataImportCron"), "labels", {FLEET_LABEL: "other"}, by="two")
    told = sorted((drift.what.value, drift.who) for drift in place.drift().drifts)
    assert told == [("CronEdited", "one"), ("CronEdited", "two")]


def test_of_a_field_that_is_gone_nobody_is_noted() -> None:
    place = site()
    edited(place.get("DataSource"), "labels", {OWNER_LABEL: None})
    (drift,) = place.drift().drifts
    assert (drift.what, drift.who, drift.since) == (What.DATA_SOURCE_EDITED, None, None)
    assert f"{OWNER_LABEL} is gone" in drift.message


def test_another_spec_says_what_deleting_the_cron_takes() -> None:
    place = site()
    place.get("DataImportCron")["spec"] |= {"importsToKeep": 9, "retentionPolicy": "None"}
    (drift,) = place.drift().drifts
    assert (drift.what, drift.fields) == (
        What.CRON_SPEC_EDITED,
        (("spec", "importsToKeep"), ("spec", "retentionPolicy")),
    )
    assert "its volumes go with it" in drift.remedy


def test_what_cdi_and_the_api_server_add_is_no_drift() -> None:
    place = site()
    cron = place.get("DataImportCron")
    cron["spec"]["template"] |= {"metadata": {}, "status": {}}
    edited(cron, "annotations", {"cdi.kubevirt.io/storage.import.storageClass": "fast"}, by="cdi-controller")
    edited(place.get("DataSource"), "labels", {"app.kubernetes.io/component": "storage"}, by="cdi-controller")
    assert place.said() == []


def test_a_channel_that_leads_elsewhere_was_edited() -> None:
    channels = (Channel("stable", IMAGE, builders.HERE),)
    place = site(plan(channels=channels))
    place.get("DataSource", "stable")["spec"]["source"]["dataSource"]["name"] = "somebodys"
    assert place.said() == [("PointerEdited", "stable")]


def test_other_consumers_than_gits_were_edited() -> None:
    place = site()
    subjects = place.get("RoleBinding")["subjects"]
    subjects.append({"kind": "Group", "name": "everybody", "apiGroup": "rbac.authorization.k8s.io"})
    ((what, _),) = place.said()
    assert what == "ConsumersEdited"


def test_rights_in_another_order_are_the_same_rights() -> None:
    place = site()
    place.get("Role")["rules"].reverse()
    assert place.said() == []


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("DataImportCron", "CronAbsent"),
        ("DataSource", "DataSourceAbsent"),
        ("Role", "ConsumersAbsent"),
        ("RoleBinding", "ConsumersAbsent"),
    ],
)
def test_what_git_held_before_and_the_cluster_lacks_was_removed(kind: str, what: str) -> None:
    everybody, nobody = plan(B, A), plan(A, consumers=(Subject("User", "", "ann"),))
    place = site(everybody, nobody)
    place.remove(kind)
    (drift,) = place.drift().drifts
    assert (drift.what.value, drift.since) == (what, NOW - timedelta(hours=1))


def test_an_object_that_is_new_in_git_is_not_synced_yet() -> None:
    channels = (Channel("stable", IMAGE, builders.HERE),)
    place = site(plan(channels=channels), plan(), at=plan())
    (drift,) = place.drift().drifts
    assert (drift.what, drift.name, drift.since) == (What.NOT_SYNCED, "stable", NOW)


def test_a_cluster_that_is_where_an_earlier_commit_left_it_has_not_synced() -> None:
    place = site(plan(B, A), plan(A), at=plan(A))
    (drift,) = place.drift().drifts
    assert (drift.what, drift.since) == (What.NOT_SYNCED, NOW)
    assert "as commit 000000000001 had it" in drift.message


def test_a_cluster_is_behind_since_the_first_commit_that_it_has_not_followed() -> None:
    place = site(plan(C, B, A), plan(B, A), plan(A), at=plan(A))
    (drift,) = place.drift().drifts
    assert (drift.what, drift.since) == (What.NOT_SYNCED, NOW - timedelta(hours=1))


def test_a_cron_with_another_spec_that_is_not_synced_is_told_once() -> None:
    larger = plan(images=(builders.image(storage_size="40Gi"),))
    place = site(larger, plan(), at=plan())
    assert {what for what, _ in place.said()} == {"NotSynced"}


def test_a_label_that_git_held_once_and_no_longer_is_left_over() -> None:
    before = plan(B, images=(builders.image(**TEAM),))
    place = site(plan(), before)
    edited(place.get("DataImportCron"), "labels", {"team": "a", "other": "b"}, by="engine")
    (drift,) = place.drift().drifts
    assert (drift.what, drift.who, drift.fields) == (What.LEFT_OVER, "engine", (("metadata", "labels", "team"),))


def test_a_kind_that_may_not_be_read_is_not_absent() -> None:
    place = site()
    place.remove("DataSource")
    place.unread = (Unread("DataSource", "", "Forbidden"),)
    found = place.drift()
    assert found.drifts == ()
    assert [(gap.kind, gap.reason) for gap in found.unread] == [("DataSource", "Forbidden")]
    assert found.incomplete


def test_consumers_rights_that_may_not_be_read_hide_no_drift() -> None:
    place = site()
    place.remove("Role")
    place.unread = (Unread("Role", "", "Forbidden"),)
    found = place.drift()
    assert (found.drifts, found.incomplete) == ((), False)
    assert found.unread


def test_ages_are_those_of_the_newest_edit() -> None:
    place = site()
    edited(place.get("DataImportCron"), "annotations", {DIGEST_ANNOTATION: C})
    (drift,) = place.drift().drifts
    assert drift.since is not None
    assert NOW - drift.since == timedelta(hours=1)
