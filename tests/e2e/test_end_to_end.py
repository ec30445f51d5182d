"""The whole path on two clusters and a real registry, as a platform team walks it, in one story."""

from __future__ import annotations

import re
import secrets
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.testbed import kubeconfig
from tests.testbed.api import ApiError, path
from tests.testbed.cdi.images import RegistryImages
from tests.testbed.cdi.standin import StandIn, install, storage_class
from tests.testbed.cluster import Cluster, start_all
from tests.testbed.containerdisk import Blob, containerdisk, multiarch, qcow2
from tests.testbed.fleet import Fleet
from tests.testbed.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.testbed.binaries import Binaries
    from tests.testbed.cluster import ExistingCluster
    from tests.testbed.containerdisk import Image
    from tests.testbed.fleet import Verified
    from tests.testbed.registry import ReachableRegistry

CDI = "cdi.kubevirt.io/v1beta1"
IMAGE, OTHER = "rhel9", "ubuntu2404"
POLICY = """\
apiVersion: gitops-golden/v1alpha1
kind: FleetPolicy
metadata: {{name: e2e}}
spec:
  registry: {{address: "{address}", plainHTTP: {plain}}}
  defaults: {{namespace: {namespace}, keep: 3, storage: {{size: {size}}}}}
  images:
    - {{name: rhel9, repository: {prefix}/rhel9, tag: "9", preference: rhel.9}}
    - {{name: ubuntu2404, repository: {prefix}/ubuntu, tag: "24.04"}}
  clusters:
{clusters}
  placements:
    - {{name: everywhere, images: [rhel9, ubuntu2404], clusters: {{}}}}
"""


@dataclass(frozen=True)
class Story:
    """The fleet of this story, and what stands in for CDI where there is none."""

    fleet: Fleet
    registry: ReachableRegistry
    namespace: str
    standins: tuple[StandIn, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.fleet.clusters)

    def repository(self, name: str) -> str:
        return f"{self.namespace}/{name}"

    def write_policy(self, size: str = "2Gi") -> None:
        text = POLICY.format(
            address=self.registry.address,
            plain=str(self.registry.url.startswith("http://")).lower(),
            namespace=self.namespace,
            prefix=self.namespace,
            size=size,
            clusters="\n".join(f"    - {{name: {name}}}" for name in self.names),
        )
        self.fleet.write({"fleet.yaml": text}, f"volumes of {size}")

    def push(self, image: Image) -> str:
        return self.registry.push(image, self.repository("rhel9"), "9")

    def objects(self, name: str, resource: str) -> tuple[dict[str, Any], ...]:
        return self.fleet.clusters[name].api.items(path(CDI, resource, self.namespace))

    def set_back(self, digest: str) -> None:
        """Set the tag back, revert the lock's last commit, publish and sync."""
        self.registry.tag(self.repository("rhel9"), "9", digest)
        self.fleet.policy("revert", "--no-edit", "HEAD")
        self.fleet.publish()
        self.fleet.sync()

    def said(self, seen: Verified, image: str = IMAGE) -> set[tuple[str, str | None, str | None]]:
        return {seen.said(name, image) for name in self.names}

    def recorded_says_the_same(self, live: Verified) -> None:
        """Record every cluster and see that the recordings are judged as the clusters were."""
        folder = self.fleet.folder / f"snapshots-{secrets.token_hex(4)}"
        folder.mkdir()
        for name in self.names:
            target = str(folder / f"{name}.json")
            self.fleet.run("snapshot", "--cluster", name, "--to", target, "--kubeconfig", str(self.fleet.kubeconfig))
        recorded = self.fleet.verify("--snapshots", str(folder))
        assert recorded.code == live.code
        assert recorded.report["deliveries"] == live.report["deliveries"]

    @contextmanager
    def nothing_imported(self) -> Iterator[None]:
        """Watch every cluster: no DataVolume is added meanwhile."""
        with self.watching("datavolumes") as events:
            yield
        assert [event for event in events if event[0] == "ADDED"] == []

    @contextmanager
    def served_throughout(self) -> Iterator[None]:
        """Watch every cluster: no DataSource is for a moment gone or not Ready."""
        with self.watching("datasources") as events:
            yield
        assert events, "the owner label moves, so there is something to see"
        for kind, item in events:
            conditions = item.get("status", {}).get("conditions", [])
            ready = [each["status"] for each in conditions if each["type"] == "Ready"]
            assert (kind, ready) == ("MODIFIED", ["True"]), item

    @contextmanager
    def watching(self, resource: str) -> Iterator[list[tuple[str, dict[str, Any]]]]:
        """Collect the events of a resource on every cluster, from now until the block ends."""
        events: list[tuple[str, dict[str, Any]]] = []
        with ExitStack() as stack:
            for name in self.names:
                api = self.fleet.clusters[name].api
                place = path(CDI, resource, self.namespace)
                since = api.listed(place)["metadata"]["resourceVersion"]
                watch = stack.enter_context(Watch(api, place, since=since))
                thread = threading.Thread(target=_collect, args=(watch, events), daemon=True)
                thread.start()
                stack.callback(thread.join)
                stack.callback(watch.stop)
            yield events


