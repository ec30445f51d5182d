"""Every reviewed tree is accepted by an API server with a strict schema for each kind, and stored as it was written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

from gitops_golden.policy.load import load
from tests.testbed import extras
from tests.testbed.api import ApiError, path
from tests.testbed.cdi.install import install
from tests.testbed.cluster import Cluster
from tests.testbed.engine import NEVER_PRUNED, sync
from tests.testbed.extras import hyperconverged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.testbed.api import Api, Object
    from tests.testbed.binaries import Binaries
    from tests.testbed.engine import Applied

GOLDEN = Path(__file__).parents[1] / "data" / "golden"
FLEETS = sorted(each.name for each in GOLDEN.iterdir() if each.is_dir())
REGISTRY = {"url": "docker://registry.example/golden/fedora"}
CRON = {"schedule": "", "managedDataSource": "a", "template": {"spec": {"source": {"registry": REGISTRY}}}}
STORE = {"name": "vault", "kind": "ClusterSecretStore"}
DATA = [{"secretKey": "accessKeyId", "remoteRef": {"key": "golden/registry", "property": "username"}}]


def external_secret(**spec: Any) -> Object:
    metadata = {"name": "golden-registry", "namespace": "default"}
    return {"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "metadata": metadata, "spec": spec}


def listing(**fields: Any) -> Object:
    return {"dataImportCronTemplates": [{"metadata": {"name": "a"}, "spec": CRON | fields}]}


def importing(**source: Any) -> Object:
    return listing(template={"spec": {"source": source}})


BOOT_IMAGES = [
    ("enableCommonBootImageImprt", {"enableCommonBootImageImprt": True}),
    ("schedul", listing(schedul="@daily")),
    ("pullMethd", importing(registry=REGISTRY | {"pullMethd": "node"})),
    ("architectur", importing(registry=REGISTRY | {"platform": {"architectur": "amd64"}})),
]
MISTYPED = [
    *((field, hyperconverged(version, wanted)) for version in ("v1", "v1beta1") for field, wanted in BOOT_IMAGES),
    ("refreshIntervall", external_secret(refreshIntervall="1h", secretStoreRef=STORE)),
    ("knd", external_secret(secretStoreRef={"name": "vault", "knd": "SecretStore"})),
    ("creationPolicyy", external_secret(target={"name": "a", "creationPolicyy": "Owner"})),
    ("propertyy", external_secret(data=[{"secretKey": "a", "remoteRef": {"key": "a", "propertyy": "b"}}])),
]
FULLER = [
    hyperconverged("v1", {"instancetypeConfig": {"referencePolicy": "expand"}})
    | {
        "spec": {
            "deployment": {"uninstallStrategy": "BlockUninstallIfWorkloadsExist"},
            "featureGates": [{"name": "downwardMetrics", "state": "Enabled"}],
            "virtualization": {"liveMigrationConfig": {"parallelMigrationsPerCluster": 7}},
            "workloadSources": listing(importsToKeep=2),
        }
    },
    hyperconverged("v1beta1", listing(importsToKeep=2))
    | {
        "spec": {
            "featureGates": {"downwardMetrics": True},
            "infra": {"nodePlacement": {"nodeSelector": {"kind": "infra"}}},
            "liveMigrationConfig": {"parallelMigrationsPerCluster": 7},
            "scratchSpaceStorageClass": "fast",
        }
    },
    external_secret(
        secretStoreRef=STORE,
        dataFrom=[{"extract": {"key": "golden/registry"}}],
        target={"name": "a", "template": {"type": "Opaque", "data": {"accessKeyId": "{{ .user }}"}}},
    ),
]


@pytest.fixture(scope="module")
def api(testbed_only: None, binaries: Binaries) -> Iterator[Api]:
    with Cluster("golden", binaries=binaries) as cluster:
        install(cluster.api)
        extras.install(cluster.api)
        yield cluster.api


@pytest.mark.parametrize("fleet", FLEETS)
def test_a_reviewed_tree_is_accepted_and_stored_as_it_is_written(fleet: str, api: Api) -> None:
    folders = distinct_folders(fleet)
    assert folders
    for folder in folders:
        wanted = manifests(folder)
        prepare(api, wanted)
        applied = sync(api, folder)
        for manifest in wanted:
            live = api.get(api.path_of(manifest))
            assert lost(manifest, live) == [], f"{folder}: {manifest['kind']} {manifest['metadata']['name']}"
        clear(api, applied)


@pytest.mark.parametrize(("field", "manifest"), MISTYPED)
def test_a_mistyped_field_is_refused_wherever_a_tree_may_hold_one(field: str, manifest: Object, api: Api) -> None:
    with pytest.raises(ApiError, match=rf"{field}\b"):
        api.apply(api.path_of(manifest), manifest)


@pytest.mark.parametrize("manifest", FULLER, ids=lambda item: f"{item['kind']}-{item['apiVersion']}")
def test_an_admins_fuller_object_is_accepted(manifest: Object, api: Api) -> None:
    if manifest["kind"] == "HyperConverged":
        extras.install(api, hyper_converged=manifest["apiVersion"].rpartition("/")[2])
    place = api.path_of(manifest)
    assert lost(manifest, api.apply(place, manifest)) == []
    api.delete(place)


def test_an_external_secret_for_a_registry_is_stored_as_it_is_written(api: Api) -> None:
    target = {"name": "golden-registry", "creationPolicy": "Owner"}
    manifest = external_secret(refreshInterval="1h", secretStoreRef=STORE, target=target, data=DATA)
    assert lost(manifest, api.apply(api.path_of(manifest), manifest)) == []
    api.delete(api.path_of(manifest))


def distinct_folders(fleet: str) -> tuple[Path, ...]:
    """Return the first cluster's folder of each distinct content."""
    policy = load(GOLDEN / fleet).policy
    tree = GOLDEN / fleet / "tree"
    folders = [tree / policy.delivery.folder(cluster.name) for cluster in policy.clusters]
    contents = {
        tuple(sorted((str(file.relative_to(folder)), file.read_bytes()) for file in folder.rglob("*.yaml"))): folder
        for folder in reversed(folders)
        if folder.is_dir()
    }
    return tuple(sorted(contents.values()))


