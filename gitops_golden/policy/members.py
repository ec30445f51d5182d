"""The named things of a policy, gathered from lists and from documents alike, each name once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from gitops_golden.documents import Mapping, Scalar
from gitops_golden.policy.fields import Shape

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping as Map

    from gitops_golden.documents import Node
    from gitops_golden.errors import Location
    from gitops_golden.policy.fields import Check, Reader

    Fields = Map[str, Node]

Member = TypeVar("Member")
METADATA: Final = Shape("metadata", frozenset({"name"}), ("name",), path="metadata.")
DOCUMENT: Final = Shape("A document", frozenset({"apiVersion", "kind", "metadata", "spec"}), ("metadata", "spec"))


class Members(Generic[Member]):
    """All images, or all clusters, placements or overrides, in the order of the text.

    ``names`` holds every name that was written, also that of a thing with something else wrong, so that one mistake
    isn't reported twice. In a list, the field ``named_by`` may stand for an absent name.
    """

    def __init__(
        self,
        noun: str,
        shape: Shape,
        check: Check,
        read: Callable[[Reader, str, Fields, Location], Member],
        *,
        named_by: str | None = None,
    ) -> None:
        self.values: list[Member] = []
        self.names: dict[str, Location] = {}
        self._noun = noun
        self._in_document = shape
        required = shape.required if named_by else ("name", *shape.required)
        self._in_list = replace(shape, known=shape.known | {"name"}, required=required)
        self._named_by = named_by
        self._check = check
        self._read = read

    def take_list(self, reader: Reader, node: Node, path: str) -> None:
        """Take the items of a list, each with its name among its fields."""
        for item in reader.items(node, path):
            fields = reader.fields(item, self._in_list)
            name = fields.get("name") or (fields.get(self._named_by) if self._named_by else None)
            if name is None and self._named_by and isinstance(item, Mapping):
                reader.note(item, f"{self._in_list.what} has neither name nor {self._named_by}", "add one")
            self._take(reader, name, fields, item.where)

    def take_document(self, reader: Reader, root: Node) -> None:
        """Take a document, with its name in ``metadata`` and the other fields in ``spec``."""
        document = reader.fields(root, DOCUMENT)
        metadata = reader.fields(document["metadata"], METADATA) if "metadata" in document else {}
        if "spec" in document:
            fields = reader.fields(document["spec"], self._in_document)
            self._take(reader, metadata.get("name"), fields, root.where)

    def _take(self, reader: Reader, name: Node | None, fields: Fields, where: Location) -> None:
        text = reader.text(name, f"the {self._noun}'s name", self._check) if name else ""
        if name and isinstance(name, Scalar):
            first = self.names.setdefault(name.text, name.where)
            if text and first != name.where:
                reader.note(name, f'there are two {self._noun}s named "{text}"', f"the first is at {first}")
        self.values.append(self._read(reader, text, fields, where))
