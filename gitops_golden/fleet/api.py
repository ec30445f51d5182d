"""One conversation with one API server: bounded in time and size, read-only, in plain JSON.

Tells apart a server that answers no (an ``Answer`` with its status) and one that cannot be asked
(``ClusterFailure``). Importing this brings the kubernetes client, which is slow: live.py is loaded only to read.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import urllib3
from kubernetes.client import Configuration
from kubernetes.client.rest import RESTClientObject
from kubernetes.config import ConfigException, load_kube_config_from_dict
from urllib3 import exceptions

from gitops_golden.fleet.failure import ClusterFailure
from gitops_golden.fleet.jsontext import parse_json
from gitops_golden.fleet.shapes import mapping, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitops_golden.fleet.contexts import Access

OK = 200
UNAUTHORIZED = 401
FORBIDDEN = 403
NOT_FOUND = 404
GONE = 410
SERVER_ERROR = 500
_BUSY = (429, 503)  # what API priority and fairness, or a server that is starting, answers
# An API server says in plain text that it does not know a path; proxies refuse with a page of their own.
_SAID_IN_TEXT = (403, 404, 429)
_ATTEMPTS = 3
# Far above any page of ours: a cron or a claim has a few KiB, and etcd refuses an object over 1.5 MiB.
_MAX_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API server answered: the HTTP status and the JSON object, a ``Status`` when it refuses."""

    status: int
    body: Mapping[str, Any]

    @property
    def reason(self) -> str:
        """The API's own word for a refusal, such as ``Forbidden``; stable and CamelCase."""
        return text(self.body, "reason") or f"Http{self.status}"


class ApiServer:
    """The API server of one context; all requests together end by ``deadline`` on the monotonic clock."""

    def __init__(self, access: Access, *, deadline: float) -> None:
        """Prepare the connection, without opening it yet.

        Raises ClusterFailure if the context's certificates, keys or address are unusable.
        """
        self._host = access.host
        self._deadline = deadline
        self._address, self._headers, self._pool = _connection(access)

    def close(self) -> None:
        """Give the connections back."""
        self._pool.clear()

    def get(self, path: str, **query: str | int) -> Answer:
        """Return what the server answers to GET ``path``.

        Raises ClusterFailure if it cannot be reached in time, does not accept the credentials or is no API
        server. A busy server and a connection that broke are tried again, twice at most.
        """
        url = f"{self._address}{path}" + (f"?{urlencode(query)}" if query else "")
        for attempt in range(1, _ATTEMPTS + 1):
            last = attempt == _ATTEMPTS
            try:
                status, wait, data = self._request(url)
            except ClusterFailure as failure:
                if last or failure.reason != "ConnectionLost":
                    raise
                continue
            if last or status not in _BUSY or time.monotonic() + wait >= self._deadline:
                break
            time.sleep(wait)
        return self._answer(status, data)

    def _request(self, url: str) -> tuple[int, float, bytes]:

        left = self._deadline - time.monotonic()
        if left <= 0:
            raise ClusterFailure("Timeout", f"{self._host} did not answer in time")
        try:
            response = self._pool.request(
                "GET",
                url,
                headers=self._headers,
                timeout=urllib3.Timeout(connect=left, read=left),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            data = self._body(response)
        except exceptions.HTTPError as error:
            raise ClusterFailure(*_diagnosis(error, self._host)) from error
        except ValueError as error:  # http.client's, and it quotes the header: the token
            raise ClusterFailure("KubeconfigUnusable", "the credentials cannot be sent as they are") from error
        return response.status, _seconds(response.headers.get("Retry-After", "")), data

    def _body(self, response: urllib3.BaseHTTPResponse) -> bytes:
        data = bytearray()
        for chunk in response.stream(1 << 16):
            data += chunk
            if len(data) > _MAX_BYTES:
                response.close()
                raise ClusterFailure("TooLarge", f"{self._host} answers with more than {_MAX_BYTES >> 20} MiB")
            if time.monotonic() > self._deadline:
                response.close()
                raise ClusterFailure("Timeout", f"{self._host} did not finish its answer in time")
        response.release_conn()
        return bytes(data)

    def _answer(self, status: int, data: bytes) -> Answer:
        if status == UNAUTHORIZED:
            raise ClusterFailure("Unauthorized", f"{self._host} does not accept the credentials")
        try:
            body = parse_json(data)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            if status not in _SAID_IN_TEXT and status < SERVER_ERROR:
                raise ClusterFailure("NotAnApiServer", f"{self._host} does not answer as an API server does")
            body = {}
        return Answer(status, mapping(body))


def _connection(access: Access) -> tuple[str, Mapping[str, str], urllib3.PoolManager]:

    kubeconfig = {
        "current-context": access.context,
        "contexts": [{"name": access.context, "context": {"cluster": "cluster", "user": "user"}}],
        "clusters": [{"name": "cluster", "cluster": dict(access.cluster)}],
        "users": [{"name": "user", "user": dict(access.user)}],
    }
    configuration = Configuration()
    try:
        load_kube_config_from_dict(  # type: ignore[no-untyped-call] # kubernetes leaves its loader untyped
            kubeconfig, client_configuration=configuration, persist_config=False
        )
        pool = RESTClientObject(configuration).pool_manager
    except (ConfigException, exceptions.HTTPError, OSError, ValueError, TypeError) as error:
        # The library's sentences quote the entry, credentials included.
        raise ClusterFailure(
            "KubeconfigUnusable", f"the entries of context {access.context} cannot be used as they are"
        ) from error
    headers = {"Accept": "application/json", "User-Agent": "gitops-golden"}
    for setting in configuration.auth_settings().values():
        headers[text(setting, "key")] = text(setting, "value")
    return configuration.host, headers, pool


def _diagnosis(error: Exception, host: str) -> tuple[str, str]:

    refused = isinstance(error.__cause__, ConnectionRefusedError)
    known: tuple[tuple[type[Exception], str, str], ...] = (
        (exceptions.NameResolutionError, "NameNotResolved", f"the name of {host} does not resolve"),
        (exceptions.NewConnectionError, "ConnectionFailed", f"no connection to {host} can be made"),
        (exceptions.TimeoutError, "Timeout", f"{host} did not answer in time"),
        (exceptions.SSLError, "TlsFailed", f"no trusted TLS connection to {host}: check its CA and its name"),
        (exceptions.ProxyError, "ProxyFailed", f"the proxy on the way to {host} failed"),
        (exceptions.LocationValueError, "KubeconfigUnusable", "the API server's address is malformed"),
    )
    if refused:
        return "ConnectionRefused", f"nothing listens at {host}"
    for family, reason, message in known:
        if isinstance(error, family):
            return reason, message
    return "ConnectionLost", f"{host} broke the connection off"


def _seconds(retry_after: str) -> float:
    return float(retry_after) if retry_after.isascii() and retry_after.isdigit() else 1.0
