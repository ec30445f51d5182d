"""Fields that differ between two states of one object: by the policy's name for each, with when it takes effect."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from gitops_golden.render.cdi import ATTEMPT_ANNOTATION, BINDING_ANNOTATION, DIGEST_ANNOTATION, FLEET_LABEL, OWNER_LABEL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitops_golden.render.manifests import Manifest


class Effect(StrEnum):
    """When a cluster acts on a field.

    ``VOLUME`` are fields of the volume: the one that a new cron adopts stays as it is (measured on CDI), so they wait
    for the next release, or for that volume to be dropped. ``WITH_IT`` is what waits for an import where the same
    change brings that import along.
    """

    NOW = "at-once"
    IMPORT = "next-import"
    VOLUME = "next-volume"
    WITH_IT = "this-import"


@dataclass(frozen=True, slots=True)
class Field:
    """One field that differs, by its dotted path in the object and by the policy's name."""

    path: str
    before: object
    after: object
    setting: str
    effect: Effect = Effect.NOW


_TEMPLATE: Final = "spec.template.spec."
_SPEC: Final = MappingProxyType(
    {
        "spec.schedule": ("update", Effect.NOW),
        "spec.importsToKeep": ("keep", Effect.NOW),
        "spec.retentionPolicy": ("retention", Effect.NOW),
        "spec.garbageCollect": ("garbageCollect", Effect.NOW),
        f"{_TEMPLATE}source.registry.url": ("source", Effect.IMPORT),
        f"{_TEMPLATE}source.registry.pullMethod": ("pullMethod", Effect.IMPORT),
        f"{_TEMPLATE}source.registry.secretRef": ("registry.pullSecret", Effect.IMPORT),
        f"{_TEMPLATE}source.registry.certConfigMap": ("registry.caBundle", Effect.IMPORT),
        f"{_TEMPLATE}storage.resources.requests.storage": ("storage.size", Effect.VOLUME),
        f"{_TEMPLATE}storage.storageClassName": ("storage.className", Effect.VOLUME),
        f"{_TEMPLATE}storage.accessModes": ("storage.accessModes", Effect.VOLUME),
        f"{_TEMPLATE}storage.volumeMode": ("storage.volumeMode", Effect.VOLUME),
    }
)
_METADATA: Final = MappingProxyType(
    {
        "labels.instancetype.kubevirt.io/default-preference": "preference.name",
        "labels.instancetype.kubevirt.io/default-preference-kind": "preference.kind",
        "labels.instancetype.kubevirt.io/default-instancetype": "instancetype.name",
        "labels.instancetype.kubevirt.io/default-instancetype-kind": "instancetype.kind",
        f"annotations.{BINDING_ANNOTATION}": "immediateBinding",
        f"annotations.{ATTEMPT_ANNOTATION}": "attempts",
    }
)
_TOLD_OTHERWISE: Final = frozenset(
    {f"annotations.{DIGEST_ANNOTATION}", f"labels.{OWNER_LABEL}", f"datasource.labels.{OWNER_LABEL}"}
)
"""What says which digest is pinned, and which cron it is: that makes the kind of a change."""


def spec_fields(old: Manifest, new: Manifest) -> tuple[Field, ...]:
    """Return what differs in the specs of two crons of one DataSource."""
    waits = old.digest is None or new.digest is None or old.digest == new.digest
    found = []
    for path, before, after in _differing(_flat(old.spec), _flat(new.spec)):
        setting, effect = _SPEC.get(path, (path, Effect.NOW))
        with_it = effect is not Effect.NOW and not waits
        found.append(Field(path, before, after, setting, Effect.WITH_IT if with_it else effect))
    return tuple(found)


def metadata_fields(old: Manifest, new: Manifest) -> tuple[Field, ...]:
    """Return what differs in labels and annotations of crons and DataSources, but for digest and owner.

    What differs in both alike is told once, of the cron.
    """
    crons = {path: (before, after) for path, before, after in _differing(_metadata(old), _metadata(new))}
    served = _differing(_metadata(old, served=True), _metadata(new, served=True))
    alone = {f"datasource.{path}": (before, after) for path, before, after in served if path not in crons}
    return tuple(
        Field(path, before, after, metadata_setting(path), _effect(path))
        for path, (before, after) in (crons | alone).items()
        if path not in _TOLD_OTHERWISE
    )


def metadata_setting(path: str) -> str:
    """Return the policy's name for a label or an annotation, given as ``labels.KEY`` or ``annotations.KEY``."""
    if path in _METADATA:
        return _METADATA[path]
    return path if path.startswith("datasource.") or path == f"labels.{FLEET_LABEL}" else f"metadata.{path}"


def flat_fields(old: Mapping[str, object], new: Mapping[str, object]) -> tuple[Field, ...]:
    """Return what differs between two maps of facts, each fact named by its key."""
    return tuple(Field(path, before, after, path) for path, before, after in _differing(old, new))


def _effect(path: str) -> Effect:
    return Effect.IMPORT if path == f"annotations.{BINDING_ANNOTATION}" else Effect.NOW


def _metadata(manifest: Manifest, *, served: bool = False) -> dict[str, str]:
    of = manifest.served if served else manifest
    labels = {f"labels.{key}": value for key, value in of.labels.items()}
    return labels | {f"annotations.{key}": value for key, value in of.annotations.items()}


def _differing(old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[tuple[str, object, object]]:
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        if before != after:
            yield key, _frozen(before), _frozen(after)


def _frozen(value: object) -> object:
    """Return a value that can be compared and hashed, whatever somebody wrote into a file."""
    if isinstance(value, list):
        return tuple(map(_frozen, value))
    return json.dumps(value, sort_keys=True, default=str) if isinstance(value, dict) else value


def _flat(value: Mapping[str, Any], prefix: str = "spec.") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, inner in value.items():
        if isinstance(inner, dict) and inner:
            flat |= _flat(inner, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = inner
    return flat
