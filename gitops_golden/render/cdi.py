"""What CDI is to be told about one variant: the DataImportCron's name and spec.

CDI denies every change of a DataImportCron's spec, so a changed spec is a new cron: its name carries a hash of the
spec's meaning and of the restart count, and the DataSource's owner label hands over to it. CDI then adopts the volume
of the same digest without an import (measured on CDI main of August 2026).
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from gitops_golden.policy.metadata import DEFAULTS
from gitops_golden.vendor.catalogue import IMMEDIATE_ANNOTATION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitops_golden.plan.model import Variant
    from gitops_golden.policy.model import Platform

DIGEST_ANNOTATION = "cdi.kubevirt.io/storage.import.sourceDesiredDigest"
OWNER_LABEL = "cdi.kubevirt.io/dataImportCron"
ATTEMPT_ANNOTATION = "gitops-golden/attempt"
FLEET_LABEL = "gitops-golden/fleet"

PINNED_NAME = 63
"""CDI's webhook denies longer names."""
TRACKING_NAME = 42
"""CDI names a Job ``initial-job-<cron>-<uid8>``; longer crons are admitted and then silently never polled."""
HASH = 8
VOLUME_DIGITS = 12
"""How many of a digest's hexadecimal digits end the name that CDI gives its volume (recorded)."""
BINDING_ANNOTATION = IMMEDIATE_ANNOTATION
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True)

RETAIN_NONE = "None"
"""The ``retentionPolicy`` with which CDI deletes volumes together with their cron."""
CLEAN_UP_LABEL = f"{OWNER_LABEL}.cleanup"
"""CDI's mark (``true``) on what goes with the cron that the owner label names, whatever that cron's policy is.

A cron whose policy is ``None`` marks what it holds, and none that takes over takes the mark away (CDI's source, August
2026).
"""


RENDERED_NAMESPACE_LIMIT = ("openshift-", "kube-")
SYSTEM_NAMESPACES = frozenset({"default", "cdi", "kubevirt-hyperconverged", "kubevirt-os-images", "openshift"})


def cron_spec(variant: Variant) -> dict[str, Any]:
    """Return the DataImportCron's spec, in the order in which it is written."""
    settings = variant.settings
    tag = f":{variant.tag}" if variant.tracking else ""
    source: dict[str, Any] = {"url": f"docker://{variant.source}{tag}", "pullMethod": settings.pull_method}
    if variant.pull_secret:
        source["secretRef"] = variant.pull_secret
    if variant.ca_config_map:
        source["certConfigMap"] = variant.ca_config_map
    if variant.architecture:
        # The digest stays that of the index: it is what the registry holds under the tag.
        source["platform"] = {"architecture": variant.architecture}
    storage: dict[str, Any] = {"resources": {"requests": {"storage": settings.size}}}
    if settings.storage_class:
        storage["storageClassName"] = settings.storage_class
    if settings.access_modes:
        storage["accessModes"] = list(settings.access_modes)
    if settings.volume_mode:
        storage["volumeMode"] = settings.volume_mode
    return {
        "schedule": settings.update.schedule if settings.update else "",
        "managedDataSource": variant.data_source,
        "importsToKeep": settings.keep,
        "retentionPolicy": settings.retention,
        "garbageCollect": settings.garbage_collect,
        "template": {"spec": {"source": {"registry": source}, "storage": storage}},
    }


def cron_name(variant: Variant) -> str:
    """Return the DataImportCron's name: the DataSource's, shortened if need be, and a hash of what cannot be changed.

    The DataSource's whole name is in the hash as ``managedDataSource``, so two that are shortened alike stay apart.
    """
    return hashed_name(cron_spec(variant), variant.restarts)


def hashed_name(spec: Mapping[str, Any], restarts: int) -> str:
    """Return the name that a DataImportCron of a spec has, at a count of restarts."""
    meaning: dict[str, Any] = {"spec": spec}
    if restarts:
        meaning["restarts"] = restarts
    suffix = hashlib.sha256(_CANONICAL.encode(meaning).encode()).hexdigest()[:HASH]
    limit = TRACKING_NAME if spec["schedule"] else PINNED_NAME
    stem = spec["managedDataSource"][: limit - HASH - 1].rstrip("-.")
    return f"{stem}-{suffix}"


def cron_labels(variant: Variant, fleet: str) -> dict[str, str]:
    """Return the DataImportCron's labels. CDI copies those of ``kubevirt.io`` to volumes and the DataSource."""
    return dict(variant.settings.labels) | default_labels(variant) | {FLEET_LABEL: fleet}


def volume_digits(digest: str) -> str:
    """Return the digits of a digest that CDI puts into the name of its volume (recorded); none for no digest."""
    return digest.partition(":")[2][:VOLUME_DIGITS]


def default_labels(variant: Variant) -> dict[str, str]:
    """Return the labels by which consumers are given an instancetype and a preference."""
    labels = {}
    for noun, default in (
        ("instancetype", variant.settings.instancetype),
        ("preference", variant.settings.preference),
    ):
        if default:
            labels[f"{DEFAULTS}{noun}"] = default.name
            labels[f"{DEFAULTS}{noun}-kind"] = default.kind
    return labels


def cron_annotations(variant: Variant) -> dict[str, str]:
    """Return the DataImportCron's annotations: the user's, the pinned digest, and the attempt count unless it is 0."""
    settings = variant.settings
    annotations = dict(settings.annotations)
    if settings.immediate_binding is not None:
        annotations[BINDING_ANNOTATION] = "true" if settings.immediate_binding else "false"
    if variant.digest:
        annotations[DIGEST_ANNOTATION] = variant.digest
    if variant.attempts:
        annotations[ATTEMPT_ANNOTATION] = str(variant.attempts)
    return annotations


def renders_namespace(namespace: str, platform: Platform) -> bool:
    """Whether a namespace is ours to make: the platform's own are used, but never rendered."""
    theirs = {platform.cdi_namespace}
    if platform.hyper_converged:
        theirs.add(platform.hyper_converged.namespace)
    return (
        not namespace.startswith(RENDERED_NAMESPACE_LIMIT)
        and namespace not in SYSTEM_NAMESPACES
        and namespace not in theirs
    )
