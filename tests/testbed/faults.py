"""A front of a real API server, with a TLS certificate of its own, that misbehaves where it is told to.

What no fault is set for is passed on, watches included. faultkinds.py has the faults.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import struct
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self, TypeAlias
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.testbed.pki import Authority
from tests.testbed.ports import HOST, reserve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from tests.testbed.pki import Pair

UPSTREAM_SECONDS = 30.0
CHUNK = 1 << 16
_HOP_BY_HOP = ("transfer-encoding", "connection", "content-length", "keep-alive")


@dataclass(frozen=True, slots=True)
class Request:
    """What came in. Header names are in lower case."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the real API server answered, read whole."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Exchange:
    """One request and the means to answer it, well or badly."""

    def __init__(self, handler: BaseHTTPRequestHandler, request: Request, front: Front) -> None:
        self.request = request
        self._handler = handler
        self._front = front

    def answer(self) -> Reply:
        """Ask the real server and return what it says."""
        with self._front.asking(self.request) as response:
            headers = tuple((key, value) for key, value in response.getheaders() if key.lower() not in _HOP_BY_HOP)
            return Reply(response.status, headers, response.read())

    def send(self, status: int, headers: Iterable[tuple[str, str]], body: bytes, *, length: int | None = None) -> None:
        """Answer; ``length`` is what Content-Length claims, the body's own unless told."""
        self.begin(status, (*headers, ("Content-Length", str(len(body) if length is None else length))))
        self.write(body)

    def begin(self, status: int, headers: Iterable[tuple[str, str]]) -> None:
        """Send the status line and the headers, as they are."""
        self._handler.send_response_only(status)
        for key, value in headers:
            self._handler.send_header(key, value)
        self._handler.end_headers()

    def write(self, data: bytes) -> None:
        """Send bytes. Raises OSError once the client has gone."""
        self._handler.wfile.write(data)

    def hold(self, seconds: float | None = None) -> bool:
        """Do nothing for a while, or until the front is healed or stopped; return whether it was."""
        return self._front.released.wait(seconds)

    def hang_up(self, *, reset: bool = False) -> None:
        """Let the connection end after this; ``reset`` as if the machine had lost it."""
        self._handler.close_connection = True
        if reset:
            reset_at_close(self._handler.connection)


if TYPE_CHECKING:
    Fault: TypeAlias = Callable[[Exchange], None]
    Where: TypeAlias = Callable[[Request], bool]
    Greeting: TypeAlias = Callable[[socket.socket], ssl.SSLSocket | None]


class Front:
    """Serves at ``address``, proven by the authority in ``ca``; a context manager. ``requests`` is what came in."""

    def __init__(self, upstream: str, *, ca: Path, folder: Path, page: int | None = None) -> None:
        """Stand in front of ``upstream``, which ``ca`` proves; certificates are put into ``folder``.

        ``page`` is how many objects a page of a list has at most; None leaves that to who asks.
        """
        folder.mkdir(exist_ok=True)
        self.authority = Authority("front ca")
        self.ca = folder / "front-ca.crt"
        self.ca.write_bytes(self.authority.certificate)
        self.requests: list[Request] = []
        self.released = threading.Event()
        self._page = page
        self._folder = folder
        self._upstream = urlsplit(upstream)
        self._trust = ssl.create_default_context(cafile=str(ca))
        self._port = reserve()
        self.address = f"https://{HOST}:{self._port.number}"
        self._fault: Fault | None = None
        self._where: Where = _everywhere
        self._honest = self._greeting(self.authority.server("front", (HOST,)))
        self.greet: Greeting = self._honest
        """Makes the TLS side of a new connection, or None if there is none to be had."""
        self._server: _Server | None = None

    def fail(self, fault: Fault, where: Where | None = None) -> None:
        """Answer requests for which ``where`` holds (default: all) with a fault, from now on."""
        self.released.clear()
        self._fault, self._where = fault, where or _everywhere

    def present(self, pair: Pair) -> None:
        """Show another certificate from now on."""
        self.greet = self._greeting(pair)

    def heal(self) -> None:
        """Be honest again, and forget the requests so far."""
        self.released.set()
        self._fault, self._where, self.greet = None, _everywhere, self._honest
        self.requests.clear()

    def listen(self) -> None:
        """Take connections."""
        self._server = _Server(self, self._port.number)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def refuse(self) -> None:
        """Refuse connections until ``listen``."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> Self:
        self.listen()
        return self

    def __exit__(self, *_: object) -> None:
        self.heal()
        self.refuse()
        self._port.release()

    @contextmanager
    def asking(self, request: Request) -> Iterator[http.client.HTTPResponse]:
        """Pass a request on to the real server; yield its response."""
        query = dict(request.query)
        if self._page and "limit" in query:
            query["limit"] = str(self._page)
        url = request.path + (f"?{urlencode(query)}" if query else "")
        headers = {key: value for key, value in request.headers.items() if key not in (*_HOP_BY_HOP, "host")}
        connection = http.client.HTTPSConnection(
            self._upstream.netloc, context=self._trust, timeout=None if "watch" in query else UPSTREAM_SECONDS
        )
        try:
            connection.request("GET", url, headers=headers)
            yield connection.getresponse()
        finally:
            connection.close()

    def meet(self, exchange: Exchange) -> None:
        """Answer one request."""
        self.requests.append(exchange.request)
        if self._fault and self._where(exchange.request):
            self._fault(exchange)
            return
        with self.asking(exchange.request) as response:
            headers = [(key, value) for key, value in response.getheaders() if key.lower() not in _HOP_BY_HOP]
            exchange.begin(response.status, (*headers, ("Transfer-Encoding", "chunked")))
            while data := response.read1(CHUNK):
                exchange.write(b"%x\r\n%b\r\n" % (len(data), data))
            exchange.write(b"0\r\n\r\n")

    def _greeting(self, pair: Pair) -> Greeting:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair.write(self._folder, "front"))
        return lambda connection: context.wrap_socket(connection, server_side=True)


def reset_at_close(connection: socket.socket) -> None:
    """Let a connection end as if the machine behind it had lost it."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _everywhere(request: Request) -> bool:
    return True


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, front: Front, port: int) -> None:
        super().__init__((HOST, port), _Handler)
        self.front = front

    def finish_request(self, request: object, client_address: object) -> None:
        """Shake hands here, in the connection's own thread: a client that is slow at it delays nobody."""
        assert isinstance(request, socket.socket)
        with suppress(OSError, http.client.HTTPException):  # the client has gone, or the server behind
            tls = self.front.greet(request)
            if tls:
                with tls:
                    _Handler(tls, client_address, self)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # a body would wait for the acknowledgement of its head
    server: _Server

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        headers = {key.lower(): value for key, value in self.headers.items()}
        request = Request(address.path, dict(parse_qsl(address.query)), headers)
        self.server.front.meet(Exchange(self, request, self.server.front))

    def log_message(self, *_: object) -> None:
        """Say nothing: tests look at ``requests``."""
