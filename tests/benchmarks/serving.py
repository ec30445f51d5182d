"""``python -m tests.benchmarks.serving FOLDER SCHEME``: API servers for a published fleet, until stdin is closed.

Every cluster is below a path of its own on one port; its context is in ``FOLDER/kubeconfig.SCHEME``. Answers are framed
as a real API server frames them: in chunks of 2 KiB, or in one piece for who accepts compression.
"""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gitops_golden.cli.wiring import open_fleet
from tests.benchmarks.apis import TOKEN, Apis, Held
from tests.benchmarks.converged import objects_of
from tests.testbed.pki import Authority

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

    from gitops_golden.render.tree import Folder
    from tests.benchmarks.apis import Reply

HOST = "127.0.0.1"
_CHUNK = 2048
_WORDS = {200: b"OK", 401: b"Unauthorized", 404: b"Not Found"}


class Connection(asyncio.Protocol):
    """One client's connection, kept open; requests are answered in their order."""

    def __init__(self, apis: Apis, framed: dict[tuple[int, bool], bytes], others: set[Connection]) -> None:
        self._apis = apis
        self._framed = framed
        self._others = others
        self._received = b""
        self.gone = asyncio.Event()
        self.transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport = transport
        self._others.add(self)

    def connection_lost(self, _: Exception | None) -> None:
        self._others.discard(self)
        self.gone.set()

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            request, self._received = self._received[:end].decode("latin-1"), self._received[end + 4 :]
            line, *lines = request.split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)}
            token = headers.get("authorization", "").removeprefix("Bearer ") or None
            found = self._apis.answer(line.split(" ")[1], token)
            self.transport.write(self._frame(found, gzipped="gzip" in headers.get("accept-encoding", "")))

    def _frame(self, reply: Reply, *, gzipped: bool) -> bytes:
        date = format_datetime(datetime.now(UTC), usegmt=True)
        head = f"Content-Type: {reply.media_type}\r\nCache-Control: no-cache, private\r\nDate: {date}\r\n".encode()
        first = b"HTTP/1.1 %d %b\r\n" % (reply.status, _WORDS[reply.status])
        if len(reply.body) <= _CHUNK:
            return first + head + b"Content-Length: %d\r\n\r\n%b" % (len(reply.body), reply.body)
        # A list is the same reply as long as the fleet stands, and so is its frame.
        asked = (id(reply), gzipped)
        if asked not in self._framed:
            self._framed[asked] = b"".join(_chunked(reply, gzipped=gzipped))
        return first + head + self._framed[asked]


def _chunked(reply: Reply, *, gzipped: bool) -> Iterable[bytes]:
    packed = reply.packed if gzipped else None
    body = packed or reply.body
    if packed:
        yield b"Content-Encoding: gzip\r\n"
    yield b"Transfer-Encoding: chunked\r\n\r\n"
    size = len(body) if gzipped else _CHUNK
    for start in range(0, len(body), size):
        piece = body[start : start + size]
        yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"


@asynccontextmanager
async def serving(apis: Apis, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Serve on a free port, which is yielded."""
    framed: dict[tuple[int, bool], bytes] = {}
    connections: set[Connection] = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(apis, framed, connections), HOST, 0, ssl=context, backlog=1024)
    async with server:
        port: int = server.sockets[0].getsockname()[1]
        yield port
        for connection in tuple(connections):
            connection.transport.abort()
            await connection.gone.wait()


def identity(folder: Path) -> tuple[ssl.SSLContext, str]:
    """Return what a server proves itself with, and the certificate of its authority as kubeconfigs hold it."""
    authority = Authority("bench authority")
    certificate, key = authority.server("bench", (HOST,)).write(folder, "server")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, base64.b64encode(authority.certificate).decode()


def kubeconfig(addresses: Mapping[str, str], authority: str = "") -> str:
    """Return a kubeconfig with a context for each cluster, in YAML as kubectl writes it; ``authority`` in base64."""
    trust = f"    certificate-authority-data: {authority}\n" if authority else ""
    return "".join(
        (
            "apiVersion: v1\nkind: Config\npreferences: {}\nclusters:\n",
            *(f"- cluster:\n{trust}    server: {address}\n  name: {name}\n" for name, address in addresses.items()),
            "contexts:\n",
            *(f"- context:\n    cluster: {name}\n    user: verifier\n  name: {name}\n" for name in addresses),
            f"users:\n- name: verifier\n  user:\n    token: {TOKEN}\n",
        )
    )


def held_by(folders: Iterable[tuple[str, Folder]]) -> Mapping[str, Held]:
    """Return what each cluster holds; those with the same folder share it."""
    known: dict[int, Held] = {}
    clusters: dict[str, Held] = {}
    for path, folder in folders:
        if id(folder) not in known:
            known[id(folder)] = Held(list(objects_of(file.content for file in folder.files)))
        clusters[path.rpartition("/")[2]] = known[id(folder)]
    return clusters


async def main(folder: Path, scheme: str) -> None:
    """Serve, say on which port, and end with stdin."""
    apis = Apis(held_by(open_fleet(folder / "fleet").tree.folders))
    context, authority = identity(folder) if scheme == "https" else (None, "")
    async with serving(apis, context) as port:
        addresses = {name: f"{scheme}://{HOST}:{port}/{name}" for name in apis.clusters}
        (folder / f"kubeconfig.{scheme}").write_text(kubeconfig(addresses, authority))
        print(json.dumps({"port": port}), flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
