"""Links that no recording shows, and what stands before the cluster."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gitops_golden.fleet.observation import Unreachable, Unread
from gitops_golden.verify.case import Case, expected_of
from gitops_golden.verify.judge import judge
from gitops_golden.verify.unseen import REMEDIES
from tests import manual
from tests.builders import A, B, C, locked, settings, tracking_variant, variant
from tests.unit.verify.ground import CRON, NAMESPACE, changed, converged, judged, without
from tests.unit.verify.world import NOW, Git, Judged, expecting, history, manifest, outcome, renderer


def test_the_ground_of_these_tests_is_converged() -> None:
    assert judged(converged()) == "converged"


@pytest.mark.parametrize(("retention", "told"), [("All", "its volumes stay"), ("None", "its volumes go with it")])
def test_the_remedy_for_an_edited_cron_says_what_becomes_of_its_volumes(retention: str, told: str) -> None:
    objects = changed("DataImportCron", "spec", "retentionPolicy", value=retention)
    objects = tuple(
        each | {"spec": each["spec"] | {"importsToKeep": 9}} if each["kind"] == "DataImportCron" else each
        for each in objects
    )
    finding = Judged(objects, expecting(converged(), CRON)).finding()
    assert finding is not None
    assert told in finding.remedy


SPEC = {"schedule": "", "managedDataSource": "rhel9", "importsToKeep": 9}


@pytest.mark.parametrize(
    ("objects", "said"),
    [
        (changed("DataImportCron", "spec", "importsToKeep", value=9), "broken cron SpecEdited"),
        (changed("DataImportCron", "spec", "template", value="text"), "broken cron SpecEdited"),
        (changed("DataImportCron", "status", value={}), "progressing import NotStarted"),
        (changed("DataImportCron", "status", "currentImports", value=[]), "progressing import ImportPending"),
        (
            changed("DataImportCron", "metadata", "deletionTimestamp", value="2026-11-21T11:59:00Z"),
            "progressing cron CronDeleting",
        ),
        (without("PersistentVolumeClaim"), "broken volume VolumeAbsent"),
        (changed("PersistentVolumeClaim", "spec", "storageClassName", value="slow"), "broken volume WrongStorageClass"),
        (changed("PersistentVolumeClaim", "status", "phase", value="Lost"), "broken volume VolumeLost"),
        (changed("PersistentVolumeClaim", "status", "phase", value="Pending"), "progressing volume VolumeNotReady"),
        (
            changed(
                "PersistentVolumeClaim",
                "metadata",
                "annotations",
                value={"cdi.kubevirt.io/storage.import.endpoint": f"docker://r/golden/rhel9@{B}"},
            ),
            "broken volume VolumeOfAnotherDigest",
        ),
        (without("DataSource"), "broken datasource DataSourceAbsent"),
        (changed("DataSource", "spec", "source", value={}), "broken datasource OtherSource"),
        (
            changed(
                "DataSource", "spec", "source", value={"pvc": {"name": "rhel9-aaaaaaaaaaaa", "namespace": "elsewhere"}}
            ),
            "broken datasource OtherSource",
        ),
        (
            changed(
                "DataSource", "status", "conditions", value=[{"type": "Ready", "status": "False", "reason": "NotFound"}]
            ),
            "progressing datasource DataSourceNotReady",
        ),
        (
            changed("PersistentVolumeClaim", "metadata", "deletionTimestamp", value="2026-11-21T11:59:00Z"),
            "progressing volume VolumeDeleting",
        ),
        (changed("DataSource", "status", value="hostile"), "progressing datasource DataSourceNotReady"),
    ],
)
def test_each_difference_is_its_own_reason(objects: tuple[dict[str, Any], ...], said: str) -> None:
    assert judged(objects) == said


def test_the_first_broken_link_hides_those_after_it() -> None:
    objects = tuple(each for each in without("DataSource") if each["kind"] != "PersistentVolumeClaim")
    assert judged(objects) == "broken volume VolumeAbsent"


def test_a_cron_that_is_new_in_git_and_absent_is_on_its_way() -> None:
    assert judged(without("DataImportCron")) == "progressing cron NotSynced"


def test_a_cron_that_git_held_for_several_commits_and_is_absent_was_removed() -> None:
    longer = (B,) * 10
    assert judged(without("DataImportCron"), *longer) == "progressing cron NotSynced"
    assert judged(without("DataImportCron"), *longer, C) == "broken cron CronAbsent"


def test_an_image_that_moved_to_another_namespace_keeps_its_crons_name_and_is_on_its_way() -> None:
    expected = replace(expecting(converged(), CRON), namespace="elsewhere")
    before = manifest(expected, A, namespace="golden-images")
    git = Git(history=history(expected, A, before))
    assert outcome(Judged(converged(), expected, git).finding()) == "progressing cron NotSynced"


def test_a_cron_of_nobody_on_our_datasource_is_foreign() -> None:
    objects = changed("DataImportCron", "metadata", "name", value="theirs")
    assert judged(objects) == "broken cron ForeignCron"


def test_a_digest_of_an_earlier_commit_is_on_its_way_and_any_other_was_edited() -> None:
    assert judged(converged(), A, digest=B) == "progressing cron NotSynced"
    assert judged(converged(), C, digest=B) == "broken cron DigestEdited"


def test_a_label_that_no_commit_had_was_edited() -> None:
    expected = replace(expecting(converged(), CRON), labels={"instancetype.kubevirt.io/default-preference": "other"})
    finding = Judged(converged(), expected, Git(history=history(expected, A))).finding()
    assert outcome(finding) == "broken cron MetadataEdited"


def test_no_cdi_is_not_an_absent_cron() -> None:
    assert judged((), absent_kinds=frozenset({"DataImportCron"})) == "broken cron CdiAbsent"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("DataImportCron", "unreachable cron Forbidden"),
        ("DataSource", "unreachable datasource Forbidden"),
        ("PersistentVolumeClaim", "unreachable volume Forbidden"),
    ],
)
def test_what_may_not_be_read_is_neither_absent_nor_converged(kind: str, said: str) -> None:
    namespace = converged()[0]["metadata"]["namespace"]
    assert judged(without(kind), unread=(Unread(kind, namespace, "Forbidden"),)) == said


# Before the cluster -----------------------------------------------------------------------------------------------


def rendered(**parts: Any) -> bytes:
    return renderer().image(variant(**parts)).content


def before(content: bytes | None, *, digest: str | None = A, known: tuple[str, ...] = (A,)) -> str:
    one = variant(digest=digest)
    expected = expected_of(
        one, "acme", content=rendered(digest=digest), served=None, locked=locked("rhel9", known[-1], *known[:-1])
    )
    gone = Unreachable("c", "Refused", "nobody there")
    return outcome(judge(Case("c", expected, Git(content), gone, NOW)))


def test_an_image_without_a_release_breaks_at_the_lock() -> None:
    assert before(None, digest=None) == "broken lock NotLocked"


def test_a_file_that_is_not_in_git_breaks_at_git() -> None:
    assert before(None) == "broken git NotPublished"


def test_an_earlier_release_in_git_is_not_published_yet() -> None:
    assert before(rendered(digest=B), known=(A, B)) == "broken git NotPublished"


def test_an_earlier_setting_in_git_is_not_published_yet() -> None:
    assert before(rendered(settings=settings(size="1Gi"))) == "broken git NotPublished"


def test_a_release_of_the_repository_that_an_image_had_before_is_not_published_yet() -> None:
    assert before(rendered(digest=C, source="registry.example:5000/golden/earlier")) == "broken git NotPublished"


@pytest.mark.parametrize(
    "content",
    [
        rendered(digest=C),
        rendered().replace(b"importsToKeep: 3", b"importsToKeep: 30"),
        b"kind: Other\n",
        b"{" * 5000,
    ],
    ids=["digest the lock never held", "spec under the same name", "another object", "no YAML"],
)
def test_a_file_that_this_tool_never_rendered_was_edited(content: bytes) -> None:
    assert before(content) == "broken git TreeEdited"


def test_a_cluster_that_cannot_be_read_is_unreachable_and_never_converged() -> None:
    assert before(rendered()) == "unreachable None Refused"


# Tracking ---------------------------------------------------------------------------------------------------------


def tracking(annotation: str, served: str | None, *, last: str, minutes: int = 0) -> str:
    objects = changed(
        "DataImportCron",
        "metadata",
        "annotations",
        value={"cdi.kubevirt.io/storage.import.sourceDesiredDigest": annotation},
    )
    for each in objects:
        if each["kind"] == "DataImportCron":
            each["status"]["lastExecutionTimestamp"] = last
    expected = replace(expecting(objects, CRON), annotations={}, digest=served, schedule="0 2 * * *")
    observed = Judged(objects, expected)
    one = Case("c", expected, Git(), _seen(observed.objects), NOW + timedelta(minutes=minutes))
    return outcome(judge(one))


def _seen(objects: tuple[dict[str, Any], ...]) -> Any:
    from gitops_golden.fleet.observation import Observation  # noqa: PLC0415 -- only here

    return Observation("c", NOW, None, objects)


def test_a_tracking_image_is_held_to_what_its_tag_is_now() -> None:
    assert tracking(A, A, last="2026-11-21T02:00:00Z") == "converged"


def test_a_moved_tag_is_on_its_way_until_an_hour_after_the_next_poll() -> None:
    assert tracking(A, B, last="2026-11-21T02:00:00Z") == "progressing import PollPending"
    assert tracking(A, B, last="2026-11-20T02:00:00Z") == "broken import NotPolled"
    assert tracking(A, B, last="2026-11-20T10:00:00Z", minutes=-9 * 60 + 1) == "broken import NotPolled"
    assert tracking(A, B, last="2026-11-20T10:00:00Z", minutes=-9 * 60) == "progressing import PollPending"


def test_a_poll_that_a_cluster_dates_in_the_future_is_taken_for_one_of_now() -> None:
    assert tracking(A, B, last="9999-12-31T23:59:59Z") == "progressing import PollPending"


def test_a_tracking_image_whose_tag_is_unknown_proves_nothing() -> None:
    assert tracking(A, None, last="2026-11-21T02:00:00Z") == "unreachable registry TagUnknown"


def test_an_unlocked_tracking_image_needs_no_release() -> None:
    assert tracking_variant().locked


# What could not be read -------------------------------------------------------------------------------------------


def test_each_way_in_which_a_cluster_cannot_be_read_has_its_own_remedy() -> None:
    page = (manual.DOCS / "verify.md").read_text(encoding="utf-8")
    section = page[page.index("## The cluster as a whole") : page.index("## Vendor images")]
    assert set(manual.table_words(section, "Reason")) == set(REMEDIES)


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("Forbidden", f"`kubectl -n {NAMESPACE} auth can-i list dataimportcrons.cdi.kubevirt.io` tells"),
        ("NotRecorded", "record it again"),
        ("TooMany", "look at the API server"),
        ("InternalError", "look at the API server"),
    ],
)
def test_what_to_do_depends_on_why_a_kind_could_not_be_read(reason: str, told: str) -> None:
    expected = expecting(converged(), CRON)
    unread = (Unread("DataImportCron", NAMESPACE, reason),)
    finding = Judged(without("DataImportCron"), expected).finding(unread=unread)
    assert outcome(finding) == f"unreachable cron {reason}"
    assert finding is not None
    assert told in finding.remedy
