"""What one reachable cluster holds: each kind listed once per namespace, and what could not be listed told apart.

A kind that the server does not know is absent; one that it does not show is unread, and the rest goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitops_golden.fleet.api import FORBIDDEN, GONE, NOT_FOUND, OK, SERVER_ERROR, Answer, ApiServer
from gitops_golden.fleet.failure import ClusterFailure
from gitops_golden.fleet.kinds import CLUSTER_WIDE, NAMESPACED
from gitops_golden.fleet.observation import Observation, Server, Unread
from gitops_golden.fleet.shapes import items, mapping, text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gitops_golden.fleet.contexts import Access
    from gitops_golden.fleet.kinds import Kind

PAGE = 500
_MAX_PAGES = 200
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def observe(cluster: str, access: Access, namespaces: frozenset[str], *, now: datetime, deadline: float) -> Observation:
    """Return what a cluster holds in ``namespaces`` and cluster-wide, by ``deadline`` on the monotonic clock.

    Raises ClusterFailure if its API server cannot be asked.
    """
    server = ApiServer(access, deadline=deadline)
    try:
        identity = _identity(server)
        listing = _Listing(server)
        for kind in NAMESPACED:
            for namespace in sorted(namespaces):
                listing.add(kind, namespace)
        for kind in CLUSTER_WIDE:
            listing.add(kind, "")
    finally:
        server.close()
    return Observation(
        cluster=cluster,
        read_at=now,
        server=identity,
        objects=tuple(listing.objects),
        unread=tuple(listing.unread),
        absent_kinds=frozenset(listing.absent),
        namespaces=namespaces,
    )


class _Listing:
    """What the lists of one cluster have brought so far."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server
        self.objects: list[Mapping[str, Any]] = []
        self.unread: list[Unread] = []
        self.absent: set[str] = set()

    def add(self, kind: Kind, namespace: str) -> None:
        """List one kind in one namespace, in the first of its versions that the server knows."""
        if kind.name in self.absent:
            return
        for version in kind.versions:
            found = self._pages(kind, version, namespace)
            if not isinstance(found, Answer):
                self.objects.extend(found)
                return
            if found.status == FORBIDDEN and not self._knows(kind, version):
                continue
            if found.status != NOT_FOUND:
                self.unread.append(Unread(kind.name, namespace, found.reason))
                return
        self.absent.add(kind.name)

    def _knows(self, kind: Kind, version: str) -> bool:
        # Authorisation comes before routing: without a rule, even a kind that is not there answers 403.
        answer = self._server.get(kind.discovery(version))
        resources = {text(resource, "name") for resource in items(answer.body, "resources")}
        return answer.status != NOT_FOUND and not (answer.status == OK and kind.plural not in resources)

    def _pages(self, kind: Kind, version: str, namespace: str) -> Answer | list[Mapping[str, Any]]:
        found = self._list(kind, version, namespace)
        # A list that takes longer than etcd keeps its revision expires half-way: from the start, once.
        expired = isinstance(found, Answer) and found.status == GONE
        return self._list(kind, version, namespace) if expired else found

    def _list(self, kind: Kind, version: str, namespace: str) -> Answer | list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        query: dict[str, str | int] = {"limit": PAGE}
        for _ in range(_MAX_PAGES):
            answer = self._server.get(kind.path(version, namespace), **query)
            if answer.status != OK:
                return answer
            page = items(answer.body, "items")
            # Go writes an empty list as null.
            listed = answer.body.get("items") is None or isinstance(answer.body["items"], list)
            if not (listed and all(text(obj, "metadata", "name") for obj in page)):
                return Answer(answer.status, {"reason": "Malformed"})
            found.extend(_served(obj, kind, version) for obj in page)
            query["continue"] = text(answer.body, "metadata", "continue")
            if not query["continue"]:
                return found
        return Answer(OK, {"reason": "TooMany"})


def _served(obj: Mapping[str, Any], kind: Kind, version: str) -> Mapping[str, Any]:
    # The items of a list of a built-in kind do not say what they are.
    complete = {**obj, "apiVersion": kind.api_version(version), "kind": kind.name}
    annotations = mapping(obj, "metadata", "annotations")
    if _LAST_APPLIED in annotations:
        kept = {key: value for key, value in annotations.items() if key != _LAST_APPLIED}
        complete["metadata"] = {**mapping(obj, "metadata"), "annotations": kept}
    return complete


def _identity(server: ApiServer) -> Server:
    version = server.get("/version")
    if version.status not in (OK, FORBIDDEN):
        reason = "ServerError" if version.status >= SERVER_ERROR else "NotAnApiServer"
        raise ClusterFailure(reason, f"asked for its version, the server answers with status {version.status}")
    system = server.get("/api/v1/namespaces/kube-system")
    return Server(text(version.body, "gitVersion"), text(system.body, "metadata", "uid"))
