"""A fleet of two clusters to break, one link at a time: what is done to the first is never to show on the second.

What is wrong is always made with the API server, the registry, the repository or what stands in for CDI and its
storage; the tool is asked afterwards.
"""

from __future__ import annotations

import json
import re
import secrets
import subprocess
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.e2e.hands import Hands
from tests.testbed.api import path, wait_until
from tests.testbed.cdi.model import LAST_POLL
from tests.testbed.containerdisk import containerdisk, multiarch, qcow2
from tests.testbed.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.e2e.quick_fleet import Cdi
    from tests.testbed.api import Object
    from tests.testbed.cdi.standin import StandIn
    from tests.testbed.containerdisk import Image
    from tests.testbed.fleet import Fleet, Verified
    from tests.testbed.registry import ReachableRegistry

HYPER_CONVERGED = path("hco.kubevirt.io/v1", "hyperconvergeds", "hco", "kubevirt-hyperconverged")
NOWHERE = f"sha256:{'e' * 64}"
"""A digest that no registry has."""
PATIENCE = 15.0
TEAM = "example.com/team"
TAGS = {"rhel9": "9", "debian": "12", "ubuntu": "24.04", "suse": "latest", "snapped": "1"}
VENDORS = "kubevirt-os-images"


@dataclass(slots=True)
class Pair(Hands):
    """The fleet; on its first cluster, whose ``api`` this is, things go wrong. Existing ones have no ``cdi``."""

    fleet: Fleet
    registry: ReachableRegistry
    cdi: Mapping[str, Cdi]
    shell: Mapping[str, str]
    """The environment in which commands are pasted."""
    builds: int = 0
    at_rest: str = ""
    """The policy's commit, if nothing was wrong when it was last looked at and nothing was done since."""
    sound: str = ""
    """The last one by which nothing was wrong."""

    @property
    def names(self) -> tuple[str, str]:
        first, second = self.fleet.clusters
        return first, second

    @property
    def first(self) -> str:
        return self.names[0]

    @property
    def stand_in(self) -> StandIn:
        """The first cluster's."""
        return self.cdi[self.first].now

    @property
    def sources(self) -> tuple[str, ...]:
        """Every delivery, by its DataSource."""
        testbed = ("snapped",) if self.cdi else ()
        return ("rhel9", "debian", "ubuntu-amd64", "ubuntu-arm64", "suse", *testbed)

    @property
    def images(self) -> tuple[str, ...]:
        return tuple(each for each in TAGS if self.cdi or each != "snapped")

    @property
    def own_registry(self) -> Registry:
        assert isinstance(self.registry, Registry)
        return self.registry

    # what stands in for CDI and for storage on the first cluster

    def never_bind(self, digest: str) -> None:
        self.stand_in.never_bind(digest)

    def shut(self, digest: str) -> None:
        """Let an import go on until ``open``."""
        self.cdi[self.first].images.gates[digest] = threading.Event()

    def open(self) -> None:
        for gate in self.cdi[self.first].images.gates.values():
            gate.set()

    def bind(self, name: str) -> None:
        """Provide a volume for a claim, as soon as it is there."""
        claim = wait_until(lambda: self.api.find(self.place("claim", name)), what=f"claim {name}")
        spec = {
            "accessModes": claim["spec"]["accessModes"],
            "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
            "claimRef": {"namespace": self.prefix, "name": name, "uid": claim["metadata"]["uid"]},
            "hostPath": {"path": "/nowhere"},
            "storageClassName": claim["spec"]["storageClassName"],
        }
        body = {"metadata": {"name": f"by-hand-{claim['metadata']['uid'][:8]}"}, "spec": spec}
        self.api.create(path("v1", "persistentvolumes"), body)

    def polled_days_ago(self, source: str) -> None:
        """Let the last poll of a cron have been days ago."""
        then = noted(now() - timedelta(days=3))
        self.patch("cron", self.cron_name(source), {"metadata": {"annotations": {LAST_POLL: then}}})

    # the fleet

    def push(self, image: str = "rhel9") -> str:
        """Push a new build of an image under its tag; return its digest."""
        self.builds += 1
        return self.registry.push(build(image, self.builds), f"{self.prefix}/{image}", TAGS[image])

    def edit(self, before: str, after: str) -> None:
        """Change a text that stands in the policy exactly once, and commit that."""
        file = self.fleet.policy.folder / "fleet.yaml"
        text = file.read_text(encoding="utf-8")
        assert text.count(before) == 1, (before, text.count(before))
        self.fleet.write({"fleet.yaml": text.replace(before, after)}, f"{before} -> {after}")

    def relock(self, pattern: str, replacement: str) -> None:
        """Edit the lock by hand, at the one place that matches, and commit that."""
        file = self.fleet.policy.folder / "fleet.lock.yaml"
        text, count = re.subn(pattern, replacement, file.read_text(encoding="utf-8"))
        assert count == 1, (pattern, count)
        self.fleet.write({"fleet.lock.yaml": text}, "by hand")

    def raise_count(self, counter: str, image: str = "rhel9") -> None:
        """Raise an image's restart or attempt count on the first cluster, publish, and sync."""
        self.builds += 1
        file = self.fleet.policy.folder / "fleet.lock.yaml"
        text, head = file.read_text(encoding="utf-8"), f"  {image}:\n"
        (block,) = re.findall(rf"(?m)^{head}(?:    .*\n)+", text)
        rest = re.sub(rf"(?m)^    {counter}:.*\n(?:      .*\n)*", "", block.removeprefix(head))
        raised = f"{head}    {counter}: {{clusters: {{{self.first}: {self.builds}}}}}\n{rest}"
        self.fleet.write({"fleet.lock.yaml": text.replace(block, raised)}, f"{counter} of {image}")
        self.fleet.publish()
        self.fleet.sync()

    def roll_out(self, image: str = "rhel9") -> str:
        """Push a build, lock, publish and sync; return its digest."""
        digest = self.push(image)
        self.fleet.roll_out(f"a build of {image}")
        return digest

    def store(self, storage: str) -> None:
        """Let debian be stored otherwise on the first cluster than by default."""
        file = self.fleet.policy.folder / "fleet.yaml"
        kept = re.sub(r"(?m)^  overrides:\n(?:    .*\n)+", "", file.read_text(encoding="utf-8"))
        chosen = f"images: [debian], clusters: [{self.first}], set: {{storage: {{{storage}}}}}"
        override = f"  overrides:\n    - {{name: other storage, {chosen}}}\n"
        self.fleet.write({"fleet.yaml": kept + override}, storage)

    def commit(self, change: Callable[[Path], None], message: str = "by hand") -> None:
        """Change the clusters' repository by hand; ``change`` is given the first cluster's folder."""
        clone = self.fleet.published.clone(self.fleet.folder / f"by-hand-{secrets.token_hex(4)}")
        change(clone.folder / "clusters" / self.first)
        clone("add", "--all")
        clone("commit", "--quiet", "--message", message)
        clone("push", "--quiet", "origin", "HEAD:main")

    # what is said

    def finds(self, wanted: Mapping[str, str], *, overdue: bool = False) -> Object:
        """Wait until exactly this is found, and return the one finding, or the first of several.

        ``overdue``: it is on its way, and is broken if it is still there five hours later.
        """
        found = _told(self.until(wanted))
        assert all(each["message"] and each["remedy"] for each in found), found
        if overdue:
            self.later({key: said.replace("progressing", "broken") for key, said in wanted.items()})
        return found[0]

    def heals(self) -> None:
        """Wait until nothing is wrong any more."""
        self.until({})
        self.at_rest = self.sound = self.fleet.policy("rev-parse", "HEAD").strip()

    def rescue(self) -> None:
        """Do what can be done to bring it to rest after a test has failed."""
        for each in self.cdi.values():
            each.stop()
            each.start()
        self.fleet.policy("checkout", self.sound, "--", ".")
        self.fleet.roll_out("as it last was")
        self.heals()

    def later(self, wanted: Mapping[str, str]) -> None:
        """See that exactly this is found of clusters that are read five hours from now, and are as they are now."""
        folder, then = self.recorded(), now() + timedelta(hours=5)
        for file in folder.iterdir():
            snapshot = json.loads(file.read_text(encoding="utf-8"))
            file.write_text(json.dumps(snapshot | {"readAt": noted(then)}), encoding="utf-8")
        seen = self.fleet.verify("--snapshots", str(folder), "--at", noted(then))
        assert self.said(seen) == dict(wanted), (self.said(seen), _told(seen))

    def says_the_same_of_recordings(self) -> None:
        """See that recordings are judged exactly as the clusters are, by verify and by drift."""
        folder = str(self.recorded())
        live, recorded = self.verify(), self.fleet.verify("--snapshots", folder)
        assert recorded.code == live.code
        assert timeless(recorded.report) == timeless(live.report)
        assert timeless(self.drift("--snapshots", folder)) == timeless(self.drift())

    def verify(self, *options: str) -> Verified:
        return self.fleet.verify("--kubeconfig", str(self.fleet.kubeconfig), *options)

    def until(self, wanted: Mapping[str, str], *, what: str = "") -> Verified:
        """Verify until exactly this is found; return that report. Raises AssertionError with what is found instead."""
        end = time.monotonic() + PATIENCE
        while (said := self.said(seen := self.verify())) != dict(wanted):
            assert time.monotonic() < end, (
                f"not {what or dict(wanted)}: {said}, {[each['message'] for each in _told(seen)]}"
            )
            time.sleep(0.1)
        return seen

    def said(self, seen: Verified) -> dict[str, str]:
        """Return everything that a report finds: where, and the verdict, link and reason."""
        places = {self.names[0]: "first", self.names[1]: "second"}
        found: dict[str, str] = {}
        for each in seen.report["deliveries"]:
            if "reason" in each:
                found[f"{places[each['cluster']]} {each['dataSource']}"] = _finding(each)
        for each in seen.report["images"]:
            if "reason" in each:
                found[f"image {each['image']}"] = _finding(each)
        for each in seen.report["clusters"]:
            if "reason" in each:
                found[places[each["cluster"]]] = _finding(each)
        return found

    def drift(self, *options: str) -> Object:
        where = options or ("--kubeconfig", str(self.fleet.kubeconfig))
        ran = self.fleet.run("drift", "--repo", str(self.fleet.published.folder), *where, "-o", "json", expect=None)
        assert ran.out, ran.err
        found: Object = json.loads(ran.out)
        return found

    def drifts(self, *wanted: str) -> list[Object]:
        """Wait until exactly this drifts, all of it on the first cluster; return the findings in that order."""
        end = time.monotonic() + PATIENCE
        while True:
            found = self.drift()["findings"]
            said = {f"{each['what']} {each['object']['name']}": each for each in found}
            if said.keys() == set(wanted) and all(each["cluster"] == self.first for each in found):
                break
            assert time.monotonic() < end, (
                f"not {wanted}: {[(each['cluster'], each['what'], each['message']) for each in found]}"
            )
            time.sleep(0.1)
        assert all(each["message"] and each["remedy"] for each in found), found
        return [said[each] for each in wanted]

    def clean_up(self) -> None:
        """Run the script that is printed, as a person does."""
        where = ("--repo", str(self.fleet.published.folder), "--kubeconfig", str(self.fleet.kubeconfig))
        script = self.fleet.run("drift", *where, "--commands", expect=1).out
        environment = {**self.shell, "KUBECONFIG": str(self.fleet.kubeconfig)}
        done = subprocess.run(["sh"], input=script, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (script, done.stderr)

    def recorded(self) -> Path:
        """Record every cluster; return the folder of the recordings."""
        folder = self.fleet.folder / f"snapshots-{secrets.token_hex(4)}"
        folder.mkdir()
        for name in self.names:
            target = str(folder / f"{name}.json")
            self.fleet.run("snapshot", "--cluster", name, "--to", target, "--kubeconfig", str(self.fleet.kubeconfig))
        return folder

    def paste(self, remedy: str) -> None:
        """Run the commands that a remedy names, the clusters' ones on the first."""
        lines = re.findall(r"`([^`]+)`", remedy)
        assert lines, remedy
        for line in lines:
            if line.startswith("gitops-golden "):
                verb = line.split()[1]
                self.fleet.run(verb, *(("--repo", str(self.fleet.published.folder)) if verb == "publish" else ()))
                continue
            assert line.startswith("kubectl "), line
            where = f"kubectl --kubeconfig {self.fleet.kubeconfig} --context {self.first} "
            command = line.replace("kubectl ", where, 1)
            done = subprocess.run(["sh", "-c", command], env=self.shell, capture_output=True, text=True, check=False)
            assert done.returncode == 0, (command, done.stderr)
        self.fleet.write({}, "as the remedy says")


def delivery(seen: Verified, cluster: str, source: str) -> dict[str, Any]:
    """Return one delivery of a report."""
    return next(
        each for each in seen.report["deliveries"] if (each["cluster"], each["dataSource"]) == (cluster, source)
    )


def timeless(report: Object) -> Object:
    """Return a report without what tells when, and from where, it was read."""
    ways = ("readAt", "source", "clockSkewSeconds")
    clusters = [{key: value for key, value in each.items() if key not in ways} for each in report["clusters"]]
    return {key: value for key, value in report.items() if key != "at"} | {"clusters": clusters}


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def now() -> datetime:
    """Return the present second, as API servers note it."""
    return datetime.now(UTC).replace(microsecond=0)


def noted(when: datetime) -> str:
    """Return a time as objects of Kubernetes have it."""
    return when.isoformat().replace("+00:00", "Z")


def build(image: str, number: int) -> Image:
    if image == "ubuntu":
        both = ("amd64", "arm64")
        return multiarch([containerdisk(qcow2(f"{image} {number} {each}"), architecture=each) for each in both])
    return containerdisk(qcow2(f"{image} {number}"))


def _finding(each: Object) -> str:
    return f"{each['verdict']} {each['link'] or '-'}/{each['reason']}"


def _told(seen: Verified) -> list[Object]:
    every = (*seen.report["deliveries"], *seen.report["images"], *seen.report["clusters"])
    return [each for each in every if "reason" in each]
