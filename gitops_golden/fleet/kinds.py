"""Which kinds are read from a cluster. Never Secrets: nothing secret may reach an observation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of the Kubernetes API, with the versions to ask for, the preferred one first."""

    name: str
    group: str
    versions: tuple[str, ...]
    plural: str

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

NAMESPACED = (
    Kind("DataImportCron", CDI_GROUP, ("v1beta1",), "dataimportcrons"),
    Kind("DataSource", CDI_GROUP, ("v1beta1",), "datasources"),
    Kind("DataVolume", CDI_GROUP, ("v1beta1",), "datavolumes"),
    Kind("PersistentVolumeClaim", "", ("v1",), "persistentvolumeclaims"),
    Kind("VolumeSnapshot", "snapshot.storage.k8s.io", ("v1",), "volumesnapshots"),
    Kind("Role", "rbac.authorization.k8s.io", ("v1",), "roles"),
    Kind("RoleBinding", "rbac.authorization.k8s.io", ("v1",), "rolebindings"),
)

CLUSTER_WIDE = (
    Kind("StorageClass", "storage.k8s.io", ("v1",), "storageclasses"),
    Kind("StorageProfile", CDI_GROUP, ("v1beta1",), "storageprofiles"),
    # Its v1 has another spec than v1beta1, and older releases serve the latter alone.
    Kind("HyperConverged", "hco.kubevirt.io", ("v1", "v1beta1"), "hyperconvergeds"),
)
