"""Real Git repositories for tests: made and looked into with the git program, served over HTTP by its own backend."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Git:
    """The git program in one repository, untouched by the configuration of who runs the tests."""

    folder: Path

    def __call__(self, *arguments: str, stdin: bytes = b"") -> str:
        """Run git and return what it printed; ``CalledProcessError`` if it fails."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, env=hermetic(), input=stdin, capture_output=True, check=True
        )
        return done.stdout.decode()

    @classmethod
    def made(cls, folder: Path, *, bare: bool = True) -> Git:
        """Return a new, empty repository whose HEAD is ``main``."""
        folder.mkdir(parents=True)
        git = cls(folder)
        git("init", "-q", "-b", "main", *(["--bare"] if bare else []))
        return git

    def clone(self, folder: Path) -> Git:
        """Return a clone with a work tree."""
        self("clone", "-q", str(self.folder), str(folder))
        return Git(folder)

    def commit(self, files: dict[str, bytes], message: str = "theirs", branch: str = "main") -> str:
        """Commit ``files`` on top of a branch, without a work tree; return the commit."""
        tip = self("for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}").strip()
        stream = f"commit refs/heads/{branch}\ncommitter Them <them@x> 1700000000 +0000\n".encode()
        stream += b"data %d\n%b\n" % (len(message), message.encode())
        stream += f"from {tip}\n".encode() if tip else b""
        for path, content in files.items():
            stream += b"M 100644 inline %b\ndata %d\n%b\n" % (path.encode(), len(content), content)
        self("fast-import", "--quiet", stdin=stream)
        return self("rev-parse", branch).strip()

    def files(self, branch: str = "main") -> dict[str, bytes]:
        """Return every file of a branch."""
        listed = self("ls-tree", "-r", "-z", "--format=%(objectname) %(path)", branch).split("\0")
        pairs = [line.split(" ", 1) for line in listed if line]
        return {path: self.blob(oid) for oid, path in pairs}

    def blob(self, oid: str) -> bytes:
        """Return the bytes of a file by id."""
        command = ["git", "cat-file", "blob", oid]
        return subprocess.run(command, cwd=self.folder, env=hermetic(), capture_output=True, check=True).stdout

    def sound(self) -> bool:
        """Whether ``git fsck --strict`` finds nothing wrong."""
        self("fsck", "--strict", "--no-dangling")
        return True


def hermetic() -> dict[str, str]:
    """Return an environment in which git reads no configuration of the machine."""
    return {
        "PATH": os.environ["PATH"],
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": "Them",
        "GIT_AUTHOR_EMAIL": "them@x",
        "GIT_COMMITTER_NAME": "Them",
        "GIT_COMMITTER_EMAIL": "them@x",
    }


@contextmanager
def served(folder: Path, *, login: tuple[str, str] | None = None) -> Iterator[str]:
    """Serve the repositories under ``folder`` for reading and pushing; yield the URL. ``login``: user, password."""

    class Handler(_Backend):
        root = folder
        credentials = login

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Backend(BaseHTTPRequestHandler):
    """``git http-backend`` (a CGI program) behind HTTP."""

    root: Path
    credentials: tuple[str, str] | None
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self._body())

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _answer(self, body: bytes) -> None:
        if self.credentials and not self._known():
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        url = urlsplit(self.path)
        environ = hermetic() | {
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": url.path,
            "QUERY_STRING": url.query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "REMOTE_USER": "somebody",
        }
        done = subprocess.run(["git", "http-backend"], env=environ, input=body, capture_output=True, check=True)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().splitlines())
        self.send_response(int(fields.pop("Status", "200").split()[0]))
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _known(self) -> bool:
        expected = base64.b64encode(":".join(self.credentials or ()).encode()).decode()
        return self.headers.get("Authorization") == f"Basic {expected}"
