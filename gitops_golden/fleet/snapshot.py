"""Recorded observations: written where a cluster can be reached, judged where it can't; no Secrets."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

from gitops_golden import documents
from gitops_golden.errors import GoldenError, InputError, InputErrors, Location
from gitops_golden.fleet.jsontext import parse_json
from gitops_golden.fleet.observation import Observation, Server, Unreachable, Unread
from gitops_golden.fleet.shapes import instant, items, mapping, text
from gitops_golden.fleet.snapshot_shape import API_VERSION, KIND, LIMITS, problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    from gitops_golden.fleet.observation import Observed

SUFFIXES = (".json", ".yaml", ".yml")
# Clocks differ. Beyond that, a time to come would make everything look younger than it is.
CLOCK_SKEW = timedelta(minutes=5)


def write(observation: Observation) -> bytes:
    """Return an observation as a snapshot: JSON, the same bytes for the same observation.

    Raises ValueError if a Secret is among its objects: no reader may ever have asked for one.
    """
    if observation.list("Secret"):
        raise ValueError("a snapshot never holds a Secret")
    read_at = observation.read_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    document: dict[str, Any] = {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"name": observation.cluster},
        "readAt": read_at,
        "absentKinds": sorted(observation.absent_kinds),
        "objects": observation.objects,
        "unread": [asdict(gap) for gap in observation.unread],
    }
    if observation.server:
        document["server"] = asdict(observation.server)
    if observation.namespaces is not None:
        document["namespaces"] = sorted(observation.namespaces)
    return json.dumps(document, indent=1, sort_keys=True, allow_nan=False).encode() + b"\n"


def parse(data: bytes, file: str) -> Observation:
    """Return the observation that a snapshot in JSON or YAML holds.

    Raises InputErrors with every problem, each at its line of ``file``.
    """
    value = _value(data, file)
    if found := problems(value, data, file):
        raise InputErrors(found)
    read_at = instant(value, "readAt")
    assert read_at is not None
    server = mapping(value, "server")
    return Observation(
        cluster=text(value, "metadata", "name"),
        read_at=read_at,
        server=Server(server["version"], server["uid"]) if server else None,
        objects=items(value, "objects"),
        unread=tuple(Unread(**gap) for gap in items(value, "unread")),
        absent_kinds=frozenset(items(value, "absentKinds")),
        namespaces=frozenset(items(value, "namespaces")) if "namespaces" in mapping(value) else None,
    )


def read_folder(folder: Path, clusters: Iterable[str], *, now: datetime) -> Mapping[str, Observed]:
    """Return what the snapshots in ``folder`` say of each cluster, matched by the name in them.

    Not below it, and no dotfiles. A cluster without exactly one readable snapshot is ``Unreachable``, with
    the files named. Raises InputError if the folder cannot be listed.
    """
    read: dict[str, list[tuple[str, Observation]]] = defaultdict(list)
    unreadable: dict[str, list[str]] = defaultdict(list)
    for file in _files(folder):
        try:
            observation = parse(_bytes(file), str(file))
        except GoldenError as error:
            unreadable[file.stem].append(str(error.problems[0]))
        else:
            read[observation.cluster].append((str(file), observation))
    return {
        cluster: _one(cluster, read.get(cluster, []), unreadable.get(cluster, []), folder=folder, now=now)
        for cluster in clusters
    }


def _value(data: bytes, file: str) -> object:
    # JSON is YAML too, but its own parser is far faster; where it fails, the slow one tells the place.
    if len(data) <= LIMITS.size and data.lstrip()[:1] == b"{":
        try:
            return parse_json(data)
        except ValueError:
            pass
    return documents.as_data(documents.parse_one(data, file, LIMITS))


def _one(
    cluster: str, read: list[tuple[str, Observation]], unreadable: list[str], *, folder: Path, now: datetime
) -> Observed:
    if len(read) > 1:
        latest = max(observation.read_at for _, observation in read)
        files = " and ".join(file for file, _ in read)
        return Unreachable(cluster, "SnapshotTwice", f"several snapshots of it: {files}", latest)
    if read:
        file, observation = read[0]
        if observation.read_at > now + CLOCK_SKEW:
            message = f"{file}: read at {observation.read_at.isoformat()}, which is yet to come"
            return Unreachable(cluster, "SnapshotFromFuture", message)
        return observation
    if unreadable:
        return Unreachable(cluster, "SnapshotUnreadable", unreadable[0])
    return Unreachable(cluster, "SnapshotMissing", f"no snapshot of it in {folder}")


def _files(folder: Path) -> list[Path]:
    try:
        found = sorted(folder.iterdir())
    except OSError as error:
        what = f"cannot list the snapshots: {error.strerror}"
        raise InputError(what, where=Location(str(folder))) from error
    return [file for file in found if file.suffix in SUFFIXES and not file.name.startswith(".") and file.is_file()]


def _bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(LIMITS.size + 1)
    except OSError as error:
        what = f"cannot read the snapshot: {error.strerror}"
        raise InputError(what, where=Location(str(file))) from error
