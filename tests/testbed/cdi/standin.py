"""The stand-in for CDI on a control plane that has no CDI: what wakes which of its parts, and a test's handles on it.

It is held to recordings of real CDI by tests/e2e/test_cdi_contract.py. It writes to the cluster as CDI does, so what a
test sees is what it would see of CDI.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from tests.testbed.cdi import model
from tests.testbed.cdi.crons import Crons
from tests.testbed.cdi.datasources import DataSources
from tests.testbed.cdi.datavolumes import DataVolumes
from tests.testbed.cdi.images import AnyImages
from tests.testbed.cdi.imports import Imports
from tests.testbed.cdi.install import install, make_default, storage_class
from tests.testbed.cdi.node import Node, Plan, volume_name
from tests.testbed.cdi.storage import Storages
from tests.testbed.cdi.store import (
    CLAIM,
    CLASS,
    CRON,
    DATA_SOURCE,
    DATA_VOLUME,
    JOB,
    POD,
    PROFILE,
    SNAPSHOT,
    Store,
)
from tests.testbed.cdi.tracking import Tracking
from tests.testbed.cdi.work import Work

if TYPE_CHECKING:
    from tests.testbed.api import Api, Object
    from tests.testbed.cdi.images import Images
    from tests.testbed.cdi.store import (
        Kind,
    )

__all__ = ["StandIn", "install", "make_default", "storage_class"]


class StandIn:
    """CDI's controllers, a node and a snapshot driver on one cluster; ``start`` and ``stop`` it, or use it in a with.

    ``crons`` is the part that decides; a test that wants a wrong stand-in puts another in its place.
    The handles take a digest (``sha256:…``) and a namespace; ``""`` means every one.
    """

    crons: ClassVar[type[Crons]] = Crons

    def __init__(self, api: Api, *, images: Images | None = None, namespace: str = "cdi") -> None:
        """Prepare it. ``images`` is where importers fetch from (default: any will do), ``namespace`` CDI's own."""
        self._store = Store(api)
        self._plan = Plan()
        chosen = images or AnyImages()
        storages = Storages(self._store)
        tracking = Tracking(self._store, chosen, namespace)
        self._node = Node(api, self._store, chosen, self._plan)
        volumes = DataVolumes(self._store, storages)
        self._sources = DataSources(self._store)
        self._work = Work(
            {
                "cron": self.crons(self._store, storages, tracking).reconcile,
                "poll": tracking.poll,
                "source": self._sources.reconcile,
                "volume": volumes.reconcile,
                "reap": volumes.reap,
                "import": Imports(self._store).reconcile,
                "pod": self._node.run_pod,
                "snapshot": self._node.snapshot,
                "release": self._node.release,
                "class": storages.reconcile,
            }
        )

    @property
    def troubles(self) -> dict[tuple[str, str, str], str]:
        """What it fails to do at present, and why: what would stand in CDI's log."""
        return self._work.troubles

    def start(self) -> Self:
        """Begin; return once it watches everything. Raises ApiError."""
        self._store.start(self._heard)
        self._work.start()
        return self

    def stop(self) -> None:
        """End it; the cluster is left as it is."""
        self._work.stop()
        self._store.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def idle(self, namespace: str) -> bool:
        """Whether it has nothing to do in a namespace right now, nor waits there for what the API server's own do.

        A busy machine may be late with what is to be heard, so the API server is asked. Raises ApiError.
        """
        idle = self._work.idle(namespace) and not self._node.busy(namespace)
        return idle and self._store.heard(namespace) and self._work.idle(namespace)

    def hold(self, digest: str = "", *, namespace: str = "") -> None:
        """Let no such import begin: its pod stays unscheduled."""
        self._plan.held.add((namespace, digest))

    def release(self, digest: str = "", *, namespace: str = "") -> None:
        """Let held imports begin."""
        self._plan.held.discard((namespace, digest))
        self._wake_pods()

    def crash(self, digest: str, message: str, *, namespace: str = "") -> None:
        """Let each run of such an importer end with this message, ``Unable to process data: …``."""
        self._plan.crashing[namespace, digest] = message

    def never_bind(self, digest: str, *, namespace: str = "") -> None:
        """Provide no volume for such an import."""
        self._plan.unbound.add((namespace, digest))

    def heal(self, digest: str, *, namespace: str = "") -> None:
        """Undo ``crash`` and ``never_bind``: what waits goes on, what crashes succeeds at its next run."""
        self._plan.crashing.pop((namespace, digest), None)
        self._plan.unbound.discard((namespace, digest))
        self._wake_pods()

    def poll(self) -> None:
        """Let the poller of each scheduled cron run now."""
        for cron in self._store.items(CRON):
            self._work.add("poll", cron["metadata"]["namespace"], cron["metadata"]["name"])

    def _wake_pods(self) -> None:
        for pod in self._store.items(POD, labels=model.IMPORTER):
            self._work.add("pod", pod["metadata"]["namespace"], pod["metadata"]["name"])

    def _heard(self, kind: Kind, old: Object | None, new: Object | None) -> None:
        item = new or old
        assert item is not None
        namespace, name = item["metadata"].get("namespace", ""), item["metadata"]["name"]
        self._wake_crons(kind, item, old, new)
        self._wake_sources(kind, item, old, new)
        if kind == DATA_VOLUME:
            self._work.add("volume" if new else "reap", namespace, name)
        elif kind == CLAIM:
            for task in ("volume", "import", "reap") if new else ("volume",):
                self._work.add(task, namespace, name)
            if not new:
                self._work.add("release", "", volume_name(item))
            self._work.add("pod", namespace, f"importer-{name.removesuffix('-scratch')}")
        elif kind == POD and model.IMPORTER.items() <= model.labels_of(item).items():
            self._work.add("import", namespace, name.removeprefix("importer-"))
            self._work.add("pod", namespace, name)
        elif kind == SNAPSHOT and new:
            self._work.add("snapshot", namespace, name)
        elif kind in (CLASS, PROFILE):
            self._work.add("class", "", name)
            for volume in self._store.items(DATA_VOLUME):
                self._work.add("volume", volume["metadata"]["namespace"], volume["metadata"]["name"])
        elif kind == JOB and new and not old and model.OWNER in model.labels_of(new):
            self._work.add("poll", model.labels_of(new)[model.OWNER_NAMESPACE], model.labels_of(new)[model.OWNER])

    def _wake_crons(self, kind: Kind, item: Object, old: Object | None, new: Object | None) -> None:
        """Wake the cron that an object's label names.

        Of a claim only its end wakes: a cron that takes over during an import, when the claim alone gets its label,
        isn't told when the DataVolume succeeds.
        """
        namespace = item["metadata"].get("namespace", "")
        if kind == CRON:
            self._work.add("cron", namespace, item["metadata"]["name"])
        elif kind in (CLASS, PROFILE):
            for cron in self._store.items(CRON):
                self._work.add("cron", cron["metadata"]["namespace"], cron["metadata"]["name"])
        elif owner := model.labels_of(item).get(model.OWNER):
            # a cron marks its snapshot as used whenever it looks: that alone is no reason to look again
            stands = kind == SNAPSHOT and not (old and new and _stands(old) == _stands(new))
            wakes = kind == DATA_VOLUME or stands or (kind == CLAIM and new is None)
            if wakes or (kind == DATA_SOURCE and _meant(old) != _meant(new)):
                self._work.add("cron", namespace, owner)

    def _wake_sources(self, kind: Kind, item: Object, old: Object | None, new: Object | None) -> None:
        """Wake the DataSources that an object concerns. A change of labels alone is none to a DataSource's own."""
        namespace = item["metadata"].get("namespace", "")
        if kind == DATA_SOURCE:
            if new and (old is None or old["metadata"]["generation"] != new["metadata"]["generation"]):
                self._work.add("source", namespace, item["metadata"]["name"])
        elif kind not in (DATA_VOLUME, CLAIM, SNAPSHOT) or (old and new and _stands(old) == _stands(new)):
            return
        for name in self._sources.affected(kind, item):
            self._work.add("source", namespace, name)


def _meant(source: Object | None) -> tuple[object, ...]:
    return (source["spec"], model.labels_of(source)) if source else ()


def _stands(volume: Object) -> tuple[object, ...]:
    status = volume.get("status") or {}
    return (status.get("phase"), status.get("readyToUse"), model.labels_of(volume))
