"""The testbed's control planes are real, stand side by side, and can be taken away from a test and given back."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.testbed import kubeconfig
from tests.testbed.api import ApiError, path, wait_until
from tests.testbed.binaries import Binaries
from tests.testbed.cluster import Cluster, start_all
from tests.testbed.processes import StartError, alive
from tests.testbed.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.testbed.api import Api
    from tests.testbed.watch import Event

pytestmark = pytest.mark.usefixtures("testbed_only")

ROOT = Path(__file__).parents[2]
CONFIGMAPS = path("v1", "configmaps", "default")
OWNER = """
import sys, time
from tests.testbed.cluster import Cluster

with Cluster("owned") as cluster:
    print(cluster.data, *cluster.pids, flush=True)
    time.sleep(300)
"""


@pytest.fixture(scope="module")
def pair(binaries: Binaries) -> Iterator[tuple[Cluster, Cluster]]:
    """Two clusters of this module's own, since its tests take API servers away."""
    own = (Cluster("one", binaries=binaries), Cluster("other", binaries=binaries))
    start_all(own)
    yield own
    for cluster in own:
        cluster.stop()


@pytest.fixture
def cluster(pair: tuple[Cluster, Cluster]) -> Cluster:
    return pair[0]


def configmap(name: str, **data: str) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def test_clusters_side_by_side_hold_objects_of_their_own(pair: tuple[Cluster, Cluster]) -> None:
    one, other = pair
    one.api.create(CONFIGMAPS, configmap("mine"))
    assert one.api.find(f"{CONFIGMAPS}/mine")
    assert other.api.find(f"{CONFIGMAPS}/mine") is None
    uids = {each.api.get(path("v1", "namespaces", name="kube-system"))["metadata"]["uid"] for each in pair}
    assert len(uids) == 2


def test_a_cluster_tells_the_version_that_is_pinned(cluster: Cluster) -> None:
    version = cluster.api.request("GET", "/version")["gitVersion"]
    assert version.startswith("v1.")
    assert version != "v0.0.0-master+$Format:%H$"


def test_a_stopped_api_server_refuses_and_comes_back_with_its_objects(cluster: Cluster) -> None:
    cluster.api.create(CONFIGMAPS, configmap("kept"))
    cluster.stop_api_server()
    with pytest.raises(ApiError, match="Connection refused") as refusal:
        cluster.api.get(f"{CONFIGMAPS}/kept")
    assert (refusal.value.code, refusal.value.reason) == (0, "Unreachable")
    cluster.start_api_server()
    assert cluster.api.get(f"{CONFIGMAPS}/kept")


def test_the_kubeconfig_reaches_the_cluster_under_its_name(cluster: Cluster, tmp_path: Path) -> None:
    with kubeconfig.connect(cluster.kubeconfig, "one", folder=tmp_path) as api:
        assert api.get(path("v1", "namespaces", name="default"))
    with pytest.raises(LookupError, match="no context other"):
        kubeconfig.connect(cluster.kubeconfig, "other", folder=tmp_path)


def test_one_kubeconfig_may_reach_several_clusters(pair: tuple[Cluster, Cluster], tmp_path: Path) -> None:
    file = kubeconfig.merge(tmp_path / "both", tuple(each.kubeconfig for each in pair))
    for each in pair:
        with kubeconfig.connect(file, each.name, folder=tmp_path) as api:
            assert api.server == each.server
            assert api.get(path("v1", "namespaces", name="default"))


def test_a_user_may_do_what_rbac_grants_and_nothing_else(cluster: Cluster, tmp_path: Path) -> None:
    file = cluster.kubeconfig_for("reader", ("auditors",))
    rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"]}
    rbac = "rbac.authorization.k8s.io"
    subject = {"kind": "Group", "name": "auditors", "apiGroup": rbac}
    role = {"kind": "ClusterRole", "name": "auditors", "apiGroup": rbac}
    cluster.api.create(path(f"{rbac}/v1", "clusterroles"), {"metadata": {"name": "auditors"}, "rules": [rule]})
    cluster.api.create(
        path(f"{rbac}/v1", "clusterrolebindings"),
        {"metadata": {"name": "auditors"}, "subjects": [subject], "roleRef": role},
    )
    with kubeconfig.connect(file, "one", folder=tmp_path) as api:
        wait_until(lambda: _allowed(api, CONFIGMAPS))
        with pytest.raises(ApiError) as refusal:
            api.items(path("v1", "secrets", "default"))
    assert (refusal.value.code, refusal.value.reason) == (403, "Forbidden")


