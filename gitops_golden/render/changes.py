"""What publishing would change, in the terms of images: two states of every delivery's file, compared.

Equal changes of many clusters are one change: files are compared once per distinct pair.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from gitops_golden.render.manifests import read_manifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gitops_golden.render.manifests import Manifest

State = bytes | None
"""A delivery's file, or None where it has none."""


class Kind(StrEnum):
    """What a change means for consumers."""

    ADD = "add"
    REMOVE = "remove"
    RELEASE = "release"
    HANDOVER = "hand-over"
    MOVE = "move"
    METADATA = "metadata"
    REPAIR = "repair"


@dataclass(frozen=True, slots=True)
class Field:
    """One field that differs, by its dotted path."""

    path: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Change:
    """One change of an image on some clusters. ``digests`` are those before and after; None where there is none."""

    kind: Kind
    image: str
    clusters: tuple[str, ...]
    digests: tuple[str | None, str | None]
    fields: tuple[Field, ...] = ()


def changes(states: Iterable[tuple[str, str, State, State]]) -> tuple[Change, ...]:
    """Return the changes among (cluster, image, file before, file after), sorted by image and kind."""
    alike: dict[tuple[str, State, State], list[str]] = {}
    for cluster, image, before, after in states:
        if before != after:
            alike.setdefault((image, before, after), []).append(cluster)
    merged: dict[Change, list[str]] = {}
    for (image, before, after), clusters in alike.items():
        merged.setdefault(_change(image, before, after), []).extend(clusters)
    found = (replace(change, clusters=tuple(sorted(clusters))) for change, clusters in merged.items())
    return tuple(sorted(found, key=lambda change: (change.image, change.kind, change.clusters)))


def _change(image: str, before: State, after: State) -> Change:
    old = read_manifest(before) if before is not None else None
    new = read_manifest(after) if after is not None else None
    digests = (old.digest if old else None, new.digest if new else None)
    if before is None:
        return Change(Kind.ADD, image, (), digests)
    if after is None:
        return Change(Kind.REMOVE, image, (), digests)
    if old is None or new is None:
        return Change(Kind.REPAIR, image, (), digests)
    return Change(_kind(old, new), image, (), digests, _fields(old, new))


def _kind(old: Manifest, new: Manifest) -> Kind:
    if old.namespace != new.namespace:
        # A cron adopts volumes of its own namespace alone.
        return Kind.MOVE
    if old.cron != new.cron:
        return Kind.HANDOVER
    if old.spec != new.spec:
        # The same name means the same spec, unless somebody edited the file.
        return Kind.REPAIR
    return Kind.RELEASE if old.digest != new.digest else Kind.METADATA


def _fields(old: Manifest, new: Manifest) -> tuple[Field, ...]:
    pairs: list[tuple[str, Mapping[str, Any], Mapping[str, Any]]] = [
        (
            "",
            {"namespace": old.namespace, "attempt": old.attempt},
            {"namespace": new.namespace, "attempt": new.attempt},
        ),
        ("labels.", old.labels, new.labels),
        ("", _flat(old.spec), _flat(new.spec)),
    ]
    return tuple(
        Field(prefix + key, before.get(key), after.get(key))
        for prefix, before, after in pairs
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)
    )


def _flat(value: Mapping[str, Any], prefix: str = "spec.") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, inner in value.items():
        if isinstance(inner, dict):
            flat |= _flat(inner, f"{prefix}{key}.")
        else:
            flat[prefix + key] = inner
    return flat
