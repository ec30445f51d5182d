"""Settings out of nodes: the leaves that ``defaults``, an image, an override or a cluster sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitops_golden.documents import Mapping, Scalar, Sequence
from gitops_golden.policy import metadata, names, quantities, references, schedules
from gitops_golden.policy.fields import Shape, is_null
from gitops_golden.policy.model import Layer, Setting, Tracking
from gitops_golden.policy.settings import ANNOTATIONS, INSTANCETYPE_KINDS, LABELS, PINNED, PREFERENCE_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Mapping as Map

    from gitops_golden.documents import Node
    from gitops_golden.errors import Location
    from gitops_golden.policy.fields import Reader
    from gitops_golden.policy.model import Value

    Leaves = Iterator[Setting]

FIELDS: Final = frozenset(
    {
        *("namespace", "update", "keep", "storage", "preference", "instancetype", "pullMethod", "garbageCollect"),
        *("retention", "immediateBinding", "architectures", "registry", "metadata"),
    }
)
MOST_KEPT: Final = 100
ACCESS_MODES: Final = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")
VOLUME_MODES: Final = ("Filesystem", "Block")
_STORAGE: Final = Shape("storage", frozenset({"size", "className", "accessModes", "volumeMode"}), path="storage.")
_REGISTRY: Final = Shape("registry", frozenset({"mirror"}), path="registry.")
_METADATA: Final = Shape("metadata", frozenset({"labels", "annotations"}), path="metadata.")
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


def _storage(reader: Reader, node: Node) -> Leaves:
    if is_null(node):
        for name in sorted(_STORAGE.known):
            yield Setting(f"storage.{name}", None, node.where)
        return
    for name, leaf in reader.fields(node, _STORAGE).items():
        yield Setting(f"storage.{name}", None if is_null(leaf) else _STORAGE_READERS[name](reader, leaf), leaf.where)


def _size(reader: Reader, node: Node) -> Value:
    value = reader.text(node, "storage.size", quantities.validate)
    return value and quantities.canonical(value)


def _registry(reader: Reader, node: Node) -> Leaves:
    if is_null(node):
        yield Setting("registry.mirror", None, node.where)
        return
    for leaf in reader.fields(node, _REGISTRY).values():
        value = None if is_null(leaf) else reader.text(leaf, "registry.mirror", references.mirror)
        yield Setting("registry.mirror", value, leaf.where)


def _metadata(reader: Reader, node: Node) -> Leaves:
    """Yield the user's own labels and annotations, a leaf for each key; null as a whole forgets those before."""
    if is_null(node):
        yield Setting(LABELS, None, node.where)
        yield Setting(ANNOTATIONS, None, node.where)
        return
    for name, leaf in reader.fields(node, _METADATA).items():
        path = f"metadata.{name}"
        if is_null(leaf):
            yield Setting(path, None, leaf.where)
            continue
        for key, value, where in reader.entries(leaf, path, metadata.CHECKS[path]):
            yield Setting(f"{path}.{key}", value, where)


def _words(path: str, known: tuple[str, ...]) -> Callable[[Reader, Node], Value]:
    """Return what reads a list of distinct words."""

    def read(reader: Reader, node: Node) -> Value:
        words = tuple(reader.word(item, f"an item of {path}", known) for item in reader.items(node, path))
        if isinstance(node, Sequence) and not words:
            reader.note(node, f"{path} is an empty list", "name at least one, or take it away")
        elif len(set(words)) < len(words) and all(words):
            reader.note(node, f"{path} names one twice", "name each once")
        return words

    return read


def _leaf(path: str, read: Callable[[Reader, Node], Value]) -> Callable[[Reader, Node], Leaves]:
    """Return what reads a setting that is one leaf."""

    def leaves(reader: Reader, node: Node) -> Leaves:
        yield Setting(path, None if is_null(node) else read(reader, node), node.where)

    return leaves


def _word(path: str, known: tuple[str, ...]) -> Callable[[Reader, Node], Value]:
    return lambda reader, node: reader.word(node, path, known)


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


_STORAGE_READERS: Final[dict[str, Callable[[Reader, Node], Value]]] = {
    "size": _size,
    "className": lambda reader, node: reader.text(node, "storage.className", names.subdomain),
    "accessModes": _words("storage.accessModes", ACCESS_MODES),
    "volumeMode": _word("storage.volumeMode", VOLUME_MODES),
}
_READERS: Final[dict[str, Callable[[Reader, Node], Leaves]]] = {
    "namespace": _leaf("namespace", lambda reader, node: reader.text(node, "namespace", names.label_name)),
    "update": _update,
    "keep": _leaf("keep", lambda reader, node: reader.number(node, "keep", 0, MOST_KEPT)),
    "storage": _storage,
    "preference": _preference,
    "instancetype": _instancetype,
    "pullMethod": _leaf("pullMethod", _word("pullMethod", ("pod", "node"))),
    "garbageCollect": _leaf("garbageCollect", _word("garbageCollect", ("Outdated", "Never"))),
    "retention": _leaf("retention", _word("retention", ("All", "None"))),
    "immediateBinding": _leaf("immediateBinding", lambda reader, node: reader.boolean(node, "immediateBinding")),
    "architectures": _leaf("architectures", _words("architectures", names.ARCHITECTURES)),
    "registry": _registry,
    "metadata": _metadata,
}
