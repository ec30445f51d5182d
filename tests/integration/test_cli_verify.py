"""verify from the command line: exit codes, the report for machines and its schema, a registry that is down."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from gitops_golden.render.cdi import DIGEST_ANNOTATION
from tests.integration.fleets import change, converge, edit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.fleets import Ran
    from tests.testbed.gitrepos import Git

    Run = Callable[..., Ran]

NOW = datetime.now(UTC)
REPO = ("--repo", "../clusters.git")
VERIFY = ("verify", *REPO, "--snapshots", "recorded")


@pytest.fixture
def recorded(run: Run, fleet: Path, bare: Git) -> Path:
    """Return snapshots of clusters that have all converged on what is locked and published."""
    return converge(run, fleet, bare, at=NOW)


def report(run: Run, *arguments: str, code: int) -> Any:
    """Run verify for machines; what it prints satisfies the schema that the tool prints."""
    ran = run(*VERIFY, "-o", "json", *arguments)
    assert ran.code == code, ran
    schema = run("schema", "report").json
    checker = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    assert [error.message for error in checker.iter_errors(ran.json)] == []
    return ran.json


def delivery(found: Any, cluster: str, image: str) -> Any:
    return next(each for each in found["deliveries"] if (each["cluster"], each["image"]) == (cluster, image))


def test_a_fleet_that_has_converged_ends_with_0(run: Run, recorded: Path, bare: Git) -> None:
    found = report(run, code=0)
    counts = {"deliveries": 21, "converged": 21, "progressing": 0, "broken": 0, "unreachable": 0}
    assert found["summary"] == counts | {"overdue": 0, "imageFindings": 0, "clusterFindings": 0}
    assert found["commit"] == bare("rev-parse", "main").strip()
    ran = run(*VERIFY)
    assert (ran.code, ran.err) == (0, "")
    assert "21 converged" in ran.out


def test_a_cluster_that_was_edited_is_named_alone(run: Run, recorded: Path) -> None:
    edit(recorded / "prod-eu-1.json", "DataImportCron", "rhel9-", **{DIGEST_ANNOTATION: f"sha256:{'e' * 64}"})
    found = report(run, code=1)
    assert found["summary"]["broken"] == 1
    broken = delivery(found, "prod-eu-1", "rhel9")
    assert (broken["verdict"], broken["link"], broken["reason"]) == ("broken", "cron", "DigestEdited")
    ran = run(*VERIFY)
    assert ran.code == 1
    assert "cron/DigestEdited: rhel9 on prod-eu-1" in ran.out
    wide = run(*VERIFY, "-o", "wide").out.splitlines()
    assert sum(" converged " in line for line in wide[2:23]) == 20


def test_a_cluster_behind_is_progressing_and_still_told_what_it_serves(run: Run, recorded: Path) -> None:
    before = report(run, code=0)
    lock = recorded.parent / "fleet.lock.yaml"
    held = delivery(before, "dev-1", "rhel9")["expected"]
    known = [line.split()[-1] for line in lock.read_text(encoding="utf-8").splitlines() if "- digest:" in line]
    rhel9 = next(digest for digest in known[1:3] if digest != held)
    change(lock, f"all: {held}", f"all: {rhel9}")
    assert run("publish", *REPO).code == 0
    found = report(run, code=1)
    behind = delivery(found, "dev-1", "rhel9")
    assert (behind["verdict"], behind["link"], behind["reason"]) == ("progressing", "cron", "NotSynced")
    assert (behind["expected"], behind["actual"]) == (rhel9, held)
    (moved,) = [each for each in found["images"] if "reason" in each]
    assert (moved["image"], moved["reason"]) == ("rhel9", "TagMoved")


def test_a_missing_snapshot_makes_its_cluster_unreachable_and_names_it(run: Run, recorded: Path) -> None:
    (recorded / "dev-2.json").unlink()
    found = report(run, code=1)
    assert (found["summary"]["unreachable"], found["summary"]["converged"]) == (3, 18)
    (lost,) = [each for each in found["clusters"] if "reason" in each]
    assert (lost["cluster"], lost["link"], lost["reason"]) == ("dev-2", None, "SnapshotMissing")
    assert run(*VERIFY).err == "warning: dev-2: no snapshot of it in recorded\n"


def test_a_broken_snapshot_is_told_with_its_place(run: Run, recorded: Path) -> None:
    (recorded / "dev-2.json").write_text('{"kind": \n}', encoding="utf-8")
    assert "recorded/dev-2.json:" in run(*VERIFY).err
    lost = next(each for each in report(run, code=1)["clusters"] if each["cluster"] == "dev-2")
    assert lost["reason"] == "SnapshotUnreadable"


def test_what_is_not_published_is_broken_at_git(run: Run, recorded: Path) -> None:
    change(recorded.parent / "fleet.yaml", "storage: {size: 80Gi}", "storage: {size: 90Gi}")
    found = report(run, code=1)
    assert found["summary"]["broken"] == 3
    assert delivery(found, "prod-us-1", "win2022")["reason"] == "NotPublished"


def test_what_a_template_adds_and_git_lacks_is_told_of_the_cluster(run: Run, fleet: Path, bare: Git) -> None:
    (fleet / "templates" / "cluster").mkdir(parents=True)
    about = fleet / "templates" / "cluster" / "about.yaml.j2"
    about.write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: about, namespace: golden-images}\ndata: {a: b}\n"
    )
    with (fleet / "fleet.yaml").open("a", encoding="utf-8") as policy:
        policy.write("  templates: templates\n")
    converge(run, fleet, bare, at=NOW)
    assert report(run, code=0)["summary"]["clusterFindings"] == 0
    about.write_text(about.read_text().replace("a: b", "a: c"))
    found = report(run, code=1)
    assert (found["summary"]["converged"], found["summary"]["clusterFindings"]) == (21, 6)
    assert {(each["link"], each["reason"]) for each in found["clusters"]} == {("git", "NotPublished")}
    assert "extra-about.yaml" in found["clusters"][0]["message"]


def test_with_the_registry_down_all_else_is_judged(run: Run, fleet: Path, bare: Git, refused: str) -> None:
    change(fleet / "fleet.yaml", "address: registry.acme.example:5000 ", f"address: {refused}\n    plainHTTP: true ")
    recorded = converge(run, fleet, bare, at=NOW)
    change(fleet / "fleet.yaml", "    layout: registry ", "    #")
    found = report(run, code=3)
    assert {each["reason"] for each in found["images"]} == {"RegistryUnreachable"}
    # What a tracking image should be is what its tag is now; the others are judged by the lock.
    assert {each["image"] for each in found["deliveries"] if each["verdict"] != "converged"} == {"fedora"}
    counts = {"deliveries": 21, "converged": 15, "progressing": 0, "broken": 0, "unreachable": 6}
    assert found["summary"] == counts | {"overdue": 0, "imageFindings": 4, "clusterFindings": 0}
    edit(recorded / "prod-eu-1.json", "DataImportCron", "rhel9-", **{DIGEST_ANNOTATION: f"sha256:{'e' * 64}"})
    assert report(run, code=1)["summary"]["broken"] == 1


def test_live_clusters_of_which_none_answers_say_nothing(
    run: Run, recorded: Path, refused: str, tmp_path: Path
) -> None:
    names = [snapshot.stem for snapshot in recorded.iterdir()]
    config = {
        "clusters": [{"name": "all", "cluster": {"server": f"https://{refused}"}}],
        "contexts": [{"name": name, "context": {"cluster": "all"}} for name in names],
    }
    (tmp_path / "config").write_text(json.dumps(config), encoding="utf-8")
    ran = run("verify", *REPO, "--kubeconfig", str(tmp_path / "config"), "-o", "json")
    assert ran.code == 3
    assert ran.err == "reading clusters (6)\n"
    assert {each["reason"] for each in ran.json["clusters"]} == {"ConnectionRefused"}
    snapshot = ("snapshot", "--cluster", "dev-1", "--kubeconfig", str(tmp_path / "config"))
    refusal = run(*snapshot, "--to", str(tmp_path / "dev-1.json"))
    assert (refusal.code, refusal.out) == (3, "")
    assert "dev-1 could not be read (ConnectionRefused)" in refusal.err
    assert not (tmp_path / "dev-1.json").exists()


def test_a_kubeconfig_that_is_not_there_is_wrong_input(run: Run, fleet: Path, bare: Git) -> None:
    ran = run("verify", *REPO, "--kubeconfig", "nowhere")
    assert (ran.code, ran.out) == (2, "")
    assert "error: no kubeconfig at nowhere" in ran.err


def test_a_time_that_is_none_is_wrong_usage(run: Run, fleet: Path, bare: Git) -> None:
    ran = run(*VERIFY, "--at", "yesterday")
    assert (ran.code, ran.out) == (2, "")
    assert "2026-11-21T10:00:00Z" in ran.err


def test_a_snapshot_from_the_future_is_not_believed(run: Run, recorded: Path) -> None:
    found = report(run, "--at", (NOW - timedelta(hours=1)).isoformat(), code=1)
    assert {each["reason"] for each in found["clusters"] if "reason" in each} == {"SnapshotFromFuture"}


def test_verify_wants_a_source_of_clusters(run: Run, fleet: Path, bare: Git) -> None:
    ran = run("verify", *REPO)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "error: name the clusters' source (--kubeconfig F, --snapshots DIR, or both)\n"


# All that a fleet may have ----------------------------------------------------------------------------------------

RICH = """  channels: [{name: stable, image: rhel9}]
  vendorImages: {keep: [fedora]}
  consumers: [{group: team-a}]

  placements:
