"""Which templates of boot images HCO hands to SSP: its own, an admin's, and its own as an admin changes them.

Made from HCO's source of August 2026, without multi-arch boot images. hco.py makes crons of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.testbed.cdi.model import StuckError
from tests.testbed.extras import ENABLE, boot_images

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.testbed.api import Object

ARCHITECTURES = "ssp.kubevirt.io/dict.architectures"
SCHEDULE = "17 5/12 * * *"


@dataclass(frozen=True, slots=True)
class Home:
    """A kind of platform: HyperConverged's namespace, that of the golden images, and the vendor's own sources."""

    namespace: str
    golden: str
    shipped: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


CONTAINER_DISKS = (
    ("centos-stream10", (("url", "docker://quay.io/containerdisks/centos-stream:10"),)),
    ("centos-stream9", (("url", "docker://quay.io/containerdisks/centos-stream:9"),)),
    ("fedora", (("url", "docker://quay.io/containerdisks/fedora:latest"),)),
)
GUEST_IMAGES = tuple(
    (name, (("imageStream", f"{name}-guest"), ("pullMethod", "node"))) for name in ("rhel10", "rhel8", "rhel9")
)
KUBEVIRT = Home("kubevirt-hyperconverged", "kubevirt-os-images", CONTAINER_DISKS)
OPENSHIFT = Home("openshift-cnv", "openshift-virtualization-os-images", CONTAINER_DISKS + GUEST_IMAGES)


def templates(item: Object, home: Home) -> list[Object]:
    """Return the templates that a HyperConverged leads to, sorted by name, each with what HCO says of it as ``status``.

    Raises StuckError for a name that is listed twice.
    """
    wanted = boot_images(item)
    listed: dict[str, Object] = {}
    for entry in wanted.get("dataImportCronTemplates", ()):
        if entry["metadata"]["name"] in listed:
            raise StuckError(f"{entry['metadata']['name']} DataImportCronTable is already defined")
        listed[entry["metadata"]["name"]] = entry
    schedule = item.get("status", {}).get("dataImportSchedule", SCHEDULE)
    shipped = {each["metadata"]["name"]: each for each in _shipped(home, schedule)}
    chosen: list[Object | None] = []
    if wanted.get("enableCommonBootImageImport", True):
        namespace = wanted.get("commonBootImageNamespace", "")
        chosen += [_customized(each, listed.get(name), namespace) for name, each in shipped.items()]
    # a name of the vendor's is never a template of the admin's, also while the import is off
    chosen += [entry | {"status": {}} for name, entry in listed.items() if name not in shipped and _enabled(entry)]
    return sorted(filter(None, chosen), key=lambda each: str(each["metadata"]["name"]))


def _shipped(home: Home, schedule: str) -> Iterator[Object]:
    for name, registry in home.shipped:
        storage = {"resources": {"requests": {"storage": "10Gi"}}}
        yield {
            "metadata": {"name": f"{name}-image-cron", "annotations": {ARCHITECTURES: "amd64,arm64,s390x"}},
            "spec": {
                "garbageCollect": "Outdated",
                "importsToKeep": 1,
                "managedDataSource": name,
                "retentionPolicy": "None",
                "schedule": schedule,
                "template": {"spec": {"source": {"registry": dict(registry)}, "storage": storage}},
            },
        }


def _enabled(entry: Object) -> bool:
    return str(entry["metadata"].get("annotations", {}).get(ENABLE, "true")).lower() == "true"


def _customized(own: Object, entry: Object | None, namespace: str) -> Object | None:
    """Return the vendor's template as an entry of its name changes it: annotations merge, the spec is replaced."""
    metadata: Object = own["metadata"]
    if entry is None:
        return own | {"metadata": metadata | _somewhere(namespace), "status": {"commonTemplate": True}}
    if not _enabled(entry):
        return None
    # labels of the entry get lost, and an empty schedule is the vendor's again
    annotations = metadata["annotations"] | entry["metadata"].get("annotations", {})
    where = _somewhere(entry["metadata"].get("namespace", ""))
    return {
        "metadata": metadata | {"annotations": annotations} | where,
        "spec": entry["spec"] | {"schedule": entry["spec"]["schedule"] or own["spec"]["schedule"]},
        "status": {"commonTemplate": True, "modified": True},
    }


def _somewhere(namespace: str) -> Object:
    return {"namespace": namespace} if namespace else {}
