"""Puts on a bare API server what CDI's installation would: CRDs, admission rules, CDI's namespace; and storage classes.

Where a folder holds a kind's own CRD (``TESTBED_CRDS`` names it), that one is taken instead of the testbed's.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from tests.testbed.api import ApiError, path, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.testbed.api import Api, Object

HERE = Path(__file__).parent
APIEXTENSIONS = "apiextensions.k8s.io/v1"
ADMISSION = "admissionregistration.k8s.io/v1"
STORAGE = "storage.k8s.io/v1"
CDI = "cdi.kubevirt.io/v1beta1"
SNAPSHOTS = "snapshot.storage.k8s.io/v1"
PROVISIONER = "testbed.gitops-golden/disk"
DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
VIRT_CLASS = "storageclass.kubevirt.io/is-default-virt-class"
ALREADY_EXISTS = 409
INVALID = 422


def install(api: Api, *, namespace: str = "cdi", crds: Path | None = None, snapshots: bool = True) -> None:
    """Load the CRDs and admission rules and return once both are in force.

    ``crds`` is a folder whose CRDs win over the testbed's (default: what ``TESTBED_CRDS`` names); ``snapshots`` is
    whether the cluster has the VolumeSnapshot API. Raises ApiError, and AssertionError if something takes too long.
    """
    folder = crds or (Path(os.environ["TESTBED_CRDS"]) if os.environ.get("TESTBED_CRDS") else None)
    definitions = {item["spec"]["names"]["kind"]: item for item in _documents(HERE / "crds")}
    if folder:
        definitions |= {kind: item for kind, item in _definitions(folder) if kind in definitions}
    if not snapshots:
        definitions = {kind: item for kind, item in definitions.items() if not kind.startswith("VolumeSnapshot")}
    for definition in definitions.values():
        api.apply(path(APIEXTENSIONS, "customresourcedefinitions", name=definition["metadata"]["name"]), definition)
    for rule in _documents(HERE / "admission"):
        resource = (
            "validatingadmissionpolicies" if rule["kind"].endswith("Policy") else "validatingadmissionpolicybindings"
        )
        api.apply(path(ADMISSION, resource, name=rule["metadata"]["name"]), rule)
    _create(api, "v1", "namespaces", {"metadata": {"name": namespace}})
    for definition in definitions.values():
        served = partial(_served, api, definition)
        wait_until(served, what=f"CRD {definition['metadata']['name']}")
    wait_until(lambda: _refuses(api), what="CDI's admission rules in force")


def storage_class(
    api: Api,
    name: str,
    *,
    default: bool = False,
    virt_default: bool = False,
    binding: str = "Immediate",
    source_format: str = "",
) -> None:
    """Make a StorageClass that the stand-in provisions for, and the StorageProfile that CDI would make of it.

    ``source_format`` is what crons keep (with ``snapshot`` there is a VolumeSnapshotClass of the same name),
    ``binding`` the class's volumeBindingMode. Nothing happens to one that is there.
    """
    annotations = {DEFAULT_CLASS: str(default).lower(), VIRT_CLASS: str(virt_default).lower()}
    _create(
        api,
        STORAGE,
        "storageclasses",
        {
            "metadata": {"name": name, "annotations": annotations},
            "provisioner": PROVISIONER,
            "volumeBindingMode": binding,
        },
    )
    if source_format == "snapshot":
        snapshot_class = {"metadata": {"name": name}, "driver": PROVISIONER, "deletionPolicy": "Delete"}
        _create(api, SNAPSHOTS, "volumesnapshotclasses", snapshot_class)
    claims = [{"accessModes": ["ReadWriteOnce"], "volumeMode": "Filesystem"}]
    spec: Object = {"claimPropertySets": claims}
    if source_format:
        spec |= {"dataImportCronSourceFormat": source_format, "snapshotClass": name}
    _create(api, CDI, "storageprofiles", {"metadata": {"name": name}, "spec": spec})


def make_default(api: Api, name: str) -> None:
    """Make ``name`` the cluster's only default StorageClass."""
    for item in api.items(path(STORAGE, "storageclasses")):
        value = str(item["metadata"]["name"] == name).lower()
        place = path(STORAGE, "storageclasses", name=item["metadata"]["name"])
        api.patch(place, {"metadata": {"annotations": {DEFAULT_CLASS: value}}})


def _documents(folder: Path) -> Iterator[Any]:
    for file in sorted(folder.glob("*.yaml")):
        yield from filter(None, YAML(typ="safe").load_all(file.read_text(encoding="utf-8")))


def _definitions(folder: Path) -> Iterable[tuple[str, Any]]:
    for item in _documents(folder):
        if item.get("kind") == "CustomResourceDefinition":
            yield item["spec"]["names"]["kind"], item


def _create(api: Api, group_version: str, resource: str, body: Object) -> None:
    kinds = {
        "namespaces": "Namespace",
        "storageclasses": "StorageClass",
        "storageprofiles": "StorageProfile",
        "volumesnapshotclasses": "VolumeSnapshotClass",
    }
    try:
        api.create(path(group_version, resource), {"apiVersion": group_version, "kind": kinds[resource]} | body)
    except ApiError as error:
        if error.code != ALREADY_EXISTS:
            raise


def _served(api: Api, definition: Object) -> bool:
    """Whether a CRD's objects can be listed: an established one's storage may still be in the making."""
    spec = definition["spec"]
    try:
        api.listed(path(f"{spec['group']}/{spec['versions'][-1]['name']}", spec["names"]["plural"]))
    except ApiError:
        return False
    return True


def _refuses(api: Api) -> bool:
    """Whether a cron that CDI would refuse is refused: rules take effect some time after they were written."""
    body = {
        "apiVersion": CDI,
        "kind": "DataImportCron",
        "metadata": {"name": "refused"},
        "spec": {"schedule": "never", "managedDataSource": "refused", "template": {"spec": {}}},
    }
    try:
        api.request("POST", path(CDI, "dataimportcrons", "default"), body, parameters={"dryRun": "All"})
    except ApiError as error:
        return error.code == INVALID and "denied request" in error.message
    return False
