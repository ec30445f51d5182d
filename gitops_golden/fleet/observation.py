"""What one cluster holds, as read at one time, or why it could not be read.

Values only: readers make them, verify judges them. The objects are as the API server serves them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gitops_golden.fleet.shapes import mapping

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

FORBIDDEN = "Forbidden"
NOT_RECORDED = "NotRecorded"
_RECORDED = frozenset({"SnapshotMissing", "SnapshotUnreadable", "SnapshotTwice", "SnapshotStale", "SnapshotFromFuture"})


def recorded(reason: str) -> bool:
    """Whether a cluster is unreachable for its snapshot, so that no API server was asked."""
    return reason in _RECORDED


def identity(obj: object) -> tuple[str, str, str]:
    """Return kind, namespace (empty for a cluster-scoped object) and name; empty where they are missing."""
    # Written out: a fleet's verification asks this some ten million times.
    found = obj if isinstance(obj, dict) else mapping(obj)
    metadata = found.get("metadata")
    if not isinstance(metadata, dict):
        metadata = mapping(metadata)
    kind, namespace, name = found.get("kind"), metadata.get("namespace"), metadata.get("name")
    return (
        kind if isinstance(kind, str) else "",
        namespace if isinstance(namespace, str) else "",
        name if isinstance(name, str) else "",
    )


@dataclass(frozen=True, slots=True)
class Server:
    """The API server: its own version (``v1.36.0``) and the UID of kube-system, by which a cluster is known.

    Either is empty where it could not be read.
    """

    version: str
    uid: str


@dataclass(frozen=True, order=True, slots=True)
class Unread:
    """A kind that exists and could not be listed: what is there is unknown, which is not nothing.

    ``namespace`` is empty for a cluster-wide list. ``reason`` is stable and CamelCase: ``Forbidden``, or what
    the API server called its failure.
    """

    kind: str
    namespace: str
    reason: str


@dataclass(frozen=True, slots=True)
class Observation:
    """What one cluster held at ``read_at`` (UTC), its objects sorted by kind, namespace and name.

    ``absent_kinds`` are those the API server does not know: CDI is not installed, or there are no snapshots.
    ``namespaces`` are those that were asked for; ``None`` if that was not recorded. ``source`` is what it was read
    from, for people; ``skew`` how far the API server's clock was ahead of ours, if it told; ``versions`` the resource
    version of each list, by kind and namespace, from which changes can be followed. Two observations of the same
    state compare equal, in whatever order and from wherever they were read.
    """

    cluster: str
    read_at: datetime
    server: Server | None
    objects: tuple[Mapping[str, Any], ...]
    unread: tuple[Unread, ...] = ()
    absent_kinds: frozenset[str] = frozenset()
    namespaces: frozenset[str] | None = None
    source: str = field(default="", compare=False)
    skew: timedelta | None = None
    versions: Mapping[tuple[str, str], str] = field(default_factory=dict, repr=False, compare=False)
    _index: dict[str, dict[str, dict[str, Mapping[str, Any]]]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        # Worked out once: in a large fleet there are millions of objects.
        found = [identity(obj) for obj in self.objects]
        order = sorted(range(len(found)), key=found.__getitem__)
        object.__setattr__(self, "objects", tuple(self.objects[place] for place in order))
        object.__setattr__(self, "unread", tuple(sorted(self.unread)))
        for place, obj in zip(order, self.objects, strict=True):
            kind, namespace, name = found[place]
            self._index.setdefault(kind, {}).setdefault(namespace, {})[name] = obj

    def get(self, kind: str, namespace: str, name: str) -> Mapping[str, Any] | None:
        """Return one object; the namespace of a cluster-scoped one is empty."""
        return self._index.get(kind, {}).get(namespace, {}).get(name)

    def list(self, kind: str, namespace: str | None = None) -> tuple[Mapping[str, Any], ...]:
        """Return the objects of a kind, in one namespace or in all, sorted by namespace and name."""
        found = self._index.get(kind, {})
        chosen = found.values() if namespace is None else (found.get(namespace, {}),)
        return tuple(obj for names in chosen for obj in names.values())

    def why_unread(self, kind: str, namespace: str = "") -> str | None:
        """Return why objects of this kind and namespace are not known; ``None`` if all of them were read.

        ``NotRecorded`` is a namespace that nobody asked for when the cluster was read.
        """
        for gap in self.unread:
            if gap.kind == kind and gap.namespace in ("", namespace):
                return gap.reason
        asked = not namespace or self.namespaces is None or namespace in self.namespaces
        return None if asked else NOT_RECORDED


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A cluster that could not be read at all: never converged, never broken, simply not known.

    ``reason`` is stable and CamelCase, ``message`` is for people and holds nothing secret. ``last_known``
    (UTC) is when the cluster was last read, if that is known.
    """

    cluster: str
    reason: str
    message: str
    last_known: datetime | None = None


Observed = Observation | Unreachable
