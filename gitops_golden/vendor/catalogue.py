"""The boot images that HyperConverged's operators, HCO and SSP, bring along, and the names that they keep.

It holds facts; what is rendered of them, and when, is for others. Marks: [code] read in the operators' sources of
August 2026 (HCO also in 1.9, 1.14, 1.16, 1.18 and 1.19), [docs] in OpenShift's documentation, [unsure] not proven for
today's releases.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from gitops_golden.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

MANAGED_BY = ("app.kubernetes.io/managed-by", "ssp-operator")
"""The label on every DataImportCron that SSP made: the vendor's and those of an admin's own templates. [code]

Which of the two it is stands in ``HyperConverged.status.dataImportCronTemplates[].status.commonTemplate``.
"""
ENABLE_ANNOTATION = "dataimportcrontemplate.kubevirt.io/enable"
"""``"false"`` on an entry of the vendor's cron name removes that image; such an entry needs no spec. [code]"""
ARCHITECTURES_ANNOTATION = "ssp.kubevirt.io/dict.architectures"
"""Comma-separated GOARCH values. Where multi-arch boot images are on, SSP makes a cron and a DataSource for each."""

IMMEDIATE_ANNOTATION = "cdi.kubevirt.io/storage.bind.immediate.requested"
EVERY_ARCHITECTURE = ("amd64", "arm64", "s390x")
NODE = "node"


@dataclass(frozen=True, slots=True)
class VendorImage:
    """A boot image that the vendor imports unless told otherwise.

    ``name`` is its DataSource, ``size`` its volume's as a quantity, ``url`` where the image is, ``pull_method`` CDI's
    (empty: CDI's default). ``image_stream`` is the ImageStream that the vendor reads it through, if it does. HCO
    deletes that when the import is switched off [code], so a kept image is read from ``url`` instead.
    """

    name: str
    size: str
    url: str
    architectures: tuple[str, ...] = EVERY_ARCHITECTURE
    pull_method: str = ""
    image_stream: str = ""

    @property
    def cron(self) -> str:
        """The vendor's name for the template and its cron; with multi-arch boot images ``-<arch>`` comes after it."""
        return f"{self.name}-image-cron"

    @property
    def kept(self) -> str:
        """The name under which a list keeps it while the import is off.

        HCO drops an entry that has a name of its own templates then, so the vendor's name would keep nothing. [code]
        """
        return f"{self.name}-kept"

    @property
    def template(self) -> Mapping[str, Any]:
        """The whole entry of ``dataImportCronTemplates`` that keeps it while the import is off; made anew each time.

        What HCO's webhook would add is there already, so what is applied is what is stored. The schedule is that of
        HCO's files; HCO puts a random minute and hour in its place for its own templates, not for listed ones. [code]
        """
        registry = {"url": self.url} | ({"pullMethod": self.pull_method} if self.pull_method else {})
        return {
            "metadata": {
                "name": self.kept,
                "annotations": {
                    IMMEDIATE_ANNOTATION: "true",
                    ARCHITECTURES_ANNOTATION: ",".join(self.architectures),
                },
            },
            "spec": {
                "schedule": "0 */12 * * *",
                "managedDataSource": self.name,
                "garbageCollect": "Outdated",
                "importsToKeep": 1,
                "retentionPolicy": "None",
                "template": {
                    "spec": {
                        "source": {"registry": registry},
                        "storage": {"resources": {"requests": {"storage": self.size}}},
                    }
                },
            },
        }


KUBEVIRT = (
    VendorImage("centos-stream10", "10Gi", "docker://quay.io/containerdisks/centos-stream:10"),
    VendorImage("centos-stream9", "10Gi", "docker://quay.io/containerdisks/centos-stream:9"),
    VendorImage("fedora", "5Gi", "docker://quay.io/containerdisks/fedora:latest"),
)
"""Names, sizes and urls are those of HCO's own files, the same since 1.14; 1.9 had no Stream 10. [code]"""

