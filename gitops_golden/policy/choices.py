"""Choices out of nodes: a list of names, or a selector with Kubernetes' own fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, cast, get_args

from gitops_golden.documents import Mapping, Scalar, Sequence
from gitops_golden.policy import names
from gitops_golden.policy.fields import Shape
from gitops_golden.policy.selectors import Choice, Operator, Requirement, Selector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops_golden.documents import Node
    from gitops_golden.policy.fields import Reader

_SELECTOR: Final = Shape("A selector", frozenset({"matchLabels", "matchExpressions"}))
_EXPRESSION: Final = Shape("An item of matchExpressions", frozenset({"key", "operator", "values"}), ("key", "operator"))
_WITH_VALUES: Final = frozenset({"In", "NotIn"})


def choice(reader: Reader, node: Node, path: Literal["images", "clusters"]) -> Choice:
    """Return the choice that a rule's ``images`` or ``clusters`` makes; the names in it are left as mentions."""
    if isinstance(node, Sequence):
        return Choice(names=frozenset(_name(reader, item, path) for item in node.items))
    if isinstance(node, Mapping):
        return Choice(selector=Selector(tuple(_requirements(reader, node))))
    reader.note(node, f"{path} must be a list of names or a selector", "write [NAME], or {} for all")
    return Choice()


def _name(reader: Reader, node: Node, path: Literal["images", "clusters"]) -> str:
    name = reader.text(node, f"a name in {path}", names.free_text)
    if name and isinstance(node, Scalar):
        reader.mentions.append((path, node))
    return name


def _requirements(reader: Reader, node: Node) -> Iterator[Requirement]:
    fields = reader.fields(node, _SELECTOR)
    if "matchLabels" in fields:
        for key, value in reader.labels(fields["matchLabels"], "matchLabels"):
            yield Requirement(key, "In", (value,))
    if "matchExpressions" in fields:
        for item in reader.items(fields["matchExpressions"], "matchExpressions"):
            yield _expression(reader, item)


def _expression(reader: Reader, node: Node) -> Requirement:
    fields = reader.fields(node, _EXPRESSION)
    key = reader.text(fields["key"], "key", names.label_key) if "key" in fields else ""
    operator = reader.word(fields["operator"], "operator", get_args(Operator)) if "operator" in fields else ""
    listed = fields.get("values")
    values = tuple(
        reader.text(item, "a value in values", names.label_value)
        for item in (reader.items(listed, "values") if listed else ())
    )
    if operator in _WITH_VALUES and not (listed and (values or not isinstance(listed, Sequence))):
        reader.note(listed or node, f"{operator} needs values", "list at least one")
    elif operator and operator not in _WITH_VALUES and values and listed:
        reader.note(listed, f"{operator} takes no values", "take values away, or use In or NotIn")
    return Requirement(key, cast("Operator", operator or "Exists"), values)
