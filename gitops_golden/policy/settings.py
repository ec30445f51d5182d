"""What a delivery's settings are once every layer has had its say, and where each came from: nearest wins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitops_golden.errors import InputError
from gitops_golden.policy.model import Tracking

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops_golden.errors import Location
    from gitops_golden.policy.model import Layer

Value = str | int | Tracking | None

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
    ("preference.name", None),
    ("preference.kind", PREFERENCE_KINDS[0]),
    ("instancetype.name", None),
    ("instancetype.kind", INSTANCETYPE_KINDS[0]),
)
"""Every leaf that a layer may set, in the order of explanations, with the value it has if none does."""


@dataclass(frozen=True, slots=True)
class Kinded:
    """A preference or an instancetype: its name and its kind, cluster-wide or of the VM's namespace."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Settings:
    """How a cluster holds an image.

    ``update`` is None where the lock pins it. ``keep`` is CDI's importsToKeep. ``size`` is a canonical quantity
    of bytes. ``storage_class`` None leaves the class to the cluster's default.
    """

    namespace: str
    update: Tracking | None
    keep: int
    size: str
    storage_class: str | None = None
    preference: Kinded | None = None
    instancetype: Kinded | None = None


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

    A layer that goes back to the built-in is the origin of the built-in's value.
    """
    built_in = dict(BUILT_INS)
    history = {path: [Resolved(path, value, BUILT_IN, None)] for path, value in BUILT_INS}
    for layer in layers:
        for setting in layer:
            value = built_in[setting.path] if setting.value is None else setting.value
            history[setting.path].append(Resolved(setting.path, value, layer.origin, setting.where))
    resolved = []
    for path, given in history.items():
        last = given[-1]
        resolved.append(Resolved(path, last.value, last.origin, last.where, tuple(reversed(given[:-1]))))
    return tuple(resolved)


def resolve(layers: Sequence[Layer]) -> Settings:
    """Return the settings that layers come to, farthest first.

    Raises InputError, located at the image's layer, if none gives the size of the volume: nobody can guess it.
    """
    values = dict(BUILT_INS)
    built_in = dict(BUILT_INS)
    for layer in layers:
        for setting in layer:
            values[setting.path] = built_in[setting.path] if setting.value is None else setting.value
    update, keep = values["update"], values["keep"]
    assert isinstance(keep, int)
    return Settings(
        namespace=_text(values["namespace"]),
        update=update if isinstance(update, Tracking) else None,
        keep=keep,
        size=_size(values["storage.size"], layers),
        storage_class=_optional(values["storage.className"]),
        preference=_kinded(values["preference.name"], values["preference.kind"]),
        instancetype=_kinded(values["instancetype.name"], values["instancetype.kind"]),
    )


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
