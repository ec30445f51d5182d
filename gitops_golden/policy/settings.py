"""What a delivery's settings are once every layer has had its say, and where each came from: nearest wins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitops_golden.errors import InputError
from gitops_golden.policy.model import Tracking

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gitops_golden.errors import Location
    from gitops_golden.policy.model import Layer, Value

BUILT_IN: Final = "built-in"
PINNED: Final = "pinned"
PREFERENCE_KINDS: Final = ("VirtualMachineClusterPreference", "VirtualMachinePreference")
INSTANCETYPE_KINDS: Final = ("VirtualMachineClusterInstancetype", "VirtualMachineInstancetype")

BUILT_INS: Final[tuple[tuple[str, Value], ...]] = (
    ("namespace", "golden-images"),
    ("update", PINNED),
    ("keep", 3),
    ("storage.size", None),
    ("storage.className", None),
    ("storage.accessModes", None),
    ("storage.volumeMode", None),
    ("pullMethod", "pod"),
    ("garbageCollect", "Outdated"),
    ("retention", "All"),
    ("immediateBinding", None),
    ("architectures", None),
    ("registry.mirror", None),
    ("preference.name", None),
    ("preference.kind", PREFERENCE_KINDS[0]),
    ("instancetype.name", None),
    ("instancetype.kind", INSTANCETYPE_KINDS[0]),
)
"""Every leaf that a layer may set, in the order of explanations, with the value it has if none does.

Beside them stand the user's own labels and annotations, a leaf for each key.
"""
LABELS: Final = "metadata.labels"
ANNOTATIONS: Final = "metadata.annotations"
OPEN: Final = (LABELS, ANNOTATIONS)
"""Paths of maps whose keys the user chooses; set to None as a whole, all that was said before is forgotten."""
_BUILT_IN: Final = dict(BUILT_INS)


@dataclass(frozen=True, slots=True)
class Kinded:
    """A preference or an instancetype: its name and its kind, cluster-wide or of the VM's namespace."""

    name: str
    kind: str


Texts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """How a cluster holds an image.

    ``update`` is None where the lock pins it. ``keep`` is CDI's importsToKeep. ``size`` is a canonical quantity
    of bytes. ``storage_class`` None leaves the class to the cluster's default, as ``access_modes`` and ``volume_mode``
    are left to the class. ``architectures`` empty is one volume for whatever the cluster runs. ``mirror`` stands for
    the registry's address. ``labels`` and ``annotations`` are the user's own, sorted.
    """

    namespace: str
    update: Tracking | None
    keep: int
    size: str
    storage_class: str | None = None
    preference: Kinded | None = None
    instancetype: Kinded | None = None
    access_modes: tuple[str, ...] = ()
    volume_mode: str | None = None
    pull_method: str = "pod"
    garbage_collect: str = "Outdated"
    retention: str = "All"
    immediate_binding: bool | None = None
    architectures: tuple[str, ...] = ()
    mirror: str | None = None
    labels: Texts = ()
    annotations: Texts = ()


@dataclass(frozen=True, slots=True)
class Resolved:
    """One setting: its dotted path, its value, who set it and where, and what it overrode.

    ``where`` is None for a built-in. ``overrode`` has the nearest first and ends with the built-in.
    """

    path: str
    value: Value
    origin: str
    where: Location | None
    overrode: tuple[Resolved, ...] = ()


def trace(layers: Sequence[Layer]) -> tuple[Resolved, ...]:
    """Return every setting with its history, in the order of ``BUILT_INS``; ``layers`` come farthest first.

    A layer that goes back to the built-in is the origin of the built-in's value. The user's labels and annotations
    follow, sorted; one that was taken back has the value None.
    """
    history = {path: [Resolved(path, value, BUILT_IN, None)] for path, value in BUILT_INS}
    chosen: dict[str, list[Resolved]] = {}
    for layer in layers:
        for setting in layer:
            if setting.path in history:
                value = _BUILT_IN[setting.path] if setting.value is None else setting.value
                history[setting.path].append(Resolved(setting.path, value, layer.origin, setting.where))
            elif setting.path in OPEN:
                for path, before in chosen.items():
                    if path.startswith(f"{setting.path}."):
                        before.append(Resolved(path, None, layer.origin, setting.where))
            else:
                own = Resolved(setting.path, setting.value, layer.origin, setting.where)
                chosen.setdefault(setting.path, []).append(own)
    resolved = []
    for given in (*history.values(), *(chosen[path] for path in sorted(chosen))):
        last = given[-1]
        resolved.append(Resolved(last.path, last.value, last.origin, last.where, tuple(reversed(given[:-1]))))
    return tuple(resolved)


def resolve(layers: Sequence[Layer]) -> Settings:
    """Return the settings that layers come to, farthest first.

    Raises InputError, located at the image's layer, if none gives the size of the volume: nobody can guess it.
    """
    values: dict[str, Value] = dict(_BUILT_IN)
    for layer in layers:
        for setting in layer.settings:
            path, value = setting.path, setting.value
            if value is not None:
                values[path] = value
            elif path in _BUILT_IN:
                values[path] = _BUILT_IN[path]
            else:
                for key in [key for key in values if key == path or (path in OPEN and key.startswith(f"{path}."))]:
                    del values[key]
    update, keep, binding = values["update"], values["keep"], values["immediateBinding"]
    assert isinstance(keep, int)
    assert binding is None or isinstance(binding, bool)
    return Settings(
        namespace=_text(values["namespace"]),
        update=update if isinstance(update, Tracking) else None,
        keep=keep,
        size=_size(values["storage.size"], layers),
        storage_class=_optional(values["storage.className"]),
        preference=_kinded(values["preference.name"], values["preference.kind"]),
        instancetype=_kinded(values["instancetype.name"], values["instancetype.kind"]),
        access_modes=_list(values["storage.accessModes"]),
        volume_mode=_optional(values["storage.volumeMode"]),
        pull_method=_text(values["pullMethod"]),
        garbage_collect=_text(values["garbageCollect"]),
        retention=_text(values["retention"]),
        immediate_binding=binding,
        architectures=_list(values["architectures"]),
        mirror=_optional(values["registry.mirror"]),
        labels=_chosen(values, LABELS),
        annotations=_chosen(values, ANNOTATIONS),
    )


def _chosen(values: Mapping[str, Value], path: str) -> Texts:
    if len(values) == len(_BUILT_IN):
        return ()
    start = f"{path}."
    return tuple(sorted((key[len(start) :], _text(value)) for key, value in values.items() if key.startswith(start)))


def _list(value: Value) -> tuple[str, ...]:
    assert value is None or isinstance(value, tuple)
    return value or ()


def most_kept(keep: int, garbage_collect: str) -> int | None:
    """Return how many volumes CDI keeps at most, None if it collects none; with 0 there is one until it goes."""
    return None if garbage_collect == "Never" else max(keep, 1)


def _text(value: Value) -> str:
    assert isinstance(value, str)
    return value


def _optional(value: Value) -> str | None:
    return None if value is None else _text(value)


def _kinded(name: Value, kind: Value) -> Kinded | None:
    return None if name is None else Kinded(_text(name), _text(kind))


def _size(value: Value, layers: Sequence[Layer]) -> str:
    if value is not None:
        return _text(value)
    image = next((layer for layer in layers if layer.origin.startswith("image ")), None)
    raise InputError(
        f"{image.origin if image else 'the image'} has no storage.size",
        where=image.where if image else None,
        remedy="say how large its volume is there or in defaults, for example storage: {size: 30Gi}",
    )
