"""One cluster with its history in Git, for tests of drift: what is odd about either is what a test adds to it."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from gitops_golden.drift.judge import Drifts
from gitops_golden.fleet.observation import Observation
from gitops_golden.plan.compile import compile_plan
from gitops_golden.render.cdi import DIGEST_ANNOTATION, OWNER_LABEL
from gitops_golden.render.manifests import read_documents, read_manifest
from gitops_golden.render.names import file_name
from gitops_golden.verify.case import Past, PastFile
from tests import builders
from tests.builders import A

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gitops_golden.drift.model import ClusterDrift
    from gitops_golden.plan.model import Plan
    from gitops_golden.render.tree import Folder

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BORN = "2026-11-20T09:00:00Z"
TOUCHED = "2026-11-21T11:00:00Z"
CLUSTER, NAMESPACE, IMAGE = "prod-1", "golden-images", "rhel9"
GIBI = 1 << 30
SIZE = 31 * GIBI
Object = dict[str, Any]


@dataclass(frozen=True)
class Branch:
    """A branch as commits, newest first and an hour apart, each with the one cluster's folder."""

    commits: tuple[Folder, ...]

    def folder(self, cluster: str) -> Folder | None:
        return self.commits[0] if cluster == CLUSTER else None

    def file(self, cluster: str, name: str) -> bytes | None:
        return _content(self.commits[0], name) if cluster == CLUSTER else None

    def file_past(self, cluster: str, name: str) -> tuple[PastFile, ...]:
        found: list[PastFile] = []
        for age, folder in enumerate(self.commits):
            now = PastFile(f"{age:012x}".ljust(40, "0"), NOW - timedelta(hours=age), _content(folder, name))
            # The oldest of the commits that have the same is the one that brought it.
            found[-1:] = [now] if found and found[-1].content == now.content else [*found[-1:], now]
        if found and found[-1].content is None:
            found.pop()
        return tuple(found) if cluster == CLUSTER else ()

    def published(self, cluster: str, data_source: str) -> bytes | None:
        return self.file(cluster, file_name("image", data_source))

    def past(self, cluster: str, data_source: str) -> tuple[Past, ...]:
        history = self.file_past(cluster, file_name("image", data_source))
        return tuple(Past(each.commit, each.since, read_manifest(each.content or b"")) for each in history)


def _content(folder: Folder, name: str) -> bytes | None:
    return next((file.content for file in folder.files if file.name == name), None)


def plan(*digests: str, **parts: Any) -> Plan:
    """Return the plan of one cluster with one image; the first of the digests is the one that is locked."""
    return compile_plan(builders.policy(**parts), builders.lock(builders.locked(IMAGE, *(digests or (A,)))))


def folder(of: Plan) -> Folder:
    return builders.renderer(consumers=of.consumers).folder(of.clusters[0].holding)


@dataclass
class Site:
    """A plan, what the branch had of it (newest first), and what the cluster holds."""

    plan: Plan = field(repr=False)
    branch: Branch = field(repr=False)
    objects: list[Object]
    digests: tuple[str, ...] = (A,)
    unread: tuple[Any, ...] = ()
    judges: dict[tuple[int, tuple[str, ...], bool], Drifts] = field(default_factory=dict, repr=False)

    def drift(self, *, whole: bool = True) -> ClusterDrift:
        """Look at the cluster."""
        key = id(self.branch), self.digests, whole
        if key not in self.judges:
            lock = builders.lock(builders.locked(IMAGE, *self.digests))
            self.judges[key] = Drifts(self.plan, self.branch, lock, whole=whole, steps=True)
        seen = Observation(CLUSTER, NOW, None, tuple(self.objects), unread=self.unread)
        return self.judges[key].cluster(self.plan.clusters[0], seen)

    def copy(self) -> Site:
        """Return the same cluster once more, whose objects may be changed; what was read of the branch is shared."""
        return replace(self, objects=copy.deepcopy(self.objects))

    def said(self) -> list[tuple[str, str]]:
        """Return what was found, as kinds with names."""
        return [(drift.what.value, drift.name) for drift in self.drift().drifts]

    def get(self, kind: str, name: str = "") -> Object:
        """Return an object of the cluster, to be changed."""
        found = [each for each in self.objects if each["kind"] == kind and name in {"", each["metadata"]["name"]}]
        assert len(found) == 1, [each["metadata"]["name"] for each in found]
        return found[0]

    def add(self, *objects: Object) -> None:
        self.objects.extend(objects)

    def remove(self, kind: str, name: str = "") -> Object:
        found = self.get(kind, name)
        self.objects.remove(found)
        return found

    @property
    def cron(self) -> str:
        """The name of Git's cron."""
        found = read_manifest(_content(self.branch.commits[0], file_name("image", IMAGE)) or b"")
        assert found is not None
        return found.cron


def site(*commits: Plan, at: Plan | None = None) -> Site:
    """Return a cluster that has converged on ``at`` (default: the newest) of the branch's commits, newest first."""
    plans = commits or (plan(),)
    branch = Branch(tuple(map(folder, plans)))
    return Site(plans[0], branch, list(converged(folder(at or plans[0]))))


def converged(held: Folder) -> Iterable[Object]:
    """Yield what a cluster holds once it has converged on a folder."""
    for file in held.files:
        documents = read_documents(file.content) or ()
        manifest = read_manifest(file.content)
        for document in documents:
            if document["kind"] in ("Role", "RoleBinding"):
                yield served(document)
            elif document["kind"] == "DataSource" and not manifest:
                end = document["spec"]["source"]["dataSource"]["name"]
                yield served(document) | {"status": ready({"dataSource": {"namespace": NAMESPACE, "name": end}})}
            elif document["kind"] == "DataImportCron":
                yield cron(document["metadata"]["name"], document)
            elif document["kind"] == "DataSource" and manifest:
                yield data_source(
                    manifest.image, manifest.cron, f"{manifest.image}-{digits(manifest.digest)}", document
                )
        if manifest:
            yield from volume(manifest.image, manifest.cron, manifest.digest or A)


