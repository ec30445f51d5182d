"""A registry that answers as a test scripts it, for what no sound server shows."""

from __future__ import annotations

import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self

from tests.testbed.pki import Authority

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Request:
    """What came in. Header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Reply:
    """What goes out; ``length`` is what Content-Length claims, the body's own unless told."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    length: int | None = None


class FaultyRegistry:
    """Serves ``script(request)``; a context manager. ``requests`` is what came in so far.

    With a ``folder`` for its certificate it speaks TLS, and ``ca`` proves it.
    """

    def __init__(self, script: Callable[[Request], Reply], *, folder: Path | None = None) -> None:
        self.requests: list[Request] = []
        self.ca: Path | None = None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(script, self.requests))
        self._server.daemon_threads = True
        if folder:
            authority = Authority("faulty ca")
            self.ca = folder / "faulty-ca.crt"
            self.ca.write_bytes(authority.certificate)
            certificate, key = authority.server("faulty", ("127.0.0.1",)).write(folder, "faulty")
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(script: Callable[[Request], Reply], seen: list[Request]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            request = Request(self.command, self.path, {name.lower(): value for name, value in self.headers.items()})
            seen.append(request)
            # A client may have had enough.
            with suppress(ConnectionError):
                self._send(script(request))
            self.close_connection = True

        def _send(self, reply: Reply) -> None:
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body) if reply.length is None else reply.length))
            self.send_header("Connection", "close")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(reply.body)

        do_HEAD = do_GET  # noqa: N815 - the base class calls them so

        def log_message(self, *_: object) -> None:
            """Say nothing: the test looks at ``requests``."""

    return Handler
