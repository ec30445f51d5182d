"""Records what becomes of the objects of one namespace that the contract with CDI is about."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from tests.testbed.api import NOT_FOUND, ApiError, path
from tests.testbed.cdi.record import watched_name
from tests.testbed.cdi.timeline import Seen, distinct, lasting
from tests.testbed.watch import Watch

if TYPE_CHECKING:
    from tests.testbed.api import Api

CDI = "cdi.kubevirt.io/v1beta1"
SNAPSHOTS = "snapshot.storage.k8s.io/v1"
WATCHED = (
    path(CDI, "dataimportcrons"),
    path(CDI, "datasources"),
    path(CDI, "datavolumes"),
    path("v1", "persistentvolumeclaims"),
    path(SNAPSHOTS, "volumesnapshots"),
)
POLLERS = (path("batch/v1", "cronjobs"), path("batch/v1", "jobs"))
OWNER_NAMESPACE = "cdi.kubevirt.io/dataImportCronNs"


class Recorder:
    """Watches one namespace and the pollers of its crons."""

    def __init__(self, api: Api, namespace: str) -> None:
        self._api = api
        self._namespace = namespace
        self._lock = threading.Lock()
        self._seen: list[Seen] = []
        self._last = time.monotonic()
        self._watches: list[Watch] = []
        self._threads: list[threading.Thread] = []
        self._places: list[str] = []

    def start(self) -> None:
        """Begin; what is there already counts as seen."""
        places = [_within(place, self._namespace) for place in WATCHED] + list(POLLERS)
        for place in places:
            try:
                self._api.listed(place)
            except ApiError as error:
                if error.code != NOT_FOUND:
                    raise
                continue
            if place not in POLLERS:
                self._places.append(place)
            watch = Watch(self._api, place)
            thread = threading.Thread(target=self._follow, args=(watch,), daemon=True)
            self._watches.append(watch)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """End the watches."""
        for watch in self._watches:
            watch.stop()
        for thread in self._threads:
            thread.join()

    def quiet_for(self) -> float:
        """Return for how many seconds nothing has changed."""
        with self._lock:
            return time.monotonic() - self._last

    def current(self) -> bool:
        """Whether it has seen all that the namespace holds now: a busy machine may be late. Raises ApiError."""
        with self._lock:
            latest = {(of.kind, of.name): of for of in sorted(self._seen, key=lambda of: of.order)}
        known = {of.order for of in latest.values() if of.object is not None and of.kind not in ("CronJob", "Job")}
        present = (item for place in self._places for item in self._api.items(place))
        return known == {int(item["metadata"]["resourceVersion"]) for item in present}

    def seen(self) -> tuple[Seen, ...]:
        """Return what was seen, in the API server's order."""
        with self._lock:
            ordered = sorted(self._seen, key=lambda of: of.order)
        return tuple(distinct(ordered))

    def _follow(self, watch: Watch) -> None:
        for event in watch:
            item = event.object
            labels = item["metadata"].get("labels") or {}
            if item["metadata"]["namespace"] != self._namespace and labels.get(OWNER_NAMESPACE) != self._namespace:
                continue
            name = watched_name(item)
            gone = event.type == "DELETED"
            whole = None if gone else lasting(item | {"metadata": item["metadata"] | {"name": name}})
            order = int(item["metadata"]["resourceVersion"])
            with self._lock:
                known = next(
                    (of.object for of in reversed(self._seen) if (of.kind, of.name) == (item["kind"], name)), None
                )
                self._seen.append(Seen(time.monotonic(), order, item["kind"], name, whole))
                if whole is None or whole != known:
                    self._last = time.monotonic()


def _within(place: str, namespace: str) -> str:
    root, _, resource = place.rpartition("/")
    return f"{root}/namespaces/{namespace}/{resource}"
