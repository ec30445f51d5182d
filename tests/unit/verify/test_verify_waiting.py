"""What waiting can still bring, told from verdicts."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.verify.judge import Judged
from gitops_golden.verify.model import ClusterResult, DeliveryResult, Finding, ImageResult, Link, Verdict
from gitops_golden.verify.waiting import PERSON, Outlook, hopeless, outlook, tally
from tests import manual

ITSELF = frozenset(
    {
        # the registry, the network, an API server or a credential plugin may come back
        "RegistryUnreachable",
        "TagUnknown",
        "CredentialsFailed",
        "ConnectionRefused",
        "ConnectionFailed",
        "ConnectionLost",
        "NameNotResolved",
        "Timeout",
        "TlsFailed",
        "ProxyFailed",
        "ServerError",
        "NotAnApiServer",
        "Malformed",
        # a site may send its next snapshot, and time passes
        "SnapshotMissing",
        "SnapshotStale",
        "SnapshotUnreadable",
        "SnapshotFromFuture",
        "NotRecorded",
        # the GitOps engine syncs, HCO and SSP follow
        "VendorImagesPresent",
        "VendorImagesNotTold",
        "VendorImageNotReplaced",
        "NotSynced",
        "CronAbsent",
        "CronDeleting",
        "DigestEdited",
        "DigestRemoved",
        "DigestMalformed",
        "MetadataEdited",
        "DataSourceAbsent",
        "OwnerLabelEdited",
        "PointerAbsent",
        "PointerElsewhere",
        "ConsumersAbsent",
        "ConsumersEdited",
        # CDI, its importer, the scheduler or the storage goes on
        "NotStarted",
        "ImportPending",
        "ImportScheduled",
        "ImportStuck",
        "Importing",
        "ImportEnding",
        "ClaimUnbound",
        "WaitingForVolume",
        "QueuedBehindImport",
        "ImporterCrashing",
        "ImagePullFailed",
        "QuotaExceeded",
        "PollPending",
        "NotPolled",
        "VolumeAbsent",
        "VolumeDeleting",
        "VolumeNotReady",
        "SnapshotNotReady",
        "DataSourceDeleting",
        "OtherSource",
        "DataSourceNotReady",
        "PointerNotReady",
    }
)
"""What mends, or may, without anybody."""

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
IMPORTING = Finding(Verdict.PROGRESSING, Link.IMPORT, "Importing", "42.0 %", since=NOW - timedelta(minutes=3))
SYNC = Finding(Verdict.PROGRESSING, Link.CRON, "NotSynced", "an earlier commit", since=NOW - timedelta(hours=1))
FOREIGN = Finding(Verdict.BROKEN, Link.CRON, "ForeignCron", "another one", since=NOW - timedelta(days=9))
EDITED = Finding(Verdict.BROKEN, Link.CRON, "DigestEdited", "another digest", since=NOW - timedelta(days=1))
MOVED = Finding(Verdict.BROKEN, Link.REGISTRY, "TagMoved", "another digest")
SILENT = Finding(Verdict.UNREACHABLE, Link.REGISTRY, "RegistryUnreachable", "no answer")
REFUSED = Finding(Verdict.UNREACHABLE, None, "ConnectionRefused", "nothing listens")


def judged(*findings: Finding | None, whole: Finding | None = None, answered: bool = True) -> Judged:
    deliveries = (
        DeliveryResult("c", f"image-{number}", f"image-{number}", None, None, None, finding)
        for number, finding in enumerate(findings)
    )
    return Judged(ClusterResult("c", NOW, None, whole, answered=answered), tuple(deliveries))


def tag(finding: Finding | None) -> ImageResult:
    return ImageResult("rhel9", "9", None, None, finding)


def bring(*clusters: Judged, tags: tuple[Finding | None, ...] = ()) -> Outlook:
    return outlook(map(tally, clusters), map(tag, tags))


def test_every_documented_reason_is_said_to_mend_or_not() -> None:
    page = (manual.DOCS / "verify.md").read_text(encoding="utf-8")
    assert set(manual.table_words(page, "Reason")) == PERSON | ITSELF
    assert PERSON.isdisjoint(ITSELF)


def test_the_how_to_names_every_reason_that_ends_a_wait() -> None:
    page = (manual.DOCS / "howto" / "wait-in-ci.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([A-Z]\w+)`", manual.block(page, "reasons")))
    assert named == PERSON - {"TagMoved", "TagGone", "DigestGone"}


def test_all_converged_is_the_end() -> None:
    assert bring(judged(None, None), judged(None), tags=(None,)) is Outlook.CONVERGED


def test_a_fleet_without_clusters_has_converged() -> None:
    assert bring() is Outlook.CONVERGED


def test_one_delivery_on_its_way_keeps_a_wait_open() -> None:
    assert bring(judged(None, IMPORTING), judged(None)) is Outlook.OPEN


def test_what_the_engine_puts_back_keeps_a_wait_open() -> None:
    assert bring(judged(EDITED)) is Outlook.OPEN


def test_one_thing_that_no_waiting_mends_is_certain_whatever_else_is_on_its_way() -> None:
    assert bring(judged(IMPORTING), judged(None, FOREIGN)) is Outlook.CERTAIN


def test_a_clusters_own_finding_counts() -> None:
    absent = Finding(Verdict.BROKEN, None, "HyperConvergedAbsent", "none")
    assert bring(judged(None, whole=absent)) is Outlook.CERTAIN


def test_an_unreachable_cluster_may_come_back() -> None:
    assert bring(judged(REFUSED, REFUSED, whole=REFUSED, answered=False)) is Outlook.OPEN


def test_a_moved_tag_ends_no_wait_while_a_delivery_is_on_its_way() -> None:
    assert bring(judged(IMPORTING), tags=(MOVED,)) is Outlook.OPEN


def test_a_moved_tag_is_all_that_is_left_once_the_clusters_have_converged() -> None:
    assert bring(judged(None), tags=(MOVED,)) is Outlook.SETTLED


def test_a_silent_registry_is_waited_for() -> None:
    assert bring(judged(None), tags=(MOVED, SILENT)) is Outlook.OPEN


def test_what_is_on_its_way_is_never_hopeless() -> None:
    waits = Finding(Verdict.PROGRESSING, Link.IMPORT, "BlockedByWaitingImport", "another digest waits")
    assert not hopeless(waits)


@given(reason=st.text().filter(lambda text: text not in PERSON), verdict=st.sampled_from(Verdict))
def test_a_reason_that_nobody_knows_may_mend(reason: str, verdict: Verdict) -> None:
    assert not hopeless(Finding(verdict, None, reason, ""))


def test_what_has_been_on_its_way_for_longest_is_told_before_what_is_broken() -> None:
    oldest = tally(judged(EDITED, IMPORTING, SYNC)).oldest
    assert oldest is not None
    assert oldest.finding is SYNC


def test_without_anything_on_its_way_the_longest_broken_is_told() -> None:
    unknown = Finding(Verdict.BROKEN, Link.VOLUME, "VolumeAbsent", "gone")
    oldest = tally(judged(unknown, EDITED)).oldest
    assert oldest is not None
    assert oldest.finding is EDITED


def test_a_cluster_out_of_reach_is_told_by_its_deliveries_alone() -> None:
    found = tally(judged(REFUSED, None, whole=REFUSED, answered=False))
    assert (found.counts[Verdict.UNREACHABLE], found.whole, found.answered) == (1, False, False)


@pytest.mark.parametrize("answered", [True, False])
def test_a_cluster_without_deliveries_tells_its_own_finding(*, answered: bool) -> None:
    assert tally(judged(whole=REFUSED, answered=answered)).whole
