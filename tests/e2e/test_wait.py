"""``verify --wait`` on real API servers: it ends when things happen there, and not much later."""

from __future__ import annotations

import itertools
import secrets
import signal
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from gitops_golden.fleet.agenda import GROWTH, POLLED
from tests.testbed import kubeconfig
from tests.testbed.api import ApiError, path, wait_until
from tests.testbed.cdi.images import RegistryImages
from tests.testbed.cdi.standin import StandIn, install, storage_class
from tests.testbed.cluster import Cluster, start_all
from tests.testbed.containerdisk import containerdisk, qcow2
from tests.testbed.faultkinds import page, refusal
from tests.testbed.faults import Front
from tests.testbed.fleet import Fleet
from tests.testbed.gitrepos import hermetic
from tests.testbed.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.testbed.api import Api
    from tests.testbed.binaries import Binaries
    from tests.testbed.faults import Fault
    from tests.testbed.registry import ReachableRegistry

CDI = "cdi.kubevirt.io/v1beta1"
SOON = 8.0
"""Seconds from what ends a wait to its end that a busy machine may take; a calm one takes less than one."""
POLICY = """\
apiVersion: gitops-golden/v1alpha1
kind: FleetPolicy
metadata: {{name: waits}}
spec:
  registry: {{address: "{address}", plainHTTP: true}}
  defaults: {{namespace: {namespace}, keep: 3, storage: {{size: {size}}}}}
  images: [{{name: rhel9, repository: {namespace}/rhel9, tag: "9"}}]
  clusters:
    - {{name: oslo, labels: {{site: north}}}}
    - {{name: rome, labels: {{site: south}}}}
  placements: [{{name: everywhere, images: [rhel9], clusters: {{}}}}]
"""
READER = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRole",
    "metadata": {"name": "reads-and-never-watches"},
    "rules": [
        {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list"]},
        {"nonResourceURLs": ["/version"], "verbs": ["get"]},
    ],
}
BOUND = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRoleBinding",
    "metadata": {"name": "reads-and-never-watches"},
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "reads-and-never-watches"},
    "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "reader"}],
}


@dataclass
class World:
    """A fleet of two clusters that has converged on one release."""

    fleet: Fleet
    registry: ReachableRegistry
    namespace: str
    standins: dict[str, StandIn] = field(default_factory=dict)
    held: list[str] = field(default_factory=list)
    waits: ExitStack = field(default_factory=ExitStack)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def start(self, cluster: Cluster) -> None:
        """Start the stand-in for CDI on a cluster."""
        self.standins[cluster.name] = StandIn(cluster.api, images=RegistryImages(cluster.api)).start()

    def stop(self) -> None:
        for standin in self.standins.values():
            standin.stop()

    def write_policy(self, size: str = "1Gi") -> None:
        text = POLICY.format(address=self.registry.address, namespace=self.namespace, size=size)
        self.fleet.write({"fleet.yaml": text}, f"volumes of {size}")

    def push(self) -> str:
        disk = containerdisk(qcow2(f"{self.namespace}, build {next(self._numbers)}"))
        return self.registry.push(disk, f"{self.namespace}/rhel9", "9")

    def publish_held(self) -> str:
        """Publish a release whose import will begin and not end."""
        digest = self.push()
        self.held.append(digest)
        for standin in self.standins.values():
            standin.hold(digest)
        self.fleet.lock()
        self.fleet.publish()
        return digest

    def release(self, digest: str) -> None:
        for standin in self.standins.values():
            standin.release(digest)

    def waiting(self, span: str, *options: str, kubeconfig: Path | None = None) -> Waiting:
        repo, file = str(self.fleet.published.folder), str(kubeconfig or self.fleet.kubeconfig)
        arguments = ("--repo", repo, "--kubeconfig", file, "-o", "json", "--wait", span, *options)
        folder = self.fleet.folder / f"wait-{next(self._numbers)}"
        waiting = Waiting(folder, arguments, self.fleet.policy.folder, hermetic())
        return self.waits.enter_context(waiting)

    def served(self, digest: str) -> bool:
        """Whether every cluster serves a digest."""
        volume = f"rhel9-{digest.removeprefix('sha256:')[:12]}"
        return all(self._serves(cluster, volume) for cluster in self.fleet.clusters)

    def idle(self) -> bool:
        """Whether nothing more happens on any cluster by itself."""
        return all(standin.idle(self.namespace) for standin in self.standins.values())

    def _serves(self, cluster: str, volume: str) -> bool:
        found = self.fleet.clusters[cluster].api.get(path(CDI, "datasources", self.namespace, "rhel9"))
        ready = [each["status"] for each in found["status"]["conditions"] if each["type"] == "Ready"]
        return bool(found["spec"]["source"]["pvc"]["name"] == volume and ready == ["True"])