def _collect(watch: Watch, events: list[tuple[str, dict[str, Any]]]) -> None:
    events.extend((event.type, event.object) for event in watch)


def disk(label: str) -> Image:
    return containerdisk(qcow2(label))


def no_disk() -> Image:
    """Return an image that importers refuse: its layer's media type says tar, and it holds no disk."""
    whole = disk("unused")
    config, layer = whole.blobs
    empty = Blob(layer.media_type, b"\0" * 1024)
    text = whole.manifest.content.decode().replace(layer.digest, empty.digest)
    text = text.replace(f'"size":{len(layer.content)}', f'"size":{len(empty.content)}')
    return replace(whole, manifest=Blob(whole.manifest.media_type, text.encode()), blobs=(config, empty))


@pytest.fixture(scope="module")
def own_clusters(
    binaries: Binaries, contexts: tuple[str, ...], clusters: tuple[Cluster | ExistingCluster, ...]
) -> Iterator[tuple[Cluster | ExistingCluster, ...]]:
    """Two clusters of this story alone, since it stops an API server; or the existing ones."""
    if contexts:
        yield clusters[:2]
        return
    own = tuple(Cluster(name, binaries=binaries) for name in ("berlin", "dallas"))
    start_all(own)
    yield own
    for cluster in own:
        cluster.stop()


@pytest.fixture
def story(
    own_clusters: tuple[Cluster | ExistingCluster, ...],
    registry: ReachableRegistry,
    contexts: tuple[str, ...],
    tmp_path: Path,
) -> Iterator[Story]:
    namespace = f"golden-e2e-{secrets.token_hex(4)}"
    file = own_clusters[0].kubeconfig
    if not contexts:
        file = kubeconfig.merge(tmp_path / "kubeconfig", tuple(each.kubeconfig for each in own_clusters))
    with ExitStack() as stack:
        standins = []
        for cluster in own_clusters:
            stack.callback(_remove_namespace, cluster, namespace)
            if not contexts:
                install(cluster.api)
                storage_class(cluster.api, "fast", default=True)
                images = RegistryImages(cluster.api)
                standins.append(stack.enter_context(StandIn(cluster.api, images=images)))
        fleet = Fleet(tmp_path, {cluster.name: cluster for cluster in own_clusters}, file)
        yield Story(fleet, registry, namespace, tuple(standins))


def _remove_namespace(cluster: Cluster | ExistingCluster, namespace: str) -> None:
    try:
        cluster.api.delete(path("v1", "namespaces", name=namespace))
    except ApiError as error:
        if error.code:  # none: the story's last act stops an API server
            raise


def test_the_whole_path(story: Story) -> None:
    first = _first_release(story)
    second = _a_moved_tag_is_told_and_rolled_out(story)
    _a_revert_brings_the_old_digest_back_without_an_import(story, first)
    _an_annotation_edited_by_hand_is_told_of_that_cluster_alone(story, first)
    _another_size_hands_over_without_a_gap(story, first)
    _a_crash_loop_is_told_with_the_importers_message(story, first)
    if story.standins:
        _an_import_that_never_binds_blocks_until_the_restart_count_is_raised(story, first)
        _a_stopped_api_server_is_unreachable_and_never_converged(story)
    assert first != second


def _first_release(story: Story) -> str:
    digest = story.push(disk("rhel 9, build 1"))
    two = multiarch([containerdisk(qcow2(f"ubuntu {each}"), architecture=each) for each in ("amd64", "arm64")])
    story.registry.push(two, story.repository("ubuntu"), "24.04")
    story.write_policy()
    story.fleet.roll_out("first release")
    seen = story.fleet.converged()
    assert story.said(seen) == {("converged", None, None)}
    assert {each["actual"] for each in seen.report["deliveries"]} == {digest, two.digest}
    story.recorded_says_the_same(seen)
    return digest


def _a_moved_tag_is_told_and_rolled_out(story: Story) -> str:
    fleet, old = story.fleet, story.fleet.verify().delivery(story.names[0], IMAGE)["actual"]
    digest = story.push(disk("rhel 9, build 2"))
    seen = fleet.verify()
    assert (seen.code, seen.images()) == (1, {IMAGE: "TagMoved"})
    assert story.said(seen) == {("converged", None, None)}
    assert fleet.run("lock", "--check", expect=1).out.count("moved")
    for standin in story.standins:
        standin.hold(digest)
    fleet.roll_out("second release")
    if story.standins:
        seen = fleet.verify_until(lambda now: "git" not in str(story.said(now)), what="synced")
        assert {verdict for verdict, *_ in story.said(seen)} == {"progressing"}
        assert {seen.delivery(name, IMAGE)["actual"] for name in story.names} == {old}
        for standin in story.standins:
            standin.release(digest)
    assert {fleet.converged().delivery(name, IMAGE)["actual"] for name in story.names} == {digest}
    return digest


