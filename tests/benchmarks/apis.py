"""API servers of thousands of clusters in one process: what they answer to the reads that verify makes.

An answer follows from what is asked, as with the real one: objects are kept, and lists cut into pages, worked out once
for all clusters that hold the same. A contract test puts the same questions to a real API server.
"""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Object = Mapping[str, Any]

TOKEN: Final = "a-token-of-the-simulator"
NOT_THERE: Final = b"404 page not found\n"
COMPRESSED: Final = 128 << 10
"""From so many bytes on an API server compresses, for who accepts that (apiserver's defaultGzipThresholdBytes)."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind that is served, and where."""

    kind: str
    group_version: str
    plural: str
    namespaced: bool


RESOURCES: Final = (
    Resource("DataImportCron", "cdi.kubevirt.io/v1beta1", "dataimportcrons", namespaced=True),
    Resource("DataSource", "cdi.kubevirt.io/v1beta1", "datasources", namespaced=True),
    Resource("DataVolume", "cdi.kubevirt.io/v1beta1", "datavolumes", namespaced=True),
    Resource("StorageProfile", "cdi.kubevirt.io/v1beta1", "storageprofiles", namespaced=False),
    Resource("PersistentVolumeClaim", "v1", "persistentvolumeclaims", namespaced=True),
    Resource("Namespace", "v1", "namespaces", namespaced=False),
    Resource("VolumeSnapshot", "snapshot.storage.k8s.io/v1", "volumesnapshots", namespaced=True),
    Resource("Role", "rbac.authorization.k8s.io/v1", "roles", namespaced=True),
    Resource("RoleBinding", "rbac.authorization.k8s.io/v1", "rolebindings", namespaced=True),
    Resource("StorageClass", "storage.k8s.io/v1", "storageclasses", namespaced=False),
)


@dataclass(frozen=True, slots=True)
class Reply:
    """A status and a body; ``packed`` is the same body compressed, where a server would send it so."""

    status: int
    body: bytes
    media_type: str = "application/json"
    packed: bytes | None = None


class Held:
    """What a cluster holds, or many that hold the same: objects by resource, as lists of every size asked for."""

    def __init__(self, objects: Sequence[Object]) -> None:
        self._lists: dict[tuple[str, str, int, str], Reply] = {}
        self._objects: dict[str, list[Object]] = {}
        for obj in sorted(objects, key=_name):
            self._objects.setdefault(obj["kind"], []).append(obj)

    def listed(self, resource: Resource, namespace: str, limit: int, start: str) -> Reply:
        """Return a page of a list, from the object whose name comes after ``start`` on."""
        asked = (resource.kind, namespace, limit, start)
        if asked not in self._lists:
            self._lists[asked] = self._page(resource, namespace, limit, start)
        return self._lists[asked]

    def _page(self, resource: Resource, namespace: str, limit: int, start: str) -> Reply:
        found = [
            each
            for each in self._objects.get(resource.kind, ())
            if (not namespace or _name(each)[0] == namespace) and "/".join(_name(each)) > start
        ]
        page = found[: limit or None]
        metadata: dict[str, Any] = {"resourceVersion": "4711"}
        if len(found) > len(page):
            metadata["continue"] = base64.urlsafe_b64encode("/".join(_name(page[-1])).encode()).decode()
            metadata["remainingItemCount"] = len(found) - len(page)
        custom = "." in resource.group_version and not resource.group_version.startswith(("rbac.", "storage."))
        # The items of a list of a built-in kind do not say what they are.
        bare = ("apiVersion", "kind") if not custom else ()
        items = [{key: value for key, value in each.items() if key not in bare} for each in page]
        head = {"kind": f"{resource.kind}List", "apiVersion": resource.group_version}
        return reply(head | {"metadata": metadata, "items": items})


@dataclass(frozen=True)
class Apis:
    """API servers, each reached below a path of its own (``/cluster-00001``); ``uid`` is of its kube-system."""

    clusters: Mapping[str, Held]
    token: str = TOKEN
    _discovery: dict[str, Reply] = field(default_factory=lambda: dict(_documents()))

    def answer(self, target: str, token: str | None) -> Reply:
        """Return what is answered to GET ``target``, a path with its query."""
        cluster, _, path = target.removeprefix("/").partition("/")
        held = self.clusters.get(cluster)
        if held is None:
            return Reply(404, NOT_THERE, "text/plain; charset=utf-8")
        if token != self.token:
            return refusal(401, "Unauthorized", "Unauthorized")
        if path == "api/v1/namespaces/kube-system":
            uid = f"uid-of-{cluster}"
            metadata = {
                "name": "kube-system",
                "uid": uid,
                "resourceVersion": "4",
                "creationTimestamp": "2026-11-01T00:00:00Z",
            }
            return reply(
                {"kind": "Namespace", "apiVersion": "v1", "metadata": metadata, "spec": {"finalizers": ["kubernetes"]}}
            )
        if found := self._discovery.get(path.partition("?")[0]):
            return found
        address = urlsplit(path)
        asked = _collection(address.path)
        if asked is None:
            return Reply(404, NOT_THERE, "text/plain; charset=utf-8")
        query = {key: values[0] for key, values in parse_qs(address.query).items()}
        start = base64.urlsafe_b64decode(query.get("continue", "")).decode()
        return held.listed(*asked, int(query.get("limit", "0")), start)


def reply(body: Object, status: int = 200) -> Reply:
    """Return an object as an API server sends it."""
    data = json.dumps(body, separators=(",", ":")).encode() + b"\n"
    return Reply(status, data, packed=gzip.compress(data, 1) if len(data) > COMPRESSED else None)


def refusal(code: int, reason: str, message: str) -> Reply:
    """Return a refusal in the API's own words."""
    status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    return reply(status | {"message": message, "reason": reason, "code": code}, code)


def _name(obj: Object) -> tuple[str, str]:
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def _collection(path: str) -> tuple[Resource, str] | None:
    """Return the resource and namespace of a collection's path."""
    match unquote(path).split("/"):
        case ["api", version, *rest]:
            group_version = version
        case ["apis", group, version, *rest]:
            group_version = f"{group}/{version}"
        case _:
            return None
    namespace = ""
    if len(rest) == 3 and rest[0] == "namespaces":
        _, namespace, *rest = rest
    found = (each for each in RESOURCES if (each.group_version, [each.plural]) == (group_version, rest))
    return next(((each, namespace) for each in found if each.namespaced or not namespace), None)


def _documents() -> Mapping[str, Reply]:
    """Return what clients discover kinds by, and the version."""
    versions = dict.fromkeys(each.group_version for each in RESOURCES)
    groups = [
        {
            "name": group,
            "versions": [{"groupVersion": f"{group}/{version}", "version": version}],
            "preferredVersion": {"groupVersion": f"{group}/{version}", "version": version},
        }
        for group, _, version in (each.partition("/") for each in versions)
        if version
    ]
    documents: dict[str, Object] = {
        "version": {"major": "1", "minor": "36", "gitVersion": "v1.36.3", "platform": "linux/amd64"},
        "api": {"kind": "APIVersions", "versions": ["v1"]},
        "apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups},
    }
    for version in versions:
        resources = [
            {
                "name": each.plural,
                "singularName": each.kind.lower(),
                "namespaced": each.namespaced,
                "kind": each.kind,
                "verbs": ["get", "list"],
            }
            for each in RESOURCES
            if each.group_version == version
        ]
        place = f"{'apis' if '/' in version else 'api'}/{version}"
        documents[place] = {"kind": "APIResourceList", "groupVersion": version, "resources": resources}
    return {path: reply(document) for path, document in documents.items()}
