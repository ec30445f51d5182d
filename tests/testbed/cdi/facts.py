"""What of an object the contract with CDI is about: its state, and more of it where everything rests.

contract.py says when which of the two is compared.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.testbed.cdi.timeline import Object

OWN_DOMAIN = "app.kubernetes.io/"
DECORATION = ("app", "alerts.k8s.io/KubePersistentVolumeFillingUp", "velero.io/exclude-from-backup")
STORAGE = "cdi.kubevirt.io/storage."
UNDER_WAY = ("", "Pending", "WaitForFirstConsumer", "ImportScheduled", "ImportInProgress")
GONE = "gone"


def state(kind: str, item: Object | None) -> str:
    """Return what rule 3 compares of an object, as a text that can be read in a failure."""
    if item is None:
        return GONE
    return _text(_facts(kind, item) | _progress(kind, item))


def detail(kind: str, item: Object) -> str:
    """Return what rule 4 compares of an object."""
    return _text(_facts(kind, item) | _details(kind, item))


def _text(facts: Object) -> str:
    return json.dumps({key: value for key, value in facts.items() if value not in (None, "", {}, [])}, sort_keys=True)


def _labels(item: Object) -> Object:
    labels = item["metadata"].get("labels") or {}
    kept = {key: value for key, value in labels.items() if not key.startswith(OWN_DOMAIN) and key not in DECORATION}
    return kept | ({"managed": True} if f"{OWN_DOMAIN}managed-by" in labels else {})


def _facts(kind: str, item: Object) -> Object:
    spec, status, metadata = item.get("spec", {}), item.get("status", {}), item["metadata"]
    annotations = metadata.get("annotations") or {}
    facts: Object = {"labels": _labels(item), "deleting": metadata.get("deletionTimestamp")}
    if kind == "DataImportCron":
        wanted = {key.removeprefix(STORAGE): value for key, value in annotations.items()}
        kept = {key: status.get(key) for key in ("currentImports", "lastImportedPVC", "sourceFormat")}
        # whose presence on a new cron is a matter of which write was first seen
        facts |= {"annotations": wanted, **kept, "spec": {key: spec[key] for key in spec if key != "template"}}
        facts["UpToDate"] = _condition(status, "UpToDate")
    elif kind == "DataSource":
        facts |= {"source": spec.get("source"), "resolved": status.get("source"), "Ready": _ready(status)}
    elif kind == "DataVolume":
        facts |= {"source": spec.get("source"), "storage": spec.get("storage")}
    elif kind == "PersistentVolumeClaim":
        facts |= {key: spec.get(key) for key in ("accessModes", "resources", "storageClassName", "volumeMode")}
        facts |= {"owners": [of["kind"] for of in metadata.get("ownerReferences", [])]}
        facts |= {"endpoint": annotations.get(f"{STORAGE}import.endpoint")}
    elif kind == "VolumeSnapshot":
        facts |= {"spec": spec, "ready": status.get("readyToUse")}
    return facts


def _ready(status: Object) -> Object | None:
    ready = _condition(status, "Ready")
    waits = ready and str(ready.get("message")).startswith("Import DataVolume phase")
    return {"status": "False", "import": "goes on"} if waits else ready


def _progress(kind: str, item: Object) -> Object:
    status, annotations = item.get("status", {}), item["metadata"].get("annotations") or {}
    if kind == "DataImportCron":
        progressing = _condition(status, "Progressing")
        waits = progressing and (progressing.get("reason") or "") in (*UNDER_WAY, "ImportProgressing")
        return {"Progressing": "an import goes on" if waits else progressing}
    if kind == "DataVolume":
        return {"import": _import(status)}
    if kind == "PersistentVolumeClaim":
        return {"import": "Succeeded" if annotations.get(f"{STORAGE}pod.phase") == "Succeeded" else "goes on"}
    return {}


def _import(status: Object) -> Any:
    if status.get("phase") == "Succeeded":
        return "Succeeded"
    ready, running = _condition(status, "Ready"), _condition(status, "Running")
    if ready and ready.get("reason") == "ErrClaimNotValid":
        return ready
    failed = running and running.get("reason") == "Error"
    if failed or status.get("restartCount"):
        return "fails"
    return "goes on" if (status.get("phase") or "") in UNDER_WAY else status["phase"]


def _details(kind: str, item: Object) -> Object:
    status, annotations = item.get("status", {}), item["metadata"].get("annotations") or {}
    if kind == "DataImportCron":
        return {"Progressing": _condition(status, "Progressing")}
    if kind == "DataVolume" and _import(status) != "fails":
        conditions = {of: _condition(status, of) for of in ("Ready", "Running")}
        bound = _condition(status, "Bound")
        if status.get("phase") != "Succeeded" and bound:
            # its message quotes whichever Kubernetes event was the newest; once it succeeded, it may be left as it was
            conditions["Bound"] = {"status": bound["status"], "reason": bound.get("reason")}
        told = {key: status.get(key) for key in ("phase", "progress", "claimName")}
        return told | conditions | {"immediate": annotations.get(f"{STORAGE}bind.immediate.requested")}
    if kind == "PersistentVolumeClaim":
        pod = annotations.get(f"{STORAGE}pod.phase")
        bound = None if pod in (None, "Running", "Succeeded") else status.get("phase")
        return {"pod": pod, "phase": bound, "running": annotations.get(f"{STORAGE}condition.running")}
    return {}


def _condition(status: Object, kind: str) -> Object | None:
    for item in status.get("conditions") or []:
        if item["type"] == kind:
            return {key: value for key, value in item.items() if key != "type" and value}
    return None
