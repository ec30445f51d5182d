"""Verdicts on what real CDI showed: each row is a moment of a recording, and what is to be said of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gitops_golden.fleet.observation import Unread
from gitops_golden.render.cdi import DIGEST_ANNOTATION
from tests.builders import A, B, C
from tests.recordings import objects_before, states
from tests.unit.verify.world import Git, Judged, expecting, history, manifest, outcome

OLD, NEW = "rhel9-aaaaaa", "rhel9-bbbbbb"
MOMENTS = (
    # scenario, just before this step, the cron, the digest in Git, digests of earlier commits, what is to be said
    # In three recordings the claim is bound too late: the stand-in for the kubelet let the import succeed before.
    ("pinned_first_import", "end", OLD, A, (), "progressing volume VolumeNotReady"),
    ("pinned_bump_and_rollback", "pin digest B", OLD, A, (), "converged"),
    ("pinned_bump_and_rollback", "pin digest B", OLD, B, (A,), "progressing cron NotSynced"),
    ("pinned_bump_and_rollback", "let the import finish", OLD, B, (A,), "progressing import ClaimUnbound"),
    ("pinned_bump_and_rollback", "pin digest A again", OLD, B, (A,), "converged"),
    ("pinned_bump_and_rollback", "end", OLD, A, (B, A), "converged"),
    ("pinned_bump_and_rollback", "pin digest A again", OLD, A, (), "broken cron DigestEdited"),
    ("rollback_during_import", "let B finish", OLD, A, (B, A), "progressing import BlockedByWaitingImport"),
    ("unbound_then_handover", "new cron on A", OLD, A, (B, A), "progressing import BlockedByWaitingImport"),
    ("unbound_then_handover", "end", "rhel9-cccccc", A, (B, A), "converged"),
    ("unbound_then_volume_deleted", "end", OLD, A, (B, A), "converged"),
    ("handover_during_import", "an annotation of the new cron", NEW, B, (A,), "broken import Asleep"),
    ("handover_during_import", "end", NEW, B, (A,), "converged"),
    ("crash_loop", "pin A again", OLD, B, (A,), "broken import ImporterCrashing"),
    ("crash_loop", "end", OLD, A, (B, A), "converged"),
    ("crash_then_roll_forward", "end", OLD, C, (B, A), "converged"),
    ("annotation_removed", "end", OLD, A, (), "broken cron DigestRemoved"),
    ("class_change_by_handover", "end", NEW, A, (), "broken volume WrongStorageClass"),
    ("handover", "pin B", NEW, A, (), "broken volume VolumeTooSmall"),
    ("two_crons_one_datasource", "end", "rhel9-zzzzzz", B, (), "broken cron ForeignCron"),
    ("handover", "end", NEW, B, (A,), "converged"),
    ("handover_with_bump", "end", NEW, A, (B,), "broken volume VolumeTooSmall"),
    ("datasource_deleted", "end", OLD, A, (), "converged"),
    ("datasource_edited", "somebody removes the label", OLD, A, (), "converged"),
    ("datasource_edited", "end", OLD, A, (), "broken datasource OwnerLabelEdited"),
    ("unlabelled_datasource", "end", OLD, A, (), "broken datasource OwnerLabelEdited"),
    ("volume_deleted", "end", OLD, A, (), "progressing volume VolumeNotReady"),
    ("no_storage_class", "end", OLD, A, (), "broken import NoStorageClass"),
    ("unknown_storage_class", "end", OLD, A, (), "broken import NoStorageClass"),
    ("wait_for_first_consumer", "with the annotation", OLD, A, (), "progressing import ClaimUnbound"),
    ("snapshot_format", "pin B", OLD, A, (), "converged"),
    ("snapshot_format", "end", NEW, A, (B, A), "converged"),
    ("rollback_after_gc", "end", OLD, A, (C, B, A), "progressing volume VolumeNotReady"),
    ("recreate_cron", "end", OLD, A, (), "converged"),
    ("no_datasource", "end", OLD, A, (), "converged"),
    ("dotted_names", "end", "rhel9.4-aaaaaa", A, (), "converged"),
)


@pytest.mark.parametrize(("scenario", "step", "cron", "digest", "earlier", "said"), MOMENTS)
def test_a_recorded_moment_is_judged_right(
    scenario: str, step: str, cron: str, digest: str, earlier: tuple[str, ...], said: str
) -> None:
    objects = objects_before(scenario, step)
    expected = expecting(objects, cron, digest)
    case = Judged(objects, expected, Git(history=history(expected, digest, *earlier)))
    assert outcome(case.finding()) == said


def test_a_stuck_import_is_told_with_both_ways_out() -> None:
    objects = objects_before("unbound_then_handover", "new cron on A")
    finding = Judged(objects, expecting(objects, OLD)).finding()
    assert finding is not None
    assert "restart count of rhel9" in finding.remedy
    assert " delete datavolumes.cdi.kubevirt.io rhel9-bbbbbbbbbbbb" in finding.remedy


def test_a_crash_loop_is_told_with_the_importers_own_message() -> None:
    objects = objects_before("crash_loop", "pin A again")
    expected = expecting(objects, OLD, B)
    finding = Judged(objects, expected).finding()
    assert finding is not None
    assert "manifest unknown" in finding.message


def test_a_cron_that_the_datasource_does_not_name_waits_for_the_label() -> None:
    objects = objects_before("two_crons_one_datasource", "end")
    expected = expecting(objects, "rhel9-zzzzzz", B)
    git = Git(history=history(expected, B, manifest(expected, A, cron=OLD)))
    finding = Judged(objects, expected, git).finding()
    assert outcome(finding) == "progressing import NotStarted"
    assert finding is not None
    assert "the owner label of rhel9 names rhel9-aaaaaa" in finding.message


@pytest.mark.parametrize(("name", "said"), [("fast", "ClaimRefused"), ("other", "NoStorageClass")])
def test_a_class_that_is_there_is_not_called_missing(name: str, said: str) -> None:
    objects = objects_before("unknown_storage_class", "end")
    expected = replace(expecting(objects, OLD), storage_class="fast")
    classes = ({"kind": "StorageClass", "metadata": {"name": name}},)
    assert outcome(Judged((*objects, *classes), expected).finding()) == f"broken import {said}"


def test_an_import_that_cdi_refuses_blocks_the_next_digest() -> None:
    objects = objects_before("no_storage_class", "end")
    cron = next(each for each in objects if each["kind"] == "DataImportCron")
    pinned = {**cron, "metadata": {**cron["metadata"], "annotations": {DIGEST_ANNOTATION: B}}}
    others = tuple(each for each in objects if each is not cron)
    finding = Judged((*others, pinned), expecting((pinned,), OLD, B)).finding()
    assert outcome(finding) == "progressing import BlockedByWaitingImport"


@pytest.mark.parametrize(
    ("scenario", "step", "digest", "kind", "said"),
    [
        ("crash_loop", "pin A again", B, "DataVolume", "unreachable import Forbidden"),
        ("unbound_then_handover", "new cron on A", A, "DataVolume", "unreachable import Forbidden"),
        ("pinned_bump_and_rollback", "pin digest B", A, "DataVolume", "converged"),
        ("snapshot_format", "pin B", A, "VolumeSnapshot", "unreachable volume Forbidden"),
        ("pinned_bump_and_rollback", "pin digest B", A, "VolumeSnapshot", "converged"),
    ],
)
def test_what_may_not_be_read_is_told_where_the_verdict_rests_on_it(
    scenario: str, step: str, digest: str, kind: str, said: str
) -> None:
    objects = objects_before(scenario, step)
    expected = expecting(objects, OLD, digest)
    shown = tuple(each for each in objects if each["kind"] != kind)
    unread = (Unread(kind, expected.namespace, "Forbidden"),)
    assert outcome(Judged(shown, expected).finding(unread=unread)) == said


def test_a_malformed_digest_is_the_crons_fault() -> None:
    crons = states("bad_digest", "DataImportCron")
    assert len(crons) == 4
    for cron in crons:
        found = Judged((cron,), expecting((cron,), OLD)).finding()
        assert outcome(found) == "broken cron DigestMalformed"


def test_a_hand_over_that_has_not_been_synced_is_on_its_way() -> None:
    objects = objects_before("handover", "seen: UpToDate=True")
    before = expecting(objects, OLD)
    expected = replace(before, cron=NEW)
    git = Git(history=history(expected, A, manifest(before, A)))
    assert outcome(Judged(objects, expected, git).finding()) == "progressing cron NotSynced"
