"""Values out of positioned nodes, noting everything that is wrong instead of stopping at the first.

After a problem a reader hands back a placeholder of the right type; whoever reads looks at ``problems`` before using
what was read.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Literal

from gitops_golden.documents import Mapping, Scalar, Sequence, as_data
from gitops_golden.errors import Problem
from gitops_golden.policy import names

if TYPE_CHECKING:
    from collections.abc import Collection

    from gitops_golden.documents import Node
    from gitops_golden.errors import Location

Check = Callable[[str], str | None]
"""What returns the end of a sentence that says what is wrong with a text, or None."""
Labels = tuple[tuple[str, str], ...]
_QUOTED: Final = 80
_EMPTY: Final = "give it a value, or take it away"


@dataclass(frozen=True, slots=True)
class Shape:
    """The fields that a map may have, those it must have, and those that later releases will read.

    ``what`` begins a sentence about it; ``path`` is put before a field's name and ends with a dot, or is empty.
    """

    what: str
    known: frozenset[str]
    required: tuple[str, ...] = ()
    later: frozenset[str] = frozenset()
    path: str = ""


class Reader:
    """Reads nodes and collects ``problems``.

    ``mentions`` are names in lists of images or clusters, to be looked up once all is read. Labels that were seen
    are remembered, for clusters share most of them.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.mentions: list[tuple[Literal["images", "clusters"], Scalar]] = []
        self._sound_labels: set[tuple[str, str, bool]] = set()
        self._shared_labels: dict[Labels, Labels] = {}

    def note(self, node: Node, what: str, remedy: str = "") -> None:
        """Note an error at a node."""
        self.problems.append(Problem(what, node.where, remedy))

    def fields(self, node: Node, shape: Shape) -> dict[str, Node]:
        """Return the fields of a map that are known."""
        if not isinstance(node, Mapping):
            self.note(node, f"{shape.what} must be a map of fields, not {_kind(node)}")
            return {}
        fields = {key.text: value for key, value in node.entries}
        if not fields.keys() <= shape.known:
            for key, _ in node.entries:
                if key.text not in shape.known:
                    self._unknown(key, shape)
                    del fields[key.text]
        for name in shape.required:
            if name not in fields:
                self.note(node, f"{shape.what} has no {name}", "add it")
        return fields

    def _unknown(self, key: Scalar, shape: Shape) -> None:
        path = f"{shape.path}{shown(key.text)}"
        if key.text in shape.later:
            self.note(key, f"{path} is not supported yet", "take it away for now")
            return
        close = nearest(key.text, shape.known | shape.later)
        remedy = f"did you mean {close}?" if close else f"known are {', '.join(sorted(shape.known))}"
        inside = "" if shape.path else f" in {shape.what[0].lower()}{shape.what[1:]}"
        self.note(key, f"unknown field {path}{inside}", remedy)

    def text(self, node: Node, path: str, check: Check | None = None) -> str:
        """Return text that a check, if given, finds nothing wrong with."""
        value = node.value if isinstance(node, Scalar) else None
        if not isinstance(value, str):
            self._not_text(node, path)
            return ""
        wrong = check(value) if check else None
        if wrong:
            self.note(node, f"{path} {_quoted(value)} {wrong}")
            return ""
        return value

    def _not_text(self, node: Node, path: str) -> None:
        if is_null(node):
            self.note(node, f"{path} is empty", _EMPTY)
        elif isinstance(node, Scalar):
            text = shown(node.text)
            self.note(node, f"{path} must be text, but {text} is {_kind(node)}", f'quote it: "{text}"')
        else:
            self.note(node, f"{path} must be text, not {_kind(node)}")

    def word(self, node: Node, path: str, known: Collection[str]) -> str:
        """Return one of some known words."""
        value = node.value if isinstance(node, Scalar) else None
        if value in known:
            return str(value)
        if isinstance(value, str):
            close = nearest(value, known)
            self.note(
                node,
                f"{path} {_quoted(value)} is unknown",
                f"did you mean {close}?" if close else f"known are {', '.join(known)}",
            )
        elif is_null(node):
            self._not_text(node, path)
        else:
            found = f"{shown(node.text)} is {_kind(node)}" if isinstance(node, Scalar) else f"not {_kind(node)}"
            what = f"{path} must be text, {'but ' if isinstance(node, Scalar) else ''}{found}"
            self.note(node, what, f"known are {', '.join(known)}")
        return ""

    def number(self, node: Node, path: str, low: int, high: int) -> int:
        """Return an integer from ``low`` to ``high``."""
        value = node.value if isinstance(node, Scalar) else None
        if type(value) is int and low <= value <= high:
            return value
        found = shown(node.text) if isinstance(node, Scalar) else _kind(node)
        self.note(node, f"{path} must be a number from {low} to {high}, not {found or 'empty'}")
        return low

    def boolean(self, node: Node, path: str) -> bool:
        """Return true or false."""
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, bool):
            return value
        found = shown(node.text) if isinstance(node, Scalar) else _kind(node)
        self.note(node, f"{path} must be true or false, not {found or 'empty'}")
        return False

    def items(self, node: Node, path: str) -> tuple[Node, ...]:
        """Return the items of a list."""
        if isinstance(node, Sequence):
            return node.items
        if is_null(node):
            self.note(node, f"{path} is empty", _EMPTY)
        else:
            self.note(node, f"{path} must be a list, not {_kind(node)}", "start each item with '- '")
        return ()

    def entries(
        self, node: Node, path: str, check: Callable[[str, str], str | None]
    ) -> tuple[tuple[str, str | None, Location], ...]:
        """Return an open map in the order of the text: keys, texts (None for null) and places, each pair checked."""
        if not isinstance(node, Mapping):
            self.note(node, f"{path} must be a map of text, not {_kind(node)}")
            return ()
        entries = []
        for key, value in node.entries:
            text = None if is_null(value) else self.text(value, f"{path}.{shown(key.text)}")
            wrong = check(key.text, text or "")
            if wrong:
                self.note(key, f"the key {_quoted(key.text)} in {path} {wrong}")
            entries.append((key.text, text, value.where))
        return tuple(entries)

    def data(self, node: Node, what: str) -> Any:
        """Return a node as JSON has it, or None after noting a number that JSON lacks, such as YAML's infinity."""
        try:
            return json.loads(json.dumps(as_data(node), allow_nan=False))
        except ValueError:
            self.note(node, f"{what} holds a number that JSON doesn't have")
            return None

    def labels(self, node: Node, path: str) -> Labels:
        """Return labels sorted by key, equal ones as the same object, each checked as Kubernetes does."""
        if not isinstance(node, Mapping):
            if is_null(node):
                self.note(node, f"{path} is empty", _EMPTY)
            else:
                self.note(node, f"{path} must be a map of text, not {_kind(node)}")
            return ()
        pairs = []
        for key, value in node.entries:
            if type(value) is not Scalar or (key.text, value.text, value.plain) not in self._sound_labels:
                self._label(key, value, path)
            if type(value) is Scalar:
                pairs.append((key.text, value.text))
        labels = tuple(sorted(pairs))
        return self._shared_labels.setdefault(labels, labels)

    def _label(self, key: Scalar, value: Node, path: str) -> None:
        before = len(self.problems)
        if wrong := names.label_key(key.text):
            self.note(key, f"the key {_quoted(key.text)} in {path} {wrong}")
        self.text(value, f"{path}.{shown(key.text)}", names.label_value)
        if len(self.problems) == before and isinstance(value, Scalar):
            self._sound_labels.add((key.text, value.text, value.plain))