@pytest.fixture(scope="module")
def clusters_of_waits(testbed_only: None, binaries: Binaries) -> Iterator[tuple[Cluster, ...]]:
    """Two clusters of these tests alone, since they stop an API server."""
    own = tuple(Cluster(name, binaries=binaries) for name in ("oslo", "rome"))
    start_all(own)
    for cluster in own:
        install(cluster.api)
        storage_class(cluster.api, "fast", default=True)
    yield own
    for cluster in own:
        cluster.stop()


@pytest.fixture(scope="module")
def shared_world(
    clusters_of_waits: tuple[Cluster, ...], registry: ReachableRegistry, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """A fleet that has converged on its first release."""
    folder = tmp_path_factory.mktemp("waits")
    file = kubeconfig.merge(folder / "kubeconfig", tuple(each.kubeconfig for each in clusters_of_waits))
    fleet = Fleet(folder, {cluster.name: cluster for cluster in clusters_of_waits}, file)
    made = World(fleet, registry, f"waits-{secrets.token_hex(4)}")
    for cluster in clusters_of_waits:
        made.start(cluster)
    made.push()
    made.write_policy()
    fleet.roll_out("first release")
    fleet.converged()
    yield made
    made.stop()


@pytest.fixture
def world(shared_world: World) -> Iterator[World]:
    """The fleet, converged before each test and again afterwards."""
    with shared_world.waits:
        yield shared_world
    for digest in shared_world.held:
        shared_world.release(digest)
    shared_world.held.clear()
    shared_world.fleet.publish()
    shared_world.fleet.sync()
    shared_world.fleet.converged()


def test_a_wait_ends_as_soon_as_all_has_converged(world: World) -> None:
    digest = world.publish_held()
    waiting = world.waiting("60s")
    waiting.says("2 progressing")
    world.fleet.sync()
    # Then all is quiet, and only the watch can tell.
    wait_until(world.idle)
    world.release(digest)
    wait_until(lambda: world.served(digest), every=0.01)
    converged = time.monotonic()
    ended = waiting.ended()
    assert (ended.code, ended.report["summary"]["converged"]) == (0, 2)
    assert {each["actual"] for each in ended.report["deliveries"]} == {digest}
    assert ended.err.splitlines()[-1].startswith("converged after ")
    print(f"\nended {ended.at - converged:.2f} s after convergence")
    # Without the watch it would have been read ten seconds later, if not fifteen.
    assert ended.at - converged < SOON


def test_a_fleet_that_has_converged_is_not_waited_for(world: World) -> None:
    waiting = world.waiting("60s")
    ended = waiting.ended()
    assert ended.code == 0
    assert ended.at - waiting.began < SOON


def test_what_is_published_meanwhile_is_what_is_judged_in_the_end(world: World) -> None:
    first = world.publish_held()
    world.fleet.sync()
    waiting = world.waiting("60s")
    waiting.says("2 progressing")
    second = world.publish_held()
    world.release(first)
    world.release(second)
    world.fleet.sync()
    ended = waiting.ended()
    assert ended.code == 0
    assert ended.report["commit"] == world.fleet.published("rev-parse", "main").strip()
    assert {each["expected"] for each in ended.report["deliveries"]} == {second}


def test_what_no_waiting_mends_ends_it_early(world: World) -> None:
    world.write_policy("2Gi")
    waiting = world.waiting("60s")
    ended = waiting.ended()
    world.write_policy()
    assert ended.code == 1
    assert {each["reason"] for each in ended.report["deliveries"]} == {"NotPublished"}
    assert "no waiting mends rhel9 on oslo, git/NotPublished and 1 more" in ended.err
    assert ended.at - waiting.began < SOON + SOON


def test_a_wait_ends_when_its_time_is_up(world: World) -> None:
    world.publish_held()
    world.fleet.sync()
    waiting = world.waiting("4s", "--by", "site")
    ended = waiting.ended()
    assert ended.code == 1
    assert {each["verdict"] for each in ended.report["deliveries"]} == {"progressing"}
    assert "open by site: north 1, south 1" in ended.err
    assert "not converged within 4 s; as far as it is known: 0 of 2 deliveries converged, 2 progressing" in ended.err
    assert 4 <= ended.at - waiting.began < 4 + SOON


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_who_interrupts_a_wait_is_told_what_is_known(world: World, number: signal.Signals, code: int) -> None:
    world.publish_held()
    world.fleet.sync()
    waiting = world.waiting("60s")
    waiting.says("2 progressing")
    waiting.send(number)
    sent = time.monotonic()
    ended = waiting.ended()
    assert ended.code == code
    assert {each["verdict"] for each in ended.report["deliveries"]} == {"progressing"}
    assert ended.err.splitlines()[-1].startswith("interrupted after ")
    assert ended.at - sent < SOON


def test_who_may_not_watch_polls(world: World, clusters_of_waits: tuple[Cluster, ...], tmp_path: Path) -> None:
    parts = []
    for cluster in clusters_of_waits:
        for manifest in (READER, BOUND):
            cluster.api.apply(cluster.api.path_of(manifest), manifest)
        parts.append(cluster.kubeconfig_for("reader"))
    reader = kubeconfig.merge(tmp_path / "reader", tuple(parts))
    digest = world.publish_held()
    world.fleet.sync()
    waiting = world.waiting("60s", kubeconfig=reader)
    waiting.says("2 progressing")
    world.release(digest)
    wait_until(lambda: world.served(digest))
    converged = time.monotonic()
    ended = waiting.ended()
    assert ended.code == 0
    assert ended.at - converged < 10 + SOON


@pytest.mark.parametrize("fault", [page(405), refusal(410, "Expired")], ids=["405", "410"])
def test_a_gateway_that_breaks_watches_is_asked_for_few(
    world: World, clusters_of_waits: tuple[Cluster, ...], tmp_path: Path, fault: Fault
) -> None:
    oslo, rome = clusters_of_waits
    digest = world.publish_held()
    world.fleet.sync()
    with Front(oslo.server, ca=oslo.data / "ca.crt", folder=tmp_path / "front") as front:
        user = {"token": oslo._token}
        through = kubeconfig.write(tmp_path / "through", name="oslo", server=front.address, ca=front.ca, user=user)
        front.fail(fault, lambda request: "watch" in request.query)
        waiting = world.waiting("60s", kubeconfig=kubeconfig.merge(tmp_path / "both", (through, rome.kubeconfig)))
        waiting.says("2 progressing")
        world.release(digest)
        assert waiting.ended().code == 0
        watches = [request.path for request in front.requests if "watch" in request.query]
    # Five kinds of one namespace, each tried three times at most.
    assert 0 < len(watches) <= 15


def test_a_watched_cluster_where_nothing_happens_is_hardly_asked(
    world: World, clusters_of_waits: tuple[Cluster, ...], tmp_path: Path
) -> None:
    oslo, _ = clusters_of_waits
    digest = world.publish_held()
    world.fleet.sync()
    with Front(oslo.server, ca=oslo.data / "ca.crt", folder=tmp_path / "front") as front:
        user = {"token": oslo._token}
        through = kubeconfig.write(tmp_path / "through", name="oslo", server=front.address, ca=front.ca, user=user)
        waiting = world.waiting("60s", "--only", "cluster=oslo", kubeconfig=through)
        waiting.says("1 progressing")
        wait_until(lambda: sum("watch" in request.query for request in front.requests) >= 5)
        wait_until(world.idle)
        front.requests.clear()
        oslo.api.patch(path(CDI, "datasources", world.namespace, "rhel9"), {"metadata": {"annotations": {"a": "b"}}})
        wait_until(lambda: _lists(front))
        wait_until(lambda: _quiet(front))
        front.requests.clear()
        # Polled, it would be read three times by then; as it tells its changes, it is after ten seconds.
        time.sleep(POLLED.first * (1 + GROWTH + GROWTH * GROWTH))
        assert sum(each.endswith("/dataimportcrons") for each in _lists(front)) <= 1
        world.release(digest)
        assert waiting.ended().code == 0


def _lists(front: Front) -> list[str]:
    """Return what was listed so far: reading a cluster begins so."""
    return [request.path for request in front.requests if "limit" in request.query]


def _quiet(front: Front) -> bool:
    """Whether a second passes in which nothing is asked."""
    before = len(front.requests)
    time.sleep(1)
    return len(front.requests) == before


def test_an_api_server_that_restarts_is_waited_for(world: World, clusters_of_waits: tuple[Cluster, ...]) -> None:
    digest = world.publish_held()
    world.fleet.sync()
    waiting = world.waiting("90s")
    waiting.says("2 progressing")
    oslo = clusters_of_waits[0]
    world.standins.pop(oslo.name).stop()
    oslo.stop_api_server()
    waiting.says("1 unreachable")
    oslo.start_api_server()
    wait_until(lambda: _open(oslo.api), what="storage open")
    world.start(oslo)
    world.release(digest)
    ended = waiting.ended()
    assert (ended.code, ended.report["summary"]["converged"]) == (0, 2)


def _open(api: Api) -> bool:
    """Whether an API server that was started anew has opened the storage of every custom kind."""
    try:
        for found in api.items(path("apiextensions.k8s.io/v1", "customresourcedefinitions")):
            spec = found["spec"]
            for version in spec["versions"]:
                api.items(path(f"{spec['group']}/{version['name']}", spec["names"]["plural"]))
    except ApiError:
        return False
    return True
