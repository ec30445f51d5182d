"""The verifier with exactly the rights that the manual gives it, and with each of them taken away.

One API server goes by as many names as there are service accounts: one has every rule, each other one lacks one.
"""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

from gitops_golden.fleet.kinds import CLUSTER_WIDE as CLUSTER_WIDE_KINDS
from gitops_golden.fleet.kinds import NAMESPACED as NAMESPACED_KINDS
from tests import manual
from tests.e2e.at_rest import RBAC, bearer, bind, prepare, rolled_out
from tests.testbed import extras, kubeconfig
from tests.testbed.api import path
from tests.testbed.cdi.install import storage_class
from tests.testbed.cluster import Cluster
from tests.testbed.faults import Front

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tests.testbed.binaries import Binaries
    from tests.testbed.fleet import Fleet, Ran, Verified

pytestmark = pytest.mark.usefixtures("testbed_only")

ROLES: tuple[dict[str, Any], ...] = tuple(YAML(typ="safe").load_all(manual.DOCS / "verifier-clusterrole.yaml"))
NAMESPACED, CLUSTER_WIDE = (role["metadata"]["name"] for role in ROLES)
RULES = tuple(rule["resources"][0] for role in ROLES for rule in role["rules"])
EXACT, PER_NAMESPACE, UNWATCHED = "exact", "per-namespace", "without-watch"
LACKING = {resource: f"without-{resource}" for resource in RULES}
ENOUGH = (EXACT, PER_NAMESPACE, UNWATCHED)
NAMES = (*ENOUGH, *LACKING.values())

POLICY = """\
apiVersion: gitops-golden/v1alpha1
kind: FleetPolicy
metadata: {{name: privilege}}
spec:
  registry: {{address: "registry.example:5000", layout: ./registry}}
  consumers: [{{group: vm-users}}]
  vendorImages: remove
  defaults: {{namespace: golden, storage: {{size: 1Gi}}}}
  images:
    - {{name: served, repository: served, tag: "1"}}
    - {{name: snapped, repository: snapped, tag: "1", storage: {{className: snappy}}}}
    - {{name: waiting, repository: waiting, tag: "1"}}
    - {{name: homeless, repository: homeless, tag: "1", storage: {{className: not-there}}}}
  clusters:
{clusters}
  placements:
    - {{name: everywhere, images: {{}}, clusters: {{}}}}
"""
PLATFORM = "{kind: kubevirt, cdiNamespace: cdi, hyperConverged: {namespace: hco, apiVersion: hco.kubevirt.io/v1}}"
IMAGES = ("served", "snapped", "waiting", "homeless")
VENDORS = "kubevirt-os-images"

Said = tuple[str, str | None, str | None]
CONVERGED: Said = ("converged", None, None)
WITH_ALL_RIGHTS: Mapping[str, Said] = {
    "served": CONVERGED,
    "snapped": CONVERGED,
    "waiting": ("progressing", "import", "ClaimUnbound"),
    "homeless": ("broken", "import", "NoStorageClass"),
}
WITHOUT: Mapping[str, Mapping[str, Said]] = {
    "dataimportcrons": dict.fromkeys(IMAGES, ("unreachable", "cron", "Forbidden")),
    "datasources": dict.fromkeys(("served", "snapped"), ("unreachable", "datasource", "Forbidden")),
    "datavolumes": dict.fromkeys(("waiting", "homeless"), ("unreachable", "import", "Forbidden")),
    "persistentvolumeclaims": {
        "served": ("unreachable", "volume", "Forbidden"),
        "waiting": ("progressing", "import", "WaitingForVolume"),
    },
    "volumesnapshots": {"snapped": ("unreachable", "volume", "Forbidden")},
    "storageclasses": {"homeless": ("broken", "import", "ClaimRefused")},
    "storageprofiles": {},
    "roles": {},
    "rolebindings": {},
    "hyperconvergeds": {},
    "namespaces": {},
}
"""What is then said otherwise, by image."""


