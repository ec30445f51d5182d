"""What a kubeconfig's entries say, as what libcurl is to be told; kubernetes' own client reads them.

Entries that differ in nothing but the server are read once. Importing this brings the kubernetes client, which takes a
while: it is loaded only to read.
"""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import certifi
import pycurl
from kubernetes.client import Configuration
from kubernetes.client.rest import should_bypass_proxies
from kubernetes.config import ConfigException, load_kube_config_from_dict

from gitops_golden.fleet.failure import ClusterFailure
from gitops_golden.fleet.shapes import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitops_golden.fleet.contexts import Access

    Option = tuple[int, Any]

# The kubernetes client's loader keeps, for the whole process, files that it writes credentials to: of two threads one
# would be given a file that is still empty, or leave one behind.
_LOADING = Lock()
_KEPT = 16
_UNSUPPORTED = ("username", "password", "as", "as-uid", "as-groups", "as-user-extra")
_PORTS = {"http": 80, "https": 443}
_BUFFER = 256 << 10
# Of CURLOPT_SUPPRESS_CONNECT_HEADERS, which pycurl has no name for.
_SUPPRESS_CONNECT_HEADERS = 265


@dataclass(frozen=True, slots=True, repr=False)
class Endpoint:
    """An API server and the way to it. Holds credentials: it has no ``repr``, and ``shown`` is all to show of it.

    ``address`` comes before the path of each request, ``options`` are libcurl's.
    """

    address: str
    options: tuple[Option, ...]
    shown: str
    proxied: bool


@dataclass(frozen=True, slots=True, repr=False)
class _Entry:
    """What entries say but for the server; ``name`` is what its certificate has to say, where that is not its host."""

    options: tuple[Option, ...]
    headers: tuple[str, ...]
    name: str | None
    proxy: str | None
    no_proxy: str


class Endpoints:
    """Makes endpoints of one reading; files that entries name are read anew by the next."""

    def __init__(self) -> None:
        self._entry = lru_cache(_KEPT)(_entry)

    def of(self, access: Access) -> Endpoint:
        """Return how to speak to a context's API server. May be called by several threads at a time.

        Raises ClusterFailure if certificates, keys or addresses are unusable, or a way to log in is not supported.
        """
        for key in _UNSUPPORTED:
            if access.user.get(key):
                what = f"the user of context {access.context} has {key}, which is not supported"
                raise ClusterFailure("CredentialsUnsupported", what)
        try:
            return self._endpoint(access)
        except (ConfigException, OSError, ValueError, TypeError) as error:
            # The library's sentences quote the entry, credentials included.
            raise ClusterFailure(
                "KubeconfigUnusable", f"the entries of context {access.context} cannot be used as they are"
            ) from error

    def _endpoint(self, access: Access) -> Endpoint:
        server = text(access.cluster, "server").rstrip("/")
        address = urlsplit(server)
        if address.scheme not in _PORTS or not address.hostname:
            raise ValueError("no address of an API server")
        port = address.port or _PORTS[address.scheme]
        cluster = {key: value for key, value in access.cluster.items() if key != "server"}
        with _LOADING:
            entry = self._entry(_key(cluster), _key(access.user), address.scheme)
        # Empty, it keeps libcurl from looking into the environment, where the kubernetes client has looked already.
        proxy = "" if should_bypass_proxies(server, entry.no_proxy) else entry.proxy or ""
        options, headers = [*entry.options, (pycurl.PROXY, proxy)], list(entry.headers)
        if entry.name:
            headers.append(f"Host: {address.hostname}:{port}")
            options.append((pycurl.CONNECT_TO, [f"{entry.name}:{port}:{address.hostname}:{port}"]))
            server = f"{address.scheme}://{entry.name}:{port}{address.path}"
        return Endpoint(server, (*options, (pycurl.HTTPHEADER, headers)), access.host, bool(proxy))


def _key(entry: Mapping[str, Any]) -> str:
    return json.dumps(entry, sort_keys=True, default=str)


def _entry(cluster: str, user: str, scheme: str) -> _Entry:
    """Return what the kubernetes client makes of entries in JSON; the server is left out."""
    kubeconfig = {
        "current-context": "context",
        "contexts": [{"name": "context", "context": {"cluster": "cluster", "user": "user"}}],
        "clusters": [{"name": "cluster", "cluster": json.loads(cluster) | {"server": f"{scheme}://server"}}],
        "users": [{"name": "user", "user": json.loads(user)}],
    }
    configuration = Configuration()
    load_kube_config_from_dict(  # type: ignore[no-untyped-call] # kubernetes leaves its loader untyped
        kubeconfig, client_configuration=configuration, persist_config=False
    )
    return _Entry(
        options=(*_always(), *(_tls(configuration) if scheme == "https" else ())),
        headers=tuple(_headers(configuration)),
        name=configuration.tls_server_name,
        proxy=configuration.proxy,
        no_proxy=configuration.no_proxy or "",
    )


def _always() -> Iterator[Option]:
    yield pycurl.NOSIGNAL, 1
    yield pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS
    yield pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1
    # Accepting gzip spares more than bytes: only then a list comes in one piece, not in chunks of 2 KiB (measured).
    yield pycurl.ACCEPT_ENCODING, "gzip"
    yield pycurl.BUFFERSIZE, _BUFFER
    yield _SUPPRESS_CONNECT_HEADERS, 1
    yield pycurl.NOPROXY, ""


def _headers(configuration: Configuration) -> Iterator[str]:
    yield "Accept: application/json"
    yield "User-Agent: gitops-golden"
    for setting in configuration.auth_settings().values():
        line = f"{text(setting, 'key')}: {text(setting, 'value')}"
        if not (line.isascii() and line.isprintable()):
            raise ValueError("credentials that would not make one header")
        yield line


def _tls(configuration: Configuration) -> Iterator[Option]:
    verified = bool(configuration.verify_ssl)
    yield pycurl.SSL_VERIFYPEER, int(verified)
    yield pycurl.SSL_VERIFYHOST, 2 * verified
    if verified:
        yield pycurl.CAINFO, configuration.ssl_ca_cert or ssl.get_default_verify_paths().cafile or certifi.where()
    if configuration.cert_file:
        if not configuration.key_file:
            raise ValueError("a client certificate without its key")
        yield pycurl.SSLCERT, configuration.cert_file
        yield pycurl.SSLKEY, configuration.key_file
        # Else OpenSSL asks on the terminal for that of an encrypted key.
        yield pycurl.KEYPASSWD, ""
