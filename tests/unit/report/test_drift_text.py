"""Drift as people read it: the grouped table, every finding, and the script."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from gitops_golden.drift.model import ClusterDrift, Command, Drift, DriftReport, Note, What
from gitops_golden.fleet.observation import Unread
from gitops_golden.report.drift import as_text
from gitops_golden.report.drift_json import as_json
from gitops_golden.report.drift_script import as_script
from gitops_golden.report.tables import Style

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
EDITED = Drift(
    What.CRON_EDITED,
    "DataImportCron",
    "golden-images",
    "rhel9-1",
    "rhel9-1: it is other",
    "let it sync",
    "rhel9",
    "kubectl-edit",
    NOW,
    (("metadata", "labels", "os"),),
)
ORPHAN = Drift(
    What.ORPHANED_VOLUME,
    "PersistentVolumeClaim",
    "golden-images",
    "rhel9-aaaaaaaaaaaa",
    "its cron is gone",
    "remove it",
    "rhel9",
    size=10 << 30,
    reclaimable=True,
)
DELETE = Command(
    "delete-volume", "DataVolume", "golden-images", "rhel9-a", "an orphan", "PersistentVolumeClaim", "rhel9-a", "7"
)


def cluster(name: str, *drifts: Drift, **parts: Any) -> ClusterDrift:
    return replace(ClusterDrift(name, f"context-of-{name}", NOW, drifts=drifts), **parts)


def report(*clusters: ClusterDrift) -> DriftReport:
    return DriftReport("acme", NOW, "a" * 40, clusters)


def test_what_differs_alike_on_many_clusters_is_one_row() -> None:
    text = as_text(report(*(cluster(f"c-{number}", EDITED) for number in range(9))), Style(), wide=False)
    row = next(line for line in text.splitlines() if line.startswith("CronEdited "))
    assert row.split() == [
        "CronEdited",
        "rhel9",
        "kubectl-edit",
        "2026-11-21T12:00:00Z",
        "-",
        "9",
        "c-0,",
        "c-1,",
        "c-2",
        "+6",
    ]
    assert text.count("it is other") == 1


def test_each_finding_is_a_row_where_that_is_asked_for() -> None:
    text = as_text(report(*(cluster(f"c-{number}", EDITED) for number in range(9))), Style(), wide=True)
    assert text.count("it is other") == 9


def test_ten_thousand_clusters_fit_on_one_screen() -> None:
    kinds = [replace(EDITED, data_source=f"image-{number:02}", name=f"image-{number:02}-x") for number in range(8)]
    text = as_text(
        report(*(cluster(f"c-{number}", *kinds) for number in range(10_000))), Style(100, plain=False), wide=False
    )
    assert len(text.splitlines()) <= 50


def test_bytes_are_summed_with_what_could_be_freed() -> None:
    kept = replace(ORPHAN, reclaimable=False)
    text = as_text(report(cluster("c", ORPHAN), cluster("d", kept)), Style(), wide=False)
    assert text.endswith(
        "orphans hold 20Gi, of which --commands would free 10Gi (as of 2026-11-21T12:00:00Z, commit aaaaaaaaaaaa)"
    )
    assert as_json(report(cluster("c", ORPHAN), cluster("d", kept)))["summary"]["reclaimableBytes"] == 10 << 30


def test_what_could_not_be_read_is_said_by_kind_and_reason() -> None:
    gap = Unread("DataVolume", "golden-images", "Forbidden")
    lost = replace(cluster("d"), reason="Timeout", message="no answer")
    text = as_text(report(cluster("c", unread=(gap,)), lost), Style(), wide=False)
    assert "DataVolumes   Forbidden   1   c" in text
    assert "the cluster   Timeout     1   d" in text
    assert "1 cluster could not be read at all; 1 cluster could be read in part only" in text


def test_what_a_cluster_says_drives_no_terminal() -> None:
    text = as_text(report(cluster("c", replace(EDITED, message="\x1b[2J", who="\x1b]0;x"))), Style(), wide=False)
    assert "\x1b" not in text


def test_a_script_names_contexts_quoted_and_reasons_as_comments() -> None:
    script = as_script(report(cluster("c", ORPHAN, context="it's $(mine)", steps=(DELETE, Note("stays\nreboot")))))
    lines = script.splitlines()
    assert "context='it'\"'\"'s $(mine)'" in lines
    assert lines[-6:] == [
        "namespace=golden-images",
        "# an orphan",
        "drop_volume datavolumes.cdi.kubevirt.io rhel9-a persistentvolumeclaims 7",
        "# stays\\x0areboot",
        "",
        'exit "$failed"',
    ]


@pytest.mark.parametrize(("action", "verb"), [("unlabel", "label"), ("unannotate", "annotate")])
def test_what_is_left_over_is_taken_off_key_by_key(action: Any, verb: str) -> None:
    step = replace(DELETE, action=action, kind="DataSource", keys=("a.example/b", "c"))
    last = as_script(report(cluster("c", steps=(step,)))).splitlines()[-3]
    taken = f"{verb} datasources.cdi.kubevirt.io rhel9-a a.example/b- c-"
    assert last == f'kubectl --context "${{context:?}}" -n "${{namespace:?}}" {taken} || failed=1'


def test_clusters_that_only_have_to_sync_are_counted() -> None:
    script = as_script(report(*(cluster(f"c-{number}", EDITED, steps=(Note("x", sync=True),)) for number in range(3))))
    assert "# 3 clusters need nothing but to be synced by the GitOps engine." in script
    assert "c-1" not in script


def test_a_cluster_that_could_not_be_read_stands_in_the_script_as_a_comment() -> None:
    lost = replace(cluster("d"), reason="Timeout", message="no\nanswer")
    assert (
        as_script(report(lost))
        .splitlines()[-1]
        .startswith("# could not be read, so nothing is said of it: Timeout: no\\x0a")
    )


def test_machines_are_told_the_way_to_a_field_with_dots() -> None:
    (finding,) = as_json(report(cluster("c", EDITED)))["findings"]
    assert finding["fields"] == ["metadata.labels.os"]