@dataclass(frozen=True)
class World:
    """The cluster at rest, what is said of each of its names, and the front that ``EXACT`` reads it through."""

    fleet: Fleet
    seen: Verified
    front: Front

    def said(self, name: str) -> dict[str, Said]:
        return {image: self.seen.said(name, image) for image in IMAGES}

    def cluster(self, name: str) -> Mapping[str, Any]:
        return next(each for each in self.seen.report["clusters"] if each["cluster"] == name)

    def verify(self, name: str, images: str, *options: str, expect: int) -> Ran:
        """Verify some images by one of the cluster's names."""
        narrow = ("--only", f"image={images}", "--clusters", f"rights={name}")
        return self.run("verify", "--repo", self.repository, *narrow, *options, expect=expect)

    def run(self, *arguments: str, expect: int | None) -> Ran:
        return self.fleet.run(*arguments, "--kubeconfig", str(self.fleet.kubeconfig), expect=expect)

    @property
    def repository(self) -> str:
        return str(self.fleet.published.folder)

    def asked(self) -> set[tuple[str, str]]:
        """Return what the server behind the front was asked for so far, as resources and verbs, discovery left out."""
        found = set()
        for request in self.front.requests:
            *_, collection, last = request.path.split("/")
            if collection == "namespaces":
                found.add((collection, "get"))
            elif last in (*RULES, "namespaces"):
                found.add((last, "watch" if "watch" in request.query else "list"))
        return found


def roles(name: str, left_out: str = "", *, watch: bool = True) -> Sequence[dict[str, Any]]:
    """Return the manual's roles by other names, without one of their rules, or with no right to watch."""
    made = deepcopy(ROLES)
    for role in made:
        role["metadata"]["name"] = f"{role['metadata']['name']}-{name}"
        role["rules"] = [rule for rule in role["rules"] if rule["resources"] != [left_out]]
        for rule in role["rules"]:
            rule["verbs"] = [verb for verb in rule["verbs"] if watch or verb != "watch"]
    return made


def grant(cluster: Cluster, name: str, made: Sequence[dict[str, Any]]) -> str:
    """Make a service account with these roles everywhere; return its token."""
    for role in made:
        cluster.api.create(path(RBAC, "clusterroles"), role)
        bind(cluster.api, name, role["metadata"]["name"])
    return bearer(cluster.api, name)


@pytest.fixture(scope="module")
def cluster(binaries: Binaries, testbed_only: None) -> Iterator[Cluster]:
    with Cluster("alpha", binaries=binaries) as own:
        prepare(own)
        storage_class(own.api, "snappy", source_format="snapshot")
        extras.install(own.api)
        for namespace in ("golden", VENDORS, "hco"):
            own.api.create(path("v1", "namespaces"), {"metadata": {"name": namespace}})
        own.api.create(
            path("hco.kubevirt.io/v1", "hyperconvergeds", "hco"), extras.hyperconverged("v1", {}, namespace="hco")
        )
        yield own


