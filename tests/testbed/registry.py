"""Image registries for tests: the real distribution server, with TLS and passwords if wanted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Self

import bcrypt
import requests

from tests.testbed.binaries import find_binaries
from tests.testbed.containerdisk import DOCKER, OCI, Blob
from tests.testbed.pki import Authority
from tests.testbed.ports import HOST, reserve
from tests.testbed.processes import Process, Scratch, await_ready

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.testbed.binaries import Binaries
    from tests.testbed.containerdisk import Image

READY_SECONDS = 30.0
REQUEST_SECONDS = 30.0
MANIFESTS = f"{OCI.index}, {OCI.manifest}, {DOCKER.index}, {DOCKER.manifest}"


class ReachableRegistry:
    """A registry that answers at ``url``, and what fills it. ``address`` is its host:port; ``close`` it."""

    def __init__(self, url: str, *, user: tuple[str, str] | None = None, ca: Path | None = None) -> None:
        """Speak to ``url`` (http or https), as a user with a password, trusting the authority in ``ca``."""
        self.url = url.rstrip("/")
        self.address = self.url.partition("://")[2]
        self.ca = ca
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.auth = user
        if ca:
            self._session.verify = str(ca)

    def push(self, image: Image, repository: str, tag: str = "") -> str:
        """Put an image there, under a tag if one is given; return its digest."""
        for part in image.parts:
            self.push(part, repository)
        for blob in image.blobs:
            self._push_blob(repository, blob)
        return self._put_manifest(repository, tag or image.digest, image.manifest)

    def tag(self, repository: str, tag: str, digest: str) -> None:
        """Make a tag name a digest that is there, whatever it named before."""
        answer = self._request("GET", f"{repository}/manifests/{digest}", headers={"Accept": MANIFESTS})
        self._put_manifest(repository, tag, Blob(answer.headers["Content-Type"], answer.content))

    def digest(self, repository: str, reference: str) -> str:
        """Return what a tag (or digest) names, as the server says it."""
        answer = self._request("HEAD", f"{repository}/manifests/{reference}", headers={"Accept": MANIFESTS})
        return answer.headers["Docker-Content-Digest"]

    def delete_manifest(self, repository: str, digest: str) -> None:
        """Remove a manifest, and with it every tag that names it."""
        self._request("DELETE", f"{repository}/manifests/{digest}")

    def close(self) -> None:
        """Close its connections."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _push_blob(self, repository: str, blob: Blob) -> None:
        upload = self._request("POST", f"{repository}/blobs/uploads/").headers["Location"]
        self._request(
            "PUT",
            upload,
            content=blob.content,
            headers={"Content-Type": "application/octet-stream"},
            parameters={"digest": blob.digest},
        )

    def _put_manifest(self, repository: str, reference: str, manifest: Blob) -> str:
        answer = self._request(
            "PUT",
            f"{repository}/manifests/{reference}",
            content=manifest.content,
            headers={"Content-Type": manifest.media_type},
        )
        return answer.headers["Docker-Content-Digest"]

    def _request(
        self,
        method: str,
        place: str,
        *,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send one request, to a path below /v2/ or a whole URL. Raises requests.HTTPError."""
        response = self._session.request(
            method,
            place if place.startswith("http") else f"{self.url}/v2/{place}",
            data=content,
            headers=dict(headers or {}),
            params=dict(parameters or {}),
            timeout=REQUEST_SECONDS,
        )
        response.raise_for_status()
        return response


class Registry(ReachableRegistry):
    """A registry server of our own; a context manager. It can ``stop`` and ``start`` until ``close`` ends it.

    ``htpasswd`` maps users to passwords; then nobody else may read either. With ``tls``, ``ca`` proves it.
    """

    def __init__(
        self,
        *,
        htpasswd: Mapping[str, str] | None = None,
        tls: bool = False,
        binaries: Binaries | None = None,
    ) -> None:
        """Prepare a registry without images."""
        self._binary = (binaries or find_binaries()).path("registry")
        self._scratch = Scratch("gitops-golden-registry")
        self.data = self._scratch.path
        self._port = reserve()
        self._process: Process | None = None
        super().__init__(
            f"{'https' if tls else 'http'}://{HOST}:{self._port.number}",
            user=next(iter(htpasswd.items())) if htpasswd else None,
            ca=self.data / "ca.crt" if tls else None,
        )
        self._write_files(htpasswd or {})

    @property
    def pids(self) -> tuple[int, ...]:
        """The numbers of the processes that run for it now."""
        return (self._process.pid,) if self._process and self._process.running else ()

    def start(self) -> Self:
        """Start it, at the same address and with the same images as before; return once it answers.

        Raises StartError, and then it is closed.
        """
        self._process = Process(
            [self._binary, "serve", self.data / "config.json"],
            log=self.data / "registry.log",
            environment={"OTEL_TRACES_EXPORTER": "none"},  # else it looks for a collector to send traces to
        )
        try:
            await_ready(self._answers, [self._process], seconds=READY_SECONDS)
        except BaseException:
            self.close()
            raise
        return self

    def stop(self) -> None:
        """Refuse connections until ``start``; its images are kept."""
        if self._process:
            self._process.stop()
            self._process = None

    def close(self) -> None:
        """End it and let go of its data. It can't be started again."""
        self.stop()
        super().close()
        self._port.release()
        self._scratch.remove()

    def __enter__(self) -> Self:
        return self.start()

    def _write_files(self, htpasswd: Mapping[str, str]) -> None:
        folder = self.data
        http: dict[str, Any] = {"addr": self.address}
        config: dict[str, Any] = {
            "version": "0.1",
            "log": {"level": "error", "accesslog": {"disabled": True}},
            "storage": {
                "filesystem": {"rootdirectory": str(folder / "data")},
                "delete": {"enabled": True},
                "maintenance": {"uploadpurging": {"enabled": False}},
            },
            "http": http,
        }
        if self.ca:
            authority = Authority("registry ca")
            self.ca.write_bytes(authority.certificate)
            certificate, key = authority.server("registry", (HOST,)).write(folder, "server")
            http["tls"] = {"certificate": str(certificate), "key": str(key)}
        if htpasswd:
            lines = [f"{user}:{_hashed(password)}\n" for user, password in htpasswd.items()]
            (folder / "htpasswd").write_text("".join(lines))
            config["auth"] = {"htpasswd": {"realm": "testbed", "path": str(folder / "htpasswd")}}
        (folder / "config.json").write_text(json.dumps(config))

    def _answers(self) -> bool:
        try:
            return self._session.get(f"{self.url}/v2/", timeout=REQUEST_SECONDS).ok
        except requests.ConnectionError:
            return False


def _hashed(password: str) -> str:
    """Return bcrypt's hash, of the least cost: nobody attacks these."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(rounds=4)).decode()
