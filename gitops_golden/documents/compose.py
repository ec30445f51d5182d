"""Events of libyaml to nodes, and what is refused on the way: tags, anchors, merge keys, duplicate keys."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from ruamel.yaml.reader import ReaderError

from gitops_golden.documents.nodes import WORDS, Mapping, Node, Scalar, Sequence
from gitops_golden.documents.syntax import place_of_byte, syntax_problem
from gitops_golden.errors import Location, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ENOUGH_PROBLEMS: Final = 100
_QUOTED: Final = 60
_MAYBE_NOT_A_KEY: Final = frozenset("0123456789+-.<")
_Pair = tuple[Node | None, Node | None]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a file may hold: ``size`` in bytes, ``depth`` of nesting, parser ``events`` and ``documents``.

    An event is a scalar, or the begin or end of a list, a map or a document.

    The defaults pass an inventory of 10,000 clusters with ten labels each as a machine writes it (4 MB in
    block style, 6 MB as indented JSON, 300,000 events) and keep what is refused under a second.
    """

    size: int = 8 * 1024 * 1024
    depth: int = 32
    events: int = 400_000
    documents: int = 20_000


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file, and what is wrong with it.

    What can't be used, such as an alias, is left out of ``root``.
    """

    root: Node
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """The documents of one file, and what made reading it stop, if anything did.

    Empty documents are left out.
    """

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...] = ()


def compose(data: bytes, file: str, limits: Limits) -> Text:
    """Return the documents of a file whose bytes are known to be UTF-8, with every problem."""
    return _Composer(file, limits).compose(data)


class _Stop(Exception):  # noqa: N818 - not an error but the end of reading, caught a few lines below
    """Reading can't go on; the problem that says why is already noted."""


class _Open:
    """A list or mapping whose end has not come yet, and the nodes collected around it so far."""

    __slots__ = ("column", "is_mapping", "line", "outer")

    def __init__(self, event: Any, outer: list[Node | None]) -> None:
        self.is_mapping = type(event) is MappingStartEvent
        self.line: int = event.start_mark.line + 1
        self.column: int = event.start_mark.column + 1
        self.outer = outer