def manifests(folder: Path) -> list[Object]:
    yaml = YAML(typ="safe")
    return [item for file in sorted(folder.rglob("*.yaml")) for item in yaml.load_all(file) if item]


def prepare(api: Api, wanted: list[Object]) -> None:
    """Make namespaces that are used and not rendered; store HyperConverged in the version that is written."""
    used = {item["metadata"].get("namespace", "") for item in wanted}
    rendered = {item["metadata"]["name"] for item in wanted if item["kind"] == "Namespace"}
    for name in used - rendered - {""}:
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        api.apply(path("v1", "namespaces", name=name), body)
    for version in {item["apiVersion"].rpartition("/")[2] for item in wanted if item["kind"] == "HyperConverged"}:
        extras.install(api, hyper_converged=version)


def clear(api: Api, applied: Applied) -> None:
    """Remove what would stand in the next folder's way; namespaces take too long to go."""
    for kind, place in applied.objects:
        if kind not in NEVER_PRUNED or kind == "HyperConverged":
            api.delete(place)


def lost(wanted: Any, live: Any, where: str = "") -> list[str]:
    """Return the places at which what was written isn't what is stored; what a server adds is none."""
    if isinstance(wanted, dict) and isinstance(live, dict):
        return [each for key, value in wanted.items() for each in lost(value, live.get(key), f"{where}.{key}")]
    if isinstance(wanted, list) and isinstance(live, list) and len(wanted) == len(live):
        pairs = enumerate(zip(wanted, live, strict=True))
        return [each for turn, (one, other) in pairs for each in lost(one, other, f"{where}[{turn}]")]
    return [] if wanted == live else [f"{where}: {wanted!r} is stored as {live!r}"]
