"""Which kinds are read from a cluster, and what they are called. Never Secrets: nothing secret may be observed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of the Kubernetes API, with the versions to ask for, the preferred one first.

    One that is ``built_in`` is known to every API server: if it is not found, something is wrong on the way.
    """

    name: str
    group: str
    versions: tuple[str, ...]
    plural: str
    built_in: bool = False

    def api_version(self, version: str) -> str:
        """Return what ``apiVersion`` of an object of this version says."""
        return f"{self.group}/{version}" if self.group else version

    def discovery(self, version: str) -> str:
        """Return the path that tells which resources this group and version have."""
        return f"/{'apis' if self.group else 'api'}/{self.api_version(version)}"

    def path(self, version: str, namespace: str) -> str:
        """Return the path that lists this kind in one namespace, or in all for an empty one."""
        scope = f"/namespaces/{namespace}" if namespace else ""
        return f"{self.discovery(version)}{scope}/{self.plural}"


CDI_GROUP = "cdi.kubevirt.io"

CRON: Final = "DataImportCron"
DATA_SOURCE: Final = "DataSource"
DATA_VOLUME: Final = "DataVolume"
CLAIM: Literal["PersistentVolumeClaim"] = "PersistentVolumeClaim"
SNAPSHOT: Literal["VolumeSnapshot"] = "VolumeSnapshot"
ROLE: Final = "Role"
ROLE_BINDING: Final = "RoleBinding"
STORAGE_CLASS: Final = "StorageClass"
STORAGE_PROFILE: Final = "StorageProfile"
HYPER_CONVERGED: Final = "HyperConverged"
RIGHTS: Final = (ROLE, ROLE_BINDING)
"""Consumers' rights, which a reader need not be allowed to list."""

NAMESPACED = (
    Kind(CRON, CDI_GROUP, ("v1beta1",), "dataimportcrons"),
    Kind(DATA_SOURCE, CDI_GROUP, ("v1beta1",), "datasources"),
    Kind(DATA_VOLUME, CDI_GROUP, ("v1beta1",), "datavolumes"),
    Kind(CLAIM, "", ("v1",), "persistentvolumeclaims", built_in=True),
    Kind(SNAPSHOT, "snapshot.storage.k8s.io", ("v1",), "volumesnapshots"),
    Kind(ROLE, "rbac.authorization.k8s.io", ("v1",), "roles", built_in=True),
    Kind(ROLE_BINDING, "rbac.authorization.k8s.io", ("v1",), "rolebindings", built_in=True),
)

CLUSTER_WIDE = (
    Kind(STORAGE_CLASS, "storage.k8s.io", ("v1",), "storageclasses", built_in=True),
    Kind(STORAGE_PROFILE, CDI_GROUP, ("v1beta1",), "storageprofiles"),
    # Its v1 has another spec than v1beta1, and older releases serve the latter alone.
    Kind(HYPER_CONVERGED, "hco.kubevirt.io", ("v1", "v1beta1"), "hyperconvergeds"),
)


def resource(kind: str) -> str:
    """Return what kubectl calls a kind that is read: with its group, so that it means no other group's kind."""
    found = next(each for each in (*NAMESPACED, *CLUSTER_WIDE) if each.name == kind)
    return f"{found.plural}.{found.group}" if found.group else found.plural
