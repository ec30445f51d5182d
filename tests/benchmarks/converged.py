"""What a cluster holds once it has converged on its manifests: real CDI's objects as recorded, under other names.

Recordings leave out what is a run's own, so uids, times and managed fields are made up, of the size that they have.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from gitops_golden.documents import as_data, parse
from gitops_golden.render.cdi import DIGEST_ANNOTATION
from tests.recordings import moments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    Object = dict[str, Any]

RECORDING = "pinned_first_import"
DEFAULT_CLASS = "standard"
CLASSES = (DEFAULT_CLASS, "local-nvme")
WHEN = "2026-11-20T09:46:31Z"
VERSIONS = {"PersistentVolumeClaim": "v1"}
_CDI = "cdi.kubevirt.io/v1beta1"
_RECORDED = {
    "volume": "rhel9-aaaaaaaaaaaa",
    "cron": "rhel9-aaaaaa",
    "namespace": f"golden-{RECORDING.replace('_', '-')}",
}


def objects_of(files: Iterable[bytes]) -> Iterator[Object]:
    """Yield what a cluster holds of the manifests in ``files``, and its storage classes."""
    recorded = list(moments(RECORDING))[-1]
    for content in files:
        documents = [as_data(node) for node in parse(content, "manifest")]
        crons = [each for each in documents if each["kind"] == "DataImportCron"]
        for cron in crons:
            (source,) = (each for each in documents if each["kind"] == "DataSource")
            yield from (as_served(each) for each in _imported(recorded, cron, source))
        if not crons:
            yield from (as_served(document) for document in documents)
    for name in CLASSES:
        yield from (as_served(each) for each in _storage(name))


def _imported(recorded: Iterable[Object], cron: Object, source: Object) -> Iterator[Object]:
    digest = cron["metadata"]["annotations"][DIGEST_ANNOTATION]
    data_source = source["metadata"]["name"]
    volume = f"{data_source}-{digest.partition(':')[2][:12]}"
    registry = cron["spec"]["template"]["spec"]["source"]["registry"]["url"]
    names = {
        "docker://127.0.0.1:5000/golden/rhel9": registry,
        f"sha256:{'a' * 64}": digest,
        _RECORDED["volume"]: volume,
        _RECORDED["cron"]: cron["metadata"]["name"],
        _RECORDED["namespace"]: cron["metadata"]["namespace"],
    }
    storage = cron["spec"]["template"]["spec"]["storage"]
    class_ = storage.get("storageClassName", DEFAULT_CLASS)
    for each in recorded:
        found = _renamed(each, names)
        found["apiVersion"] = VERSIONS.get(found["kind"], _CDI)
        match found["kind"]:
            case "DataImportCron":
                yield _merged(found, cron) | {"spec": cron["spec"]}
            case "DataSource":
                found["metadata"]["name"] = data_source
                merged = _merged(found, source) | {"spec": found["spec"]}
                merged["metadata"]["labels"] |= _copied(cron["metadata"]["labels"])
                yield merged
            case "PersistentVolumeClaim":
                size = {"storage": storage["resources"]["requests"]["storage"]}
                found["spec"] |= {
                    "storageClassName": class_,
                    "resources": {"requests": size},
                    "volumeName": f"pvc-{volume}",
                }
                yield found | {"status": {"phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": size}}
            case _:
                found["spec"]["storage"] = storage
                yield found


def _copied(labels: Mapping[str, str]) -> dict[str, str]:
    """Return the labels that CDI copies from a cron to what it makes."""
    return {key: value for key, value in labels.items() if "kubevirt.io/" in key}


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    text = json.dumps(value)
    for before, after in names.items():
        text = text.replace(before, after)
    return json.loads(text)


def _merged(found: Object, rendered: Object) -> Object:
    """Return a recorded object with the metadata that Git says; CDI's own labels and annotations stay."""
    metadata = found["metadata"] | rendered["metadata"]
    for key in ("labels", "annotations"):
        metadata[key] = found["metadata"].get(key, {}) | rendered["metadata"].get(key, {})
    for theirs in ("acme.example/other", "instancetype.kubevirt.io/default-preference"):
        if theirs not in rendered["metadata"]["labels"]:
            metadata["labels"].pop(theirs, None)
    return found | {"metadata": metadata}


def _storage(name: str) -> Iterator[Object]:
    default = {"storageclass.kubernetes.io/is-default-class": "true"} if name == DEFAULT_CLASS else {}
    yield {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name, "annotations": default},
        "provisioner": f"{name}.csi.example",
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "WaitForFirstConsumer",
    }
    property_sets = [{"accessModes": [mode], "volumeMode": "Block"} for mode in ("ReadWriteMany", "ReadWriteOnce")]
    yield {
        "apiVersion": _CDI,
        "kind": "StorageProfile",
        "metadata": {"name": name, "labels": {"app": "containerized-data-importer"}},
        "spec": {},
        "status": {"claimPropertySets": property_sets, "provisioner": f"{name}.csi.example", "storageClass": name},
    }


def as_served(obj: Object) -> Object:
    """Return an object as an API server gives it out."""
    named = f"{obj['kind']}/{obj['metadata'].get('namespace', '')}/{obj['metadata']['name']}"
    digits = hashlib.sha256(named.encode()).hexdigest()
    uid = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))
    times = {"uid": uid, "resourceVersion": str(int(digits[:5], 16)), "creationTimestamp": WHEN}
    for condition in obj.get("status", {}).get("conditions", ()):
        condition |= {"lastHeartbeatTime": WHEN, "lastTransitionTime": WHEN}
    metadata = obj["metadata"] | times | {"managedFields": list(_managers(obj))}
    return obj | {"metadata": dict(sorted(metadata.items()))}


def _managers(obj: Object) -> Iterator[Object]:
    """Yield who would have written the object: the engine what Git says, CDI the rest."""
    parts = {key: value for key, value in obj.items() if key not in {"apiVersion", "kind", "status", "metadata"}}
    kept = {key: value for key, value in obj["metadata"].items() if key in {"labels", "annotations", "ownerReferences"}}
    written = {"argocd-controller": {"metadata": kept} | parts, "cdi-controller": {"metadata": kept}}
    if "status" in obj:
        written["cdi-controller-status"] = {"status": obj["status"]}
    for manager, fields in written.items():
        yield {
            "apiVersion": obj["apiVersion"],
            "fieldsType": "FieldsV1",
            "fieldsV1": _fields(fields),
            "manager": manager,
            "operation": "Update",
            "time": WHEN,
        }


def _fields(value: Any) -> Object:
    match value:
        case dict():
            return {f"f:{key}": _fields(each) for key, each in value.items()}
        case [dict(), *_]:
            return {
                f"k:{json.dumps({'type': each.get('type', each.get('name', ''))})}": {".": {}, **_fields(each)}
                for each in value
            }
        case _:
            return {}
