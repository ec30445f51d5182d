"""Credentials where container tools keep them: ``auths`` in auth.json of containers or config.json of Docker.

Helpers (``credHelpers``, ``credsStore``) are programs that would have to be run; they are named, not run.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gitops_golden.errors import InputError, Location
from gitops_golden.registry.untrusted import read_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitops_golden.registry.untrusted import Fields

_DOCKER_HUB = "docker.io"
_DOCKER_HUB_KEY = "index.docker.io"


@dataclass(frozen=True, slots=True)
class Credentials:
    """An account at a registry. Its secret is in no repr, so in no traceback."""

    username: str
    password: str = field(repr=False)

    @property
    def basic(self) -> str:
        """The value of an ``Authorization`` header (RFC 7617)."""
        pair = f"{self.username}:{self.password}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"


@dataclass(frozen=True, slots=True)
class Found:
    """What the user's files hold for an address. ``note`` is the advice, should the registry refuse."""

    credentials: Credentials | None = None
    note: str = ""


def find(address: str, environ: Mapping[str, str], home: Path) -> Found:
    """Look for the credentials of ``host[:port][/prefix]``.

    The files are those of podman and docker, the first that has the host wins: ``REGISTRY_AUTH_FILE`` alone
    if it is set, else ``$XDG_RUNTIME_DIR/containers/auth.json``, then ``$DOCKER_CONFIG/config.json`` or
    ``~/.docker/config.json``. Nothing found means anonymous. Raises InputError for a file that is malformed
    or, if named by ``REGISTRY_AUTH_FILE``, missing.
    """
    note = ""
    for path, must_exist in _places(environ, home):
        data = _read(path, must_exist=must_exist)
        if data is None:
            continue
        found = _in_file(read_object(data, str(path)), address)
        if found.credentials:
            return found
        note = note or found.note
    return Found(note=note)


def _places(environ: Mapping[str, str], home: Path) -> Iterator[tuple[Path, bool]]:
    named = environ.get("REGISTRY_AUTH_FILE")
    if named:
        yield Path(named), True
        return
    runtime = environ.get("XDG_RUNTIME_DIR")
    if runtime:
        yield Path(runtime, "containers", "auth.json"), False
    docker = environ.get("DOCKER_CONFIG")
    yield (Path(docker) if docker else home / ".docker") / "config.json", False


def _read(path: Path, *, must_exist: bool) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        if must_exist:
            raise InputError(
                "the file that REGISTRY_AUTH_FILE names does not exist", where=Location(str(path))
            ) from error
        return None
    except OSError as error:
        raise InputError(
            f"the registry credentials cannot be read: {error.strerror}", where=Location(str(path))
        ) from error


def _in_file(fields: Fields, address: str) -> Found:
    # podman keeps accounts per prefix, docker per host and sometimes with a scheme and /v1/ around it.
    auths = fields.optional_nested("auths")
    keys = {_bare(key): key for key in auths.values}
    helpers = {_bare(key) for key in fields.optional_nested("credHelpers").values}
    for candidate in _candidates(address):
        if candidate in helpers:
            return Found(note=_helper_note(candidate, fields.text.name))
        if candidate in keys:
            return _entry(auths.nested(keys[candidate]), candidate)
    if fields.optional_string("credsStore"):
        return Found(note=_helper_note(address, fields.text.name))
    return Found()


def _entry(entry: Fields, host: str) -> Found:
    if entry.optional_string("auth"):
        return Found(_decode(entry))
    if entry.optional_string("username"):
        return Found(Credentials(entry.string("username"), entry.optional_string("password")))
    if entry.has("identitytoken") or entry.has("registrytoken"):
        note = f"{entry.text.name} holds a token for {host}, which is not supported yet: log in with a password"
        return Found(note=note)
    # Docker leaves an empty entry where a helper keeps the secret.
    return Found(note=_helper_note(host, entry.text.name))


def _decode(entry: Fields) -> Credentials:
    try:
        username, colon, password = base64.b64decode(entry.string("auth"), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        # Not chained: what could not be decoded would be shown, and is a secret.
        username, colon, password = "", "", ""
    if not colon:
        raise InputError(
            f"{entry.path}auth is not base64 of user:password",
            where=Location(entry.text.name),
            remedy="log in to the registry again",
        ) from None
    # Docker pads the secret with NULs.
    return Credentials(username, password.rstrip("\0"))


def _helper_note(host: str, file: str) -> str:
    return (
        f"{file} leaves the credentials of {host} to a credential helper, which is not supported yet: "
        f"name a file that holds them in REGISTRY_AUTH_FILE (podman login --authfile FILE {host})"
    )


def _bare(key: str) -> str:
    host = key.removeprefix("https://").removeprefix("http://").rstrip("/")
    return host.removesuffix("/v1").removesuffix("/v2")


def _candidates(address: str) -> Iterator[str]:
    parts = address.strip("/").split("/")
    for length in range(len(parts), 0, -1):
        yield "/".join(parts[:length])
    if parts[0] == _DOCKER_HUB:
        yield _DOCKER_HUB_KEY
