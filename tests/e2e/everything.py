"""The fleet of the story in test_everything.py: an OpenShift and an edge site with CDI alone, a registry with a mirror.

Its policy has platforms, architectures, a channel, consumers, certificates, a mirror, tracking at hashed times, vendor
images, labels and templates of the user's own.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gitops_golden.vendor.catalogue import catalogue
from tests.testbed import extras
from tests.testbed.api import path
from tests.testbed.cdi.images import RegistryImages
from tests.testbed.cdi.install import install, storage_class
from tests.testbed.containerdisk import containerdisk, multiarch, qcow2
from tests.testbed.hco_templates import OPENSHIFT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.testbed.api import Api, Object
    from tests.testbed.cdi.standin import StandIn
    from tests.testbed.cluster import Cluster
    from tests.testbed.containerdisk import Image
    from tests.testbed.fleet import Fleet, Ran, Verified
    from tests.testbed.hco import Hco
    from tests.testbed.registry import Registry

CDI = "cdi.kubevirt.io/v1beta1"
OCP, EDGE = "lisbon", "oslo"
NAMESPACE = "golden"
GOLDEN = OPENSHIFT.golden
MIRROR = "mirror/golden"
VENDORS = frozenset(image.cron for image in catalogue("openshift"))
BOTH = ("amd64", "arm64")
DEBIAN: Object = {
    "metadata": {"name": "team-debian"},
    "spec": {
        "schedule": "0 3 * * 1",
        "managedDataSource": "debian",
        "template": {
            "spec": {
                "source": {"registry": {"url": "docker://quay.io/containerdisks/debian:12"}},
                "storage": {"resources": {"requests": {"storage": "1Gi"}}},
            }
        },
    },
}
POLICY = """\
apiVersion: gitops-golden/v1alpha1
kind: FleetPolicy
metadata: {{name: everything}}
spec:
  registry: {{address: "{address}/golden", caBundle: ca.pem}}
  vendorImages: remove
  templates: templates/
  consumers: [{{group: vm-users}}, {{serviceAccount: builds/importer}}]
  defaults:
    namespace: golden
    storage: {{size: 2Gi}}
    metadata: {{labels: {{example.com/team: platform}}}}
  images:
    - {{name: rhel9-5, repository: rhel9, tag: "9.5", preference: rhel.9}}
    - {{name: rhel9-6, repository: rhel9, tag: "9.6", preference: rhel.9}}
    - {{name: ubuntu, repository: ubuntu, tag: "24.04", architectures: [amd64, arm64]}}
    - {{name: suse, repository: suse, tag: latest, update: {{tracking: {{schedule: "H 2 * * *"}}}}}}
  clusters:
    - {{name: lisbon, platform: openshift}}
    - {{name: oslo, labels: {{site: edge}}}}
  placements:
    - {{name: everywhere, images: {{}}, clusters: {{}}}}
  overrides:
    - name: the edge pulls through its mirror
      clusters: {{matchLabels: {{site: edge}}}}
      set: {{registry: {{mirror: "{address}/mirror/golden"}}}}
  channels:
    - {{name: rhel9-stable, image: rhel9-5}}
"""
TEMPLATES = {
    "templates/cluster/about.yaml.j2": """\
apiVersion: v1
kind: ConfigMap
metadata: {name: about, namespace: golden}
data:
  cluster: {{ cluster.name }}
  platform: {{ cluster.platform }}
""",
    "templates/image/about.yaml.j2": """\
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ "about-" ~ spec.managedDataSource }}, namespace: {{ namespace }}}
data:
  size: {{ delivery.storage.size }}
""",
}


class FleetImages(RegistryImages):
    """What is in the fleet's registry is fetched from there; of the vendors' every tag is the same good image."""

    def __init__(self, api: Api, registry: Registry) -> None:
        super().__init__(api, ca=registry.ca)
        self._address = registry.address

    def check(self, url: str, namespace: str, secret: str, architecture: str) -> str:
        """Fetch the image if it is the fleet's."""
        return super().check(url, namespace, secret, architecture) if self._address in url else ""

    def digest_of(self, url: str, namespace: str, secret: str) -> str:
        """Ask for a tag of the fleet's."""
        return super().digest_of(url, namespace, secret) if self._address in url else f"sha256:{'a' * 64}"


