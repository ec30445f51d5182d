"""An HTTP proxy that servers are reached through: it opens tunnels (CONNECT), to who has its password if it has one."""

from __future__ import annotations

import base64
import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self

from tests.testbed.ports import HOST

if TYPE_CHECKING:
    from collections.abc import Mapping

CHUNK = 1 << 16
SECONDS = 10.0


class Tunnel:
    """Serves at ``address``, ``host:port``; a context manager. ``opened`` is where tunnels led to.

    ``login`` is ``user:password``. ``names`` says where a name leads, which only this proxy knows.
    """

    def __init__(self, *, login: str = "", names: Mapping[str, tuple[str, int]] | None = None) -> None:
        self.opened: list[str] = []
        self.authorization = f"Basic {base64.b64encode(login.encode()).decode()}" if login else ""
        self.names = names or {}
        self._server = _Server((HOST, 0), _Handler)
        self._server.tunnel = self
        self.address = f"{HOST}:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    tunnel: Tunnel


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_CONNECT(self) -> None:
        tunnel = self.server.tunnel
        self.close_connection = True
        if tunnel.authorization and self.headers.get("Proxy-Authorization") != tunnel.authorization:
            self.send_response(407)
            self.send_header("Proxy-Authenticate", 'Basic realm="tunnel"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        tunnel.opened.append(self.path)
        host, _, port = self.path.rpartition(":")
        with socket.create_connection(tunnel.names.get(self.path, (host, int(port))), timeout=SECONDS) as far:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=_pass_on, args=(far, self.connection), daemon=True)
            back.start()
            _pass_on(self.connection, far)
            back.join(SECONDS)

    def log_message(self, *_: object) -> None:
        """Say nothing: tests look at ``opened``."""


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    """Hand over what comes until it ends, and the end too."""
    with suppress(OSError):
        while data := source.recv(CHUNK):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