OPENSHIFT = (
    VendorImage("centos-stream10", "30Gi", "docker://quay.io/containerdisks/centos-stream:10"),
    VendorImage("centos-stream9", "30Gi", "docker://quay.io/containerdisks/centos-stream:9"),
    VendorImage("fedora", "30Gi", "docker://quay.io/containerdisks/fedora:latest"),
    VendorImage(
        "rhel10",
        "30Gi",
        "docker://registry.redhat.io/rhel10/rhel-guest-image:latest",
        pull_method=NODE,
        image_stream="rhel10-guest",
    ),
    VendorImage(
        "rhel8",
        "30Gi",
        "docker://registry.redhat.io/rhel8/rhel-guest-image:latest",
        architectures=("amd64", "s390x"),
        pull_method=NODE,
        image_stream="rhel8-guest",
    ),
    VendorImage(
        "rhel9",
        "30Gi",
        "docker://registry.redhat.io/rhel9/rhel-guest-image:latest",
        pull_method=NODE,
        image_stream="rhel9-guest",
    ),
)
"""Names and ImageStreams are OpenShift's; 30Gi is documented for centos-stream9 [docs], the other sizes are [unsure].

registry.redhat.io wants credentials. A node has them in the cluster's pull secret, CDI's importer hasn't: so ``node``.
RHEL's architectures are those of its common templates; rhel10 has none and takes rhel9's. [unsure]
"""

TEMPLATED: Final = MappingProxyType(
    {
        "centos-stream9": EVERY_ARCHITECTURE,
        "centos6": ("amd64",),
        "fedora": EVERY_ARCHITECTURE,
        "opensuse": ("amd64",),
        "rhel7": ("amd64",),
        "rhel8": ("amd64", "s390x"),
        "rhel9": EVERY_ARCHITECTURE,
        "ubuntu": EVERY_ARCHITECTURE,
        "win10": ("amd64",),
        "win11": ("amd64",),
        "win2k16": ("amd64",),
        "win2k19": ("amd64",),
        "win2k22": ("amd64",),
        "win2k25": ("amd64",),
    }
)
"""DataSources of the common templates, with the architectures that there is a template for. [code: templates 0.35]"""


@dataclass(frozen=True, slots=True)
class _Vendor:
    images: tuple[VendorImage, ...] = ()
    data_sources: frozenset[str] = frozenset()
    namespace: str = ""


def catalogue(kind: str) -> tuple[VendorImage, ...]:
    """Return the vendor's images of a kind of platform, sorted by name; none for ``cdi``, which has no vendor.

    Raises InputError for a kind that is none of ``openshift``, ``kubevirt`` and ``cdi``.
    """
    return _vendor(kind).images


def known_data_sources(kind: str) -> frozenset[str]:
    """Return the DataSources in the golden namespace that SSP resets whenever no cron of its own manages them.

    It takes their owner label and puts back their spec [code], so what Git says of them doesn't stay. A vendor's image
    without a common template (centos-stream10, rhel10) isn't among them: only its cron owns that DataSource, while it
    is imported. Names with ``-<arch>`` are SSP's where multi-arch boot images are on. Raises as ``catalogue``.
    """
    return _vendor(kind).data_sources


def golden_namespace(kind: str) -> str:
    """Return the namespace of the vendor's images, empty for ``cdi``. Raises as ``catalogue``.

    ``commonBootImageNamespace`` of a HyperConverged moves the vendor's crons, and never SSP's known DataSources. [code]
    """
    return _vendor(kind).namespace


def named_by(cron: str) -> VendorImage | None:
    """Return the vendor's image that an entry of a list names, as the vendor does or as one that is kept."""
    return next((image for image in (*OPENSHIFT, *KUBEVIRT) if cron in {image.cron, image.kept}), None)


def as_stored(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry of ``dataImportCronTemplates`` with what HCO's webhook would add to it; ``entry`` stays as it is.

    The list is one value: what is only added on the way in would be a difference to Git for ever. The annotation is
    added in every release, the count and the retention policy since HCO 1.18. [code]
    """
    metadata = dict(entry["metadata"])
    metadata["annotations"] = {IMMEDIATE_ANNOTATION: "true"} | dict(metadata.get("annotations", {}))
    complete = dict(entry) | {"metadata": metadata}
    if "spec" in entry:
        complete["spec"] = dict(entry["spec"])
        complete["spec"].setdefault("importsToKeep", 1)
        complete["spec"].setdefault("retentionPolicy", "None")
    return complete


def _vendor(kind: str) -> _Vendor:
    vendors = {
        "openshift": _Vendor(OPENSHIFT, _data_sources(), "openshift-virtualization-os-images"),
        "kubevirt": _Vendor(KUBEVIRT, _data_sources(), "kubevirt-os-images"),
        "cdi": _Vendor(),
    }
    if kind not in vendors:
        raise InputError(f"no platform is called {kind!r}", remedy=f"use one of {', '.join(sorted(vendors))}")
    return vendors[kind]


def _data_sources() -> frozenset[str]:
    return frozenset(TEMPLATED) | {f"{name}-{each}" for name, known in TEMPLATED.items() for each in known}
