"""Drift made on a real API server with every means that people have, and cleaned up by the script that is printed.

While the script runs, every DataSource is watched: it gives the same digest throughout, and stays Ready.
"""

from __future__ import annotations

import json
import re
import secrets
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from gitops_golden.render.cdi import CLEAN_UP_LABEL, DIGEST_ANNOTATION, OWNER_LABEL
from tests.testbed.api import path, wait_until
from tests.testbed.cdi.images import RegistryImages
from tests.testbed.cdi.standin import StandIn, install, storage_class
from tests.testbed.cluster import Cluster
from tests.testbed.containerdisk import containerdisk, qcow2
from tests.testbed.fleet import Fleet
from tests.testbed.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.testbed.binaries import Binaries
    from tests.testbed.registry import ReachableRegistry
    from tests.testbed.watch import Event

CDI = "cdi.kubevirt.io/v1beta1"
NAME, IMAGE = "drifting", "rhel9"
POLICY = """\
apiVersion: gitops-golden/v1alpha1
kind: FleetPolicy
metadata: {{name: e2e}}
spec:
  registry: {{address: "{address}", plainHTTP: {plain}}}
  defaults: {{namespace: {prefix}, keep: {keep}, storage: {{size: 1Gi}}}}
  images:
    - {{name: rhel9, repository: {prefix}/rhel9, tag: "9"}}
    - {{name: ubuntu2404, repository: {prefix}/ubuntu, tag: "24.04"}}
  clusters: [{{name: drifting}}]
  placements: [{{name: everywhere, images: [rhel9, ubuntu2404], clusters: {{}}}}]
"""