def _a_revert_brings_the_old_digest_back_without_an_import(story: Story, first: str) -> None:
    with story.nothing_imported():
        story.set_back(first)
        seen = story.fleet.converged()
    assert {seen.delivery(name, IMAGE)["actual"] for name in story.names} == {first}


def _an_annotation_edited_by_hand_is_told_of_that_cluster_alone(story: Story, first: str) -> None:
    victim, *others = story.names
    (cron,) = (each for each in story.objects(victim, "dataimportcrons") if each["spec"]["managedDataSource"] == IMAGE)
    place = path(CDI, "dataimportcrons", story.namespace, cron["metadata"]["name"])
    foreign = "sha256:" + "e" * 64
    annotation = {"cdi.kubevirt.io/storage.import.sourceDesiredDigest": foreign}
    story.fleet.clusters[victim].api.patch(place, {"metadata": {"annotations": annotation}})
    seen = story.fleet.verify()
    assert seen.code == 1
    assert seen.said(victim, IMAGE) == ("broken", "cron", "DigestEdited")
    assert seen.delivery(victim, IMAGE)["actual"] == first
    assert {seen.said(name, IMAGE)[0] for name in others} == {"converged"}
    assert seen.said(victim, OTHER)[0] == "converged"
    story.recorded_says_the_same(seen)
    story.fleet.sync()
    story.fleet.converged()


def _another_size_hands_over_without_a_gap(story: Story, first: str) -> None:
    before = {
        name: {each["metadata"]["name"] for each in story.objects(name, "dataimportcrons")} for name in story.names
    }
    with story.served_throughout(), story.nothing_imported():
        story.write_policy("1Gi")
        diff = story.fleet.run("diff", "--repo", str(story.fleet.published.folder), expect=1)
        assert "hand-over" in diff.out
        story.fleet.publish()
        story.fleet.sync()
        seen = story.fleet.converged()
    assert {seen.delivery(name, IMAGE)["actual"] for name in story.names} == {first}
    for name in story.names:
        after = {each["metadata"]["name"] for each in story.objects(name, "dataimportcrons")}
        assert not after & before[name]


def _a_crash_loop_is_told_with_the_importers_message(story: Story, first: str) -> None:
    story.push(no_disk())
    story.fleet.roll_out("an image without a disk")
    crashing = {("broken", "import", "ImporterCrashing")}
    seen = story.fleet.verify_until(lambda now: story.said(now) == crashing, what="crashing")
    finding = seen.delivery(story.names[0], IMAGE)
    assert finding["actual"] == first
    assert re.search(r"has failed (once|\d+ times): .*\w", finding["message"])
    if story.standins:
        assert "0 files found in directory disk" in finding["message"]
    story.set_back(first)
    assert {story.fleet.converged().delivery(name, IMAGE)["actual"] for name in story.names} == {first}


def _an_import_that_never_binds_blocks_until_the_restart_count_is_raised(story: Story, first: str) -> None:
    fleet = story.fleet
    digest = story.push(disk("rhel 9, build 3"))
    for standin in story.standins:
        standin.never_bind(digest)
    fleet.roll_out("third release")
    waiting = {("progressing", "import", "ClaimUnbound")}
    fleet.verify_until(lambda now: story.said(now) == waiting, what="waiting for its volume")
    story.set_back(first)
    blocked = {("progressing", "import", "BlockedByWaitingImport")}
    seen = fleet.verify_until(lambda now: story.said(now) == blocked, what="blocked")
    finding = seen.delivery(story.names[0], IMAGE)
    assert seen.code == 1
    assert finding["actual"] == first
    assert "restart count" in finding["remedy"]
    assert f"`kubectl -n {story.namespace} delete datavolumes.cdi.kubevirt.io rhel9-" in finding["remedy"]
    story.recorded_says_the_same(seen)
    lock = (fleet.policy.folder / "fleet.lock.yaml").read_text()
    assert lock.count("repository:") == 2
    raised = re.sub(r"(  rhel9:\n)", r"\1    restarts: {fleet: 1}\n", lock)
    with story.served_throughout():
        fleet.write({"fleet.lock.yaml": raised}, "a fresh cron for rhel9")
        fleet.publish()
        fleet.sync()
        assert {fleet.converged().delivery(name, IMAGE)["actual"] for name in story.names} == {first}


def _a_stopped_api_server_is_unreachable_and_never_converged(story: Story) -> None:
    victim, *others = story.names
    cluster = story.fleet.clusters[victim]
    assert isinstance(cluster, Cluster)
    cluster.stop_api_server()
    seen = story.fleet.verify()
    assert seen.code == 1
    assert seen.said(victim, IMAGE) == ("unreachable", None, "ConnectionRefused")
    assert {seen.said(name, IMAGE)[0] for name in others} == {"converged"}
