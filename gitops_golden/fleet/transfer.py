"""GET requests to one API server through libcurl: bounded in time and size, and every failure given its reason.

libcurl, since a fleet's verification is millions of requests: it takes a third of the time of Python's own clients, and
lets go of the interpreter meanwhile.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pycurl

from gitops_golden.fleet.failure import ClusterFailure

if TYPE_CHECKING:
    from gitops_golden.fleet.endpoint import Endpoint

MAX_BYTES: Final = 64 << 20
"""Of one answer, unpacked; far above any page of ours: a cron has a few KiB, and etcd refuses more than 1.5 MiB."""
_REDIRECTED: Final = 300
# libcurl's numbers for what pycurl has no name for.
_E_PROXY, _E_TOO_LARGE = 97, 100
_STOP: Final = -1


@dataclass(slots=True)
class Reply:
    """An answer as it comes in: headers by lower-case name, the body in pieces, unpacked."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    pieces: list[bytes] = field(default_factory=list)
    size: int = 0
    headed: bool = False

    def line(self, line: bytes) -> None:
        """Take a line of the head; that of a notice (1xx), or of a proxy, gives way to the next one."""
        text = line.decode("latin-1").strip()
        if text.startswith("HTTP/"):
            self.headers.clear()
            self.headed = False
        elif text:
            name, _, value = text.partition(":")
            self.headers[name.lower()] = value.strip()
        else:
            self.headed = True

    def piece(self, piece: bytes) -> int | None:
        """Take a piece of the body; stop the transfer if it grows too large."""
        self.pieces.append(piece)
        self.size += len(piece)
        return _STOP if self.size > MAX_BYTES else None


def handle(endpoint: Endpoint) -> pycurl.Curl:
    """Return a handle for one server's requests, which keeps its connection open between them."""
    curl = pycurl.Curl()
    for option, value in endpoint.options:
        curl.setopt(option, value)
    return curl


def prepare(curl: pycurl.Curl, url: str) -> Reply:
    """Make a handle ask for ``url`` next; return what the answer will be put into."""
    reply = Reply()
    curl.setopt(pycurl.URL, url)
    curl.setopt(pycurl.HEADERFUNCTION, reply.line)
    curl.setopt(pycurl.WRITEFUNCTION, reply.piece)
    return reply


def get(curl: pycurl.Curl, endpoint: Endpoint, target: str, *, seconds: float) -> Reply:
    """Return the answer to GET ``target``, all of it within ``seconds``. Raises ClusterFailure."""
    if seconds <= 0:
        raise ClusterFailure("Timeout", f"{endpoint.shown} did not answer in time")
    reply = prepare(curl, endpoint.address + target)
    curl.setopt(pycurl.TIMEOUT_MS, max(1, int(seconds * 1000)))
    try:
        curl.perform()
    except pycurl.error as error:
        raise failure(curl, endpoint, int(error.args[0]), curl.errstr()) from error
    reply.status = curl.getinfo(pycurl.RESPONSE_CODE)
    return reply


def too_large(endpoint: Endpoint) -> ClusterFailure:
    """Return what ends the reading of a server whose answers are beyond all bounds."""
    return ClusterFailure("TooLarge", f"{endpoint.shown} answers with more than {MAX_BYTES >> 20} MiB")


def failure(curl: pycurl.Curl, endpoint: Endpoint, code: int, said: str) -> ClusterFailure:
    """Return why a transfer failed, from libcurl's code and, where that tells too little, its sentence."""
    shown = endpoint.shown
    if endpoint.proxied and _by_proxy(curl, code):
        return ClusterFailure("ProxyFailed", f"the proxy on the way to {shown} failed")
    if code == pycurl.E_COULDNT_CONNECT and curl.getinfo(pycurl.OS_ERRNO) == errno.ECONNREFUSED:
        return ClusterFailure("ConnectionRefused", f"nothing listens at {shown}")
    # Who closes or resets the connection while TLS begins has said nothing about trust.
    broken = any(sign in said for sign in ("SSL_ERROR_SYSCALL", "reset by peer", "unexpected eof"))
    if code in _REASONS and not (code == pycurl.E_SSL_CONNECT_ERROR and broken):
        reason, told = _REASONS[code]
        return ClusterFailure(reason, told.format(shown))
    return ClusterFailure("ConnectionLost", f"{shown} broke the connection off")


def _by_proxy(curl: pycurl.Curl, code: int) -> bool:
    direct = (pycurl.E_COULDNT_RESOLVE_PROXY, pycurl.E_COULDNT_CONNECT, _E_PROXY)
    return code in direct or int(curl.getinfo(pycurl.HTTP_CONNECTCODE)) >= _REDIRECTED


_REASONS: Final = {
    pycurl.E_COULDNT_RESOLVE_HOST: ("NameNotResolved", "the name of {} does not resolve"),
    pycurl.E_COULDNT_CONNECT: ("ConnectionFailed", "no connection to {} can be made"),
    pycurl.E_OPERATION_TIMEDOUT: ("Timeout", "{} did not answer in time"),
    pycurl.E_SSL_CONNECT_ERROR: ("TlsFailed", "no trusted TLS connection to {}: check its CA and its name"),
    pycurl.E_PEER_FAILED_VERIFICATION: ("TlsFailed", "no trusted TLS connection to {}: check its CA and its name"),
    pycurl.E_SSL_CIPHER: ("TlsFailed", "no trusted TLS connection to {}: check its CA and its name"),
    pycurl.E_SSL_ISSUER_ERROR: ("TlsFailed", "no trusted TLS connection to {}: check its CA and its name"),
    pycurl.E_SSL_CACERT_BADFILE: ("KubeconfigUnusable", "the certificate authority of {} cannot be used as it is"),
    pycurl.E_SSL_CERTPROBLEM: ("KubeconfigUnusable", "the client certificate for {} cannot be used as it is"),
    pycurl.E_URL_MALFORMAT: ("KubeconfigUnusable", "the API server's address is malformed"),
    pycurl.E_UNSUPPORTED_PROTOCOL: ("NotAnApiServer", "{} does not answer as an API server does"),
    pycurl.E_BAD_CONTENT_ENCODING: ("NotAnApiServer", "{} does not answer as an API server does"),
    pycurl.E_WRITE_ERROR: ("TooLarge", f"{{}} answers with more than {MAX_BYTES >> 20} MiB"),
    pycurl.E_FILESIZE_EXCEEDED: ("TooLarge", f"{{}} answers with more than {MAX_BYTES >> 20} MiB"),
    _E_TOO_LARGE: ("TooLarge", "{} answers with headers beyond all bounds"),
}