"""


@pytest.fixture
def rich(run: Run, fleet: Path, bare: Git) -> Path:
    """Return snapshots of a converged fleet with a channel, two architectures, its own consumers and vendor images."""
    change(fleet / "fleet.yaml", "  placements:\n", RICH)
    change(fleet / "fleet.yaml", "      preference: ubuntu\n", "      architectures: [amd64, arm64]\n")
    change(
        fleet / "fleet.yaml",
        "labels: {env: prod, site: edge}",
        "labels: {env: prod, site: edge}\n      platform: kubevirt",
    )
    return converge(run, fleet, bare, at=NOW)


def objects(snapshot: Path, *more: dict[str, Any], without: tuple[str, str] = ("", "")) -> None:
    """Add objects to a snapshot, and take one away by its kind and name."""
    document = json.loads(snapshot.read_bytes())
    kept = [each for each in document["objects"] if (each["kind"], each["metadata"]["name"]) != without]
    snapshot.write_text(json.dumps(document | {"objects": [*kept, *more]}), encoding="utf-8")


def of_its_own(found: Any) -> dict[str, tuple[str, str | None, str]]:
    """Return verdict, link and reason of each cluster with a finding of its own."""
    return {
        each["cluster"]: (each["verdict"], each["link"], each["reason"])
        for each in found["clusters"]
        if "reason" in each
    }


def test_all_that_a_fleet_may_have_converges(run: Run, rich: Path) -> None:
    found = report(run, code=0)
    assert found["summary"]["converged"] == 27
    assert {each["architecture"] for each in found["deliveries"] if each["image"] == "ubuntu2404"} == {"amd64", "arm64"}
    assert {each["dataSource"] for each in found["deliveries"] if each["image"] == "ubuntu2404"} == {
        "ubuntu2404-amd64",
        "ubuntu2404-arm64",
    }
    assert delivery(found, "dev-1", "rhel9")["architecture"] is None
    assert all(each["verdict"] is None and each["notJudged"] == [] for each in found["clusters"])
    assert "ubuntu2404-arm64 " in run(*VERIFY).out


def test_a_channel_that_moved_in_git_is_on_its_way_and_one_that_was_removed_is_broken(run: Run, rich: Path) -> None:
    objects(rich / "dev-1.json", without=("DataSource", "stable"))
    # It is new in Git: nobody can tell a cluster that has not synced from one that lost it.
    assert delivery(report(run, code=1), "dev-1", "rhel9")["reason"] == "NotSynced"
    change(rich.parent / "fleet.yaml", "image: rhel9}", "image: ubuntu2404}")
    unpublished = report(run, code=1)
    assert delivery(unpublished, "dev-2", "ubuntu2404")["reason"] == "NotPublished"
    assert run("publish", *REPO).code == 0
    found = report(run, code=1)
    behind = {each["cluster"]: each["reason"] for each in found["deliveries"] if "reason" in each}
    assert behind == dict.fromkeys(behind, "NotSynced") | {"dev-1": "PointerAbsent"}
    assert len(behind) == 6
    assert {each["dataSource"] for each in found["deliveries"] if "reason" in each} == {"ubuntu2404-amd64"}


def test_rights_that_were_edited_are_told_at_access(run: Run, rich: Path) -> None:
    everybody = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "acme-consumers", "namespace": "golden-images"},
        "roleRef": {"kind": "Role", "name": "acme-consumers"},
        "subjects": [{"kind": "Group", "name": "system:unauthenticated"}],
    }
    objects(rich / "dev-1.json", everybody, without=("RoleBinding", "acme-consumers"))
    found = report(run, code=1)
    told = [each for each in found["deliveries"] if "reason" in each]
    assert {(each["cluster"], each["verdict"], each["link"], each["reason"]) for each in told} == {
        ("dev-1", "broken", "access", "ConsumersEdited")
    }


def test_vendor_images_are_told_of_their_cluster(run: Run, rich: Path) -> None:
    cron = {
        "apiVersion": "cdi.kubevirt.io/v1beta1",
        "kind": "DataImportCron",
        "metadata": {
            "name": "centos-stream9-image-cron",
            "namespace": "kubevirt-os-images",
            "labels": {"app.kubernetes.io/managed-by": "ssp-operator"},
        },
        "spec": {"managedDataSource": "centos-stream9"},
    }
    objects(rich / "edge-001.json", cron)
    found = report(run, code=1)
    assert of_its_own(found) == {"edge-001": ("broken", None, "VendorImagesPresent")}
    assert (found["summary"]["converged"], found["summary"]["clusterFindings"]) == (27, 1)
    out = run(*VERIFY).out
    assert "broken    cluster   VendorImagesPresent   1   -        edge-001" in out
    assert "cluster/VendorImagesPresent: edge-001" in out
    assert "1 cluster with a finding of its own" in out


def test_a_hyperconverged_that_was_not_told_yet_is_on_its_way(run: Run, rich: Path) -> None:
    change(rich.parent / "fleet.yaml", "{keep: [fedora]}", "{keep: [centos-stream9]}")
    assert of_its_own(report(run, code=1)) == {"edge-001": ("broken", "git", "NotPublished")}
    assert run("publish", *REPO).code == 0
    assert of_its_own(report(run, code=1)) == {"edge-001": ("progressing", None, "VendorImagesNotTold")}
    objects(rich / "edge-001.json", without=("HyperConverged", "kubevirt-hyperconverged"))
    assert of_its_own(report(run, code=1)) == {"edge-001": ("broken", None, "HyperConvergedAbsent")}
