"""Crons and DataSources that Git doesn't say: retired, foreign, somebody's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gitops_golden.drift.model import Somebodys, What
from gitops_golden.fleet.observation import Unread
from gitops_golden.plan.compile import compile_plan
from gitops_golden.policy.model import Platform
from gitops_golden.render.cdi import FLEET_LABEL
from gitops_golden.vendor.catalogue import MANAGED_BY
from tests import builders
from tests.builders import A, B
from tests.unit.drift.site import IMAGE, NAMESPACE, NOW, Branch, cron, data_source, edited, plan, site, volume

LARGER = {"images": (builders.image(storage_size="40Gi"),)}


def test_a_cron_that_no_commit_held_is_foreign_and_names_who_made_it() -> None:
    place = site()
    own = cron("theirs", managed="debian")
    own["metadata"]["managedFields"][0]["manager"] = "kubectl-create"
    place.add(own, data_source("debian", "theirs", "debian-aaaaaaaaaaaa"))
    (drift,) = place.drift().drifts
    assert (drift.what, drift.name, drift.who) == (What.FOREIGN_CRON, "theirs", "kubectl-create")
    assert "DataSource debian" in drift.message


def test_a_second_cron_for_gits_datasource_is_told_as_such() -> None:
    place = site()
    place.add(cron("theirs"))
    (drift,) = place.drift().drifts
    assert (drift.what, drift.name, drift.data_source) == (What.SECOND_CRON, "theirs", IMAGE)
    assert place.cron in drift.message


def test_a_cron_that_an_earlier_commit_held_is_retired_since_the_commit_that_took_it_out() -> None:
    place = site(plan(**LARGER), plan())
    place.branch = Branch((*place.branch.commits[:1], *place.branch.commits))
    old = site(plan()).get("DataImportCron")
    place.add(old)
    (drift,) = place.drift().drifts
    assert (drift.what, drift.name) == (What.RETIRED_CRON, old["metadata"]["name"])
    assert drift.since is not None
    assert drift.since < NOW


def test_a_cron_that_is_only_not_synced_yet_is_not_called_retired() -> None:
    place = site(plan(**LARGER), plan(), at=plan())
    assert {what for what, _ in place.said()} == {"NotSynced"}


def test_further_back_than_history_a_cron_is_known_by_its_fleet() -> None:
    place = site()
    old = cron("rhel9-0ldn4me0", managed="debian")
    old["metadata"]["labels"] = {FLEET_LABEL: "acme"}
    place.add(old)
    (drift,) = place.drift().drifts
    assert drift.what is What.RETIRED_CRON
    assert "for longer than history is looked at" in drift.message


def test_an_image_that_left_git_leaves_cron_and_datasource_behind() -> None:
    images = (builders.image(), builders.image("fedora"))
    locked = builders.lock(builders.locked(), builders.locked("fedora", B))
    both = compile_plan(builders.policy(images=images), locked)
    place = site(plan(), both, at=both)
    assert [(what, name[:6]) for what, name in place.said()] == [
        ("RetiredCron", "fedora"),
        ("RetiredDataSource", "fedora"),
    ]


def test_a_datasource_that_nobody_answers_for_is_foreign() -> None:
    place = site()
    place.add(data_source("handmade", "", "some-volume"))
    assert place.said() == [("ForeignDataSource", "handmade")]


def test_another_fleets_objects_are_told_as_that_fleets_and_are_no_drift() -> None:
    place = site()
    theirs, source = cron("theirs", managed="debian"), data_source("debian", "theirs", "debian-aaaaaaaaaaaa")
    theirs["metadata"]["labels"] = {FLEET_LABEL: "other"}
    source["metadata"]["labels"] |= {FLEET_LABEL: "other"}
    place.add(theirs, source)
    found = place.drift()
    assert found.drifts == ()
    assert found.others == (
        Somebodys("DataImportCron", NAMESPACE, "theirs", "fleet other"),
        Somebodys("DataSource", NAMESPACE, "debian", "fleet other"),
    )


def test_another_fleets_cron_on_our_datasource_is_drift_and_not_ours_to_delete() -> None:
    place = site()
    theirs = cron("theirs")
    theirs["metadata"]["labels"] = {FLEET_LABEL: "other"}
    place.add(theirs)
    found = place.drift()
    assert [drift.what for drift in found.drifts] == [What.SECOND_CRON]
    assert "fleet other" in found.drifts[0].message
    assert [type(step).__name__ for step in found.steps] == ["Note"]


@pytest.mark.parametrize("labels", [dict([MANAGED_BY]), {}], ids=["labelled", "by name"])
def test_the_vendors_datasources_in_its_namespace_are_the_vendors(labels: dict[str, str]) -> None:
    shared = "kubevirt-os-images"
    clusters = (replace(builders.cluster(), platform=Platform("kubevirt", "cdi", None)),)
    place = site(plan(clusters=clusters, defaults=builders.layer(namespace=shared)))
    theirs = data_source("fedora", "", "fedora-aaaaaaaaaaaa")
    theirs["metadata"] |= {"namespace": shared, "labels": labels}
    place.add(theirs)
    found = place.drift()
    assert [(other.name, other.whose) for other in found.others] == [("fedora", "vendor")]
    assert not [drift for drift in found.drifts if drift.name == "fedora"]


def test_what_lies_in_other_namespaces_is_not_looked_at() -> None:
    place = site()
    theirs = cron("theirs")
    theirs["metadata"]["namespace"] = "elsewhere"
    place.add(theirs)
    assert place.said() == []


def test_a_living_foreign_crons_volumes_are_no_orphans() -> None:
    place = site()
    place.add(cron("theirs", managed="debian"), *volume("debian", "theirs", A))
    assert place.said() == [("ForeignCron", "theirs")]


def test_for_some_images_alone_nothing_else_is_told() -> None:
    place = site()
    place.add(cron("theirs", managed="debian"), cron("second"))
    edited(place.get("Role"), "labels", {FLEET_LABEL: "x"})
    assert [drift.name for drift in place.drift(whole=False).drifts] == ["second"]


def test_for_some_images_alone_the_namespaces_of_others_need_not_be_read() -> None:
    elsewhere = builders.image("fedora", namespace="elsewhere")
    locked = builders.lock(builders.locked(), builders.locked("fedora", B))
    both = compile_plan(builders.policy(images=(builders.image(), elsewhere)), locked)
    place = site(both)
    place.plan = plan()
    place.unread = (Unread("DataSource", "elsewhere", "Forbidden"),)
    assert place.drift(whole=False).unread == ()
    assert place.drift().incomplete
