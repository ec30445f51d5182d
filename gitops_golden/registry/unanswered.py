"""Why no answer came from a registry, as a person would put it.

The libraries' own words are not shown: they repeat whole URLs, with what secrets those hold.
"""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from requests.exceptions import ChunkedEncodingError, ProxyError, SSLError, Timeout

from gitops_golden.errors import OutsideError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from requests import RequestException

_Cause = TypeVar("_Cause", bound=BaseException)

# What OpenSSL, by version, calls an answer in plain HTTP.
_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST")
_AGAIN = "check the address and the network, then run the command again"
_REASONS: tuple[tuple[type[BaseException], str, str], ...] = (
    (ProxyError, "the proxy refuses or cannot be reached", "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY"),
    (Timeout, "no answer in time", _AGAIN),
    (ChunkedEncodingError, "the answer was cut short", "run the command again"),
    (
        socket.gaierror,
        "the host's name is unknown",
        "correct spec.registry.address, or mend the name service",
    ),
    (
        ConnectionRefusedError,
        "connection refused",
        "check that the registry runs, and the port in spec.registry.address",
    ),
)


def public(url: str) -> str:
    """Return a URL as a message may show it: without user, query and fragment, where secrets travel."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


def unanswered(error: RequestException, url: str) -> OutsideError:
    """Return the error for a request that got no answer, or half of one."""
    reason, remedy = _reason(error)
    return OutsideError(f"cannot read {public(url)}: {reason}", remedy=remedy)


def _reason(error: RequestException) -> tuple[str, str]:
    if isinstance(error, SSLError):
        return _tls_reason(error)
    for kind, reason, remedy in _REASONS:
        if _cause(error, kind):
            return reason, remedy
    system = _cause(error, OSError)
    return (system.strerror if system and system.strerror else "the connection broke"), _AGAIN


def _tls_reason(error: SSLError) -> tuple[str, str]:
    untrusted = _cause(error, ssl.SSLCertVerificationError)
    if untrusted:
        return (
            f"its certificate is not trusted: {untrusted.verify_message}",
            "name a file with the certificate of the CA that signed it in SSL_CERT_FILE",
        )
    failed = _cause(error, ssl.SSLError)
    if failed and failed.reason in _NO_TLS:
        return "it does not speak TLS", "if the registry has no TLS, say so: spec.registry.plainHTTP: true"
    return (
        f"TLS fails: {failed.reason if failed else 'no reason given'}",
        "check the registry's certificate, and the file that SSL_CERT_FILE names",
    )


def _cause(error: BaseException, kind: type[_Cause]) -> _Cause | None:
    # requests' own errors are OSErrors too, without a word from the system.
    found = [cause for cause in _causes(error) if isinstance(cause, kind)]
    return found[-1] if found else None


def _causes(error: BaseException) -> Iterator[BaseException]:
    # urllib3 keeps what happened in ``reason`` or among the arguments as often as in __cause__.
    yield error
    inner = (error.__cause__, getattr(error, "reason", None), *error.args)
    for cause in inner:
        if isinstance(cause, BaseException) and cause is not error:
            yield from _causes(cause)
