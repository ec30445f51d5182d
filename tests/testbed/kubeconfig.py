"""Writes kubeconfig files for clusters that the testbed starts, and opens those that users name."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from tests.testbed.api import Api

if TYPE_CHECKING:
    from pathlib import Path


def write(file: Path, *, name: str, server: str, ca: Path, user: dict[str, str]) -> Path:
    """Write a kubeconfig with one context, called ``name``; JSON is YAML. Return its path."""
    authority = base64.b64encode(ca.read_bytes()).decode()
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": server, "certificate-authority-data": authority}}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
    file.touch(mode=0o600)
    file.write_text(json.dumps(content, indent=1))
    return file


def merge(file: Path, parts: tuple[Path, ...]) -> Path:
    """Write one kubeconfig with the contexts of several that the testbed wrote. Return its path."""
    merged = json.loads(parts[0].read_text())
    for part in parts[1:]:
        content = json.loads(part.read_text())
        for key in ("clusters", "users", "contexts"):
            merged[key] += content[key]
    file.touch(mode=0o600)
    file.write_text(json.dumps(merged, indent=1))
    return file


def connect(file: Path, context: str, *, folder: Path) -> Api:
    """Return a client for one context; keys that stand in the kubeconfig itself are put into ``folder``.

    Raises LookupError for a context that isn't there, or whose user has neither a certificate nor a token.
    """
    config = YAML(typ="safe").load(file)
    found = _named(config["contexts"], "context", context)
    cluster = _named(config["clusters"], "cluster", found["cluster"])
    user = _named(config["users"], "user", found["user"])
    ca = _material(cluster, "certificate-authority", folder / f"{context}-ca.crt")
    if "token" in user:
        return Api(cluster["server"], ca=ca, token=user["token"])
    certificate = _material(user, "client-certificate", folder / f"{context}.crt")
    key = _material(user, "client-key", folder / f"{context}.key")
    return Api(cluster["server"], ca=ca, certificate=(certificate, key))


def _named(entries: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    for entry in entries:
        if entry["name"] == name:
            found: dict[str, Any] = entry[kind]
            return found
    raise LookupError(f"the kubeconfig has no {kind} {name}")


def _material(section: dict[str, Any], key: str, file: Path) -> Path:
    """Return the file that a kubeconfig names, or one made of the data that it carries."""
    if key in section:
        return file.parent / str(section[key])  # an absolute path stays itself
    if f"{key}-data" not in section:
        raise LookupError(f"the kubeconfig has no {key} and no token: the testbed can use only these")
    file.touch(mode=0o600)
    file.write_bytes(base64.b64decode(section[f"{key}-data"]))
    return file
