"""The live reader against real API servers: rights, absent kinds, pages, and servers that are gone."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from gitops_golden.fleet import snapshot
from gitops_golden.fleet.kubeconfig import KubeconfigReader
from gitops_golden.fleet.observation import Observation, Unreachable, Unread
from gitops_golden.fleet.readers import Target
from tests.testbed.api import path, wait_until
from tests.testbed.cdi.install import install, storage_class
from tests.testbed.cluster import Cluster

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitops_golden.fleet.observation import Observed
    from tests.testbed.binaries import Binaries

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
OURS = "golden-images"
CDI_KINDS = {"DataImportCron", "DataSource", "DataVolume", "StorageProfile"}
RBAC = "rbac.authorization.k8s.io/v1"


@pytest.fixture(scope="module", autouse=True)
def _own_clusters(contexts: tuple[str, ...]) -> None:
    """Leave existing clusters alone: here users are made up and API servers stopped."""
    if contexts:
        pytest.skip("needs control planes of its own")


@pytest.fixture(scope="module")
def bare(binaries: Binaries) -> Iterator[Cluster]:
    """A cluster without CDI, whose API server a test may stop."""
    with Cluster("bare", binaries=binaries) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def golden(binaries: Binaries) -> Iterator[Cluster]:
    """A cluster with CDI's kinds and a namespace of ours."""
    with Cluster("golden", binaries=binaries) as cluster:
        install(cluster.api)
        storage_class(cluster.api, "fast", default=True)
        cluster.api.create(path("v1", "namespaces"), {"metadata": {"name": OURS}})
        cluster.api.create(sources(), source("rhel9"))
        yield cluster


def sources(namespace: str = OURS, name: str = "") -> str:
    return path("cdi.kubevirt.io/v1beta1", "datasources", namespace, name)


def source(name: str) -> dict[str, Any]:
    return {
        "apiVersion": "cdi.kubevirt.io/v1beta1",
        "kind": "DataSource",
        "metadata": {"name": name},
        "spec": {"source": {}},
    }


def read(cluster: Cluster, kubeconfig: Path | None = None, *, namespaces: tuple[str, ...] = (OURS,)) -> Observed:
    reader = KubeconfigReader(kubeconfig or cluster.kubeconfig, timeout=30, environment={})
    (found,) = reader.read([Target(cluster.name, cluster.name, frozenset(namespaces))], lambda: NOON)
    return found


def observed(cluster: Cluster, kubeconfig: Path | None = None, **more: Any) -> Observation:
    found = read(cluster, kubeconfig, **more)
    assert isinstance(found, Observation), found
    return found


def test_a_cluster_is_read_as_it_is(golden: Cluster) -> None:
    seen = observed(golden)
    found = seen.get("DataSource", OURS, "rhel9")
    assert found
    assert found["spec"] == {"source": {}}
    assert found["metadata"]["managedFields"]
    storage = seen.get("StorageClass", "", "fast")
    assert storage
    assert (storage["kind"], storage["apiVersion"]) == ("StorageClass", "storage.k8s.io/v1")
    system = golden.api.get(path("v1", "namespaces", name="kube-system"))
    assert seen.server
    assert seen.server.uid == system["metadata"]["uid"]
    assert seen.server.version.startswith("v1.")
    assert not seen.unread


def test_a_live_reading_survives_its_snapshot(golden: Cluster) -> None:
    seen = observed(golden)
    assert snapshot.parse(snapshot.write(seen), "golden.json") == seen


def test_kinds_that_are_not_installed_are_absent_and_not_forbidden(bare: Cluster) -> None:
    seen = observed(bare)
    assert seen.absent_kinds == CDI_KINDS | {"VolumeSnapshot", "HyperConverged"}
    assert not seen.unread


def test_a_namespace_that_is_not_there_is_empty(golden: Cluster) -> None:
    seen = observed(golden, namespaces=("not-there",))
    assert seen.list("DataSource") == ()
    assert seen.why_unread("DataSource", "not-there") is None
    assert seen.why_unread("DataSource", OURS) == "NotRecorded"


def test_what_rbac_refuses_is_unread_and_the_rest_goes_on(golden: Cluster) -> None:
    rules = [{"apiGroups": ["cdi.kubevirt.io"], "resources": ["datasources"], "verbs": ["list"]}]
    golden.api.create(path(RBAC, "roles", OURS), {"metadata": {"name": "reader"}, "rules": rules})
    binding = {
        "metadata": {"name": "reader"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "viewer"}],
    }
    golden.api.create(path(RBAC, "rolebindings", OURS), binding)
    kubeconfig = golden.kubeconfig_for("viewer")
    wait_until(lambda: not observed(golden, kubeconfig).why_unread("DataSource", OURS), what="the role in force")
    seen = observed(golden, kubeconfig)
    assert seen.get("DataSource", OURS, "rhel9")
    assert Unread("DataImportCron", OURS, "Forbidden") in seen.unread
    assert Unread("StorageClass", "", "Forbidden") in seen.unread
    assert seen.absent_kinds == {"HyperConverged"}
    assert seen.server
    assert (seen.server.version != "", seen.server.uid) == (True, "")


def test_more_objects_than_a_page_holds_are_all_read(golden: Cluster) -> None:
    golden.api.create(path("v1", "namespaces"), {"metadata": {"name": "many"}})
    names = [f"image-{number:04}" for number in range(1101)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: golden.api.create(sources("many"), source(name)), names))
    seen = observed(golden, namespaces=("many",))
    assert [obj["metadata"]["name"] for obj in seen.list("DataSource", "many")] == names


def test_secrets_are_never_read(golden: Cluster) -> None:
    body = {"metadata": {"name": "golden-registry"}, "stringData": {"secretKey": "made-up"}}
    golden.api.create(path("v1", "secrets", OURS), body)
    recorded = snapshot.write(observed(golden))
    assert b"made-up" not in recorded
    assert b'"Secret"' not in recorded


def test_a_token_that_the_server_does_not_know_makes_it_unreachable(golden: Cluster, tmp_path: Path) -> None:
    config = json.loads(golden.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": "expired-token"}
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps(config))
    found = read(golden, file)
    assert isinstance(found, Unreachable)
    assert found.reason == "Unauthorized"
    assert "expired-token" not in found.message


def test_a_server_of_another_authority_is_not_trusted(golden: Cluster, bare: Cluster, tmp_path: Path) -> None:
    config = json.loads(golden.kubeconfig.read_text())
    config["clusters"][0]["cluster"]["server"] = bare.server
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps(config))
    found = read(golden, file)
    assert isinstance(found, Unreachable)
    assert found.reason == "TlsFailed"


def test_a_stopped_api_server_is_unreachable_and_the_other_cluster_is_read(
    golden: Cluster, bare: Cluster, tmp_path: Path
) -> None:
    configs = [json.loads(cluster.kubeconfig.read_text()) for cluster in (golden, bare)]
    merged = {key: configs[0][key] + configs[1][key] for key in ("clusters", "users", "contexts")}
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps(merged))
    targets = [Target(cluster.name, cluster.name, frozenset({OURS})) for cluster in (golden, bare)]
    bare.stop_api_server()
    try:
        reader = KubeconfigReader(file, timeout=30, environment={})
        found = {seen.cluster: seen for seen in reader.read(targets, lambda: NOON)}
    finally:
        bare.start_api_server()
    assert isinstance(found["golden"], Observation)
    assert isinstance(found["bare"], Unreachable)
    assert found["bare"].reason == "ConnectionRefused"
    assert isinstance(read(bare), Observation)
