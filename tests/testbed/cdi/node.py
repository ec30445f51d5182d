"""What a node, a provisioner and a snapshot driver would do: binds claims, runs importers, takes snapshots.

It provides what the API server's own controllers then act on (a PersistentVolume that names its claim is bound by the
real controller manager) and asks an image source whether what an importer was told to fetch is there and whole.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.testbed.api import CONFLICT, ApiError, path
from tests.testbed.cdi import model
from tests.testbed.cdi.storage import LAZY
from tests.testbed.cdi.store import CLAIM, CLASS, POD, SNAPSHOT

if TYPE_CHECKING:
    from tests.testbed.api import Api
    from tests.testbed.cdi.images import Images
    from tests.testbed.cdi.model import Object
    from tests.testbed.cdi.store import Store

IMPORT_SECONDS = 0.3
BACK_OFF_SECONDS = 0.3
LONGEST_BACK_OFF_SECONDS = 2.0
SNAPSHOT_SECONDS = 0.25
SELECTED_NODE = "volume.kubernetes.io/selected-node"
NODE = "testbed"
STARTED = "2026-01-01T00:00:00Z"


@dataclass(slots=True)
class Plan:
    """What a test wants of imports, by namespace and digest; ``""`` means every one. Safe to change from any thread."""

    held: set[tuple[str, str]] = field(default_factory=set)
    unbound: set[tuple[str, str]] = field(default_factory=set)
    crashing: dict[tuple[str, str], str] = field(default_factory=dict)

    def waits(self, namespace: str, digest: str) -> bool:
        """Whether an import isn't to begin."""
        return any(key in self.held or key in self.unbound for key in _keys(namespace, digest))

    def crashes(self, namespace: str, digest: str) -> str:
        """Return the message with which an importer is to end, or nothing."""
        return next((self.crashing[key] for key in _keys(namespace, digest) if key in self.crashing), "")


def _keys(namespace: str, digest: str) -> tuple[tuple[str, str], ...]:
    return ((namespace, digest), (namespace, ""), ("", digest), ("", ""))


