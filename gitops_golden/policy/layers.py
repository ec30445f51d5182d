"""Settings out of nodes: the leaves that ``defaults``, an image, an override or a cluster sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitops_golden.documents import Mapping, Scalar
from gitops_golden.policy import names, quantities, schedules
from gitops_golden.policy.fields import Shape, is_null
from gitops_golden.policy.model import Layer, Setting, Tracking
from gitops_golden.policy.settings import INSTANCETYPE_KINDS, PINNED, PREFERENCE_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Mapping as Map

    from gitops_golden.documents import Node
    from gitops_golden.errors import Location
    from gitops_golden.policy.fields import Reader

    Leaves = Iterator[Setting]

FIELDS: Final = frozenset({"namespace", "update", "keep", "storage", "preference", "instancetype"})
LATER: Final = frozenset({"registry"})
MOST_KEPT: Final = 100
_STORAGE: Final = Shape("storage", frozenset({"size", "className"}), path="storage.")
_UPDATE: Final = Shape("update", frozenset({"tracking"}), ("tracking",), path="update.")
_TRACKING: Final = Shape("update.tracking", frozenset({"schedule"}), ("schedule",), path="update.tracking.")


def layer(reader: Reader, fields: Map[str, Node], origin: str, where: Location) -> Layer:
    """Return what the setting fields among ``fields`` say, in the order of the text."""
    settings: list[Setting] = []
    for name, node in fields.items():
        if name in FIELDS:
            before = len(reader.problems)
            leaves = tuple(_READERS[name](reader, node))
            if len(reader.problems) == before:
                settings += leaves
    return Layer(origin, tuple(settings), where)


def _namespace(reader: Reader, node: Node) -> Leaves:
    value = None if is_null(node) else reader.text(node, "namespace", names.label_name)
    yield Setting("namespace", value, node.where)


def _update(reader: Reader, node: Node) -> Leaves:
    if is_null(node):
        yield Setting("update", None, node.where)
    elif isinstance(node, Mapping):
        tracking = reader.fields(node, _UPDATE).get("tracking")
        schedule = reader.fields(tracking, _TRACKING).get("schedule") if tracking else None
        if schedule:
            text = reader.text(schedule, "update.tracking.schedule", schedules.validate)
            yield Setting("update", Tracking(text), node.where)
    else:
        reader.word(node, "update", (PINNED, "{tracking: {schedule: …}}"))
        yield Setting("update", PINNED, node.where)


def _keep(reader: Reader, node: Node) -> Leaves:
    yield Setting("keep", None if is_null(node) else reader.number(node, "keep", 0, MOST_KEPT), node.where)


def _storage(reader: Reader, node: Node) -> Leaves:
    if is_null(node):
        yield Setting("storage.size", None, node.where)
        yield Setting("storage.className", None, node.where)
        return
    for name, leaf in reader.fields(node, _STORAGE).items():
        if is_null(leaf):
            yield Setting(f"storage.{name}", None, leaf.where)
        elif name == "size":
            value = reader.text(leaf, "storage.size", quantities.validate)
            yield Setting("storage.size", value and quantities.canonical(value), leaf.where)
        else:
            value = reader.text(leaf, "storage.className", names.subdomain)
            yield Setting("storage.className", value, leaf.where)


def _preference(reader: Reader, node: Node) -> Leaves:
    return _kinded(reader, node, "preference", PREFERENCE_KINDS)


def _instancetype(reader: Reader, node: Node) -> Leaves:
    return _kinded(reader, node, "instancetype", INSTANCETYPE_KINDS)


def _kinded(reader: Reader, node: Node, path: str, kinds: tuple[str, ...]) -> Leaves:
    """Yield name and kind; text sets both, the kind being the cluster-wide one, which stands first."""
    if is_null(node):
        yield Setting(f"{path}.name", None, node.where)
        yield Setting(f"{path}.kind", None, node.where)
    elif isinstance(node, Scalar):
        yield Setting(f"{path}.name", reader.text(node, path, names.short_subdomain), node.where)
        yield Setting(f"{path}.kind", kinds[0], node.where)
    else:
        shape = Shape(path, frozenset({"name", "kind"}), path=f"{path}.")
        for name, leaf in reader.fields(node, shape).items():
            if is_null(leaf):
                value = None
            elif name == "kind":
                value = reader.word(leaf, f"{path}.kind", kinds)
            else:
                value = reader.text(leaf, f"{path}.name", names.short_subdomain)
            yield Setting(f"{path}.{name}", value, leaf.where)


_READERS: Final[dict[str, Callable[[Reader, Node], Leaves]]] = {
    "namespace": _namespace,
    "update": _update,
    "keep": _keep,
    "storage": _storage,
    "preference": _preference,
    "instancetype": _instancetype,
}