@dataclass(frozen=True)
class Place:
    """One cluster with its fleet and what stands in for CDI; repositories and namespace are called ``prefix``."""

    fleet: Fleet
    registry: ReachableRegistry
    cluster: Cluster
    stand_in: StandIn
    prefix: str
    shell: Mapping[str, str]

    def push(self, label: str, image: str = IMAGE, tag: str = "9") -> str:
        return self.registry.push(containerdisk(qcow2(label)), f"{self.prefix}/{image}", tag)

    def policy(self, keep: int) -> str:
        plain = str(self.registry.url.startswith("http://")).lower()
        return POLICY.format(address=self.registry.address, plain=plain, keep=keep, prefix=self.prefix)

    def crons(self) -> dict[str, dict[str, Any]]:
        """Return the crons by the DataSource that they keep."""
        items = self.cluster.api.items(path(CDI, "dataimportcrons", self.prefix))
        return {each["spec"]["managedDataSource"]: each for each in items}

    def forget(self, *digests: str) -> None:
        """Take releases out of the lock, as somebody does who will never go back to them."""
        file = self.fleet.policy.folder / "fleet.lock.yaml"
        kept = re.split(r"(?m)^(?=      - digest:|    waves:)", file.read_text(encoding="utf-8"))
        text = "".join(part for part in kept if not any(f"- digest: {digest}" in part for digest in digests))
        self.fleet.write({"fleet.lock.yaml": text}, "nobody goes back there")

    def drift(self) -> dict[str, Any]:
        ran = self.fleet.run("drift", *self._where(), "-o", "json", expect=None)
        assert ran.out, ran.err
        found: dict[str, Any] = json.loads(ran.out)
        assert ran.code == (1 if found["findings"] else 0)
        return found

    def said(self) -> set[tuple[str, str]]:
        return {(each["what"], each["object"]["name"]) for each in self.drift()["findings"]}

    def script(self) -> str:
        return self.fleet.run("drift", *self._where(), "--commands", expect=None).out

    def run(self, script: str) -> str:
        """Run a script that was printed, as a person does; return what it left alone."""
        environment = {**self.shell, "KUBECONFIG": str(self.fleet.kubeconfig)}
        done = subprocess.run(["sh"], input=script, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stderr

    def _where(self) -> tuple[str, ...]:
        return "--repo", str(self.fleet.published.folder), "--kubeconfig", str(self.fleet.kubeconfig)

    @contextmanager
    def served_throughout(self) -> Iterator[None]:
        """Watch the DataSources: each gives what it gave, and is Ready, at every moment until the block ends."""
        api, place = self.cluster.api, path(CDI, "datasources", self.prefix)
        listed = api.listed(place)
        before = {each["metadata"]["name"]: _given(each) for each in listed["items"]}
        assert set(before.values()) != {None}
        watch = Watch(api, place, since=listed["metadata"]["resourceVersion"])
        events: list[Event] = []
        thread = threading.Thread(target=lambda: events.extend(watch), daemon=True)
        thread.start()
        try:
            yield
        finally:
            watch.stop()
            thread.join()
        for event in events:
            assert event.type != "DELETED", event
            assert _given(event.object) == before[event.name]
        after = {each["metadata"]["name"]: _given(each) for each in api.items(place)}
        assert after == before


def _given(source: dict[str, Any]) -> str | None:
    """Return the volume that a DataSource gives, None unless it is Ready."""
    ready = [each["status"] for each in source["status"]["conditions"] if each["type"] == "Ready"]
    return json.dumps(source["spec"]["source"], sort_keys=True) if ready == ["True"] else None


@pytest.fixture(scope="module")
def cluster(binaries: Binaries, testbed_only: None) -> Iterator[Cluster]:
    with Cluster(NAME, binaries=binaries) as own:
        install(own.api)
        storage_class(own.api, "fast", default=True)
        yield own


@pytest.fixture
def place(cluster: Cluster, registry: ReachableRegistry, binaries: Binaries, tmp_path: Path) -> Iterator[Place]:
    with StandIn(cluster.api, images=RegistryImages(cluster.api)) as stand_in:
        fleet = Fleet(tmp_path, {NAME: cluster}, cluster.kubeconfig)
        yield Place(fleet, registry, cluster, stand_in, f"drift-{secrets.token_hex(4)}", binaries.on_path("kubectl"))


def test_what_the_script_cleans_up_is_gone_and_every_datasource_gives_the_same_throughout(place: Place) -> None:
    old, unfinished = _history(place)
    made = _by_hand(place)
    found = place.drift()
    assert {(each["what"], each["object"]["name"]) for each in found["findings"]} == {
        ("OrphanedVolume", old),
        ("UnwantedImport", unfinished),
        ("RetiredCron", made["retired"]),
        ("SecondCron", "somebodys"),
    }
    (orphan,) = (each for each in found["findings"] if each["what"] == "OrphanedVolume")
    assert orphan["reclaimable"]
    assert orphan["since"]
    assert found["summary"]["reclaimableBytes"] >= orphan["bytes"] > 1 << 30
    with place.served_throughout():
        script = place.script()
        _touch(place, old)
        asking = _ask_for(place, unfinished, marked="somebodys")
        assert place.run(script).splitlines() == [
            f"left alone: {place.prefix}/somebodys: a volume would go with it that is served or asked for",
            f"left alone: {place.prefix}/{unfinished}: a cron asks for its digest",
            f"left alone: {place.prefix}/{old}: it was changed since it was read",
        ]
        place.cluster.api.delete(asking)
        left = {("SecondCron", "somebodys"), ("UnwantedImport", unfinished), ("OrphanedVolume", old)}
        wait_until(lambda: place.said() == left, what="all gone but what was changed or asked for")
        assert place.run(place.script()) == ""
        wait_until(lambda: not place.said(), what="no drift")
    assert place.fleet.verify().code == 0


def _history(place: Place) -> tuple[str, str]:
    """Let a fleet live: two releases, another spec, a release whose volume never binds, and back from it.

    Return the orphan of the first cron, and the import that is left waiting.
    """
    fleet = place.fleet
    first = place.push("rhel 9, build 1")
    place.push("ubuntu", "ubuntu", "24.04")
    fleet.write({"fleet.yaml": place.policy(3)}, "first")
    fleet.roll_out()
    fleet.converged()
    assert place.drift()["findings"] == []
    second = place.push("rhel 9, build 2")
    fleet.roll_out()
    fleet.converged()
    fleet.write({"fleet.yaml": place.policy(2)}, "another spec")
    fleet.publish()
    fleet.sync()
    fleet.converged()
    third = place.push("rhel 9, build 3")
    place.stand_in.never_bind(third)
    fleet.roll_out()
    name = f"{IMAGE}-{third[7:19]}"
    volumes = path(CDI, "datavolumes", place.prefix, name)
    wait_until(lambda: place.cluster.api.find(volumes), what="the import that waits")
    assert place.said() == {("OrphanedVolume", f"{IMAGE}-{first[7:19]}")}
    _back(place, second)
    place.forget(first, third)
    return f"{IMAGE}-{first[7:19]}", name


def _back(place: Place, second: str) -> None:
    """Go back to the second release, through a fresh cron: the import that waits blocks the one that is there."""
    place.registry.tag(f"{place.prefix}/{IMAGE}", "9", second)
    place.fleet.lock()
    lock = (place.fleet.policy.folder / "fleet.lock.yaml").read_text(encoding="utf-8")
    raised = re.sub(r"(  rhel9:\n)", r"\1    restarts: {fleet: 1}\n", lock)
    place.fleet.write({"fleet.lock.yaml": raised}, "a fresh cron")
    place.fleet.publish()
    place.fleet.sync()
    place.fleet.converged()


def _touch(place: Place, claim: str) -> None:
    where = path("v1", "persistentvolumeclaims", place.prefix, claim)
    place.cluster.api.patch(where, {"metadata": {"annotations": {"example.org/looked-at": "just now"}}})


def _ask_for(place: Place, volume: str, *, marked: str) -> str:
    """Have a cron ask for an import's digest, which CDI does not heed beside ours, and mark the import as another's.

    Return where that cron is.
    """
    api, ours, crons = place.cluster.api, place.crons()[IMAGE], path(CDI, "dataimportcrons", place.prefix)
    where = path(CDI, "datavolumes", place.prefix, volume)
    digest = api.get(where)["spec"]["source"]["registry"]["url"].rpartition("@")[2]
    api.patch(where, {"metadata": {"labels": {OWNER_LABEL: marked, CLEAN_UP_LABEL: "true"}}})
    metadata = {"name": "asking", "annotations": {DIGEST_ANNOTATION: digest}}
    api.create(crons, {"apiVersion": CDI, "kind": "DataImportCron", "metadata": metadata, "spec": ours["spec"]})
    return f"{crons}/asking"


def _by_hand(place: Place) -> dict[str, str]:
    """Do what people do with kubectl: apply an old file once more, and make a second cron."""
    log = place.fleet.published("log", "--format=%H", "main").split()
    file = f"clusters/{NAME}/image-{IMAGE}.yaml"
    oldest = place.fleet.published("show", f"{log[-1]}:{file}")
    name = re.findall(r'name: "?([\w-]+)"?', oldest)[0]
    ours = place.crons()[IMAGE]
    for cron in (name, "somebodys"):
        body = {
            "apiVersion": CDI,
            "kind": "DataImportCron",
            "metadata": {
                "name": cron,
                "annotations": {DIGEST_ANNOTATION: ours["metadata"]["annotations"][DIGEST_ANNOTATION]},
            },
            "spec": ours["spec"] | {"retentionPolicy": "None" if cron == "somebodys" else "All"},
        }
        place.cluster.api.create(path(CDI, "dataimportcrons", place.prefix), body)
    return {"retired": name}


def test_what_somebody_edits_is_told_by_name_until_the_engine_syncs(place: Place) -> None:
    fleet, api = place.fleet, place.cluster.api
    place.push("rhel 9")
    place.push("ubuntu", "ubuntu", "24.04")
    fleet.write({"fleet.yaml": place.policy(3)}, "first")
    fleet.roll_out()
    fleet.converged()
    cron = place.crons()[IMAGE]["metadata"]["name"]
    place_of_cron = path(CDI, "dataimportcrons", place.prefix, cron)
    pinned = place.crons()[IMAGE]["metadata"]["annotations"][DIGEST_ANNOTATION]
    edit = {"metadata": {"annotations": {DIGEST_ANNOTATION: f"sha256:{'e' * 64}"}}}
    api.request(
        "PATCH", place_of_cron, edit, kind="application/merge-patch+json", parameters={"fieldManager": "a-person"}
    )
    api.patch(path(CDI, "datasources", place.prefix, IMAGE), {"metadata": {"labels": {OWNER_LABEL: None}}})
    api.delete(path("rbac.authorization.k8s.io/v1", "rolebindings", place.prefix, "e2e-consumers"))
    found = place.drift()["findings"]
    told = {(each["what"], each["object"]["name"]): each for each in found}
    assert set(told) == {("CronEdited", cron), ("DataSourceEdited", IMAGE), ("NotSynced", "e2e-consumers")}
    assert told["CronEdited", cron]["who"] == "a-person"
    assert pinned in told["CronEdited", cron]["message"]
    fleet.sync()
    wait_until(lambda: not place.said(), what="no drift")
