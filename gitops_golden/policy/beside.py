"""What a policy names in its folder, read: the layout's place, the CA bundle, guardrails' schemas, templates.

Each is noted as a problem at the place in the policy that names it, unless its own text is what is wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from gitops_golden.documents import Mapping, parse_one
from gitops_golden.errors import InputError
from gitops_golden.policy import names
from gitops_golden.policy.access import ca_bundle
from gitops_golden.policy.templates_folder import read_templates

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gitops_golden.documents import Node
    from gitops_golden.policy.fields import Reader
    from gitops_golden.policy.files import Folder, Found
    from gitops_golden.policy.model import CaBundle, Source

MOST_SCHEMA: Final = 256 * 1024
"""Bytes of a guardrail's schema: what is looked at for every delivery is kept small."""
Read = TypeVar("Read")


class Beside:
    """Reads what stands beside the policy, noting into ``reader`` what can't be read."""

    def __init__(self, reader: Reader, folder: Folder) -> None:
        self._reader = reader
        self._folder = folder

    def layout(self, node: Node) -> Path | None:
        """Return the folder of layouts, which need not be there yet."""
        return self._named(node, "registry.layout", self._folder.inside)

    def ca_bundle(self, node: Node) -> CaBundle | None:
        """Return the certificates of a bundle."""

        def read(name: str) -> CaBundle:
            found = self._file(name)
            return ca_bundle(self._folder.read(found), found.path)

        return self._named(node, "registry.caBundle", read)

    def templates(self, node: Node) -> tuple[tuple[str, Source], ...]:
        """Return the user's templates by name."""
        found = self._named(node, "templates", lambda name: read_templates(self._folder, name))
        return tuple(sorted(found.items())) if found else ()

    def schema(self, node: Node) -> tuple[dict[str, Any], Mapping] | None:
        """Return a guardrail's schema as data and with its places; that it is one is checked where it is used."""
        document = self._named(node, "a guardrail's schema", self._document)
        schema = None if document is None else self._reader.data(document, "a schema")
        return None if document is None or schema is None else (schema, document)

    def _document(self, name: str) -> Mapping:
        found = self._file(name)
        root = parse_one(self._folder.read(found, MOST_SCHEMA), found.shown)
        if not isinstance(root, Mapping):
            raise InputError("a guardrail's schema must be a map", where=root.where, remedy="write a JSON Schema")
        return root

    def _file(self, name: str) -> Found:
        return self._folder.found(self._folder.inside(name))

    def _named(self, node: Node, path: str, read: Callable[[str], Read]) -> Read | None:
        name = self._reader.text(node, path, names.free_text)
        if not name:
            return None
        try:
            return read(name)
        except InputError as error:
            for problem in error.problems:
                if problem.where:
                    self._reader.problems.append(problem)
                else:
                    self._reader.note(node, f"{path} {problem.what}", problem.remedy)
            return None