def _allowed(api: Api, place: str) -> bool:
    try:
        api.items(place)
    except ApiError:
        return False
    return True


def test_an_unknown_field_is_refused(cluster: Cluster) -> None:
    wrong = configmap("wrong") | {"dta": {"a": "b"}}
    with pytest.raises(ApiError, match="dta"):
        cluster.api.create(CONFIGMAPS, wrong)
    with pytest.raises(ApiError, match="dta"):
        cluster.api.apply(f"{CONFIGMAPS}/wrong", wrong)


def test_a_watch_tells_what_is_there_and_every_change_also_over_a_restart(cluster: Cluster) -> None:
    place = path("v1", "configmaps", "kube-public")
    cluster.api.create(place, configmap("a"))
    told: list[Event] = []
    with Watch(cluster.api, place) as watch:
        reader = threading.Thread(target=told.extend, args=(watch,))
        reader.start()
        wait_until(lambda: "a" in names(told, "ADDED"))
        cluster.api.patch(f"{place}/a", {"data": {"k": "v"}})
        cluster.stop_api_server()
        cluster.start_api_server()
        cluster.api.create(place, configmap("b"))
        cluster.api.delete(f"{place}/a")
        wait_until(lambda: "a" in names(told, "DELETED"))
    reader.join(5)
    assert not reader.is_alive()
    assert names(told, "ADDED").count("a") == names(told, "ADDED").count("b") == 1
    assert names(told, "MODIFIED") == ["a"]


def names(told: list[Event], kind: str) -> list[str]:
    return [event.name for event in told if event.type == kind]


def test_a_volume_that_names_a_claim_is_bound_by_the_real_controller(cluster: Cluster) -> None:
    claims = path("v1", "persistentvolumeclaims", "default")
    size = {"storage": "1Gi"}
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": size}, "storageClassName": "fast"}
    cluster.api.create(claims, {"metadata": {"name": "disk"}, "spec": spec})
    volume = {
        "capacity": size,
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "fast",
        "claimRef": {"namespace": "default", "name": "disk"},
        "hostPath": {"path": "/nowhere"},
    }
    cluster.api.create(path("v1", "persistentvolumes"), {"metadata": {"name": "disk"}, "spec": volume})
    wait_until(lambda: cluster.api.get(f"{claims}/disk")["status"]["phase"] == "Bound")


def test_a_deleted_namespace_goes_with_what_it_holds(cluster: Cluster) -> None:
    namespaces = path("v1", "namespaces")
    cluster.api.create(namespaces, {"metadata": {"name": "short"}})
    cluster.api.create(path("v1", "configmaps", "short"), configmap("in"))
    cluster.api.delete(f"{namespaces}/short")
    wait_until(lambda: cluster.api.find(f"{namespaces}/short") is None)


def test_a_stopped_cluster_leaves_neither_processes_nor_data(binaries: Binaries) -> None:
    with Cluster("brief", binaries=binaries) as cluster:
        pids = cluster.pids
        assert len(pids) == 3
        assert all(alive(pid) for pid in pids)
    assert not cluster.pids
    assert not any(alive(pid) for pid in pids)
    assert not cluster.data.exists()


def test_data_in_a_named_folder_stays(binaries: Binaries, tmp_path: Path) -> None:
    with Cluster("named", binaries=binaries, data=tmp_path) as cluster:
        assert cluster.data == tmp_path
    assert (tmp_path / "kube-apiserver.log").exists()


def test_a_cluster_ends_with_a_killed_test_run() -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER], cwd=ROOT, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout
        folder, *pids = owner.stdout.readline().split()
        assert len([pid for pid in pids if alive(int(pid))]) == 3
        owner.send_signal(signal.SIGKILL)
    wait_until(lambda: not any(alive(int(pid)) for pid in pids), what="processes ended")
    wait_until(lambda: not Path(folder).exists(), what="data removed")


def test_if_one_of_several_does_not_start_none_runs_and_its_log_is_told(binaries: Binaries, tmp_path: Path) -> None:
    broken = tmp_path / "etcd"
    broken.write_text("#!/bin/sh\necho the disk is full\nexit 1\n")
    broken.chmod(0o755)
    good = Cluster("good", binaries=binaries)
    bad = Cluster("bad", binaries=Binaries(binaries.cache, assets=tmp_path, environment={}))
    with pytest.raises(StartError, match=r"etcd ended while starting:\nthe disk is full"):
        start_all((good, bad))
    assert not good.pids
    assert not bad.pids
    assert not good.data.exists()
    assert not bad.data.exists()
