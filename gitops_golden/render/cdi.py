"""What CDI is to be told about one variant: the DataImportCron's name and spec.

CDI denies every change of a DataImportCron's spec, so a changed spec is a new cron: its name carries a hash of the
spec's meaning and of the restart count, and the DataSource's owner label hands over to it. CDI then adopts the volume
of the same digest without an import (measured on CDI main of August 2026).
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gitops_golden.plan.model import Variant

DIGEST_ANNOTATION = "cdi.kubevirt.io/storage.import.sourceDesiredDigest"
OWNER_LABEL = "cdi.kubevirt.io/dataImportCron"
ATTEMPT_ANNOTATION = "gitops-golden/attempt"
FLEET_LABEL = "gitops-golden/fleet"

PINNED_NAME = 63
"""CDI's webhook denies longer names."""
TRACKING_NAME = 42
"""CDI names a Job ``initial-job-<cron>-<uid8>``; longer crons are admitted and then silently never polled."""
HASH = 8

RENDERED_NAMESPACE_LIMIT = ("openshift-", "kube-")
SYSTEM_NAMESPACES = frozenset({"default", "cdi", "kubevirt-hyperconverged", "openshift"})


def cron_spec(variant: Variant) -> dict[str, Any]:
    """Return the DataImportCron's spec, in the order in which it is written."""
    settings = variant.settings
    source = {"url": f"docker://{variant.source}", "pullMethod": "pod"}
    if variant.tracking:
        source["url"] += f":{variant.tag}"
    if variant.pull_secret:
        source["secretRef"] = variant.pull_secret
    storage: dict[str, Any] = {"resources": {"requests": {"storage": settings.size}}}
    if settings.storage_class:
        storage["storageClassName"] = settings.storage_class
    return {
        "schedule": settings.update.schedule if settings.update else "",
        "managedDataSource": variant.image,
        "importsToKeep": settings.keep,
        "retentionPolicy": "All",
        "garbageCollect": "Outdated",
        "template": {"spec": {"source": {"registry": source}, "storage": storage}},
    }


def cron_name(variant: Variant) -> str:
    """Return the DataImportCron's name: the image's, shortened if need be, and a hash of what cannot be changed.

    The image's whole name is in the hash as ``managedDataSource``, so two that are shortened alike stay apart.
    """
    meaning: dict[str, Any] = {"spec": cron_spec(variant)}
    if variant.restarts:
        meaning["restarts"] = variant.restarts
    canonical = json.dumps(meaning, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    suffix = hashlib.sha256(canonical.encode()).hexdigest()[:HASH]
    limit = TRACKING_NAME if variant.tracking else PINNED_NAME
    stem = variant.image[: limit - HASH - 1].rstrip("-.")
    return f"{stem}-{suffix}"


def cron_labels(variant: Variant, fleet: str) -> dict[str, str]:
    """Return the DataImportCron's labels. CDI copies those of ``kubevirt.io`` to volumes and the DataSource."""
    labels = {FLEET_LABEL: fleet}
    for noun, default in (
        ("instancetype", variant.settings.instancetype),
        ("preference", variant.settings.preference),
    ):
        if default:
            labels[f"instancetype.kubevirt.io/default-{noun}"] = default.name
            labels[f"instancetype.kubevirt.io/default-{noun}-kind"] = default.kind
    return labels


def cron_annotations(variant: Variant) -> dict[str, str]:
    """Return the DataImportCron's annotations: the pinned digest, and the attempt count unless it is 0."""
    annotations = {}
    if variant.digest:
        annotations[DIGEST_ANNOTATION] = variant.digest
    if variant.attempts:
        annotations[ATTEMPT_ANNOTATION] = str(variant.attempts)
    return annotations


def renders_namespace(namespace: str) -> bool:
    """Whether a namespace is ours to make: the platform's own are used, but never rendered."""
    return not namespace.startswith(RENDERED_NAMESPACE_LIMIT) and namespace not in SYSTEM_NAMESPACES
