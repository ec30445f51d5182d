"""Names, labels, annotations and conditions as CDI writes them: pure functions over plain objects.

Every string here was seen on real CDI (tests/data/cdi).
"""

from __future__ import annotations

import copy
import math
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Object = dict[str, Any]

OWNER = "cdi.kubevirt.io/dataImportCron"
OWNER_NAMESPACE = "cdi.kubevirt.io/dataImportCronNs"
CLEANUP = "cdi.kubevirt.io/dataImportCron.cleanup"
DIGEST = "cdi.kubevirt.io/storage.import.sourceDesiredDigest"
STORAGE_CLASS = "cdi.kubevirt.io/storage.import.storageClass"
LAST_POLL = "cdi.kubevirt.io/storage.import.lastCronTime"
LAST_USE = "cdi.kubevirt.io/storage.import.lastUseTime"
IMMEDIATE = "cdi.kubevirt.io/storage.bind.immediate.requested"
POPULATOR = "cdi.kubevirt.io/storage.usePopulator"
ENDPOINT = "cdi.kubevirt.io/storage.import.endpoint"
SOURCE = "cdi.kubevirt.io/storage.import.source"
SECRET = "cdi.kubevirt.io/storage.import.secretName"
METHOD = "cdi.kubevirt.io/storage.import.registryImportMethod"
ARCHITECTURE = "cdi.kubevirt.io/storage.import.registryImageArchitecture"
POD_NAME = "cdi.kubevirt.io/storage.import.importPodName"
POD_PHASE = "cdi.kubevirt.io/storage.pod.phase"
RESTARTS = "cdi.kubevirt.io/storage.pod.restarts"
RUNNING = "cdi.kubevirt.io/storage.condition.running"
IMPORTER = {"cdi.kubevirt.io": "importer"}
MANAGED = {
    "app.kubernetes.io/component": "storage",
    "app.kubernetes.io/managed-by": "cdi-controller",
}
MEBIBYTE = 1 << 20
OVERHEAD = Decimal("1.06")
UNITS: dict[str, Decimal | int] = {
    "": 1,
    "k": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "P": 10**15,
    "E": 10**18,
    "m": Decimal("0.001"),
}
UNITS |= {f"{unit}i": 1 << (10 * power) for power, unit in enumerate("KMGTPE", start=1)}


class StuckError(Exception):
    """A reconcile that CDI fails and tries again for ever: nobody is told but its own log."""


def now() -> str:
    """Return the time as conditions carry it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def precise_now() -> str:
    """Return the time as lastUseTime carries it, to the nanosecond, so that the order of uses is told apart."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")


def labels_of(item: Object) -> dict[str, str]:
    """Return an object's labels, to read."""
    return item["metadata"].get("labels") or {}


def annotations_of(item: Object) -> dict[str, str]:
    """Return an object's annotations, to read."""
    return item["metadata"].get("annotations") or {}


def deleting(item: Object) -> bool:
    """Whether the object is on its way out, held by finalizers."""
    return "deletionTimestamp" in item["metadata"]


def with_metadata(
    item: Object,
    *,
    labels: Mapping[str, str | None] | None = None,
    annotations: Mapping[str, str | None] | None = None,
) -> Object:
    """Return a copy with these labels and annotations; None takes one away."""
    copied = copy.deepcopy(item)
    for field, changes in (("labels", labels), ("annotations", annotations)):
        if changes:
            merged = (copied["metadata"].get(field) or {}) | dict(changes)
            copied["metadata"][field] = {key: value for key, value in merged.items() if value is not None}
    return copied


def copied_labels(item: Object) -> dict[str, str]:
    """Return the labels that CDI hands on from a cron or a volume: those of kubevirt.io's domains."""
    return {
        key: value for key, value in labels_of(item).items() if ".kubevirt.io/" in key or key.startswith("kubevirt.io/")
    }


def condition(status: Object, kind: str) -> Object:
    """Return a condition, or an empty one."""
    return next((item for item in status.get("conditions") or [] if item["type"] == kind), {})


def set_condition(status: Object, kind: str, value: str, reason: str, message: str) -> None:
    """Write a condition into ``status``, "True" or "False", unless it says just that."""
    present = condition(status, kind)
    if (present.get("status"), present.get("reason", ""), present.get("message", "")) == (value, reason, message):
        return
    told = {"type": kind, "status": value, "lastHeartbeatTime": now(), "lastTransitionTime": now()}
    if present.get("status") == value:
        told["lastTransitionTime"] = present["lastTransitionTime"]
    told |= {"message": message} | ({"reason": reason} if reason else {})
    others = [item for item in status.get("conditions") or [] if item["type"] != kind]
    status["conditions"] = sorted([*others, told], key=lambda item: str(item["type"]))


def volume_name(data_source: str, digest: str) -> str:
    """Return the name of a digest's volume. Raises StuckError for what is no sha256 digest."""
    match = re.fullmatch(r"(?:sha256|uid):([0-9a-zA-Z-]{12,})", digest)
    if not match:
        raise StuckError(f"digest {digest!r} has no supported prefix or is too short")
    return f"{data_source}-{match[1][:12]}"


def digested(url: str, digest: str) -> str:
    """Return the url of one digest: a tag is dropped, a digest that is there already is not (so it is there twice)."""
    repository = url if "@" in url else re.sub(r":[^:/]+$", "", url)
    return f"{repository}@{digest}"


def size_in_bytes(quantity: str | int) -> int:
    """Return a quantity in bytes, rounded up."""
    match = re.fullmatch(r"\+?([0-9.]+)([A-Za-z]*)", str(quantity))
    if not match or match[2] not in UNITS:
        raise StuckError(f"quantity {quantity!r}")
    return math.ceil(Decimal(match[1]) * UNITS[match[2]])


def claimed_bytes(quantity: str | int, *, block: bool) -> int:
    """Return what a claim asks for so that ``quantity`` fits: a filesystem takes 6 % for itself."""
    asked = size_in_bytes(quantity)
    return asked if block else math.ceil(asked * OVERHEAD)


def scratch_bytes(claimed: int) -> int:
    """Return the size of the scratch claim beside a claim: whole mebibytes."""
    return -(-claimed // MEBIBYTE) * MEBIBYTE


def owner_reference(item: Object) -> Object:
    """Return the reference by which a child says whose it is."""
    return {
        "apiVersion": item["apiVersion"],
        "kind": item["kind"],
        "name": item["metadata"]["name"],
        "uid": item["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
