"""What CDI's import controller does for a claim: makes its importer pod and scratch claim, notes how the pod fares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.testbed.api import CONFLICT, ApiError
from tests.testbed.cdi import model
from tests.testbed.cdi.model import annotations_of
from tests.testbed.cdi.store import CLAIM, POD

if TYPE_CHECKING:
    from tests.testbed.cdi.model import Object
    from tests.testbed.cdi.store import Store


class Imports:
    """Reconciles the claims that are to be filled from a registry."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def reconcile(self, namespace: str, name: str) -> None:
        """Take one step for a claim. Raises ApiError."""
        claim = self._store.get(CLAIM, namespace, name)
        if claim is None or model.SOURCE not in annotations_of(claim):
            return
        pod = self._store.get(POD, namespace, _pod_name(claim))
        if model.deleting(claim) or annotations_of(claim).get(model.POD_PHASE) == "Succeeded":
            if pod and not model.deleting(pod):
                self._store.delete(POD, pod)
        elif model.POD_NAME not in annotations_of(claim):
            self._store.update(CLAIM, model.with_metadata(claim, annotations={model.POD_NAME: _pod_name(claim)}))
        elif pod is None:
            pod = self._store.create(POD, _pod(claim))
            self._scratch(claim, pod)
        else:
            self._note(claim, pod)

    def _scratch(self, claim: Object, pod: Object) -> None:
        try:
            self._store.create(CLAIM, _scratch(claim, pod))
        except ApiError as error:
            if error.code != CONFLICT:
                raise

    def _note(self, claim: Object, pod: Object) -> None:
        if model.deleting(pod):
            return
        changed = model.with_metadata(claim, annotations=_fares(pod))
        if changed != claim:
            self._store.update(CLAIM, changed)


def _pod_name(claim: Object) -> str:
    return f"importer-{claim['metadata']['name']}"


def _fares(pod: Object) -> dict[str, str | None]:
    """Return the annotations that tell a pod's state: a crash stays told until the importer runs again."""
    status = pod["status"]
    told: dict[str, str | None] = {model.POD_PHASE: status["phase"]}
    container: dict[str, Any] = next(iter(status.get("containerStatuses", [])), {})
    state = container.get("state", {})
    told[model.RESTARTS] = str(container.get("restartCount", 0))
    ended = state.get("terminated") or container.get("lastState", {}).get("terminated")
    if "running" in state:
        running = ("true", "Pod is running", "")
    elif ended:
        running = ("false", ended.get("reason", ""), ended.get("message", ""))
    else:
        return told
    keys = (model.RUNNING, f"{model.RUNNING}.reason", f"{model.RUNNING}.message")
    return told | dict(zip(keys, running, strict=True))


def _pod(claim: Object) -> Object:
    metadata, known = claim["metadata"], annotations_of(claim)
    environment = {
        "IMPORTER_SOURCE": known[model.SOURCE],
        "IMPORTER_ENDPOINT": known[model.ENDPOINT],
        "IMPORTER_REGISTRY_IMAGE_ARCHITECTURE": known.get(model.ARCHITECTURE, ""),
        "IMPORTER_SECRET": known.get(model.SECRET, ""),
    }
    volumes = {"cdi-data-vol": metadata["name"], "cdi-scratch-vol": f"{metadata['name']}-scratch"}
    mounts = {"cdi-data-vol": "/data", "cdi-scratch-vol": "/scratch"}
    container = {
        "name": "importer",
        "image": "importer",
        "env": [{"name": name, "value": value} for name, value in environment.items()],
        "volumeMounts": [{"name": name, "mountPath": where} for name, where in mounts.items()],
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }
    return {
        "metadata": {
            "name": _pod_name(claim),
            "namespace": metadata["namespace"],
            "labels": model.labels_of(claim) | model.IMPORTER,
            "ownerReferences": [model.owner_reference(claim)],
        },
        "spec": {
            "restartPolicy": "OnFailure",
            "containers": [container],
            "volumes": [{"name": name, "persistentVolumeClaim": {"claimName": of}} for name, of in volumes.items()],
        },
    }


def _scratch(claim: Object, pod: Object) -> Object:
    spec = claim["spec"]
    size = model.scratch_bytes(int(spec["resources"]["requests"]["storage"]))
    return {
        "metadata": {
            "name": f"{claim['metadata']['name']}-scratch",
            "namespace": claim["metadata"]["namespace"],
            "labels": {"app": "containerized-data-importer"} | model.MANAGED,
            "ownerReferences": [model.owner_reference(pod)],
        },
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": str(size)}},
            "storageClassName": spec["storageClassName"],
            "volumeMode": "Filesystem",
        },
    }