def served(document: Object) -> Object:
    """Return an object as the API server serves what an engine applied."""
    made = copy.deepcopy(document)
    fields: Object = {"f:metadata": {"f:labels": {f"f:{key}": {} for key in made["metadata"].get("labels", {})}}}
    fields["f:metadata"]["f:annotations"] = {f"f:{key}": {} for key in made["metadata"].get("annotations", {})}
    fields["f:spec"] = {"f:managedDataSource": {}, "f:source": {}}
    made["metadata"] |= {
        "creationTimestamp": BORN,
        "uid": f"uid-of-{document['kind']}-{document['metadata']['name']}",
        "resourceVersion": "7",
        "managedFields": [{"manager": "gitops-engine", "operation": "Apply", "time": BORN, "fieldsV1": fields}],
    }
    return made


def digits(digest: str | None) -> str:
    return (digest or A).partition(":")[2][:12]


def cron(
    name: str, document: Object | None = None, *, digest: str = A, managed: str = IMAGE, retention: str = "All"
) -> Object:
    """Return a cron that has imported its digest; without a document, somebody's own."""
    made = document or {
        "apiVersion": "cdi.kubevirt.io/v1beta1",
        "kind": "DataImportCron",
        "metadata": {"name": name, "namespace": NAMESPACE, "annotations": {DIGEST_ANNOTATION: digest}, "labels": {}},
        "spec": {"schedule": "", "managedDataSource": managed, "retentionPolicy": retention, "template": {}},
    }
    digest = made["metadata"].get("annotations", {}).get(DIGEST_ANNOTATION, digest)
    last = f"{made['spec']['managedDataSource']}-{digits(digest)}"
    status = {"currentImports": [{"DataVolumeName": last, "Digest": digest}], "lastImportedPVC": {"name": last}}
    return served(made) | {"status": status}


def data_source(name: str, owner: str, points_at: str, document: Object | None = None) -> Object:
    made = copy.deepcopy(document) or {
        "apiVersion": "cdi.kubevirt.io/v1beta1",
        "kind": "DataSource",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": {}},
    }
    if owner:
        made["metadata"]["labels"] |= {OWNER_LABEL: owner}
    source = {"pvc": {"namespace": NAMESPACE, "name": points_at}}
    return served(made) | {"spec": {"source": source}, "status": ready(source)}


def ready(source: Object) -> Object:
    return {"conditions": [{"type": "Ready", "status": "True"}], "source": source}


def volume(
    data_source: str, owner: str, digest: str = A, *, phase: str = "Succeeded", labelled: str | None = None
) -> tuple[Object, Object]:
    """Return a DataVolume and its claim; ``labelled`` is the cron that the DataVolume's label names, if another."""
    name = f"{data_source}-{digits(digest)}"
    imported = served(
        {
            "apiVersion": "cdi.kubevirt.io/v1beta1",
            "kind": "DataVolume",
            "metadata": {"name": name, "namespace": NAMESPACE, "labels": {OWNER_LABEL: labelled or owner}},
        }
    )
    imported["spec"] = {
        "source": {"registry": {"url": f"docker://registry.example:5000/golden/{data_source}@{digest}"}}
    }
    imported["status"] = {"phase": phase, "claimName": name}
    found = claim(name, owner, phase="Bound" if phase == "Succeeded" else "Pending")
    owned = {"kind": "DataVolume", "name": name, "uid": imported["metadata"]["uid"], "controller": True}
    found["metadata"]["ownerReferences"] = [owned]
    found["metadata"]["annotations"] = {"cdi.kubevirt.io/storage.import.endpoint": f"docker://r/x@{digest}"}
    return imported, found


def claim(name: str, owner: str, *, phase: str = "Bound") -> Object:
    labels = {OWNER_LABEL: owner} if owner else {}
    made = served(
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels},
        }
    )
    made["metadata"]["finalizers"] = ["kubernetes.io/pvc-protection"]
    made["spec"] = {"storageClassName": "standard", "resources": {"requests": {"storage": "30Gi"}}}
    made["status"] = {"phase": phase, "capacity": {"storage": "31Gi"}}
    return made


def snapshot(name: str, owner: str) -> Object:
    made = served(
        {
            "apiVersion": "snapshot.storage.k8s.io/v1",
            "kind": "VolumeSnapshot",
            "metadata": {"name": name, "namespace": NAMESPACE, "labels": {OWNER_LABEL: owner}},
        }
    )
    made["spec"] = {"source": {"persistentVolumeClaimName": name}}
    made["status"] = {"readyToUse": True, "restoreSize": "10Gi"}
    return made


def edited(raw: Object, where: str, changes: Mapping[str, str | None], by: str = "kubectl-edit") -> None:
    """Change labels or annotations of an object as somebody does, who is then noted; None takes one away."""
    metadata = raw["metadata"]
    there = metadata.setdefault(where, {})
    for entry in metadata["managedFields"]:
        for key in changes:
            entry["fieldsV1"].get("f:metadata", {}).get(f"f:{where}", {}).pop(f"f:{key}", None)
    there |= {key: value for key, value in changes.items() if value is not None}
    for key in [key for key, value in changes.items() if value is None]:
        there.pop(key, None)
    fields: Object = {
        "f:metadata": {f"f:{where}": {f"f:{key}": {} for key, value in changes.items() if value is not None}}
    }
    metadata["managedFields"].append({"manager": by, "operation": "Update", "time": TOUCHED, "fieldsV1": fields})