def is_null(node: Node) -> bool:
    """Tell whether a node is an explicit null, or nothing after a colon."""
    return isinstance(node, Scalar) and node.value is None


def nearest(word: str, known: Collection[str]) -> str | None:
    """Return the known word that is most like one, or None if none is near.

    Bounded: only words of about its length are looked at, and of those the first hundred, so that thousands of
    unknown names among thousands of clusters stay cheap.
    """
    if len(word) > _QUOTED:
        return None
    lowered = {candidate.lower(): candidate for candidate in known}
    if word.lower() in lowered:
        return lowered[word.lower()]
    alike = (other for other in sorted(known) if abs(len(other) - len(word)) <= _LENGTHS_APART)
    close = get_close_matches(word, list(islice(alike, _COMPARED)), n=1)
    return close[0] if close else None


_LENGTHS_APART: Final = 3
_COMPARED: Final = 100


def _kind(node: Node) -> str:
    """Return what a node is, in a user's words."""
    if isinstance(node, Mapping):
        return "a map"
    if isinstance(node, Sequence):
        return "a list"
    value = node.value
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "a boolean"
    return "text" if isinstance(value, str) else "a number"


def shown(text: str) -> str:
    """Return a text as a message may hold it: short, and without what a terminal would obey."""
    safe = text if text.isprintable() else ascii(text)[1:-1]
    return safe if len(safe) <= _QUOTED else f"{safe[:_QUOTED]}…"


def _quoted(text: str) -> str:
    """Return a text in quotes, without an account that somebody wrote into it: messages stand in CI's logs."""
    return f'"{shown(_without_account(text))}"'


def _without_account(text: str) -> str:
    before, at, rest = text.rpartition("@")
    if at and rest.startswith("sha256:"):
        return f"{_without_account(before)}@{rest}"
    return f"…@{rest}" if ":" in before else text
