"""Fleets that were rolled out and have come to rest: what is then done to reading them is all that differs."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from tests.testbed.api import path
from tests.testbed.cdi.standin import StandIn, install, storage_class
from tests.testbed.containerdisk import containerdisk, qcow2
from tests.testbed.fleet import CONVERGED, Fleet
from tests.testbed.layout import write_layout

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from tests.testbed.api import Api
    from tests.testbed.cluster import Cluster
    from tests.testbed.fleet import Verified

NAMESPACE = "golden"
IMAGES = ("rhel9", "ubuntu")
RBAC = "rbac.authorization.k8s.io/v1"
POLICY = """\
apiVersion: gitops-golden/v1alpha1
kind: FleetPolicy
metadata: {{name: at-rest}}
spec:
  registry: {{address: "registry.example:5000", layout: ./registry}}
  consumers: [{{group: vm-users}}]
  defaults: {{namespace: golden, storage: {{size: 1Gi}}}}
  images:
    - {{name: rhel9, repository: rhel9, tag: "1"}}
    - {{name: ubuntu, repository: ubuntu, tag: "1"}}
  clusters:
{clusters}
  placements:
    - {{name: everywhere, images: {{}}, clusters: {{}}}}
"""


def policy(clusters: Sequence[str]) -> str:
    """Return a policy that gives both images to these clusters; each is a flow mapping, or a name alone."""
    lines = [each if each.startswith("{") else f"{{name: {each}}}" for each in clusters]
    return POLICY.format(clusters="\n".join(f"    - {line}" for line in lines))


def prepare(cluster: Cluster) -> None:
    """Make a cluster ready for a fleet: CDI's kinds and a storage class."""
    install(cluster.api)
    storage_class(cluster.api, "fast", default=True)


def write_images(fleet: Fleet, images: Sequence[str] = IMAGES) -> Mapping[str, str]:
    """Put images into the folder that a fleet's releases are read from; return their digests."""
    disks = {image: containerdisk(qcow2(image)) for image in images}
    for image, disk in disks.items():
        write_layout(fleet.policy.folder / "registry" / image, disk, "1")
    return {image: disk.digest for image, disk in disks.items()}


def rolled_out(
    folder: Path,
    clusters: Mapping[str, Cluster],
    file: Path,
    text: str,
    *,
    images: Sequence[str] = IMAGES,
    waiting: Sequence[str] = (),
    settled: Callable[[Verified], bool] = lambda seen: seen.code == CONVERGED,
) -> Fleet:
    """Give a policy's images to prepared clusters; return once ``settled`` says so, with nothing that moves any more.

    ``file`` is the kubeconfig of the policy's clusters, some of which may be others by another name. Of ``waiting``
    images no import ever begins. Files that the tool leaves, such as reports of its own bugs, come to ``folder/tmp``.
    """
    (folder / "tmp").mkdir()
    fleet = Fleet(folder, clusters, file, {"TMPDIR": str(folder / "tmp")})
    digests = write_images(fleet, images)
    fleet.write({"fleet.yaml": text}, "a policy")
    with ExitStack() as stack:
        for cluster in clusters.values():
            stand_in = stack.enter_context(StandIn(cluster.api))
            for image in waiting:
                stand_in.hold(digests[image])
        fleet.roll_out()
        fleet.verify_until(settled, what="settled")
    return fleet


def bearer(api: Api, name: str) -> str:
    """Return a token of the service account ``name`` in ``default``, which is made."""
    api.create(path("v1", "serviceaccounts", "default"), {"metadata": {"name": name}})
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
    token: str = api.create(path("v1", "serviceaccounts", "default", name, "token"), request)["status"]["token"]
    return token


def bind(api: Api, name: str, role: str, *, namespace: str = "") -> None:
    """Give the service account ``name`` in ``default`` a ClusterRole, everywhere or in one namespace."""
    body = {
        "metadata": {"name": f"{name}-{role}"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", "namespace": "default", "name": name}],
    }
    api.create(path(RBAC, "rolebindings" if namespace else "clusterrolebindings", namespace), body)
