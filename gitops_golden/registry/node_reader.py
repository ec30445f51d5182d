"""Positioned nodes to values; each problem is noted at its place, so that one run tells all of them."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from gitops_golden.documents import Mapping, Scalar, Sequence
from gitops_golden.errors import InputErrors, Problem
from gitops_golden.registry.untrusted import shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping as Known

    from gitops_golden.documents import Node


class NodeReader:
    """Reads nodes and collects what is wrong with them. What can't be read becomes an empty value.

    An absent node (None) reads as empty without a word: ``fields`` has told it, if it had to be there.
    """

    def __init__(self) -> None:
        self._problems: list[Problem] = []

    def note(self, node: Node, what: str, remedy: str) -> None:
        """Note a problem at a node."""
        self._problems.append(Problem(what, node.where, remedy))

    def finish(self) -> None:
        """Raise InputErrors if anything was noted."""
        if self._problems:
            raise InputErrors(self._problems)

    def fields(self, node: Node, known: Known[str, bool]) -> dict[str, Node]:
        """Return a map's known fields; ``known`` says of each whether it must be there."""
        if not isinstance(node, Mapping):
            self.note(node, f"must be a map with {', '.join(known)}", "")
            return {}
        found: dict[str, Node] = {}
        for key, value in node.entries:
            if key.text in known:
                found[key.text] = value
            else:
                near = difflib.get_close_matches(key.text, known, n=1)
                remedy = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
                self.note(key, f"unknown field {shown(key.text)}", remedy)
        for name, required in known.items():
            if required and name not in found:
                self.note(node, f"{name} is missing", "run gitops-golden lock on the file as it last was in Git")
        return found

    def entries(self, node: Node | None) -> tuple[tuple[Scalar, Node], ...]:
        """Return a map's entries, in the order of the text."""
        if isinstance(node, Mapping):
            return node.entries
        if node is not None:
            self.note(node, "must be a map", "write {} if there is nothing in it")
        return ()

    def items(self, node: Node | None) -> tuple[Node, ...]:
        """Return a list's items."""
        if isinstance(node, Sequence):
            return node.items
        if node is not None:
            self.note(node, "must be a list", "write [] if there is nothing in it")
        return ()

    def key(self, node: Scalar, meaning: str, rule: Callable[[str], bool]) -> str:
        """Return a key that obeys a rule; ``meaning`` says it in a message."""
        if not rule(node.text):
            self.note(node, f"must be {meaning}: {shown(node.text)}", "")
        return node.text

    def text(self, node: Node | None, meaning: str, rule: Callable[[str], bool]) -> str:
        """Return a string that obeys a rule."""
        if node is None:
            return ""
        value = node.value if isinstance(node, Scalar) else None
        if not isinstance(value, str):
            quote = isinstance(node, Scalar) and node.text and rule(node.text)
            self.note(node, f"must be {meaning}, a string", "quote it" if quote else "")
            return ""
        if not rule(value):
            self.note(node, f"must be {meaning}: {shown(value)}", "")
            return ""
        return value

    def word(self, node: Node, field: str, word: str) -> None:
        """Note a problem unless a field is exactly one word."""
        if not (isinstance(node, Scalar) and node.value == word):
            self.note(node, f"{field} must be {word}", "another version may need another gitops-golden")

    def count(self, node: Node | None, largest: int) -> int:
        """Return a whole number from 0 to ``largest``."""
        if node is None:
            return 0
        value = node.value if isinstance(node, Scalar) else None
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= largest:
            self.note(node, f"must be a whole number from 0 to {largest}", "")
            return 0
        return value
