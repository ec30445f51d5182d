"""The testbed's GitOps engine applies before it prunes, leaves what isn't its own, and never deletes a namespace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.testbed.api import path, wait_until
from tests.testbed.cdi.install import CDI, install
from tests.testbed.cluster import Cluster
from tests.testbed.engine import Applied, SyncError, sync

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.testbed.api import Api
    from tests.testbed.binaries import Binaries

NAMESPACE = """
apiVersion: v1
kind: Namespace
metadata: {name: golden}
"""
CONFIGMAP = """
apiVersion: v1
kind: ConfigMap
metadata: {name: NAME, namespace: golden}
data: {key: "VALUE"}
"""
DATASOURCE = """
apiVersion: cdi.kubevirt.io/v1beta1
kind: DataSource
metadata:
  name: rhel9
  namespace: golden
  labels: {cdi.kubevirt.io/dataImportCron: OWNER}
spec: {source: {}}
"""
CONFIGMAPS = path("v1", "configmaps", "golden")


@pytest.fixture(scope="module")
def api(testbed_only: None, binaries: Binaries) -> Iterator[Api]:
    with Cluster("synced", binaries=binaries) as cluster:
        install(cluster.api)
        yield cluster.api


def configmap(name: str, value: str = "1") -> str:
    return CONFIGMAP.replace("NAME", name).replace("VALUE", value)


def write(folder: Path, **manifests: str) -> Path:
    for old in folder.glob("*.yaml"):
        old.unlink()
    for name, manifest in manifests.items():
        (folder / f"{name}.yaml").write_text(manifest)
    return folder


def test_namespaces_come_first_whatever_their_file_is_called(api: Api, tmp_path: Path) -> None:
    sync(api, write(tmp_path, a=configmap("first"), z=NAMESPACE))
    assert api.get(f"{CONFIGMAPS}/first")["data"] == {"key": "1"}


def test_what_git_no_longer_holds_is_pruned_but_no_stranger_and_no_namespace(api: Api, tmp_path: Path) -> None:
    before = sync(api, write(tmp_path, n=NAMESPACE, a=configmap("gone"), b=configmap("stays")))
    api.create(CONFIGMAPS, {"metadata": {"name": "stranger"}})
    after = sync(api, write(tmp_path, b=configmap("stays", "2")), previous=before)
    assert api.find(f"{CONFIGMAPS}/gone") is None
    assert api.get(f"{CONFIGMAPS}/stays")["data"] == {"key": "2"}
    assert api.find(f"{CONFIGMAPS}/stranger")
    assert "deletionTimestamp" not in api.get(path("v1", "namespaces", name="golden"))["metadata"]
    assert after == Applied((("ConfigMap", f"{CONFIGMAPS}/stays"),))


def test_if_anything_is_refused_the_rest_is_applied_and_nothing_is_pruned(api: Api, tmp_path: Path) -> None:
    before = sync(api, write(tmp_path, n=NAMESPACE, a=configmap("old")))
    wrong = configmap("wrong").replace("\ndata:", "\ndta:")
    with pytest.raises(SyncError, match=r"ConfigMap/wrong.*dta") as refusal:
        sync(api, write(tmp_path, a=wrong, b=configmap("new")), previous=before)
    assert [name for name, _ in refusal.value.refusals] == ["ConfigMap/wrong"]
    assert api.find(f"{CONFIGMAPS}/new")
    assert api.find(f"{CONFIGMAPS}/old")


def test_an_edit_by_hand_of_a_field_in_git_is_taken_back(api: Api, tmp_path: Path) -> None:
    folder = write(tmp_path, n=NAMESPACE, a=configmap("edited"))
    before = sync(api, folder)
    api.patch(f"{CONFIGMAPS}/edited", {"data": {"key": "by hand"}})
    sync(api, folder, previous=before)
    assert api.get(f"{CONFIGMAPS}/edited")["data"] == {"key": "1"}


def test_applying_a_data_source_leaves_what_cdi_wrote_into_it(api: Api, tmp_path: Path) -> None:
    place = path(CDI, "datasources", "golden", "rhel9")
    source = {"pvc": {"namespace": "golden", "name": "rhel9-0123456789ab"}}
    sync(api, write(tmp_path, n=NAMESPACE, d=DATASOURCE.replace("OWNER", "rhel9-one")))
    written = wait_until(lambda: api.find(place))
    api.replace(place, written | {"spec": {"source": source}})
    sync(api, write(tmp_path, n=NAMESPACE, d=DATASOURCE.replace("OWNER", "rhel9-other")))
    after = api.get(place)
    assert after["spec"]["source"] == source
    assert after["metadata"]["labels"] == {"cdi.kubevirt.io/dataImportCron": "rhel9-other"}