@pytest.fixture(scope="module")
def world(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("privilege")
    with Front(cluster.server, ca=cluster.data / "ca.crt", folder=folder / "front") as front:
        user = {"token": grant(cluster, EXACT, roles(EXACT))}
        files = [kubeconfig.write(folder / EXACT, name=EXACT, server=front.address, ca=front.ca, user=user)]
        tokens = {UNWATCHED: grant(cluster, UNWATCHED, roles(UNWATCHED, watch=False))}
        tokens |= {name: grant(cluster, name, roles(name, resource)) for resource, name in LACKING.items()}
        tokens[PER_NAMESPACE] = bearer(cluster.api, PER_NAMESPACE)
        for namespace in ("golden", VENDORS):
            bind(cluster.api, PER_NAMESPACE, f"{NAMESPACED}-{EXACT}", namespace=namespace)
        bind(cluster.api, PER_NAMESPACE, f"{CLUSTER_WIDE}-{EXACT}")
        files += [
            kubeconfig.write(
                folder / name, name=name, server=cluster.server, ca=cluster.data / "ca.crt", user={"token": token}
            )
            for name, token in tokens.items()
        ]
        places = (f"{{name: {name}, labels: {{rights: {name}}}, platform: {PLATFORM}}}" for name in NAMES)
        text = POLICY.format(clusters="\n".join(f"    - {place}" for place in places))
        merged = kubeconfig.merge(folder / "kubeconfig", tuple(files))
        fleet = rolled_out(
            folder, {EXACT: cluster}, merged, text, images=IMAGES, waiting=["waiting"], settled=as_with_all_rights
        )
        yield World(fleet, fleet.verify(), front)


def as_with_all_rights(seen: Verified) -> bool:
    return {image: seen.said(EXACT, image) for image in IMAGES} == WITH_ALL_RIGHTS


@pytest.mark.parametrize("name", ENOUGH)
def test_the_manuals_rights_are_enough_to_verify(world: World, cluster: Cluster, name: str) -> None:
    assert world.said(name) == WITH_ALL_RIGHTS
    read = world.cluster(name)
    assert (read["verdict"], read["notJudged"], read["unread"]) == (None, [], [])
    system = cluster.api.get(path("v1", "namespaces", name="kube-system"))
    assert read["server"]["uid"] == system["metadata"]["uid"]


@pytest.mark.parametrize("name", ENOUGH)
def test_the_manuals_rights_are_enough_to_wait(world: World, name: str) -> None:
    world.verify(name, "served,snapped", "--wait", "1m", expect=0)
    ended = world.verify(name, "homeless", "--wait", "1m", "-o", "json", expect=1)
    (delivery,) = json.loads(ended.out)["deliveries"]
    assert (delivery["verdict"], delivery["link"], delivery["reason"]) == WITH_ALL_RIGHTS["homeless"]


@pytest.mark.parametrize("name", ENOUGH)
def test_the_manuals_rights_are_enough_for_a_snapshot(world: World, tmp_path: Path, name: str) -> None:
    world.run("snapshot", "--cluster", name, "--to", str(tmp_path / "one.json"), expect=0)
    assert json.loads((tmp_path / "one.json").read_text())["unread"] == []
    narrow = ("--clusters", f"rights={name}")
    recorded = world.fleet.verify("--snapshots", str(tmp_path), *narrow)
    assert {image: recorded.said(name, image) for image in IMAGES} == WITH_ALL_RIGHTS


def test_drift_finds_nothing_more_where_it_may_read_less(world: World) -> None:
    ran = world.run("drift", "--repo", world.repository, "-o", "json", expect=None)
    report = json.loads(ran.out)
    assert report["findings"] == []
    unread = {each["cluster"]: {gap["kind"] for gap in each["unread"]} for each in report["clusters"]}
    unused = {LACKING[resource] for resource in ("namespaces", "storageclasses", "storageprofiles")}
    assert {name for name, kinds in unread.items() if not kinds} == {*ENOUGH, *unused}


def test_the_manual_gives_no_right_that_is_not_used(world: World) -> None:
    world.verify(EXACT, "waiting", "--wait", "5s", expect=1)
    granted = {(rule["resources"][0], verb) for role in ROLES for rule in role["rules"] for verb in rule["verbs"]}
    assert world.asked() == granted


def test_every_rule_has_its_row() -> None:
    assert sorted(WITHOUT) == sorted(RULES)


@pytest.mark.parametrize("resource", RULES)
def test_a_rule_that_is_missing_is_told_at_the_link_that_needs_it(world: World, resource: str) -> None:
    name = LACKING[resource]
    assert world.said(name) == {**WITH_ALL_RIGHTS, **WITHOUT[resource]}
    read = world.cluster(name)
    assert {(each["kind"], each["reason"]) for each in read["unread"]} == {
        (kind.name, "Forbidden") for kind in (*NAMESPACED_KINDS, *CLUSTER_WIDE_KINDS) if kind.plural == resource
    }
    assert read["notJudged"] == (["access"] if resource in ("roles", "rolebindings") else [])
    vendor = resource in ("dataimportcrons", "hyperconvergeds")
    assert (read["verdict"], read.get("reason")) == (("unreachable", "Forbidden") if vendor else (None, None))
    assert bool(read["server"]["uid"]) == (resource != "namespaces")
