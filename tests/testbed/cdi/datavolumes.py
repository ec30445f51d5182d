"""What CDI does for a DataVolume: makes its claim and tells in its status how the claim and the import stand."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from tests.testbed.cdi import model
from tests.testbed.cdi.model import annotations_of, set_condition
from tests.testbed.cdi.store import CLAIM, DATA_VOLUME

if TYPE_CHECKING:
    from tests.testbed.cdi.model import Object
    from tests.testbed.cdi.storage import Storage, Storages
    from tests.testbed.cdi.store import Store

NO_CLASS = "PVC spec is missing accessMode and no storageClass to choose profile"
SOON_SECONDS = 0.02
PHASES = {"Pending": "ImportScheduled", "Running": "ImportInProgress"}


class DataVolumes:
    """Reconciles DataVolumes."""

    def __init__(self, store: Store, storages: Storages) -> None:
        self._store = store
        self._storages = storages

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Take one step for a DataVolume; return when to look again, unless at a change. Raises ApiError."""
        item = self._store.get(DATA_VOLUME, namespace, name)
        if item is None or model.deleting(item):
            return None
        storage = self._storages.chosen(item["spec"])
        modes = self._modes(item, storage)
        if not modes or storage is None:
            self._refuse(item, NO_CLASS if storage is None else _no_modes(storage))
            return None
        if model.POPULATOR not in annotations_of(item):
            self._store.update(DATA_VOLUME, model.with_metadata(item, annotations={model.POPULATOR: "false"}))
            return None
        claim = self._store.get(CLAIM, namespace, name)
        if claim is None:
            # the API server's garbage collector may take the claim before a watch has told that the DataVolume went
            if not self._store.lives(DATA_VOLUME, item):
                return SOON_SECONDS
            self._store.create(CLAIM, _claim(item, storage, modes))
        elif not model.deleting(claim):
            self._tell(item, claim, storage)
        return None

    def reap(self, namespace: str, name: str) -> None:
        """Delete a claim whose DataVolume is gone.

        The API server's own garbage collector would, but it may learn of a CRD half a minute late.
        """
        claim = self._store.get(CLAIM, namespace, name)
        owner = next(iter(claim["metadata"].get("ownerReferences", [])), None) if claim else None
        if claim is None or owner is None or owner["kind"] != DATA_VOLUME.name or model.deleting(claim):
            return
        item = self._store.get(DATA_VOLUME, namespace, name)
        if item is None or item["metadata"]["uid"] != owner["uid"]:
            self._store.delete(CLAIM, claim)

    def _modes(self, item: Object, storage: Storage | None) -> tuple[str, ...]:
        named = (item["spec"].get("storage") or item["spec"].get("pvc") or {}).get("accessModes")
        return tuple(named or (storage.access_modes if storage else ()))

    def _refuse(self, item: Object, message: str) -> None:
        draft = copy.deepcopy(item)
        status = draft.setdefault("status", {})
        for kind in ("Bound", "Ready"):
            set_condition(status, kind, "False", "ErrClaimNotValid", message)
        set_condition(status, "Running", "False", "", "")
        self._save(item, draft)

    def _tell(self, item: Object, claim: Object, storage: Storage) -> None:
        draft = copy.deepcopy(item)
        status = draft.setdefault("status", {})
        known = annotations_of(claim)
        bound = claim["status"].get("phase") == "Bound"
        pod, restarts = known.get(model.POD_PHASE, ""), int(known.get(model.RESTARTS, "0"))
        succeeded = pod == "Succeeded" or status.get("phase") == "Succeeded"
        if succeeded:
            status["phase"] = "Succeeded"
        elif bound:
            status["phase"] = PHASES.get(pod, "ImportScheduled")
        else:
            status["phase"] = "WaitForFirstConsumer" if storage.lazy else "Pending"
        status |= {"claimName": item["metadata"]["name"], "progress": "100.0%" if succeeded else "N/A"}
        if restarts:
            status["restartCount"] = restarts
        running = known.get(model.RUNNING) == "true"
        name, phase = claim["metadata"]["name"], claim["status"].get("phase", "Pending")
        set_condition(status, "Bound", str(bound), "Bound" if bound else "Pending", f"PVC {name} {phase}")
        set_condition(status, "Ready", str(succeeded), "TransferRunning" if running else "", "")
        reason, message = known.get(f"{model.RUNNING}.reason", ""), known.get(f"{model.RUNNING}.message", "")
        set_condition(status, "Running", str(running), reason, message)
        self._save(item, draft)

    def _save(self, item: Object, draft: Object) -> None:
        if draft != item:
            self._store.update_status(DATA_VOLUME, draft)


def _no_modes(storage: Storage) -> str:
    return f"PVC spec is missing accessMode and StorageProfile {storage.name} has none"


def _claim(item: Object, storage: Storage, modes: tuple[str, ...]) -> Object:
    """Return the claim of a DataVolume: what the importer has to know stands in its annotations."""
    wanted = item["spec"].get("storage") or item["spec"].get("pvc") or {}
    registry = item["spec"].get("source", {}).get("registry", {})
    mode = wanted.get("volumeMode", storage.volume_mode)
    claimed = model.claimed_bytes(
        wanted["resources"]["requests"]["storage"], block=mode == "Block" or "pvc" in item["spec"]
    )
    told = {
        "cdi.kubevirt.io/createdForDataVolume": item["metadata"]["uid"],
        "cdi.kubevirt.io/storage.contentType": "kubevirt",
        "cdi.kubevirt.io/storage.preallocation.requested": "false",
        model.SOURCE: "registry",
        model.ENDPOINT: registry.get("url", ""),
        model.METHOD: registry.get("pullMethod", "pod"),
        model.RESTARTS: "0",
    }
    if "secretRef" in registry:
        told[model.SECRET] = registry["secretRef"]
    if "platform" in registry:
        told[model.ARCHITECTURE] = registry["platform"].get("architecture", "")
    metadata = {
        "name": item["metadata"]["name"],
        "namespace": item["metadata"]["namespace"],
        "labels": {"app": "containerized-data-importer", "alerts.k8s.io/KubePersistentVolumeFillingUp": "disabled"}
        | model.MANAGED
        | model.labels_of(item),
        "annotations": annotations_of(item) | told,
        "ownerReferences": [model.owner_reference(item)],
    }
    spec = {
        "accessModes": list(modes),
        "resources": {"requests": {"storage": str(claimed)}},
        "storageClassName": storage.name,
        "volumeMode": mode,
    }
    return {"metadata": metadata, "spec": spec}
