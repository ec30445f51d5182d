"""Kubeconfig files, merged as kubectl merges them, into what one context needs to be reached.

Runs no credential plugin and opens no connection.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from gitops_golden.errors import InputError, Location
from gitops_golden.fleet.failure import ClusterFailure
from gitops_golden.fleet.shapes import items, mapping, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LARGEST = 128 << 20
"""Bytes of a kubeconfig: some ten times what ten thousand contexts take."""
_CLUSTER_FILES = ("certificate-authority",)
_USER_FILES = ("client-certificate", "client-key", "tokenFile")


@dataclass(frozen=True, slots=True)
class Access:
    """How one context's API server is reached: the kubeconfig's own entries, their file names made absolute.

    ``folder`` is where the user's entry was found: a plugin's relative command starts there. Holds
    credentials, so it has no useful ``repr`` and is never shown.
    """

    context: str
    cluster: Mapping[str, Any]
    user: Mapping[str, Any]
    folder: Path

    def __repr__(self) -> str:
        return f"Access({self.context!r})"

    @property
    def host(self) -> str:
        """The API server's host and port: what a message may show of its address."""
        try:
            address = urlsplit(text(self.cluster, "server"))
            port = address.port
        except ValueError:
            return "a malformed address"
        return f"{address.hostname}:{port}" if port else f"{address.hostname}"


@dataclass(frozen=True, slots=True, repr=False)
class Kubeconfig:
    """All contexts of one or more kubeconfig files; the first file that has a name wins, as with kubectl."""

    files: tuple[Path, ...]
    contexts: Mapping[str, Mapping[str, Any]]
    clusters: Mapping[str, Mapping[str, Any]]
    users: Mapping[str, tuple[Mapping[str, Any], Path]]

    def access(self, context: str) -> Access:
        """Return how to reach a context. Raises ClusterFailure ``NoContext``, which says what is missing."""
        named = ", ".join(str(file) for file in self.files)
        if context not in self.contexts:
            raise ClusterFailure("NoContext", f"no context {context} in {named}")
        cluster = text(self.contexts[context], "cluster")
        user = text(self.contexts[context], "user")
        if not text(self.clusters.get(cluster), "server"):
            what = f"the cluster {cluster or '(none)'} of context {context} has no server in {named}"
            raise ClusterFailure("NoContext", what)
        if user and user not in self.users:
            raise ClusterFailure("NoContext", f"the user {user} of context {context} is not in {named}")
        entry, folder = self.users.get(user, ({}, Path()))
        return Access(context, self.clusters[cluster], entry, folder)


def kubeconfig_files(named: Path | None, environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the files to read: the one named, else those of ``KUBECONFIG``, else the home folder's."""
    if named is not None:
        return (named,)
    listed = tuple(Path(part) for part in environment.get("KUBECONFIG", "").split(os.pathsep) if part)
    return listed or (Path(environment.get("HOME", "~")) / ".kube" / "config",)


def load_kubeconfig(files: Iterable[Path]) -> Kubeconfig:
    """Read and merge kubeconfig files; of several, one that does not exist is passed over, as kubectl does.

    Raises InputError if none exists, or one cannot be read or is no kubeconfig.
    """
    asked = tuple(files)
    found = tuple(file for file in asked if file.exists())
    if not found:
        raise InputError(
            f"no kubeconfig at {', '.join(str(file) for file in asked)}",
            remedy="name one with --kubeconfig, or set KUBECONFIG",
        )
    contexts: dict[str, Mapping[str, Any]] = {}
    clusters: dict[str, Mapping[str, Any]] = {}
    users: dict[str, tuple[Mapping[str, Any], Path]] = {}
    for file in found:
        config, folder = _read(file), file.absolute().parent
        for name, entry in _entries(config, "contexts", "context"):
            contexts.setdefault(name, entry)
        for name, entry in _entries(config, "clusters", "cluster"):
            clusters.setdefault(name, _absolute(entry, _CLUSTER_FILES, folder))
        for name, entry in _entries(config, "users", "user"):
            users.setdefault(name, (_absolute(entry, _USER_FILES, folder), folder))
    return Kubeconfig(found, contexts, clusters, users)


def _read(file: Path) -> Mapping[str, Any]:
    try:
        with file.open("rb") as stream:
            data = stream.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise InputError(f"a kubeconfig has at most {LARGEST >> 20} MiB", where=Location(str(file)))
        config = YAML(typ="safe").load(data)
    except OSError as error:
        what = f"cannot read the kubeconfig: {error.strerror}"
        raise InputError(what, where=Location(str(file))) from error
    except YAMLError as error:
        # The parser's own sentence quotes the text around the mistake, which may be a token.
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        where = Location(str(file), mark.line + 1, mark.column + 1) if mark else Location(str(file))
        raise InputError("the kubeconfig is not valid YAML", where=where) from None
    except (ValueError, RecursionError):  # an impossible date, say, or nesting without end
        raise InputError("the kubeconfig is not valid YAML", where=Location(str(file))) from None
    if not isinstance(config, dict):
        raise InputError("this is not a kubeconfig", where=Location(str(file)))
    return config


def _entries(config: Mapping[str, Any], list_: str, item: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    return [(text(entry, "name"), mapping(entry, item)) for entry in items(config, list_) if text(entry, "name")]


def _absolute(entry: Mapping[str, Any], keys: tuple[str, ...], folder: Path) -> Mapping[str, Any]:
    return {**entry, **{key: str(folder / text(entry, key)) for key in keys if text(entry, key)}}
