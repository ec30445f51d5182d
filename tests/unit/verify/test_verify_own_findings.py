"""What is told of clusters, and what their deliveries tell already."""

from __future__ import annotations

from datetime import UTC, datetime

from gitops_golden.fleet.observation import Unreachable
from gitops_golden.verify.model import ClusterResult, DeliveryResult, Finding, Link, Report, Verdict
from gitops_golden.verify.unseen import unreachable
from tests.reports import BASIS

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SILENT = unreachable(Unreachable("edge-1", "Timeout", "no answer", NOON))
UNLOCKED = Finding(Verdict.BROKEN, Link.LOCK, "NotLocked", "no release")
VENDORS = Finding(Verdict.BROKEN, None, "VendorImagesPresent", "there is one")


def told(*deliveries: Finding | None, whole: Finding, answered: bool = False) -> list[str]:
    """Return the reasons in a report of one cluster."""
    results = (
        DeliveryResult("edge-1", f"i{number}", f"i{number}", None, None, None, finding)
        for number, finding in enumerate(deliveries)
    )
    cluster = ClusterResult("edge-1", NOON, None, whole, answered=answered)
    report = Report("acme", NOON, BASIS, tuple(results), (), (cluster,))
    return sorted(finding.reason for finding in report.findings())


def test_nobody_knows_since_when_a_cluster_is_out_of_reach() -> None:
    assert SILENT.since is None


def test_that_a_cluster_is_out_of_reach_is_told_by_its_deliveries() -> None:
    assert told(SILENT, SILENT, whole=SILENT) == ["Timeout", "Timeout"]


def test_it_is_told_by_the_cluster_where_no_delivery_does_because_each_is_broken_before_it() -> None:
    assert told(UNLOCKED, UNLOCKED, whole=SILENT) == ["NotLocked", "NotLocked", "Timeout"]
    assert told(whole=SILENT) == ["Timeout"]


def test_a_finding_of_a_cluster_that_was_read_is_its_own() -> None:
    assert told(UNLOCKED, None, whole=VENDORS, answered=True) == ["NotLocked", "VendorImagesPresent"]


def test_what_breaks_a_cluster_and_an_image_alike_is_told_of_both() -> None:
    assert told(UNLOCKED, whole=UNLOCKED, answered=True) == ["NotLocked", "NotLocked"]
