"""What the tests of CDI's traps share: delivering a policy as an engine does, and questions to what was seen.

A test asks the same of a recording of real CDI and of a run in which the tool's own manifests are applied, so each rule
stands once. Runs speak in the recordings' digests, whatever the registry made of them.
"""

from __future__ import annotations

import json
import secrets
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from gitops_golden.plan.compile import compile_plan
from gitops_golden.policy.load import load
from gitops_golden.registry.lock import Lock
from tests.builders import locked, rendered
from tests.testbed.api import ApiError
from tests.testbed.cdi.actions import A
from tests.testbed.cdi.contract import sentence
from tests.testbed.cdi.ground import REPOSITORY
from tests.testbed.cdi.player import Play
from tests.testbed.cdi.recordings import recorded
from tests.testbed.engine import sync

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from tests.testbed.cdi.ground import Ground
    from tests.testbed.cdi.timeline import Answer, Object, Seen, Timeline
    from tests.testbed.engine import Applied
    from tests.testbed.registry import ReachableRegistry

NOWHERE = f"sha256:{'e' * 64}"
"""A digest that no registry has: its importer crashes, on real CDI, too."""
SUCCESS = 300
CLUSTER = "here"


@dataclass(slots=True)
class Site:
    """A namespace of a test's own, to which a policy with one image is delivered."""

    ground: Ground
    play: Play
    registry: ReachableRegistry
    folder: Path
    manifests: tuple[Object, ...] = ()
    _applied: Applied | None = None
    _count: int = field(default=0)

    def rendered(
        self,
        digest: str | None = A,
        *,
        image: str = "rhel9",
        restarts: int = 0,
        attempts: int = 0,
        spec: Mapping[str, Any] | None = None,
        **settings: Any,
    ) -> dict[str, bytes]:
        """Return what the tool renders for one image, by name in the cluster's folder.

        ``digest`` is what the lock pins, as the recordings have it; None locks nothing. ``settings`` are fields of the
        image in the policy, ``spec`` is merged over the policy's. Raises InputError as the tool does.
        """
        self._count += 1
        folder = self.folder / f"policy-{self._count}"
        folder.mkdir()
        ordinary: Object = {"repository": REPOSITORY, "tag": "a", "keep": 2, "storage": {"size": "1Gi"}}
        member = {"name": image} | ordinary | settings
        whole = {
            "registry": {"address": self.registry.address, "plainHTTP": self.registry.url.startswith("http://")},
            "defaults": {"namespace": self.play.namespace},
            "images": [member],
            "clusters": [{"name": CLUSTER}],
            "placements": [{"name": "all", "images": [image], "clusters": {}}],
        } | dict(spec or {})
        about = {"apiVersion": "gitops-golden/v1alpha1", "kind": "FleetPolicy", "metadata": {"name": "traps"}}
        (folder / "fleet.yaml").write_text(json.dumps(about | {"spec": whole}))
        known = locked(image, self.play.meant(digest or ""), restarts=restarts, attempts=attempts)
        lock = Lock((replace(known, repository=member["repository"]),) if digest else ())
        policy = load(folder / "fleet.yaml").policy
        tree = rendered(policy, compile_plan(policy, lock))
        return {path.rpartition("/")[2]: content for path, content in tree}

    def deliver(self, digest: str | None = A, **settings: Any) -> None:
        """Render, apply strictly on the server's side, prune what is no longer there: as ``rendered`` says."""
        self.apply(self.rendered(digest, **settings))

    def apply(self, files: Mapping[str, bytes]) -> None:
        """Bring the cluster to these files, as an engine would. Raises SyncError."""
        self._count += 1
        folder = self.folder / f"tree-{self._count}"
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        self._applied = sync(self.play.api, folder, previous=self._applied)
        self.manifests = self.manifests_of(files)

    @staticmethod
    def manifests_of(files: Mapping[str, bytes]) -> tuple[Object, ...]:
        """Return the objects of rendered files."""
        yaml = YAML(typ="safe")
        return tuple(item for content in files.values() for item in yaml.load_all(content) if item)

    def ask(self, request: Object) -> str | None:
        """Make a recorded request here; return why it was refused, or None."""
        self.play.ask(request)
        return refusal(self.play.timeline().answers[-1])

    def admits(self, item: Object) -> str | None:
        """Apply an object strictly, but for the trial only; return why it was refused, or None."""
        options = {"fieldManager": "trial", "fieldValidation": "Strict", "force": "true", "dryRun": "All"}
        place = self.play.api.path_of(item)
        try:
            self.play.api.request("PATCH", place, item, parameters=options, kind="application/apply-patch+yaml")
        except ApiError as error:
            return sentence(error.message)
        return None

    @property
    def cron(self) -> str:
        """The name of the cron that was delivered last."""
        return named(self.manifests, "DataImportCron")

    def serves(self, volume: str, source: str) -> None:
        """Wait until a DataSource is Ready at a volume, which is named as in the recordings."""
        wanted = self.play.meant(volume)
        self.play.wait(f"{source} at {wanted}", lambda: served_by(self.play.get("DataSource", source)) == wanted)

    def converged(self, digest: str = A, *, image: str = "rhel9") -> None:
        """Wait until the delivered cron is up to date and its DataSource Ready at the digest's volume."""
        self.serves(f"{image}-{digest[7:19]}", image)
        self.play.wait(f"{self.cron} up to date", lambda: self.condition("UpToDate").get("status") == "True")

    def condition(self, kind: str) -> Object:
        """Return a condition of the delivered cron as it is now."""
        return condition(self.play.get("DataImportCron", self.cron), kind)

    def seen(self) -> Timeline:
        """Return what was seen, once nothing changes any more."""
        self.play.settle()
        return self.play.timeline()

    def now(self) -> float:
        """Return the present moment of the timeline, after all that was seen."""
        self.play.settle()
        return time.monotonic()


