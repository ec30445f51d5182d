"""What made a delivery as it is: from a property of its shape to the setting behind it, to the line that set it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from gitops_golden.plan.compile import layers_of
from gitops_golden.policy.metadata import DEFAULTS
from gitops_golden.policy.settings import BUILT_IN, trace
from gitops_golden.render.cdi import BINDING_ANNOTATION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gitops_golden.errors import Location
    from gitops_golden.guardrails.reads import Path
    from gitops_golden.policy.model import Cluster, Image, Policy
    from gitops_golden.policy.settings import Resolved

REGISTRY: Final = "registry"
"""Stands for what the policy says of its registry as a whole."""
_SOURCE: Final = ("cron", "spec", "template", "spec", "source", "registry")
_STORAGE: Final = ("cron", "spec", "template", "spec", "storage")
_SETTINGS: Final[Mapping[Path, str]] = {
    ("namespace",): "namespace",
    ("update",): "update",
    ("keep",): "keep",
    ("storage", "size"): "storage.size",
    ("storage", "bytes"): "storage.size",
    ("storage", "className"): "storage.className",
    ("storage", "accessModes"): "storage.accessModes",
    ("storage", "volumeMode"): "storage.volumeMode",
    ("pullMethod",): "pullMethod",
    ("garbageCollect",): "garbageCollect",
    ("retention",): "retention",
    ("immediateBinding",): "immediateBinding",
    ("architecture",): "architectures",
    ("dataSource",): "architectures",
    ("preference", "kind"): "preference.kind",
    ("preference", "name"): "preference.name",
    ("instancetype", "kind"): "instancetype.kind",
    ("instancetype", "name"): "instancetype.name",
    ("registry", "mirror"): "registry.mirror",
    ("registry", "url"): "registry.mirror",
    ("registry", "address"): REGISTRY,
    ("registry", "pullSecret"): REGISTRY,
    ("registry", "caConfigMap"): REGISTRY,
    ("metadata", "labels"): "metadata.labels",
    ("metadata", "annotations"): "metadata.annotations",
    ("cron", "spec", "schedule"): "update",
    ("cron", "spec", "importsToKeep"): "keep",
    ("cron", "spec", "retentionPolicy"): "retention",
    ("cron", "spec", "garbageCollect"): "garbageCollect",
    ("cron", "spec", "managedDataSource"): "architectures",
    (*_SOURCE, "url"): "registry.mirror",
    (*_SOURCE, "pullMethod"): "pullMethod",
    (*_SOURCE, "secretRef"): REGISTRY,
    (*_SOURCE, "certConfigMap"): REGISTRY,
    (*_SOURCE, "platform"): "architectures",
    (*_STORAGE, "resources"): "storage.size",
    (*_STORAGE, "storageClassName"): "storage.className",
    (*_STORAGE, "accessModes"): "storage.accessModes",
    (*_STORAGE, "volumeMode"): "storage.volumeMode",
    ("cron", "labels"): "metadata.labels",
    ("cron", "annotations"): "metadata.annotations",
}
"""The setting that decides a property of the shape; what is not here the image itself decides."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Where a property was decided; ``built_in`` if nobody set it, and then the image's place stands for it."""

    where: Location
    built_in: bool = False


@dataclass(slots=True)
class Causes:
    """Finds causes in one policy. Clusters that the same rules match share what their own ``set`` does not say."""

    policy: Policy
    _named: frozenset[str] = field(init=False)
    _known: dict[object, Mapping[str, Resolved]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Note the clusters that an override names, for equal labels do not mean equal treatment there."""
        self._named = frozenset(name for override in self.policy.overrides for name in override.clusters.names)

    def of(self, properties: Iterable[Path], image: Image, cluster: Cluster) -> Cause:
        """Return what decided the first of some properties that a line decided; else the image's place."""
        settings = [setting for path in properties for setting in settings_behind(path)]
        if not settings:
            return Cause(image.where)
        resolved = self._resolved(settings, image, cluster)
        for setting in settings:
            if setting == REGISTRY:
                return Cause(self.policy.where)
            found = resolved.get(setting)
            if found and found.where:
                return Cause(found.where)
        built_in = any(
            setting in resolved and resolved[setting].origin == BUILT_IN and resolved[setting].value is not None
            for setting in settings
        )
        return Cause(image.where, built_in)

    def _resolved(self, settings: list[str], image: Image, cluster: Cluster) -> Mapping[str, Resolved]:
        own = tuple(said for said in cluster.layer.settings if _touches(said.path, settings))
        who = cluster.name if cluster.name in self._named else cluster.labels
        key = (image.name, who, own)
        if key not in self._known:
            alike = replace(cluster, layer=replace(cluster.layer, settings=own))
            self._known[key] = {each.path: each for each in trace(layers_of(self.policy, image, alike))}
        return self._known[key]


def settings_behind(path: Path) -> tuple[str, ...]:
    """Return the settings that decide a property, or those that decide parts of it."""
    if path[:2] == ("cron", "annotations") and path[2:] == (BINDING_ANNOTATION,):
        return ("immediateBinding",)
    if path[:2] == ("cron", "labels") and path[2:] and path[2].startswith(DEFAULTS):
        noun, _, kind = path[2].removeprefix(DEFAULTS).partition("-")
        return (f"{noun}.{kind or 'name'}",)
    for length in range(len(path), 0, -1):
        setting = _SETTINGS.get(path[:length])
        if setting:
            is_map = setting.startswith("metadata.") and len(path) > length
            return (f"{setting}.{path[length]}",) if is_map else (setting,)
    below = (setting for start, setting in _SETTINGS.items() if start[: len(path)] == path)
    return tuple(dict.fromkeys(below)) if path else ()


def _touches(said: str, settings: list[str]) -> bool:
    """Tell whether what a layer says decides one of some settings, be it as a part or as a whole."""
    return any(f"{setting}.".startswith(f"{said}.") or said.startswith(f"{setting}.") for setting in settings)
