"""Clusters that tell of their changes: a watch per kind and namespace, from where the lists of a reading ended.

What changed is not looked at, only that something did: who is told reads the cluster anew. A server that does not let
us watch is left in peace; so is one whose watches break as soon as they begin.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Final, Protocol

from gitops_golden.fleet.failure import ClusterFailure
from gitops_golden.fleet.jsontext import parse_json
from gitops_golden.fleet.kinds import CLAIM, CRON, DATA_SOURCE, DATA_VOLUME, NAMESPACED, SNAPSHOT
from gitops_golden.fleet.shapes import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gitops_golden.fleet.kinds import Kind
    from gitops_golden.fleet.readers import Target

DECIDING: Final = (CRON, DATA_SOURCE, DATA_VOLUME, CLAIM, SNAPSHOT)
"""The kinds whose changes move an image on; what else a verdict rests on is read again now and then."""
MOST: Final = 256
"""Watches at a time: each is a connection of its own and a thread."""
SECONDS: Final = 300
"""After which a server is asked to end a watch, which then goes on where it was."""
QUIET: Final = 120.0
"""Seconds without even a bookmark, which servers send each minute: the connection is dead."""
SOON: Final = 5.0
"""Seconds: a watch that breaks before that never really began."""
STRIKES: Final = 3
"""So many breaks of that kind, and a cluster is watched no more."""

_OK = 200
# Gone: the place to go on from is too old. The others are about this moment, not about watching.
_PASSING = (401, 404, 408, 410, 429)
_CLIENT_ERRORS = range(400, 500)


class Lines(Protocol):
    """An answer that goes on: its lines, until it ends or somebody closes it."""

    status: int

    def __iter__(self) -> Iterator[bytes]:
        """Yield lines. Raises ClusterFailure if the connection breaks."""

    def close(self) -> None:
        """End it, from any thread."""


class Server(Protocol):
    """What answers with streams, as ``ApiServer`` does."""

    def stream(self, path: str, *, quiet: float, **query: str | int) -> Lines:
        """Open a GET. Raises ClusterFailure."""


@dataclass(slots=True)
class _Followed:
    """One cluster: its watches by kind and namespace, ``None`` for one that is about to open.

    ``started`` counts how often watches were started; ``strikes`` are those starts of which one broke at once.
    """

    target: Target
    watches: dict[tuple[str, str], Lines | None] = field(default_factory=dict)
    started: int = 0
    strikes: set[int] = field(default_factory=set)
    left: Event = field(default_factory=Event)


class Watching:
    """The clusters that are followed. ``told`` is called with a cluster's name from threads of this object."""

    def __init__(self, connect: Callable[[Target], Server], told: Callable[[str], None], *, most: int = MOST) -> None:
        self._connect = connect
        self._told = told
        self._most = most
        self._lock = Lock()
        self._followed: dict[str, _Followed] = {}
        self._refused: set[str] = set()

    def follow(self, target: Target, versions: Mapping[tuple[str, str], str]) -> bool:
        """Follow a cluster from where its lists ended, as far as it is not followed yet; whether that is done.

        It is not if the server refused, or too much is watched already.
        """
        wanted = {key: version for key, version in versions.items() if key[0] in DECIDING and version}
        with self._lock:
            cluster = self._followed.get(target.cluster) or _Followed(target)
            missing = {key: version for key, version in wanted.items() if key not in cluster.watches}
            room = self._most - sum(len(each.watches) for each in self._followed.values())
            if target.cluster in self._refused or not wanted or len(missing) > room:
                return False
            cluster.watches.update(dict.fromkeys(missing))
            cluster.started += bool(missing)
            self._followed[target.cluster] = cluster
        if missing:
            start = (cluster, cluster.started, missing)
            Thread(target=self._begin, args=start, name=f"watch {target.cluster}", daemon=True).start()
        return True

    def leave(self, name: str) -> None:
        """Follow a cluster no longer."""
        with self._lock:
            cluster = self._followed.pop(name, None)
            if cluster is None:
                return
            cluster.left.set()
            watches = [lines for lines in cluster.watches.values() if lines]
        for lines in watches:
            lines.close()

    def close(self) -> None:
        """Follow nothing any more."""
        for name in tuple(self._followed):
            self.leave(name)

    def _begin(self, cluster: _Followed, start: int, missing: Mapping[tuple[str, str], str]) -> None:
        try:
            server = self._connect(cluster.target)
        except ClusterFailure:
            self._broken(cluster, tuple(missing), strike=start)
            return
        for key, version in missing.items():
            Thread(target=self._run, args=(cluster, start, server, key, version), daemon=True).start()

    def _run(self, cluster: _Followed, start: int, server: Server, key: tuple[str, str], version: str) -> None:
        began = time.monotonic()
        try:
            refused = self._watch(cluster, server, key, version)
        except ClusterFailure:
            refused = False
        if refused:
            self._give_up(cluster)
        else:
            self._broken(cluster, (key,), strike=start if time.monotonic() - began < SOON else None)

    def _watch(self, cluster: _Followed, server: Server, key: tuple[str, str], version: str) -> bool:
        """Tell of changes until that is no longer possible; whether the server does not let us watch."""
        path = _path(*key)
        while True:
            began = time.monotonic()
            query: dict[str, str | int] = {"resourceVersion": version, "timeoutSeconds": SECONDS}
            lines = server.stream(path, quiet=QUIET, watch="true", allowWatchBookmarks="true", **query)
            with self._lock:
                cluster.watches[key] = lines
            if cluster.left.is_set():
                lines.close()
            if lines.status != _OK:
                return lines.status in _CLIENT_ERRORS and lines.status not in _PASSING
            for line in lines:
                type_, version = _event(line, version)
                if type_ == "ERROR":
                    return False
                if type_ != "BOOKMARK":
                    self._told(cluster.target.cluster)
            if cluster.left.is_set() or time.monotonic() - began < SOON:
                return False

    def _broken(self, cluster: _Followed, keys: tuple[tuple[str, str], ...], *, strike: int | None) -> None:
        """Forget watches that ended, and tell: what happened meanwhile only a reading shows."""
        with self._lock:
            if cluster.left.is_set():
                return
            for key in keys:
                cluster.watches.pop(key, None)
            if strike is not None:
                cluster.strikes.add(strike)
            hopeless = len(cluster.strikes) >= STRIKES
        if hopeless:
            self._give_up(cluster)
        else:
            self._told(cluster.target.cluster)

    def _give_up(self, cluster: _Followed) -> None:
        """Watch a cluster no more, and tell, so that it is read now and then."""
        name = cluster.target.cluster
        with self._lock:
            if cluster.left.is_set():
                return
            self._refused.add(name)
        self.leave(name)
        self._told(name)


def _path(kind: str, namespace: str) -> str:
    found: Kind = next(each for each in NAMESPACED if each.name == kind)
    return found.path(found.versions[0], namespace)


def _event(line: bytes, version: str) -> tuple[str, str]:
    """Return an event's type, and the resource version to go on from; what is no event is an error."""
    try:
        event = parse_json(line)
    except ValueError:
        return "ERROR", version
    return text(event, "type") or "ERROR", text(event, "object", "metadata", "resourceVersion") or version
