"""What one namespace of a cluster holds, and the hands that somebody else than the GitOps engine has on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gitops_golden.render.cdi import DIGEST_ANNOTATION, OWNER_LABEL
from tests.testbed.api import path

if TYPE_CHECKING:
    from tests.testbed.api import Api, Object

CDI = "cdi.kubevirt.io/v1beta1"
RBAC = "rbac.authorization.k8s.io/v1"
SNAPSHOTS = "snapshot.storage.k8s.io/v1"
MERGE = "application/merge-patch+json"
SOMEBODY = {"fieldManager": "mallory"}
RESOURCES = {
    "cron": (CDI, "dataimportcrons"),
    "source": (CDI, "datasources"),
    "volume": (CDI, "datavolumes"),
    "claim": ("v1", "persistentvolumeclaims"),
    "snapshot": (SNAPSHOTS, "volumesnapshots"),
    "role": (RBAC, "roles"),
    "binding": (RBAC, "rolebindings"),
    "pod": ("v1", "pods"),
}


@dataclass(slots=True)
class Hands:
    """A cluster's API server and a namespace, ``prefix``, of its."""

    api: Api
    prefix: str

    def place(self, kind: str, name: str = "", namespace: str = "") -> str:
        group, resource = RESOURCES[kind]
        return path(group, resource, namespace or self.prefix, name)

    def get(self, kind: str, name: str) -> Object:
        return self.api.get(self.place(kind, name))

    def patch(self, kind: str, name: str, body: Object) -> None:
        """Change an object as somebody else than the engine."""
        self.api.request("PATCH", self.place(kind, name), body, kind=MERGE, parameters=SOMEBODY)

    def tell(self, kind: str, name: str, status: Object) -> None:
        """Change an object's status, where that is a resource of its own."""
        place = f"{self.place(kind, name)}/status"
        self.api.request("PATCH", place, {"status": status}, kind=MERGE)

    def create(self, kind: str, body: Object, *, namespace: str = "") -> None:
        """Create an object as somebody else than the engine."""
        whole = {"apiVersion": RESOURCES[kind][0]} | body
        self.api.request("POST", self.place(kind, namespace=namespace), whole, parameters=SOMEBODY)

    def delete(self, kind: str, name: str, *, namespace: str = "") -> None:
        self.api.delete(self.place(kind, name, namespace))

    def cron(self, source: str) -> Object:
        """Return the one cron of a DataSource that Git says."""
        items = self.api.items(self.place("cron"))
        (found,) = (
            each
            for each in items
            if each["spec"]["managedDataSource"] == source and each["metadata"]["name"].startswith(f"{source}-")
        )
        return found

    def cron_name(self, source: str) -> str:
        return str(self.cron(source)["metadata"]["name"])

    def as_cron(self, source: str, *, name: str = "", **spec: Any) -> Object:
        """Return a cron that is made after ours; under its name it has all of its labels and annotations."""
        ours = self.cron(source)
        known = ours["metadata"]
        annotations = {DIGEST_ANNOTATION: known["annotations"][DIGEST_ANNOTATION]}
        same = {"labels": known["labels"], "annotations": annotations} if not name else {"annotations": annotations}
        metadata = {"name": name or known["name"]} | same
        return {"kind": "DataImportCron", "metadata": metadata, "spec": ours["spec"] | spec}

    def pinned(self, source: str) -> str:
        """Return the digest that the lock pins, as the first cluster has it."""
        return str(self.cron(source)["metadata"]["annotations"][DIGEST_ANNOTATION])

    def owner(self, claim: str) -> str:
        """Return the cron that a claim counts for."""
        return str(self.get("claim", claim)["metadata"]["labels"][OWNER_LABEL])

    def serves(self, source: str) -> str:
        """Return the volume that a DataSource gives."""
        (end,) = self.get("source", source)["spec"]["source"].values()
        return str(end["name"])

    def class_of(self, source: str) -> str:
        """Return the storage class of the claim that a DataSource gives."""
        return str(self.get("claim", self.serves(source))["spec"]["storageClassName"])