class Node:
    """Runs importer pods and what they need."""

    def __init__(self, api: Api, store: Store, images: Images, plan: Plan) -> None:
        self._api = api
        self._store = store
        self._images = images
        self._plan = plan
        self._lock = threading.Lock()
        self._since: dict[str, float] = {}

    def run_pod(self, namespace: str, name: str) -> float | None:
        """Take one step for an importer pod; return when to look again. Raises ApiError."""
        pod = self._store.get(POD, namespace, name)
        if pod is None or model.deleting(pod) or pod["status"]["phase"] in ("Succeeded", "Failed"):
            return None
        endpoint = _environment(pod)["IMPORTER_ENDPOINT"]
        digest = endpoint.rpartition("@")[2]
        if pod["status"]["phase"] == "Pending":
            if self._plan.waits(namespace, digest) or not self._bound(pod):
                return None
            self._become(pod, "Running", _running(0))
            return IMPORT_SECONDS
        return self._continue(pod, endpoint, digest)

    def snapshot(self, namespace: str, name: str) -> float | None:
        """Make a snapshot ready once it is old enough; return when to look again. Raises ApiError."""
        item = self._store.get(SNAPSHOT, namespace, name)
        if item is None or item.get("status", {}).get("readyToUse"):
            return None
        if (wait := self._wait(item["metadata"]["uid"], SNAPSHOT_SECONDS)) > 0:
            return wait
        ready = {"readyToUse": True, "creationTime": STARTED, "restoreSize": "1Gi"}
        self._store.update_status(
            SNAPSHOT, item | {"status": ready | {"boundVolumeSnapshotContentName": f"content-{name}"}}
        )
        return None

    def release(self, _: str, name: str) -> None:
        """Remove a volume whose claim is gone. Raises ApiError."""
        self._api.delete(path("v1", "persistentvolumes", name=name))

    def busy(self, namespace: str) -> bool:
        """Whether an import goes on that no plan stops, or a claim is on its way out."""
        for pod in self._store.items(POD, namespace, model.IMPORTER):
            digest = _environment(pod)["IMPORTER_ENDPOINT"].rpartition("@")[2]
            planned = self._plan.waits(namespace, digest) or self._plan.crashes(namespace, digest)
            if not planned:
                return True
        return any(map(model.deleting, self._store.items(CLAIM, namespace)))

    def _bound(self, pod: Object) -> bool:
        """Whether all claims of a pod are bound; provides volumes for those that aren't."""
        namespace = pod["metadata"]["namespace"]
        bound = True
        for volume in pod["spec"]["volumes"]:
            if "persistentVolumeClaim" not in volume:
                continue
            claim = self._store.get(CLAIM, namespace, volume["persistentVolumeClaim"]["claimName"])
            if claim is None:
                return False
            if claim["status"].get("phase") != "Bound":
                bound = False
                self._provide(claim)
        return bound

    def _provide(self, claim: Object) -> None:
        metadata, spec = claim["metadata"], claim["spec"]
        storage = self._store.get(CLASS, "", spec["storageClassName"]) or {}
        if storage.get("volumeBindingMode") == LAZY and SELECTED_NODE not in model.annotations_of(claim):
            self._store.update(CLAIM, model.with_metadata(claim, annotations={SELECTED_NODE: NODE}))
        name = volume_name(claim)
        body = {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": name},
            "spec": {
                "accessModes": spec["accessModes"],
                "capacity": {"storage": spec["resources"]["requests"]["storage"]},
                "claimRef": {
                    "namespace": metadata["namespace"],
                    "name": metadata["name"],
                    "uid": metadata["uid"],
                },
                "hostPath": {"path": f"/nowhere/{name}"},
                "persistentVolumeReclaimPolicy": "Retain",
                "storageClassName": spec["storageClassName"],
                "volumeMode": spec.get("volumeMode", "Filesystem"),
            },
        }
        try:
            self._api.create(path("v1", "persistentvolumes"), body)
        except ApiError as error:
            if error.code != CONFLICT:
                raise

    def _continue(self, pod: Object, endpoint: str, digest: str) -> float | None:
        status = pod["status"]["containerStatuses"][0]
        state, restarts = status["state"], status["restartCount"]
        key = f"{pod['metadata']['uid']} {restarts} {next(iter(state))}"
        back_off = min(BACK_OFF_SECONDS * restarts, LONGEST_BACK_OFF_SECONDS)
        if (wait := self._wait(key, back_off if "waiting" in state else IMPORT_SECONDS)) > 0:
            return wait
        if "terminated" in state:
            self._become(pod, "Running", _waiting(restarts + 1, state["terminated"]))
        elif "waiting" in state:
            self._become(pod, "Running", _running(restarts))
        else:
            message = self._plan.crashes(pod["metadata"]["namespace"], digest) or self._fetched(pod, endpoint)
            phase = "Running" if message else "Succeeded"
            self._become(pod, phase, _terminated(restarts, message))
            if not message:
                return None
        return IMPORT_SECONDS

    def _fetched(self, pod: Object, endpoint: str) -> str:
        """Return the termination message of an importer that can't have the disk now; empty if it can."""
        told = _environment(pod)
        namespace = pod["metadata"]["namespace"]
        architecture = told.get("IMPORTER_REGISTRY_IMAGE_ARCHITECTURE", "")
        why = self._images.check(endpoint, namespace, told.get("IMPORTER_SECRET", ""), architecture)
        return f"Unable to process data: {why}" if why else ""

    def _become(self, pod: Object, phase: str, container: Object) -> None:
        status = pod["status"] | {"phase": phase, "containerStatuses": [container]}
        self._store.update_status(POD, pod | {"status": status})

    def _wait(self, key: str, seconds: float) -> float:
        """Return how long it is until ``seconds`` after this was first asked."""
        with self._lock:
            return self._since.setdefault(key, time.monotonic()) + seconds - time.monotonic()


def volume_name(claim: Object) -> str:
    """Return the name of the volume that is provided for a claim: another claim of the same name gets another."""
    metadata = claim["metadata"]
    return f"{metadata['namespace']}-{metadata['name']}-{metadata['uid'][:8]}"


def _environment(pod: Object) -> dict[str, str]:
    return {item["name"]: item.get("value", "") for item in pod["spec"]["containers"][0]["env"]}


def _container(restarts: int, state: Object, *, last: Object | None = None) -> Object:
    told: dict[str, Any] = {"name": "importer", "image": "importer", "imageID": "importer"}
    runs = "running" in state
    return told | {"state": state, "lastState": last or {}, "restartCount": restarts, "ready": runs, "started": runs}


def _running(restarts: int) -> Object:
    return _container(restarts, {"running": {"startedAt": STARTED}})


def _terminated(restarts: int, message: str) -> Object:
    reason = "Error" if message else "Completed"
    ended = {"exitCode": int(bool(message)), "reason": reason, "message": message or "Import Complete"}
    return _container(restarts, {"terminated": ended})


def _waiting(restarts: int, last: Object) -> Object:
    waiting = {"reason": "CrashLoopBackOff", "message": "back-off restarting failed container"}
    return _container(restarts, {"waiting": waiting}, last={"terminated": last})
