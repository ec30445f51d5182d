"""The link cron: who else is on the DataSource, and whose hand wrote what differs."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gitops_golden.render.cdi import CLEAN_UP_LABEL, DIGEST_ANNOTATION, FLEET_LABEL, OWNER_LABEL
from gitops_golden.vendor.catalogue import MANAGED_BY
from tests.builders import A, B, C
from tests.unit.verify.ground import CRON, NAMESPACE, changed, converged, without
from tests.unit.verify.world import NOW, Git, Judged, aged, cron_of, expecting, history, manifest, outcome, written

if TYPE_CHECKING:
    from gitops_golden.render.manifests import Manifest
    from gitops_golden.verify.model import Finding
    from tests.unit.verify.ground import Objects

MINE = {FLEET_LABEL: "acme"}


def other(*, fleet: str = "", namespace: str = NAMESPACE, source: str = "rhel9", **spec: Any) -> dict[str, Any]:
    """Return another cron."""
    cron = copy.deepcopy(cron_of(converged(), CRON))
    cron["metadata"] |= {"name": "theirs", "namespace": namespace, "labels": {FLEET_LABEL: fleet} if fleet else {}}
    cron["spec"] |= {"managedDataSource": source} | spec
    return cron


def ours(objects: Objects) -> Objects:
    return changed("DataImportCron", "metadata", "labels", value=MINE, objects=objects)


def found(objects: Objects, *earlier: str) -> Finding | None:
    expected = replace(expecting(objects, CRON), labels=MINE)
    past = history(expected, A, *(manifest(expected, A, cron=cron) for cron in earlier))
    return Judged(objects, expected, Git(history=past)).finding()


@pytest.mark.parametrize(
    ("cron", "earlier", "said"),
    [
        (other(), (), "broken cron ForeignCron"),
        (other(fleet="other"), (), "broken cron ForeignCron"),
        (other(), ("theirs",), "converged"),
        (other(fleet="acme"), (), "converged"),
        (other(source="rhel10"), (), "converged"),
        (other(namespace="elsewhere"), (), "converged"),
    ],
    ids=["nobody's", "another fleet's", "held by Git before", "ours, retired", "another DataSource", "elsewhere"],
)
def test_a_cron_beside_ours_is_foreign_unless_git_held_it(
    cron: dict[str, Any], earlier: tuple[str, ...], said: str
) -> None:
    assert outcome(found((*ours(converged()), cron), *earlier)) == said


def test_a_foreign_cron_is_told_with_its_fleet_its_maker_and_how_to_remove_it() -> None:
    cron = written(other(fleet="other"), "kubectl-create", timedelta(hours=2), "spec", "schedule")
    finding = found(aged((*ours(converged()), cron), timedelta(hours=2)))
    assert finding is not None
    assert "theirs of the fleet other manages rhel9 too, last written by kubectl-create" in finding.message
    assert f"`kubectl -n {NAMESPACE} delete dataimportcrons.cdi.kubevirt.io theirs`; its volumes stay" in finding.remedy
    assert finding.since == NOW - timedelta(hours=2)


@pytest.mark.parametrize("kind", ["DataSource", "DataVolume", "PersistentVolumeClaim"])
def test_what_a_cron_before_marked_goes_with_a_foreign_cron_too(kind: str) -> None:
    given = {OWNER_LABEL: "theirs", CLEAN_UP_LABEL: "true"}
    finding = found((*changed(kind, "metadata", "labels", value=given, objects=ours(converged())), other()))
    assert finding is not None
    assert finding.reason == "ForeignCron"
    assert "would go with it, marked so by a cron before it" in finding.remedy


def test_a_foreign_cron_that_takes_its_volumes_along_is_removed_knowingly() -> None:
    finding = found((*ours(converged()), other(retentionPolicy="None")))
    assert finding is not None
    assert "its volumes go with it" in finding.remedy


def test_a_cron_of_the_platforms_operator_is_removed_through_the_policy() -> None:
    cron = other()
    cron["metadata"]["labels"] = dict([MANAGED_BY])
    finding = found((*ours(converged()), cron))
    assert outcome(finding) == "broken cron ForeignCron"
    assert finding is not None
    assert "set vendorImages in the policy" in finding.remedy
    assert "kubectl" not in finding.remedy


def test_a_cron_that_says_it_is_of_another_fleet_is_told_so() -> None:
    objects = changed("DataImportCron", "metadata", "labels", value={FLEET_LABEL: "other"})
    crons = tuple(
        written(each, "flux", timedelta(minutes=5), "metadata", "labels", FLEET_LABEL)
        if each["kind"] == "DataImportCron"
        else each
        for each in objects
    )
    finding = found(crons)
    assert outcome(finding) == "broken cron CronOfAnotherFleet"
    assert finding is not None
    assert "of the fleet other, not of acme, last written by flux at 2026-11-21 11:55 UTC" in finding.message
    assert finding.since == NOW - timedelta(minutes=5)


def test_a_fleet_that_was_renamed_in_git_is_on_its_way() -> None:
    objects = changed("DataImportCron", "metadata", "labels", value={FLEET_LABEL: "before"})
    expected = replace(expecting(objects, CRON), labels=MINE)
    git = Git(history=history(expected, A, manifest(expected, A, labels={FLEET_LABEL: "before"})))
    assert outcome(Judged(objects, expected, git).finding()) == "progressing cron NotSynced"


@pytest.mark.parametrize(
    ("pinned", "reason"), [(B, "DigestEdited"), ("sha256:beef", "DigestMalformed")], ids=["another", "none"]
)
def test_who_edited_the_pinned_digest_is_told_with_the_time(pinned: str, reason: str) -> None:
    objects = changed("DataImportCron", "metadata", "annotations", value={DIGEST_ANNOTATION: pinned})
    edited = tuple(
        written(each, "kubectl-annotate", timedelta(minutes=7), "metadata", "annotations", DIGEST_ANNOTATION)
        if each["kind"] == "DataImportCron"
        else each
        for each in ours(objects)
    )
    expected = replace(expecting(converged(), CRON), labels=MINE)
    finding = Judged(edited, expected, Git(history=history(expected, A))).finding()
    assert outcome(finding) == f"broken cron {reason}"
    assert finding is not None
    assert "last written by kubectl-annotate at 2026-11-21 11:53 UTC" in finding.message
    assert finding.since == NOW - timedelta(minutes=7)


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (("metadata", "labels", "cdi.kubevirt.io/dataImportCron"), "theirs", "OwnerLabelEdited"),
        (("spec", "source"), {"pvc": {"name": "mine", "namespace": NAMESPACE}}, "OtherSource"),
    ],
)
def test_who_edited_the_datasource_is_told_with_the_time(path: tuple[str, ...], value: object, reason: str) -> None:
    objects = changed("DataSource", *path, value=value, objects=ours(converged()))
    edited = tuple(
        written(each, "kubectl-edit", timedelta(minutes=7), *path) if each["kind"] == "DataSource" else each
        for each in objects
    )
    finding = found(edited)
    assert outcome(finding) == f"broken datasource {reason}"
    assert finding is not None
    assert "last written by kubectl-edit at 2026-11-21 11:53 UTC" in finding.message
    assert finding.since == NOW - timedelta(minutes=7)


# Behind Git ---------------------------------------------------------------------------------------------------------


def behind(objects: Objects, *said: Manifest) -> Finding | None:
    """Return what is said where Git said something else each hour, the newest an hour ago."""
    expected = expecting(converged(), CRON)
    past = history(expected, *said)
    hourly = tuple(replace(each, since=NOW - timedelta(hours=1 + age)) for age, each in enumerate(past))
    return Judged(objects, expected, Git(history=hourly)).finding()


def test_a_cluster_that_never_syncs_is_behind_since_the_first_commit_that_it_has_not_followed() -> None:
    expected = expecting(converged(), CRON)
    pinned = {DIGEST_ANNOTATION: C}
    objects = changed("DataImportCron", "metadata", "annotations", value=pinned)
    now, missed, followed = (manifest(expected, digest) for digest in (A, B, C))
    finding = behind(objects, now, missed, missed, followed, followed)
    assert outcome(finding) == "progressing cron NotSynced"
    assert finding is not None
    assert finding.since == NOW - timedelta(hours=3)


def test_a_cluster_that_serves_by_the_cron_before_has_not_synced_however_many_commits_came_since() -> None:
    expected = expecting(converged(), CRON)
    old = cron_of(converged(), CRON)
    old["metadata"]["name"] = "rhel9-before"
    served = changed(
        "DataSource", "metadata", "labels", value={OWNER_LABEL: "rhel9-before"}, objects=without("DataImportCron")
    )
    ours, before = manifest(expected, A), manifest(expected, A, cron="rhel9-before")
    finding = behind((*served, old), ours, ours, before)
    assert outcome(finding) == "progressing cron NotSynced"
    assert finding is not None
    assert finding.since == NOW - timedelta(hours=2)
    # With the label of the cron that is gone it had been there.
    assert outcome(behind((*without("DataImportCron"), old), ours, ours, before)) == "broken cron CronAbsent"
    old["metadata"]["annotations"][DIGEST_ANNOTATION] = B
    assert outcome(behind((*served, old), ours, ours, before)) == "broken cron CronAbsent"
