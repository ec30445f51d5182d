"""drift from the command line: exit codes, what is told for people and machines, and the script that it prints."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from gitops_golden.render.cdi import DIGEST_ANNOTATION, OWNER_LABEL
from tests.integration.fleets import change, converge, edit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.fleets import Ran
    from tests.testbed.gitrepos import Git

    Run = Callable[..., Ran]

REPO = ("--repo", "../clusters.git")
DRIFT = ("drift", *REPO, "--snapshots", "recorded")
SOMEBODYS = f"sha256:{'e' * 64}"


@pytest.fixture
def recorded(run: Run, fleet: Path, bare: Git) -> Path:
    """Return snapshots of clusters that hold exactly what is published."""
    return converge(run, fleet, bare, at=datetime.now(UTC))


def report(run: Run, *arguments: str, code: int) -> Any:
    """Run drift for machines; what it prints satisfies the schema that the tool prints."""
    ran = run(*DRIFT, "-o", "json", *arguments)
    assert ran.code == code, ran
    checker = Draft202012Validator(run("schema", "drift").json, format_checker=Draft202012Validator.FORMAT_CHECKER)
    assert [error.message for error in checker.iter_errors(ran.json)] == []
    return ran.json


def said(found: Any) -> list[tuple[str, str, str]]:
    return [(each["cluster"], each["what"], each["dataSource"]) for each in found["findings"]]


def add(snapshot: Path, *objects: dict[str, Any]) -> None:
    document = json.loads(snapshot.read_bytes())
    document["objects"] += objects
    snapshot.write_text(json.dumps(document), encoding="utf-8")


def orphan(name: str, namespace: str = "golden-images") -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "resourceVersion": "4711",
            "labels": {OWNER_LABEL: "rhel9-g0ne"},
        },
        "spec": {"resources": {"requests": {"storage": "10Gi"}}},
        "status": {"phase": "Bound"},
    }


def test_clusters_that_hold_what_is_published_have_no_drift(run: Run, recorded: Path) -> None:
    found = report(run, code=0)
    assert (found["summary"]["clusters"], found["summary"]["findings"]) == (6, 0)
    ran = run(*DRIFT)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("acme: no difference on 6 clusters")


def test_what_was_edited_is_told_of_its_cluster_alone(run: Run, recorded: Path) -> None:
    edit(recorded / "prod-eu-1.json", "DataImportCron", "rhel9-", **{DIGEST_ANNOTATION: SOMEBODYS})
    assert said(report(run, code=1)) == [("prod-eu-1", "CronEdited", "rhel9")]
    assert "CronEdited: prod-eu-1" in run(*DRIFT).out
    assert run(*DRIFT, "-o", "wide").out.count("prod-eu-1") == 1


def test_a_policy_that_is_not_published_yet_is_no_drift(run: Run, recorded: Path) -> None:
    change(recorded.parent / "fleet.yaml", "storage: {size: 80Gi}", "storage: {size: 90Gi}")
    assert report(run, code=0)["findings"] == []


def test_a_cluster_behind_has_not_synced_since_the_publish(run: Run, recorded: Path, bare: Git) -> None:
    change(recorded.parent / "fleet.yaml", "storage: {size: 80Gi}", "storage: {size: 90Gi}")
    assert run("publish", *REPO).code == 0
    found = report(run, code=1)
    assert {what for _, what, _ in said(found)} == {"NotSynced"}
    assert {each["since"] for each in found["findings"]} == {_when(bare)}


def _when(bare: Git) -> str:
    return bare("log", "-1", "--date=format-local:%Y-%m-%dT%H:%M:%SZ", "--format=%cd", "main").strip()


def test_an_image_that_left_git_is_retired_until_it_is_pruned(run: Run, recorded: Path, bare: Git) -> None:
    change(recorded.parent / "fleet.yaml", "images: [win2022]", "images: [fedora]")
    assert run("publish", *REPO).code == 0
    found = report(run, code=1)
    assert set(said(found)) == {
        (cluster, what, "win2022")
        for cluster in ("prod-ap-1", "prod-eu-1", "prod-us-1")
        for what in ("RetiredCron", "RetiredDataSource")
    }
    assert {each["since"] for each in found["findings"]} == {_when(bare)}


def test_orphans_are_summed_and_told_with_their_size(run: Run, recorded: Path) -> None:
    for name in ("dev-1", "dev-2"):
        add(recorded / f"{name}.json", orphan("rhel9-0123456789ab"))
    found = report(run, code=1)
    assert said(found) == [("dev-1", "OrphanedVolume", "rhel9"), ("dev-2", "OrphanedVolume", "rhel9")]
    assert (found["summary"]["orphanedBytes"], found["summary"]["reclaimableBytes"]) == (20 << 30, 20 << 30)
    assert "orphans hold 20Gi, of which --commands would free 20Gi" in run(*DRIFT).out


def test_the_script_is_one_that_a_shell_reads_and_names_each_context(run: Run, recorded: Path) -> None:
    add(recorded / "dev-1.json", orphan("rhel9-0123456789ab"))
    ran = run(*DRIFT, "--commands")
    assert ran.code == 1
    assert "\ncontext=dev-1\nnamespace=golden-images\n" in ran.out
    last = "drop_volume persistentvolumeclaims rhel9-0123456789ab persistentvolumeclaims 4711\n"
    assert ran.out.endswith(f'{last}\nexit "$failed"\n')
    for shell in ("sh", "bash"):
        assert subprocess.run([shell, "-n"], input=ran.out, text=True, check=True, capture_output=True).stderr == ""


def test_names_that_a_shell_would_heed_are_only_ever_comments(run: Run, recorded: Path) -> None:
    hostile = "rhel9-0123456789ab; touch pwned\ntouch pwned #$(touch pwned)"
    add(recorded / "dev-1.json", orphan(hostile))
    script = run(*DRIFT, "--commands").out
    active = [line for line in script.splitlines() if "pwned" in line and not line.startswith("#")]
    assert active == []
    subprocess.run(["sh"], input=script, text=True, check=False, capture_output=True, cwd=recorded)
    assert not list(recorded.glob("pwned"))


def test_without_drift_the_script_does_nothing(run: Run, recorded: Path) -> None:
    ran = run(*DRIFT, "--commands")
    assert ran.code == 0
    assert ran.out.splitlines()[-1] == "# There is nothing to run."


def test_the_script_has_no_other_form(run: Run, recorded: Path) -> None:
    ran = run(*DRIFT, "--commands", "-o", "json")
    assert (ran.code, ran.out) == (2, "")
    assert "--commands prints a script" in ran.err


def test_a_cluster_that_could_not_be_read_is_said(run: Run, recorded: Path) -> None:
    (recorded / "dev-2.json").unlink()
    found = report(run, code=1)
    lost = next(each for each in found["clusters"] if each["reason"])
    assert (lost["cluster"], lost["reason"]) == ("dev-2", "SnapshotMissing")
    assert "the cluster   SnapshotMissing   1   dev-2" in run(*DRIFT).out
    assert "# dev-2: 0 commands\n# could not be read" in run(*DRIFT, "--commands").out


def test_snapshots_that_are_all_missing_are_the_clusters_findings_as_in_verify(run: Run, recorded: Path) -> None:
    for snapshot in recorded.glob("*.json"):
        snapshot.unlink()
    assert report(run, code=1)["summary"]["unreachable"] == 6
    assert run("verify", *REPO, "--snapshots", "recorded").code == 1


def test_with_no_live_cluster_that_answers_nothing_can_be_said(run: Run, recorded: Path) -> None:
    (recorded.parent / "empty.kubeconfig").write_text("{apiVersion: v1, kind: Config}", encoding="utf-8")
    live = (*REPO, "--kubeconfig", "empty.kubeconfig")
    ran = run("drift", *live, "-o", "json")
    assert (ran.code, ran.json["summary"]["unreachable"]) == (3, 6), ran
    assert run("verify", *live).code == 3


def test_without_a_source_of_clusters_it_says_what_to_name(run: Run, recorded: Path) -> None:
    ran = run("drift", *REPO)
    assert ran.code == 2
    assert "--kubeconfig" in ran.err


def test_one_image_alone_can_be_asked_about(run: Run, recorded: Path) -> None:
    edit(recorded / "prod-eu-1.json", "DataImportCron", "rhel9-", **{DIGEST_ANNOTATION: SOMEBODYS})
    assert said(report(run, "--only", "image=fedora", code=0)) == []
    assert said(report(run, "--only", "image=rhel9", code=1)) == [("prod-eu-1", "CronEdited", "rhel9")]


def test_what_cannot_be_read_in_git_was_not_taken_out_of_it(run: Run, recorded: Path, bare: Git) -> None:
    file = "clusters/dev-1/image-rhel9.yaml"
    held = bare("show", f"main:{file}")
    bare.commit({file: f"<<<<<<< HEAD\n{held}".encode()})
    ran = run("drift", *REPO, "--snapshots", "recorded")
    assert (ran.code, ran.err.count("\n")) == (0, 1)
    assert ran.err.startswith("warning: dev-1: image-rhel9.yaml on main is no manifest")
    assert "drop_cron" not in run("drift", *REPO, "--snapshots", "recorded", "--commands").out


def test_a_branch_that_holds_nothing_of_the_fleet_is_nothing_to_compare_with(
    run: Run, recorded: Path, bare: Git
) -> None:
    bare("branch", "other", bare.commit({"README": b"x"}, branch="elsewhere"))
    ran = run("drift", *REPO, "--branch", "other", "--snapshots", "recorded")
    assert (ran.code, ran.out) == (2, "")
    assert "'other' holds nothing of the fleet acme" in ran.err
