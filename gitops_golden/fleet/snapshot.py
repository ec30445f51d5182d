"""One recorded observation: written where a cluster can be reached, read where it can't; no Secrets."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, timedelta
from json import JSONDecodeError
from typing import Any

from gitops_golden import documents
from gitops_golden.errors import InputErrors, Location, Problem
from gitops_golden.fleet.jsontext import parse_json
from gitops_golden.fleet.observation import Observation, Server, Unread
from gitops_golden.fleet.shapes import instant, items, mapping, text
from gitops_golden.fleet.snapshot_shape import API_VERSION, KIND, LARGE, LIMITS, problems


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
    if observation.skew is not None:
        document["clockSkewSeconds"] = observation.skew.total_seconds()
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
        source=file,
        skew=timedelta(seconds=mapping(value)["clockSkewSeconds"]) if "clockSkewSeconds" in mapping(value) else None,
    )


def _value(data: bytes, file: str) -> object:
    # JSON is YAML too, but its own parser is far faster; where it fails, the slow one tells the place.
    if len(data) <= LIMITS.size and data.lstrip()[:1] == b"{":
        try:
            return parse_json(data)
        except JSONDecodeError as error:
            if len(data) > LARGE:
                where = Location(file, error.lineno, error.colno)
                raise InputErrors([Problem(f"not JSON: {error.msg}", where)]) from None
    return documents.as_data(documents.parse_one(data, file, LIMITS))
