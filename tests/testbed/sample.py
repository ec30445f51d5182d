"""Makes what sample-fleet shows: ``python -m tests.testbed.sample`` records it anew, from real control planes.

The registry's layouts and the lock are written first. Then every cluster of the sample starts, gets the first release,
and all but one get the second; on another one somebody edits a cron. What `snapshot` records of them is kept.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tests.testbed import kubeconfig
from tests.testbed.api import path
from tests.testbed.binaries import find_binaries
from tests.testbed.cdi.images import RegistryImages
from tests.testbed.cdi.standin import StandIn, install, storage_class
from tests.testbed.cluster import Cluster, start_all
from tests.testbed.fleet import Fleet
from tests.testbed.registry import Registry
from tests.testbed.sample_images import after, before, write_layouts

if TYPE_CHECKING:
    from tests.testbed.api import Api
    from tests.testbed.fleet import Verified

SAMPLE = Path(__file__).parents[2] / "sample-fleet"
NAMES = ("dev-1", "dev-2", "edge-001", "prod-ap-1", "prod-eu-1", "prod-us-1")
ADDRESS = "registry.acme.example:5000"
BEHIND, EDITED, EDGE = "prod-ap-1", "prod-us-1", "edge-001"
SECRET = "golden-registry"
CDI = "cdi.kubevirt.io/v1beta1"
SOMEBODYS = "sha256:" + "5eed" * 16


@dataclass(frozen=True)
class Renamed:
    """Images of a registry that goes by another address here than the sample says."""

    images: RegistryImages
    address: str

    def check(self, url: str, namespace: str, secret: str, architecture: str) -> str:
        """Return why the disk can't be had, or nothing."""
        return self.images.check(url.replace(ADDRESS, self.address), namespace, secret, architecture)

    def digest_of(self, url: str, namespace: str, secret: str) -> str:
        """Return the digest that the url's tag has now."""
        return self.images.digest_of(url.replace(ADDRESS, self.address), namespace, secret)


def main() -> None:
    """Write the layouts, the lock and the snapshots of sample-fleet."""
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        binaries = find_binaries()
        registry = stack.enter_context(Registry(binaries=binaries))
        clusters = tuple(Cluster(name, binaries=binaries) for name in NAMES)
        start_all(clusters)
        for cluster in clusters:
            stack.callback(cluster.stop)
            _prepare(cluster.api, edge=cluster.name == EDGE)
            images = Renamed(RegistryImages(cluster.api), registry.address)
            stack.enter_context(StandIn(cluster.api, images=images))
        merged = kubeconfig.merge(scratch / "kubeconfig", tuple(cluster.kubeconfig for cluster in clusters))
        fleet = Fleet(scratch, {cluster.name: cluster for cluster in clusters}, merged)
        _tell("first release")
        _first_release(fleet, registry)
        _tell("second release")
        _second_release(fleet, registry)
        _tell("snapshots")
        _record(fleet)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _prepare(api: Api, *, edge: bool) -> None:
    install(api)
    storage_class(api, "ceph-rbd", default=not edge)
    if edge:
        storage_class(api, "local-nvme", default=True)
    api.create(
        path("v1", "namespaces"), {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "golden-images"}}
    )
    for namespace in ("cdi", "golden-images"):
        body = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": SECRET},
            "stringData": {"accessKeyId": "sample", "secretKey": "sample"},
        }
        api.create(path("v1", "secrets", namespace), body)


def _first_release(fleet: Fleet, registry: Registry) -> None:
    for push in before():
        registry.push(push.image, push.repository, push.tag)
    write_layouts(SAMPLE / "registry", before())
    for name in ("fleet.lock.yaml", "snapshots"):
        _remove(SAMPLE / name)
    shutil.copytree(SAMPLE, fleet.policy.folder, dirs_exist_ok=True)
    fleet.roll_out("first release")
    fleet.converged()
    shutil.copy(fleet.policy.folder / "fleet.lock.yaml", SAMPLE)


def _second_release(fleet: Fleet, registry: Registry) -> None:
    for push in after():
        registry.push(push.image, push.repository, push.tag)
    for folder in (SAMPLE / "registry", fleet.policy.folder / "registry"):
        write_layouts(folder, before() + after())
    fleet.lock("second release")
    fleet.publish()
    fleet.sync(name for name in NAMES if name != BEHIND)
    fleet.verify_until(_all_but_one, what="converged but for the one that is behind")
    api = fleet.clusters[EDITED].api
    (cron,) = (
        each
        for each in api.items(path(CDI, "dataimportcrons", "golden-images"))
        if each["spec"]["managedDataSource"] == "ubuntu2404"
    )
    place = path(CDI, "dataimportcrons", "golden-images", cron["metadata"]["name"])
    annotation = {"cdi.kubevirt.io/storage.import.sourceDesiredDigest": SOMEBODYS}
    api.patch(place, {"metadata": {"annotations": annotation}})


def _all_but_one(seen: Verified) -> bool:
    off = {each["cluster"] for each in seen.report["deliveries"] if each["verdict"] != "converged"}
    return off == {BEHIND}


def _record(fleet: Fleet) -> None:
    snapshots = SAMPLE / "snapshots"
    snapshots.mkdir()
    for name in NAMES:
        target = str(snapshots / f"{name}.json")
        fleet.run("snapshot", "--cluster", name, "--to", target, "--kubeconfig", str(fleet.kubeconfig))
    (snapshots / "recorded-at").write_text(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\n")


def _remove(place: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
