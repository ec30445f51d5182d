"""The Indexed Job of docs/kubernetes on a real API server, and what its pods run: sixteen shards, and their merge."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

from gitops_golden.render.cdi import DIGEST_ANNOTATION
from tests.integration.fleets import copy_sample, edit, record
from tests.testbed.api import ApiError, path, wait_until
from tests.testbed.cluster import Cluster
from tests.testbed.gitrepos import Git, hermetic

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.testbed.api import Object
    from tests.testbed.binaries import Binaries

MANIFEST = Path(__file__).parents[2] / "docs" / "kubernetes" / "verify-job.yaml"
NAMESPACE = "golden-verify"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
AT = f"{NOON:%Y-%m-%dT%H:%M:%SZ}"
DRY = {"fieldValidation": "Strict", "dryRun": "All"}
SCRIPT_SECONDS = 120


def objects(kind: str = "") -> list[Object]:
    found = YAML(typ="safe").load_all(MANIFEST.read_text(encoding="utf-8"))
    return [each for each in found if kind in {"", each["kind"]}]


def pod(job: str) -> Object:
    """Return what a Job's pods are made from."""
    spec = next(each for each in objects("Job") if each["metadata"]["name"] == job)["spec"]["template"]["spec"]
    assert isinstance(spec, dict)
    return spec


def container(job: str, name: str) -> Object:
    spec = pod(job)
    return next(each for each in (*spec["initContainers"], *spec["containers"]) if each["name"] == name)


@pytest.fixture(scope="module")
def hub(testbed_only: None, clusters: tuple[Any, ...]) -> Iterator[Cluster]:
    """Return a cluster with the manifest's objects, each created as strictly as may be; no controller runs its Jobs."""
    cluster = clusters[0]
    assert isinstance(cluster, Cluster)
    for each in objects():
        cluster.api.create(cluster.api.path_of(each, collection=True), each)
    yield cluster
    cluster.api.delete(path("v1", "namespaces", name=NAMESPACE))


# The manifest on a real API server --------------------------------------------------------------------------------


def test_the_manifest_is_accepted(hub: Cluster) -> None:
    spec = hub.api.get(path("batch/v1", "jobs", NAMESPACE, "golden-verify"))["spec"]
    assert (spec["completionMode"], spec["completions"]) == ("Indexed", 16)


@pytest.mark.parametrize("job", ["golden-verify", "golden-merge"])
def test_its_pods_keep_the_restricted_standard(hub: Cluster, job: str) -> None:
    made = {"metadata": {"name": "tried"}, "spec": pod(job)}
    hub.api.request("POST", path("v1", "pods", NAMESPACE), made, parameters=DRY)
    loose = {**made, "spec": {**made["spec"], "hostNetwork": True}}
    with pytest.raises(ApiError, match="violates PodSecurity"):
        hub.api.request("POST", path("v1", "pods", NAMESPACE), loose, parameters=DRY)


@pytest.mark.parametrize("job", ["golden-verify", "golden-merge"])
def test_every_container_is_bounded_and_writes_to_volumes_alone(job: str) -> None:
    spec = pod(job)
    for each in (*spec["initContainers"], *spec["containers"]):
        assert each["securityContext"]["readOnlyRootFilesystem"] is True
        assert {"requests", "limits"} <= each["resources"].keys()
        assert each["image"].startswith("registry.example/")
    assert all(volume["emptyDir"].get("sizeLimit") for volume in spec["volumes"] if "emptyDir" in volume)


