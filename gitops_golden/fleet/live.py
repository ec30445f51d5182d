"""What one reachable cluster holds: each kind listed once per namespace, and what could not be listed told apart.

A kind that the server does not know is absent; one that it does not show is unread, and the rest goes on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gitops_golden.fleet.api import BUSY, FORBIDDEN, GONE, NOT_FOUND, OK, SERVER_ERROR, Answer, ApiServer
from gitops_golden.fleet.failure import ClusterFailure
from gitops_golden.fleet.kinds import CLUSTER_WIDE, NAMESPACED
from gitops_golden.fleet.observation import Observation, Server, Unread
from gitops_golden.fleet.shapes import items, text
from gitops_golden.fleet.skew import skew

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitops_golden.fleet.endpoint import Endpoint
    from gitops_golden.fleet.kinds import Kind
    from gitops_golden.fleet.readers import Clock, Target

PAGE = 500
_MAX_PAGES = 200
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def observe(target: Target, endpoint: Endpoint, *, clock: Clock, deadline: float) -> Observation:
    """Return what a cluster holds in its namespaces and cluster-wide, by ``deadline`` on the monotonic clock.

    Raises ClusterFailure if its API server cannot be asked.
    """
    server = ApiServer(endpoint, deadline=deadline)
    try:
        asked = clock()
        version = _version(server)
        ahead = skew(version.date, asked=asked, answered=clock())
        system = server.get("/api/v1/namespaces/kube-system")
        listing = _Listing(server)
        for kind in NAMESPACED:
            for namespace in sorted(target.namespaces):
                listing.add(kind, namespace)
        for kind in CLUSTER_WIDE:
            if kind.name not in target.needless:
                listing.add(kind, "")
    finally:
        server.close()
    return Observation(
        cluster=target.cluster,
        read_at=asked,
        server=Server(text(version.body, "gitVersion"), text(system.body, "metadata", "uid")),
        objects=tuple(listing.objects),
        unread=tuple(listing.unread),
        absent_kinds=frozenset(listing.absent),
        namespaces=target.namespaces,
        source=f"context {target.context}",
        skew=ahead,
        versions=listing.versions,
    )


class _Listing:
    """What the lists of one cluster have brought so far."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server
        self.objects: list[Mapping[str, Any]] = []
        self.unread: list[Unread] = []
        self.absent: set[str] = set()
        self.versions: dict[tuple[str, str], str] = {}

    def add(self, kind: Kind, namespace: str) -> None:
        """List one kind in one namespace, in the first of its versions that the server knows."""
        if kind.name in self.absent:
            return
        for version in kind.versions:
            found = self._pages(kind, version, namespace)
            if not isinstance(found, Answer):
                self.objects.extend(found)
                return
            if kind.built_in or not self._absent(found, kind, version):
                self.unread.append(Unread(kind.name, namespace, found.reason))
                return
        self.absent.add(kind.name)

    def _absent(self, found: Answer, kind: Kind, version: str) -> bool:
        if found.status == FORBIDDEN:
            # Authorisation comes before routing: without a rule, even a kind that is not there answers so.
            answer = self._server.get(kind.discovery(version))
            resources = {text(resource, "name") for resource in items(answer.body, "resources")}
            return _unknown(answer) or (answer.status == OK and kind.plural not in resources)
        return _unknown(found)

    def _pages(self, kind: Kind, version: str, namespace: str) -> Answer | list[Mapping[str, Any]]:
        found = self._list(kind, version, namespace)
        if not isinstance(found, Answer) or found.status != GONE:
            return found
        # A list that takes longer than etcd keeps its revision expires half-way: from the start, once.
        self.versions.pop((kind.name, namespace), None)
        return self._list(kind, version, namespace)

    def _list(self, kind: Kind, version: str, namespace: str) -> Answer | list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        api_version = kind.api_version(version)
        query: dict[str, str | int] = {"limit": PAGE}
        for _ in range(_MAX_PAGES):
            answer = self._server.get(kind.path(version, namespace), **query)
            if answer.status == NOT_FOUND and "continue" in query:
                # What has begun to be listed is there: it is the rest that somebody on the way does not find.
                return replace(answer, foreign=True)
            if answer.status != OK:
                return answer
            page = answer.body.get("items") or []  # Go writes an empty list as null
            if not (isinstance(page, list) and all(_completed(obj, api_version, kind.name) for obj in page)):
                return Answer(answer.status, {"reason": "Malformed"})
            self.versions.setdefault((kind.name, namespace), text(answer.body, "metadata", "resourceVersion"))
            found += page
            query["continue"] = text(answer.body, "metadata", "continue")
            if not query["continue"]:
                return found
        return Answer(OK, {"reason": "TooMany"})


def _unknown(answer: Answer) -> bool:
    """Whether the API server itself says that it knows no such path."""
    return answer.status == NOT_FOUND and not answer.foreign


def _completed(obj: Any, api_version: str, kind: str) -> bool:
    """Let an object of a list say what it is, as those of built-in kinds do not. False if it is no object."""
    metadata = obj.get("metadata") if isinstance(obj, dict) else None
    if not isinstance(metadata, dict):
        return False
    name = metadata.get("name")
    if not (isinstance(name, str) and name):
        return False
    obj["apiVersion"], obj["kind"] = api_version, kind
    annotations = metadata.get("annotations")
    if isinstance(annotations, dict):
        annotations.pop(_LAST_APPLIED, None)
    return True


def _version(server: ApiServer) -> Answer:
    version = server.get("/version")
    if version.status not in (OK, FORBIDDEN):
        failing = version.status >= SERVER_ERROR or version.status == BUSY
        reason = "ServerError" if failing else "NotAnApiServer"
        raise ClusterFailure(reason, f"asked for its version, the server answers with status {version.status}")
    return version
