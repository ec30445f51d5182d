"""What a controller knows of the cluster: a copy of some kinds, kept by watches, that never lags behind its own writes.

A reconcile that read an object older than what it wrote itself would do its work twice; CDI's own caches have the
same care. Objects from here are shared: copy before changing.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.testbed.api import NOT_FOUND, ApiError, path
from tests.testbed.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.testbed.api import Api, Object

    Listener = Callable[["Kind", Object | None, Object | None], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """A resource: where it is and what it is called."""

    group_version: str
    resource: str
    name: str


CRON = Kind("cdi.kubevirt.io/v1beta1", "dataimportcrons", "DataImportCron")
DATA_SOURCE = Kind("cdi.kubevirt.io/v1beta1", "datasources", "DataSource")
DATA_VOLUME = Kind("cdi.kubevirt.io/v1beta1", "datavolumes", "DataVolume")
PROFILE = Kind("cdi.kubevirt.io/v1beta1", "storageprofiles", "StorageProfile")
SNAPSHOT = Kind("snapshot.storage.k8s.io/v1", "volumesnapshots", "VolumeSnapshot")
CLAIM = Kind("v1", "persistentvolumeclaims", "PersistentVolumeClaim")
VOLUME = Kind("v1", "persistentvolumes", "PersistentVolume")
POD = Kind("v1", "pods", "Pod")
CLASS = Kind("storage.k8s.io/v1", "storageclasses", "StorageClass")
CRON_JOB = Kind("batch/v1", "cronjobs", "CronJob")
JOB = Kind("batch/v1", "jobs", "Job")
NAMESPACED = (CRON, DATA_SOURCE, DATA_VOLUME, SNAPSHOT, CLAIM, POD)
KINDS = (CRON, DATA_SOURCE, DATA_VOLUME, PROFILE, SNAPSHOT, CLAIM, POD, CLASS, CRON_JOB, JOB)


class Store:
    """A copy of KINDS. ``start`` returns once it is whole; listeners hear each change as (kind, old, new)."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._lock = threading.Lock()
        self._objects: dict[Kind, dict[tuple[str, str], Object]] = {kind: {} for kind in KINDS}
        self._told: dict[Kind, dict[str, Object]] = {kind: {} for kind in KINDS}
        self._gone: set[str] = set()
        self._watches: list[Watch] = []
        self._threads: list[threading.Thread] = []
        self.missing: tuple[Kind, ...] = ()

    def start(self, listener: Listener) -> None:
        """Copy what is there and follow it. A kind that the server doesn't know is in ``missing``. Raises ApiError."""
        for kind in KINDS:
            try:
                listing = self._api.listed(path(kind.group_version, kind.resource))
            except ApiError as error:
                if error.code != NOT_FOUND:
                    raise
                self.missing += (kind,)
                continue
            since = listing["metadata"]["resourceVersion"]
            for item in listing["items"]:
                whole = {"apiVersion": kind.group_version, "kind": kind.name} | item
                self._put(kind, whole)
                listener(kind, None, whole)
                self._told[kind][item["metadata"]["uid"]] = whole
            watch = Watch(self._api, path(kind.group_version, kind.resource), since=since)
            thread = threading.Thread(
                target=self._follow, args=(kind, watch, listener), name=f"watch {kind.resource}", daemon=True
            )
            self._watches.append(watch)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """End the watches."""
        for watch in self._watches:
            watch.stop()
        for thread in self._threads:
            thread.join()

    def get(self, kind: Kind, namespace: str, name: str) -> Object | None:
        """Return one object, or None."""
        with self._lock:
            return self._objects[kind].get((namespace, name))

    def items(self, kind: Kind, namespace: str = "", labels: Mapping[str, str] | None = None) -> tuple[Object, ...]:
        """Return the objects of a kind, of one namespace or all, that carry these labels."""
        with self._lock:
            found = [item for (where, _), item in self._objects[kind].items() if not namespace or where == namespace]
        wanted = (labels or {}).items()
        return tuple(item for item in found if wanted <= (item["metadata"].get("labels") or {}).items())

    def lives(self, kind: Kind, item: Object) -> bool:
        """Whether just this object is there and stays, asked of the API server: watches are late. Raises ApiError."""
        now = (self._api.find(_place(kind, item)) or {}).get("metadata", {})
        return now.get("uid") == item["metadata"]["uid"] and "deletionTimestamp" not in now

    def heard(self, namespace: str) -> bool:
        """Whether the listener has been told of all that a namespace holds now. Raises ApiError."""
        return all(self._heard(kind, namespace) for kind in NAMESPACED if kind not in self.missing)

    def create(self, kind: Kind, body: Object) -> Object:
        """Create an object. Raises ApiError."""
        whole = {"apiVersion": kind.group_version, "kind": kind.name} | body
        return self._put(kind, self._api.create(_place(kind, body, collection=True), whole))

    def update(self, kind: Kind, body: Object) -> Object:
        """Replace the version that ``body`` was made from. Raises ApiError, 409 if there is a newer one."""
        return self._put(kind, self._api.replace(_place(kind, body), body))

    def update_status(self, kind: Kind, body: Object) -> Object:
        """Replace the status alone, where it is a subresource of its own. Raises ApiError."""
        return self._put(kind, self._api.replace(_place(kind, body, subresource="status"), body))

    def delete(self, kind: Kind, item: Object) -> None:
        """Delete just this object, not one made again under its name. Nothing happens if it is gone already."""
        preconditions = {"uid": item["metadata"]["uid"]}
        body: Object = {"preconditions": preconditions, "propagationPolicy": "Background"}
        if kind == POD:
            body["gracePeriodSeconds"] = 0
        try:
            left = self._api.request("DELETE", _place(kind, item), body)
        except ApiError as error:
            if error.code != NOT_FOUND:
                raise
            left = {}
        if left.get("kind") == kind.name and left["metadata"].get("finalizers"):
            self._put(kind, left)
        else:
            self._drop(kind, item)

    def _follow(self, kind: Kind, watch: Watch, listener: Listener) -> None:
        told = self._told[kind]
        for event in watch:
            item = event.object
            uid = item["metadata"]["uid"]
            if event.type == "DELETED":
                self._drop(kind, item)
                listener(kind, item, None)
                with self._lock:
                    told.pop(uid, None)
            else:
                self._put(kind, item)
                listener(kind, told.get(uid), item)
                with self._lock:
                    told[uid] = item

    def _heard(self, kind: Kind, namespace: str) -> bool:
        now = {_version(item) for item in self._api.items(path(kind.group_version, kind.resource, namespace))}
        with self._lock:
            told = tuple(self._told[kind].values())
        return now == {_version(item) for item in told if item["metadata"]["namespace"] == namespace}

    def _put(self, kind: Kind, item: Object) -> Object:
        metadata = item["metadata"]
        key = (metadata.get("namespace", ""), metadata["name"])
        with self._lock:
            present = self._objects[kind].get(key)
            known = int(present["metadata"]["resourceVersion"]) if present else 0
            if metadata["uid"] not in self._gone and int(metadata["resourceVersion"]) > known:
                self._objects[kind][key] = item
        return item

    def _drop(self, kind: Kind, item: Object) -> None:
        metadata = item["metadata"]
        key = (metadata.get("namespace", ""), metadata["name"])
        with self._lock:
            self._gone.add(metadata["uid"])
            present = self._objects[kind].get(key)
            if present and present["metadata"]["uid"] == metadata["uid"]:
                del self._objects[kind][key]


def _version(item: Object) -> tuple[str, str]:
    return item["metadata"]["uid"], item["metadata"]["resourceVersion"]


def _place(kind: Kind, item: Object, *, collection: bool = False, subresource: str = "") -> str:
    metadata = item["metadata"]
    name = "" if collection else metadata["name"]
    return path(kind.group_version, kind.resource, metadata.get("namespace", ""), name, subresource)