@dataclass(frozen=True)
class World:
    """The fleet, its registry, and what stands in for the operators: HCO on the OpenShift, CDI on both."""

    fleet: Fleet
    registry: Registry
    hco: Hco
    standins: Mapping[str, StandIn]

    def push(self, label: str, repository: str, tag: str, *, mirrored: bool = True) -> str:
        """Push a build for both architectures to the registry and, unless told otherwise, to its mirror."""
        image = build(label)
        for prefix in ("golden", *([MIRROR] if mirrored else ())):
            self.registry.push(image, f"{prefix}/{repository}", tag)
        return image.digest

    def edit(self, before: str, after: str) -> None:
        """Change a text that stands in the policy exactly once, and commit that."""
        file = self.fleet.policy.folder / "fleet.yaml"
        text = file.read_text(encoding="utf-8")
        assert text.count(before) == 1, (before, text.count(before))
        self.fleet.write({"fleet.yaml": text.replace(before, after)}, f"{before} -> {after}")

    def api(self, cluster: str) -> Api:
        return self.fleet.clusters[cluster].api

    def source(self, cluster: str, name: str) -> Object:
        return self.api(cluster).get(path(CDI, "datasources", NAMESPACE, name))

    def serves(self, cluster: str, name: str) -> str:
        """Return the volume that CDI says a DataSource gives VMs."""
        source = self.source(cluster, name)["status"]["source"]
        return str(source["pvc"]["name"])

    def crons(self, cluster: str, namespace: str = NAMESPACE) -> dict[str, Object]:
        items = self.api(cluster).items(path(CDI, "dataimportcrons", namespace))
        return {item["metadata"]["name"]: item for item in items}

    def cron_of(self, cluster: str, source: str) -> Object:
        (found,) = (each for each in self.crons(cluster).values() if each["spec"]["managedDataSource"] == source)
        return found

    def allowed(self, cluster: str, **who: Any) -> bool:
        """Whether the API server lets somebody clone from the images' namespace."""
        wanted = {
            "namespace": NAMESPACE,
            "verb": "create",
            "group": "cdi.kubevirt.io",
            "resource": "datavolumes",
            "subresource": "source",
        }
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": who | {"resourceAttributes": wanted},
        }
        answer = self.api(cluster).create(path("authorization.k8s.io/v1", "subjectaccessreviews"), body)
        return bool(answer["status"]["allowed"])

    def recorded_says_the_same(self, live: Verified) -> None:
        """Record every cluster and see that the recordings are judged as the clusters were."""
        folder = self.fleet.folder / f"snapshots-{secrets.token_hex(4)}"
        folder.mkdir()
        for name in self.fleet.clusters:
            target = str(folder / f"{name}.json")
            self.fleet.run("snapshot", "--cluster", name, "--to", target, "--kubeconfig", str(self.fleet.kubeconfig))
        recorded = self.fleet.verify("--snapshots", str(folder))
        assert recorded.code == live.code
        assert recorded.report["deliveries"] == live.report["deliveries"]
        assert [_timeless(each) for each in recorded.report["clusters"]] == [
            _timeless(each) for each in live.report["clusters"]
        ]

    def look(self, verb: str, *options: str, expect: int = 0) -> Ran:
        """Run ``diff`` or ``publish`` as who lets it look at live clusters first."""
        where = ("--repo", str(self.fleet.published.folder), "--kubeconfig", str(self.fleet.kubeconfig))
        return self.fleet.run(verb, *where, *options, expect=expect)

    def head(self) -> str:
        """Return the last commit of the clusters' repository."""
        return self.fleet.published("rev-parse", "main").strip()

    def lines_changed(self) -> str:
        """Return how much the last publish changed."""
        return self.fleet.published("diff", "--shortstat", "main~1", "main").strip()


def _timeless(cluster: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in cluster.items() if key not in {"readAt", "source"}}


def prepare(cluster: Cluster) -> None:
    """Install what stands for the operators of a cluster: of HyperConverged the API that most of today's have."""
    install(cluster.api, namespace=cdi_namespace(cluster.name))
    storage_class(cluster.api, "fast", default=True)
    if cluster.name == OCP:
        extras.install(cluster.api, hyper_converged="v1beta1")


def cdi_namespace(cluster: str) -> str:
    return OPENSHIFT.namespace if cluster == OCP else "cdi"


def build(label: str) -> Image:
    return multiarch([containerdisk(qcow2(f"{label} {each}"), architecture=each) for each in BOTH])


def said(seen: Verified, cluster: str, source: str) -> tuple[str, str | None, str | None]:
    """Return verdict, link and reason of one DataSource's delivery."""
    found = delivery(seen, cluster, source)
    return found["verdict"], found.get("link"), found.get("reason")


def delivery(seen: Verified, cluster: str, source: str) -> dict[str, Any]:
    return next(
        each for each in seen.report["deliveries"] if (each["cluster"], each["dataSource"]) == (cluster, source)
    )


def whole(seen: Verified, cluster: str) -> dict[str, Any]:
    """Return what is said of a cluster as a whole."""
    found: dict[str, Any] = next(each for each in seen.report["clusters"] if each["cluster"] == cluster)
    return found


def all_said(seen: Verified) -> set[tuple[str, str | None, str | None]]:
    return {said(seen, each["cluster"], each["dataSource"]) for each in seen.report["deliveries"]}


def in_one_line(value: object) -> str:
    """Return a value as YAML without a line break."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {in_one_line(each)}" for key, each in value.items()) + "}"
    return f'"{value}"'