@contextmanager
def opened(ground: Ground, registry: ReachableRegistry, folder: Path) -> Iterator[Site]:
    """Have a namespace for the time being."""
    play = Play(
        ground.api,
        f"trap-{secrets.token_hex(3)}",
        (),
        stand_in=ground.stand_in,
        names=ground.names(""),
        patience=ground.patience,
    )
    with play.recording():
        yield Site(ground, play, registry, folder)


def named(items: Iterable[Object], kind: str) -> str:
    """Return the name of the one object of a kind."""
    (name,) = (item["metadata"]["name"] for item in items if item["kind"] == kind)
    return str(name)


def of_kind(items: Iterable[Object], kind: str) -> Object:
    """Return the one object of a kind."""
    (found,) = (item for item in items if item["kind"] == kind)
    return found


def answers(prefix: str = "", *, of: str = "dataimportcrons") -> dict[str, Answer]:
    """Return what was recorded of admission to a resource, by what was asked."""
    return {
        answer.request["what"]: answer
        for answer in recorded("admission").answers
        if answer.request["what"].startswith(prefix) and f"/{of}" in answer.request["path"]
    }


def refusal(answer: Answer) -> str | None:
    """Return why a request was refused, without who refused it; None if it was let pass."""
    assert (answer.code < SUCCESS) == (answer.message is None)
    return sentence(answer.message)


def moment(run: Timeline, step: str) -> float:
    """Return when a recorded step was taken."""
    return next(each.at for each in run.steps if each.text.startswith(step))


def until(run: Timeline, at: float) -> Timeline:
    """Return a run as it had been seen by a moment."""
    return replace(run, seen=tuple(of for of in run.seen if of.at <= at))


def states(run: Timeline, kind: str, name: str = "", *, since: float = 0.0) -> tuple[Seen, ...]:
    """Return the states of objects from a moment on, the one that was there then included, up to a recording's end."""
    end = run.steps[-1].at if run.steps else float("inf")
    chosen = [of for of in run.seen if of.kind == kind and name in ("", of.name) and of.at <= end]
    before = {of.name: of for of in chosen if of.at <= since}
    return (*before.values(), *(of for of in chosen if of.at > since))


def last(run: Timeline, kind: str, name: str) -> Object | None:
    """Return an object as it was in the end; None if it was gone."""
    return states(run, kind, name)[-1].object


def left(run: Timeline, kind: str) -> dict[str, Object]:
    """Return the objects of a kind that there were in the end, without those on their way out."""
    latest = {of.name: of.object for of in states(run, kind)}
    return {name: item for name, item in latest.items() if item and "deletionTimestamp" not in item["metadata"]}


def condition(item: Object, kind: str) -> Object:
    """Return a condition, or an empty one."""
    conditions = item.get("status", {}).get("conditions") or []
    return next((of for of in conditions if of["type"] == kind), {})


def reasons(run: Timeline, cron: str, kind: str = "UpToDate", *, since: float = 0.0) -> tuple[str, ...]:
    """Return the reasons of a cron's condition one after the other."""
    told = (
        condition(of.object or {}, kind).get("reason", "") for of in states(run, "DataImportCron", cron, since=since)
    )
    return tuple(reason for reason, _ in groupby(told))


def served_by(source: Object) -> str | None:
    """Return the volume of a DataSource that is Ready, else None."""
    if condition(source, "Ready").get("status") != "True":
        return None
    (end,) = source["status"]["source"].values()
    return str(end["name"])


def served(run: Timeline, source: str = "rhel9", *, since: float = 0.0) -> tuple[str | None, ...]:
    """Return the volumes that a DataSource served one after the other; None where it wasn't Ready."""
    sources = states(run, "DataSource", source, since=since)
    volumes = (served_by(of.object) if of.object else None for of in sources)
    return tuple(volume for volume, _ in groupby(volumes))


def imported(run: Timeline, *, since: float = 0.0) -> tuple[str, ...]:
    """Return the DataVolumes that were made from a moment on: the imports that CDI began."""
    there: dict[str, bool] = {}
    made = []
    for of in states(run, "DataVolume"):
        if of.object and not there.get(of.name) and of.at > since:
            made.append(of.name)
        there[of.name] = of.object is not None
    return tuple(made)


def owners(run: Timeline, kind: str = "PersistentVolumeClaim") -> dict[str, str]:
    """Return which cron's each volume was in the end."""
    volumes = left(run, kind)
    return {
        name: (item["metadata"].get("labels") or {}).get("cdi.kubevirt.io/dataImportCron", "")
        for name, item in volumes.items()
        if not name.endswith("-scratch")
    }
