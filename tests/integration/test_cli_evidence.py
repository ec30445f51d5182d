"""What a report rests on and says of itself: commits, files, servers, ages; and the files that it is written to."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gitops_golden import __version__
from gitops_golden.cli.clusters_repository import clusters_repository
from gitops_golden.cli.verifying import truth_of
from gitops_golden.cli.wiring import open_fleet
from gitops_golden.resources import shipped
from tests.integration.fleets import change, converge, record
from tests.testbed.gitrepos import Git

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.fleets import Ran

    Run = Callable[..., Ran]

NOW = datetime.now(UTC)
REPO = ("--repo", "../clusters.git")
VERIFY = ("verify", *REPO, "--snapshots", "recorded")


@pytest.fixture
def recorded(run: Run, fleet: Path, bare: Git) -> Path:
    """Return snapshots of clusters that have all converged on what is locked and published."""
    return converge(run, fleet, bare, at=NOW)


def judged(run: Run, *arguments: str) -> Any:
    return run(*VERIFY, "-o", "json", *arguments).json


def committed(folder: Path) -> Git:
    """Put what a user commits of a fleet under Git."""
    git = Git(folder)
    git("init", "-q", "-b", "main")
    git("add", "fleet.yaml", "fleet.lock.yaml", "inventory")
    git("-c", "user.name=U", "-c", "user.email=u@x", "commit", "-qm", "fleet")
    return git


def test_a_report_names_the_commits_and_files_that_it_rests_on(
    run: Run, fleet: Path, recorded: Path, bare: Git
) -> None:
    head = committed(fleet)("rev-parse", "HEAD").strip()
    basis = judged(run)["basis"]
    assert basis["version"] == __version__
    assert (basis["branch"], basis["commit"]) == ("main", bare("rev-parse", "main").strip())
    assert (basis["policy"]["commit"], basis["policy"]["modified"]) == (head, False)
    assert (basis["lock"]["commit"], basis["lock"]["modified"]) == (head, False)
    assert basis["lock"]["sha256"] == hashlib.sha256((fleet / "fleet.lock.yaml").read_bytes()).hexdigest()
    files = subprocess.run(
        "sha256sum fleet.yaml inventory/*.yaml | sort | sha256sum", shell=True, capture_output=True, check=True
    )
    assert basis["policy"]["sha256"] == files.stdout.split()[0].decode()


def test_files_that_no_commit_holds_are_said_to_be_modified(run: Run, fleet: Path, recorded: Path) -> None:
    committed(fleet)
    before = judged(run)["basis"]["policy"]
    change(fleet / "fleet.yaml", "kind: FleetPolicy", "kind: FleetPolicy # mine")
    after = judged(run)["basis"]["policy"]
    assert (before["commit"], before["modified"]) == (after["commit"], False)
    assert after["modified"]
    assert before["sha256"] != after["sha256"]


@pytest.mark.parametrize("file", ["templates/cron.yaml.j2", "guard.json"])
def test_whatever_shapes_a_verdict_is_a_part_of_what_it_rests_on(
    run: Run, fleet: Path, recorded: Path, file: str
) -> None:
    shutil.copytree(shipped("templates"), fleet / "templates", ignore=lambda _, names: {*names} - {"cron.yaml.j2"})
    (fleet / "guard.json").write_text("{}", encoding="utf-8")
    change(fleet / "fleet.yaml", "spec:\n", "spec:\n  templates: templates\n  guardrails: [{schema: guard.json}]\n")
    before = judged(run)["basis"]["policy"]["sha256"]
    (fleet / file).write_text((fleet / file).read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert judged(run)["basis"]["policy"]["sha256"] != before


def test_a_policy_is_the_same_from_wherever_it_is_named(run: Run, fleet: Path, recorded: Path) -> None:
    here = judged(run)["basis"]["policy"]
    arguments = ("verify", str(fleet), *REPO, "--snapshots", "recorded", "-o", "json")
    assert run(*arguments).json["basis"]["policy"] == here


def test_a_report_is_of_one_commit_wherever_the_branch_goes(run: Run, fleet: Path, recorded: Path, bare: Git) -> None:
    opened = open_fleet(fleet)
    with clusters_repository(str(bare.folder)) as repository:
        truth = truth_of(opened, opened.plan, repository, "main")
        head = bare("rev-parse", "main").strip()
        bare.commit({"clusters/dev-1/image-rhel9.yaml": b"moved: on\n"})
        assert truth.basis.commit == head != bare("rev-parse", "main").strip()
        assert b"DataImportCron" in (truth.git.published("dev-1", "rhel9") or b"")
        assert {past.commit for past in truth.git.past("dev-1", "rhel9")} == {head}


def test_a_policy_that_is_under_no_git_has_no_commit(run: Run, recorded: Path) -> None:
    basis = judged(run)["basis"]
    assert (basis["policy"]["commit"], basis["lock"]["commit"]) == (None, None)


def test_a_cluster_says_what_was_read_of_it_and_where(run: Run, recorded: Path) -> None:
    (found,) = [each for each in judged(run)["clusters"] if each["cluster"] == "dev-1"]
    snapshot = json.loads((recorded / "dev-1.json").read_bytes())
    assert found["server"] == snapshot["server"]
    assert found["objects"] == len(snapshot["objects"])
    assert found["source"].endswith("recorded/dev-1.json")
    assert found["where"]["file"].endswith("inventory/data-centres.yaml")


def test_what_is_behind_for_longer_than_the_objective_is_broken_for_it(
    run: Run, fleet: Path, recorded: Path, bare: Git
) -> None:
    earlier, later = bare.files(), NOW + timedelta(hours=5)
    digests = {each["image"]: each["served"] for each in judged(run)["images"]}
    change(fleet / "fleet.yaml", "spec:\n", "spec:\n  objective: {converge: 4h}\n")
    change(fleet / "fleet.yaml", "storage: {size: 80Gi}", "storage: {size: 90Gi}")
    assert run("publish", *REPO).code == 0
    assert {each["verdict"] for each in behind(judged(run))} == {"progressing"}
    shutil.rmtree(recorded)
    record(recorded, earlier, digests, at=later)
    found = judged(run, "--at", later.isoformat())
    assert found["objective"] == {"convergeSeconds": 14_400}
    assert {(each["verdict"], each["overdue"]) for each in behind(found)} == {("broken", True)}
    assert found["summary"]["overdue"] == len(behind(found))


def behind(report: Any) -> list[Any]:
    found = [each for each in report["deliveries"] if each.get("reason") == "NotSynced"]
    assert found
    return found


def test_a_snapshot_older_than_the_objective_proves_nothing(run: Run, fleet: Path, recorded: Path) -> None:
    change(fleet / "fleet.yaml", "spec:\n", "spec:\n  objective: {converge: 4h}\n")
    assert judged(run, "--at", (NOW + timedelta(hours=3, minutes=59)).isoformat())["summary"]["converged"] == 21
    found = judged(run, "--at", (NOW + timedelta(hours=4, minutes=1)).isoformat())
    assert {each["reason"] for each in found["deliveries"]} == {"SnapshotStale"}
    assert {each["readAt"] for each in found["clusters"]} == {f"{NOW:%Y-%m-%dT%H:%M:%SZ}"}


def test_one_run_writes_every_format_that_is_asked_for(run: Run, fleet: Path, recorded: Path) -> None:
    forms = ("table", "wide", "json", "markdown", "html", "junit", "sarif", "prometheus")
    ran = run(*VERIFY, "-o", "json", *(f"--write={form}=out.{form}" for form in forms), "--attest", "proof.json")
    assert (ran.code, ran.err) == (0, "")
    assert (fleet / "out.json").read_text(encoding="utf-8").rstrip() == ran.out.rstrip()
    assert all((fleet / f"out.{form}").stat().st_size for form in forms)
    statement = json.loads((fleet / "proof.json").read_bytes())
    assert statement["predicate"] == ran.json


@pytest.mark.parametrize("wrong", ["json", "=x", "json=", "pdf=report.pdf"])
def test_a_format_or_file_that_is_none_is_wrong_usage(run: Run, recorded: Path, wrong: str) -> None:
    ran = run(*VERIFY, "--write", wrong)
    assert (ran.code, ran.out) == (2, "")
    assert "is not FORMAT=FILE" in ran.err


def test_a_file_that_cannot_be_written_is_named(run: Run, recorded: Path) -> None:
    ran = run(*VERIFY, "--write", "json=absent/report.json")
    assert (ran.code, ran.out) == (2, "")
    assert "absent/report.json" in ran.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--write=json=a", "--write=html=./a"], "a is named for two outputs"),
        (["--write=json=a", "--attest=b/../a"], "b/../a is named for two outputs"),
        (["--write=json=b"], "b cannot be written: it is a folder"),
        (["--write=json=-"], "- is no file to write"),
        (["--attest=none/a"], "none/a cannot be written: there is no such folder"),
    ],
)
def test_outputs_that_cannot_be_written_are_told_before_anything_is_read(
    run: Run, fleet: Path, options: list[str], said: str
) -> None:
    (fleet / "b").mkdir()
    ran = run("verify", "--repo", "none", "--snapshots", "none", *options)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert not (fleet / "a").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux alone has it")
def test_a_file_that_cannot_be_written_in_the_end_keeps_nothing_else_back(
    run: Run, fleet: Path, recorded: Path
) -> None:
    ran = run(*VERIFY, "-o", "json", "--write", "json=/dev/full", "--write", "json=report.json")
    assert (ran.code, ran.err) == (
        2,
        "error: /dev/full cannot be written: No space left on device (name another file)\n",
    )
    assert json.loads((fleet / "report.json").read_bytes()) == ran.json
    assert Path("/dev/full").is_char_device()