class _Composer:
    """Builds the nodes of one file from its events, without recursion, and notes what is wrong."""

    def __init__(self, file: str, limits: Limits) -> None:
        self._file = file
        self._limits = limits
        self._documents: list[Document] = []
        self._problems: list[Problem] = []
        self._open: list[_Open] = []
        self._nodes: list[Node | None] = []

    def compose(self, data: bytes) -> Text:
        """Return the file's documents and what made reading stop."""
        try:
            self._read(data)
        except _Stop:
            pass
        except MarkedYAMLError as error:
            self._problems.append(syntax_problem(error, self._file))
        except ReaderError as error:
            where = place_of_byte(data, error.position, self._file)
            self._problems.append(Problem(f"character U+{error.character:04X} may not stand in YAML", where))
        return Text(tuple(self._documents), tuple(self._problems))

    def _read(self, data: bytes) -> None:
        """Take every event; scalars, three of four events, are handled here to spare them two calls."""
        file = self._file
        event: Any = None
        for event in islice(YAML(typ="safe", pure=False).parse(data), self._limits.events):
            kind = type(event)
            if kind is ScalarEvent:
                if event.tag is not None or event.anchor is not None:
                    self._refuse_properties(event)
                mark = event.start_mark
                self._nodes.append(Scalar(event.value, not event.style, file, mark.line + 1, mark.column + 1))
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                self._end()
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                self._start(event)
            elif kind is AliasEvent:
                self._note(event, f"the alias *{_short(event.anchor)}", "write the value out: aliases are not read")
                self._nodes.append(None)
            elif kind is DocumentStartEvent:
                self._document_start(event)
            elif kind is DocumentEndEvent:
                self._document_end()
        if not isinstance(event, StreamEndEvent):
            self._note(
                event,
                f"the file holds more than {self._limits.events:,} values",
                "split it into several files",
            )

    def _note(self, at: Any, what: str, remedy: str) -> None:
        """Note a problem at a node or an event."""
        mark = getattr(at, "start_mark", None)
        where = Location(self._file, mark.line + 1, mark.column + 1) if mark else at.where
        self._problems.append(Problem(what, where, remedy))
        if len(self._problems) >= ENOUGH_PROBLEMS:
            raise _Stop

    def _document_start(self, event: Any) -> None:
        self._nodes = []
        if event.tags or event.version not in {None, (1, 2)}:
            self._note(event, "a directive", "take the line that starts with % away: YAML 1.2 is read, without tags")
        if len(self._documents) >= self._limits.documents:
            self._note(event, f"more than {self._limits.documents:,} documents", "split the file")
            raise _Stop

    def _document_end(self) -> None:
        root = self._nodes[0] if self._nodes else None
        empty = isinstance(root, Scalar) and root.value is None
        if root is not None and (self._problems or not empty):
            self._documents.append(Document(root, tuple(self._problems)))
            self._problems.clear()

    def _start(self, event: Any) -> None:
        if event.tag is not None or event.anchor is not None:
            self._refuse_properties(event)
        if len(self._open) >= self._limits.depth:
            self._note(event, f"nested deeper than {self._limits.depth} levels", "nothing here needs that")
            raise _Stop
        self._open.append(_Open(event, self._nodes))
        self._nodes = []

    def _end(self) -> None:
        done = self._open.pop()
        children, self._nodes = self._nodes, done.outer
        if done.is_mapping:
            pairs = tuple(zip(children[::2], children[1::2], strict=True))
            entries = pairs if _sound(pairs) else tuple(self._usable(pairs))
            self._nodes.append(Mapping(entries, self._file, done.line, done.column))
        else:
            items = tuple(child for child in children if child is not None)
            self._nodes.append(Sequence(items, self._file, done.line, done.column))

    def _usable(self, pairs: Iterable[_Pair]) -> Iterator[tuple[Scalar, Node]]:
        """Yield the entries whose key can stand, noting the others."""
        seen: dict[str, Scalar] = {}
        for key, value in pairs:
            if key is None:
                continue
            if not isinstance(key, Scalar):
                self._note(key, "a key that is no text", "write a word; a value in braces needs quotes")
            elif key.plain and key.text == "<<":
                self._note(key, "a merge key <<", "write the fields out: anchors are not read")
            elif not isinstance(key.value, str):
                self._note(key, f"the key {_short(key.text) or 'null'} is no text", "quote it")
            elif key.text in seen:
                remedy = f"the first is in line {seen[key.text].line}"
                self._note(key, f'"{_short(key.text)}" stands here twice', remedy)
            else:
                seen[key.text] = key
                if value is not None:
                    yield key, value

    def _refuse_properties(self, event: Any) -> None:
        if event.anchor is not None:
            remedy = "write values out where they are used: anchors are not read"
            self._note(event, f"the anchor &{_short(event.anchor)}", remedy)
        if event.tag is not None:
            remedy = 'tags are not read: quote a value to make it text, as in "9.6"'
            self._note(event, f"the tag {_short(event.tag)}", remedy)


def _sound(pairs: tuple[_Pair, ...]) -> TypeGuard[tuple[tuple[Scalar, Node], ...]]:
    """Tell in one pass whether nothing is wrong with any key, as in nearly every mapping."""
    names = {
        key.text
        for key, value in pairs
        if type(key) is Scalar
        and value is not None
        and not (key.plain and (key.text in WORDS or key.text[0] in _MAYBE_NOT_A_KEY))
    }
    return len(names) == len(pairs)


def _short(text: str) -> str:
    """Return a text as a message may hold it: short, and without what a terminal would obey."""
    safe = text if text.isprintable() else ascii(text)[1:-1]
    return safe if len(safe) <= _QUOTED else f"{safe[:_QUOTED]}…"
