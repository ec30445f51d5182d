"""Where importers and pollers get images from: a real registry, or a script's word that any image is fine."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
from typing import TYPE_CHECKING, Protocol

import requests

from tests.testbed.api import path

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.api import Api

INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
SECONDS = 10


class Images(Protocol):
    """Answers for a url as a cron or a DataVolume has it; ``secret`` names a Secret of ``namespace``, or nothing."""

    def check(self, url: str, namespace: str, secret: str, architecture: str) -> str:
        """Return why the disk can't be had, or nothing."""

    def digest_of(self, url: str, namespace: str, secret: str) -> str:
        """Return the digest that the url's tag has now, or nothing if that can't be told."""


class AnyImages:
    """Every digest is there, no tag is: what a replay needs, whose digests are made up."""

    def check(self, url: str, namespace: str, secret: str, architecture: str) -> str:
        """Find nothing wrong."""
        return ""

    def digest_of(self, url: str, namespace: str, secret: str) -> str:
        """Know no tag."""
        return ""


class BrokenImageError(Exception):
    """An image that can't be fetched, or isn't what was asked for; its text is what an importer would say."""


class RegistryImages:
    """Fetches from real registries over HTTP, or HTTPS with ``ca``, with the credentials of the cluster's Secrets."""

    def __init__(self, api: Api, *, ca: Path | None = None, architecture: str = "amd64") -> None:
        self._api = api
        self._ca = ca
        self._architecture = architecture

    def check(self, url: str, namespace: str, secret: str, architecture: str) -> str:
        """Fetch the manifest and see that its bytes have the digest and that its image holds a disk file."""
        try:
            with self._session(namespace, secret) as session:
                self._check(session, url, architecture or self._architecture)
        except BrokenImageError as error:
            return str(error)
        return ""

    def digest_of(self, url: str, namespace: str, secret: str) -> str:
        """Return the digest of the manifest that the registry serves for the url's tag."""
        try:
            with self._session(namespace, secret) as session:
                raw, _ = self._manifest(session, url)
        except BrokenImageError:
            return ""
        return f"sha256:{hashlib.sha256(raw).hexdigest()}"

    def _session(self, namespace: str, secret: str) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        session.verify = str(self._ca) if self._ca else True
        if secret:
            found = self._api.find(path("v1", "secrets", namespace, secret))
            if found is None:
                session.close()
                raise BrokenImageError(f'secret "{secret}" not found')
            data = found.get("data", {})
            user, password = (base64.b64decode(data.get(key, "")).decode() for key in ("accessKeyId", "secretKey"))
            session.auth = (user, password)
        return session

    def _check(self, session: requests.Session, url: str, architecture: str) -> None:
        raw, kind = self._manifest(session, url)
        _, reference = _split(url)
        if reference.startswith("sha256:") and f"sha256:{hashlib.sha256(raw).hexdigest()}" != reference:
            raise BrokenImageError(f"manifest of {url} has another digest")
        manifest = json.loads(raw)
        if kind in INDEXES:
            wanted = {"os": "linux", "architecture": architecture}
            chosen = [
                item["digest"] for item in manifest["manifests"] if wanted.items() <= item.get("platform", {}).items()
            ]
            if not chosen:
                raise BrokenImageError(f"no image found in manifest list for architecture {architecture}, OS linux")
            raw, _ = self._manifest(session, url, chosen[0])
            manifest = json.loads(raw)
        disks = [name for layer in manifest["layers"] for name in self._files(session, url, layer["digest"])]
        if not disks:
            raise BrokenImageError("0 files found in directory disk")

    def _manifest(self, session: requests.Session, url: str, digest: str = "") -> tuple[bytes, str]:
        root, named = _split(url)
        reference = digest or named
        accept = ", ".join(INDEXES + MANIFESTS)
        answer = self._get(session, f"{root}/manifests/{reference}", {"Accept": accept})
        if not answer.ok:
            raise BrokenImageError(_reading(url, reference, answer))
        return answer.content, answer.headers.get("Content-Type", "")

    def _files(self, session: requests.Session, url: str, digest: str) -> list[str]:
        answer = self._get(session, f"{_split(url)[0]}/blobs/{digest}", {})
        if not answer.ok:
            raise BrokenImageError(f"unable to read blob {digest}: {answer.status_code}")
        with tarfile.open(fileobj=io.BytesIO(answer.content)) as layer:
            return [item.name for item in layer if item.isfile() and item.name.removeprefix("./").startswith("disk/")]

    def _get(self, session: requests.Session, place: str, headers: dict[str, str]) -> requests.Response:
        scheme = "https" if self._ca else "http"
        try:
            return session.get(f"{scheme}://{place}", headers=headers, timeout=SECONDS)
        except requests.RequestException as error:
            raise BrokenImageError(f"failed to connect to container registry: {error}") from error


def _split(url: str) -> tuple[str, str]:
    """Return the repository's place in the distribution API and the tag or digest."""
    name = url.removeprefix("docker://")
    repository, _, reference = name.partition("@")
    if not reference:
        head, _, tail = repository.rpartition("/")
        image, _, reference = tail.partition(":")
        repository, reference = f"{head}/{image}", reference or "latest"
    host, _, rest = repository.partition("/")
    return f"{host}/v2/{rest}", reference


def _reading(url: str, reference: str, answer: requests.Response) -> str:
    repository = url.removeprefix("docker://").partition("@")[0]
    try:
        code = answer.json()["errors"][0]["message"]
    except (requests.JSONDecodeError, KeyError, IndexError):
        code = f"status {answer.status_code}"
    return f"failed to connect to container registry: reading manifest {reference} in {repository}: {code}"
