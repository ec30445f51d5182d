"""A small client of Kubernetes' REST API for tests and the controllers in them: plain dicts in and out.

It is not the product's reader (gitops_golden/fleet), so that a fault in one doesn't hide in the other.
watch.py follows changes; engine.py applies folders.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Self, TypeVar

import requests
from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

Object = dict[str, Any]
T = TypeVar("T")

NOT_FOUND = 404
CONFLICT = 409
REQUEST_SECONDS = 30.0
CONNECTIONS = 64


class ApiError(Exception):
    """A request that failed: HTTP's code and the Status's reason; 0 and ``Unreachable`` if none came."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(f"{code} {reason}: {message}")
        self.code = code
        self.reason = reason
        self.message = message


def path(group_version: str, resource: str, namespace: str = "", name: str = "", subresource: str = "") -> str:
    """Return a resource's path; what is empty is left out, so without a name it is a collection's."""
    root = "/apis" if "/" in group_version else "/api"
    place = f"namespaces/{namespace}" if namespace else ""
    return "/".join(part for part in (root, group_version, place, resource, name, subresource) if part)


def wait_until(predicate: Callable[[], T | None], *, seconds: float = 30.0, what: str = "", every: float = 0.05) -> T:
    """Return the first truthy answer. Raises AssertionError, with ``what`` and the last one, in the end."""
    deadline = time.monotonic() + seconds
    while not (answer := predicate()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what or predicate}; last: {answer!r}")
        time.sleep(every)
    return answer


class Api:
    """One API server. Safe to use from several threads; ``close`` it, or use it as a context manager."""

    def __init__(
        self,
        server: str,
        *,
        ca: Path,
        token: str = "",
        certificate: tuple[Path, Path] | None = None,
    ) -> None:
        """Speak to ``server``, proven by ``ca``, with a bearer token or a client certificate and its key."""
        self.server = server
        self._resources: dict[tuple[str, str], Object] = {}
        self._session = requests.Session()
        self._session.trust_env = False  # an environment's CA bundle or proxy would win over what is said here
        self._session.mount("https://", HTTPAdapter(pool_maxsize=CONNECTIONS))
        self._session.verify = str(ca)
        if certificate:
            self._session.cert = (str(certificate[0]), str(certificate[1]))
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def get(self, place: str) -> Object:
        """Return one object."""
        return self.request("GET", place)

    def find(self, place: str) -> Object | None:
        """Return one object, or None if there is none."""
        try:
            return self.get(place)
        except ApiError as error:
            if error.code != NOT_FOUND:
                raise
            return None

    def listed(self, place: str, *, labels: str = "") -> Object:
        """Return a whole list with its ``metadata.resourceVersion``; ``labels`` is a label selector."""
        return self.request("GET", place, parameters={"labelSelector": labels} if labels else {})

    def items(self, place: str, *, labels: str = "") -> tuple[Object, ...]:
        """Return the objects of a list. A list leaves out what each one's apiVersion and kind are."""
        return tuple(self.listed(place, labels=labels)["items"])

    def create(self, place: str, body: Mapping[str, Any]) -> Object:
        """Create an object; ``place`` is its collection. Unknown fields are refused."""
        return self.request("POST", place, body, parameters={"fieldValidation": "Strict"})

    def replace(self, place: str, body: Mapping[str, Any]) -> Object:
        """Put a whole object in place of the present one, of the same resourceVersion if it names one."""
        return self.request("PUT", place, body, parameters={"fieldValidation": "Strict"})

    def patch(self, place: str, body: Mapping[str, Any]) -> Object:
        """Merge ``body`` into the object (RFC 7386: null removes)."""
        return self.request("PATCH", place, body, kind="application/merge-patch+json")

    def apply(self, place: str, body: Mapping[str, Any], *, manager: str = "testbed") -> Object:
        """Apply on the server's side: unknown fields are refused, other managers' fields taken over."""
        parameters = {"fieldManager": manager, "fieldValidation": "Strict", "force": "true"}
        return self.request("PATCH", place, body, parameters=parameters, kind="application/apply-patch+yaml")

    def delete(self, place: str, *, propagation: str = "Background") -> None:
        """Delete an object; nothing happens if there is none."""
        try:
            self.request("DELETE", place, parameters={"propagationPolicy": propagation})
        except ApiError as error:
            if error.code != NOT_FOUND:
                raise

    def path_of(self, manifest: Mapping[str, Any], *, collection: bool = False) -> str:
        """Return where a manifest's object (or its collection) is, asking the server what its kind is called.

        Raises ApiError 404 for a kind that the server doesn't know.
        """
        group_version, kind = manifest["apiVersion"], manifest["kind"]
        if (group_version, kind) not in self._resources:
            self._discover(group_version)
        resource = self._resources.get((group_version, kind))
        if resource is None:
            raise ApiError(NOT_FOUND, "NotFound", f"the server doesn't know {group_version} {kind}")
        metadata = manifest["metadata"]
        namespace = metadata.get("namespace", "default") if resource["namespaced"] else ""
        return path(group_version, resource["name"], namespace, "" if collection else metadata["name"])

    def request(
        self,
        method: str,
        place: str,
        body: Mapping[str, Any] | None = None,
        *,
        parameters: Mapping[str, str] | None = None,
        kind: str = "application/json",
    ) -> Object:
        """Send one request and return the answer's JSON. Raises ApiError."""
        response = self.send(method, place, body, parameters=parameters, kind=kind)
        answer: Object = response.json()
        return answer

    def send(
        self,
        method: str,
        place: str,
        body: Mapping[str, Any] | None = None,
        *,
        parameters: Mapping[str, str] | None = None,
        kind: str = "application/json",
        stream: bool = False,
    ) -> requests.Response:
        """Send one request and return the response; who streams has to close it. Raises ApiError."""
        try:
            response = self._session.request(
                method,
                self.server + place,
                params=dict(parameters or {}),
                data=None if body is None else json.dumps(body).encode(),
                headers={} if body is None else {"Content-Type": kind},
                timeout=(REQUEST_SECONDS, None if stream else REQUEST_SECONDS),
                stream=stream,
            )
        except requests.RequestException as error:
            raise ApiError(0, "Unreachable", f"{self.server}: {error}") from error
        if not response.ok:
            raise _refusal(response)
        return response

    def close(self) -> None:
        """Close its connections."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _discover(self, group_version: str) -> None:
        for resource in self.get(path(group_version, ""))["resources"]:
            if "/" not in resource["name"]:
                self._resources[group_version, resource["kind"]] = resource


def _refusal(response: requests.Response) -> ApiError:
    """Tell what the server's Status says; a proxy's answer has none."""
    try:
        status = response.json()
    except requests.JSONDecodeError:
        return ApiError(response.status_code, response.reason, response.text[:500])
    return ApiError(response.status_code, status.get("reason", ""), status.get("message", ""))