@pytest.mark.parametrize(
    ("account", "verb", "resource", "name", "allowed"),
    [
        ("golden-merge", "get", "jobs", "golden-verify", True),
        ("golden-merge", "get", "jobs", "golden-merge", False),
        ("golden-merge", "list", "jobs", "", False),
        ("golden-merge", "delete", "jobs", "golden-verify", False),
        ("golden-merge", "get", "secrets", "golden-kubeconfig", False),
        ("golden-verify", "get", "jobs", "golden-verify", False),
        ("golden-verify", "get", "secrets", "golden-kubeconfig", False),
    ],
)
def test_who_merges_may_get_one_job_and_nobody_may_do_more(
    hub: Cluster, account: str, verb: str, resource: str, name: str, *, allowed: bool
) -> None:
    group = "batch" if resource == "jobs" else ""
    asked = {"namespace": NAMESPACE, "verb": verb, "group": group, "resource": resource, "name": name}
    review = {"spec": {"user": f"system:serviceaccount:{NAMESPACE}:{account}", "resourceAttributes": asked}}
    answer = hub.api.create(path("authorization.k8s.io/v1", "subjectaccessreviews"), review)
    assert answer["status"]["allowed"] is allowed


# What its pods run ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Site:
    """Stand-ins for a pod's volumes: a fleet, the clusters' repository, what was recorded of them, the reports."""

    folder: Path

    @property
    def fleet(self) -> Path:
        return self.folder / "fleet"

    @property
    def reports(self) -> Path:
        return self.folder / "reports"

    def run(self, script: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Run a shell's command line where nothing but the environment says where things are."""
        known = hermetic() | {"HOME": str(self.folder), "TMPDIR": str(self.folder)}
        known["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return subprocess.run(
            ["/bin/sh", "-c", script],
            env={**known, **environment},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=SCRIPT_SECONDS,
        )

    def tool(self, *arguments: str) -> str:
        done = self.run(f"cd fleet && exec gitops-golden {' '.join(arguments)}", {})
        assert done.returncode in {0, 1}, done.stderr
        return done.stdout

    def shard(self, number: int, run: str) -> subprocess.CompletedProcess[str]:
        """Run what the Job runs at an index, on snapshots in place of live clusters."""
        found = container("golden-verify", "verify")
        places = {
            "FLEET": str(self.fleet),
            "REPORTS": str(self.reports),
            "RUN": run,
            "GITOPS_GOLDEN_VERIFY_REPO": str(self.folder / "clusters.git"),
            "HOME": str(self.folder),
            "DOCKER_CONFIG": str(self.folder / "none"),
        }
        left = {each["name"] for each in found["env"]} - places.keys()
        assert left == {"GITOPS_GOLDEN_VERIFY_KUBECONFIG"}
        recorded = {"GITOPS_GOLDEN_VERIFY_SNAPSHOTS": str(self.fleet / "recorded"), "GITOPS_GOLDEN_VERIFY_AT": AT}
        (script,) = found["args"]
        return self.run(script, places | recorded | {"JOB_COMPLETION_INDEX": str(number)})

    def merge(self, verified: Path) -> subprocess.CompletedProcess[str]:
        (script,) = container("golden-merge", "merge")["args"]
        return self.run(script, {"REPORTS": str(self.reports), "VERIFIED": str(verified)})


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Return a fleet in which one cluster was edited and all others have converged."""
    made = Site(tmp_path_factory.mktemp("hub"))
    copy_sample(made.fleet)
    bare = Git.made(made.folder / "clusters.git")
    made.tool("lock")
    made.tool("publish", "--repo", "../clusters.git")
    images = json.loads(made.tool("verify", "--repo", "../clusters.git", "--snapshots", ".", "-o", "json"))["images"]
    record(made.fleet / "recorded", bare.files(), {each["image"]: each["served"] for each in images}, at=NOON)
    edit(
        made.fleet / "recorded/prod-eu-1.json", "DataImportCron", "rhel9-", **{DIGEST_ANNOTATION: f"sha256:{'e' * 64}"}
    )
    return made


@pytest.fixture(scope="module")
def shards(site: Site) -> tuple[subprocess.CompletedProcess[str], ...]:
    """Return how each of the Job's sixteen commands ended."""
    completions = next(each for each in objects("Job") if each["metadata"]["name"] == "golden-verify")["spec"][
        "completions"
    ]
    with ThreadPoolExecutor(2) as pool:
        return tuple(pool.map(lambda index: site.shard(index, "run-1"), range(completions)))


def verified(folder: Path, run: str) -> Path:
    folder.mkdir()
    (folder / "run").write_text(run)
    return folder


def test_sixteen_shards_merged_are_the_report_of_the_whole_fleet(
    site: Site, shards: tuple[subprocess.CompletedProcess[str], ...], tmp_path: Path
) -> None:
    assert [(each.returncode, each.stderr) for each in shards] == [(0, "")] * 16
    merged = site.merge(verified(tmp_path / "verified", "run-1"))
    assert merged.returncode == 1, merged.stderr
    whole = site.tool(
        "verify", "--repo", "../clusters.git", "--snapshots", str(site.fleet / "recorded"), "--at", AT, "-o", "json"
    )
    assert json.loads((site.reports / "run-1" / "fleet.json").read_text()) == json.loads(whole)
    assert "cron/DigestEdited: rhel9 on prod-eu-1" in merged.stdout


def test_a_shard_that_failed_is_missing_and_named(
    site: Site, shards: tuple[subprocess.CompletedProcess[str], ...], tmp_path: Path
) -> None:
    shutil.copytree(site.reports / "run-1", site.reports / "run-2")
    (site.reports / "run-2" / "shard-5.json").unlink()
    merged = site.merge(verified(tmp_path / "verified", "run-2"))
    assert merged.returncode == 2
    assert "of 16 shards 5 is missing" in merged.stderr


def test_a_shard_that_can_say_nothing_fails_so_that_it_is_tried_again(site: Site) -> None:
    repository = site.folder / "clusters.git"
    repository.rename(site.folder / "elsewhere.git")
    try:
        assert site.shard(0, "run-3").returncode != 0
    finally:
        (site.folder / "elsewhere.git").rename(repository)
    assert not list((site.reports / "run-3").iterdir())


@pytest.mark.parametrize("outcome", ["Complete", "Failed"])
def test_the_merge_begins_once_the_job_has_ended_either_way(
    hub: Cluster, binaries: Binaries, outcome: str, tmp_path: Path
) -> None:
    (script,) = container("golden-merge", "wait")["args"]
    place = path("batch/v1", "jobs", NAMESPACE, "golden-verify")
    user = hub.kubeconfig_for(f"system:serviceaccount:{NAMESPACE}:golden-merge")
    kubectl = {**binaries.on_path("kubectl"), "KUBECONFIG": str(user), "VERIFIED": str(tmp_path)}
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(Site(tmp_path).run, script, kubectl)
        job = hub.api.get(place)
        hub.api.replace(f"{place}/status", {**job, "status": ended(outcome)})
        done = waiting.result(timeout=SCRIPT_SECONDS)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "run").read_text() == job["metadata"]["uid"]
    hub.api.delete(place)
    wait_until(lambda: hub.api.find(place) is None, what="the Job gone")
    hub.api.create(path("batch/v1", "jobs", NAMESPACE), objects("Job")[0])


def ended(outcome: str) -> Object:
    """Return the status of a Job that has ended, as its controller writes it."""
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    before = {"Complete": "SuccessCriteriaMet", "Failed": "FailureTarget"}[outcome]
    conditions = [
        {"type": kind, "status": "True", "lastTransitionTime": now, "lastProbeTime": now} for kind in (before, outcome)
    ]
    status: Object = {
        "startTime": now,
        "conditions": conditions,
        "ready": 0,
        "terminating": 0,
        "uncountedTerminatedPods": {},
    }
    if outcome == "Complete":
        return status | {"completionTime": now, "succeeded": 16, "completedIndexes": "0-15"}
    return status | {"failed": 1, "failedIndexes": "4", "completedIndexes": "0-3,5-15", "succeeded": 15}
