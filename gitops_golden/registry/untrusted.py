"""JSON from strangers: bounded, unambiguous, and read field by field with an error that says where.

What the fields mean is left to whoever reads them. Every error is an ``InputError``; who fetched the bytes
from an outside turns it into an ``OutsideError``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NoReturn

from gitops_golden.errors import InputError, Location
from gitops_golden.registry.reference import is_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SIZE_LIMIT = 4 * 1024 * 1024
"""In bytes. What distribution accepts as a manifest; no honest index or config comes near."""

_DEPTH_LIMIT = 64
_LARGEST = 2**63 - 1
_SHOWN = 80


def shown(text: str) -> str:
    """Return a stranger's text as a message may carry it: quoted, without control characters, shortened."""
    return ascii(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


@dataclass(frozen=True, slots=True)
class Text:
    """Bytes that were read, and the name that errors give to them."""

    data: bytes
    name: str

    def wrong(self, what: str, near: str | None = None) -> NoReturn:
        """Raise an error about this text, at the first place of ``near`` if it stands there as it is."""
        at = self.data.find(json.dumps(near).encode()) if near is not None else -1
        if at < 0:
            raise InputError(what, where=Location(self.name))
        line_start = self.data.rfind(b"\n", 0, at) + 1
        line = self.data.count(b"\n", 0, at) + 1
        raise InputError(what, where=Location(self.name, line, at - line_start + 1))


@dataclass(frozen=True, slots=True)
class Fields:
    """A JSON object, with the path that leads to it (``manifests[2].``) for messages."""

    text: Text
    values: dict[str, object]
    path: str = ""

    def has(self, key: str) -> bool:
        """Whether a field is there and not null."""
        return self.values.get(key) is not None

    def string(self, key: str) -> str:
        """Return a field that must be a string."""
        value = self.values.get(key)
        if not isinstance(value, str):
            self._refuse(key, "must be a string")
        return value

    def optional_string(self, key: str) -> str:
        """Return a string, empty if the field is absent."""
        return self.string(key) if self.has(key) else ""

    def digest(self, key: str) -> str:
        """Return a field that must be a digest; anything else could be a path or half a URL."""
        value = self.string(key)
        if not is_digest(value):
            self.text.wrong(f"{self.path}{key} is no digest: {shown(value)}", near=value)
        return value

    def size(self, key: str) -> int:
        """Return a field that must be a number of bytes."""
        value = self.values.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LARGEST:
            self._refuse(key, "must be a whole number of bytes from 0")
        return value

    def nested(self, key: str) -> Fields:
        """Return a field that must be an object."""
        return self._object(self.values.get(key), key)

    def optional_nested(self, key: str) -> Fields:
        """Return an object, empty if the field is absent."""
        return self.nested(key) if self.has(key) else Fields(self.text, {}, f"{self.path}{key}.")

    def each(self, key: str) -> Iterator[Fields]:
        """Iterate over a field that must be a list of objects."""
        value = self.values.get(key)
        if not isinstance(value, list):
            self._refuse(key, "must be a list")
        for position, item in enumerate(value):
            yield self._object(item, f"{key}[{position}]")

    def _object(self, value: object, key: str) -> Fields:
        if not isinstance(value, dict):
            self._refuse(key, "must be an object")
        return Fields(self.text, value, f"{self.path}{key}.")

    def _refuse(self, key: str, rule: str) -> NoReturn:
        state = rule if self.has(key.partition("[")[0]) else f"is missing, and {rule}"
        self.text.wrong(f"{self.path}{key} {state}", near=key)


def read_object(data: bytes, name: str) -> Fields:
    """Parse a JSON object from bytes that may be hostile.

    ``name`` is what errors call the text. Raises InputError for what is too long, too deep, not UTF-8, not
    JSON, not an object, or says a key twice: two readers of such a text need not agree on what its digest
    stands for.
    """
    text = Text(data, name)
    if len(data) > SIZE_LIMIT:
        text.wrong(f"is longer than {SIZE_LIMIT // 1024 // 1024} MiB")

    def unambiguous(pairs: list[tuple[str, object]]) -> dict[str, object]:
        values = dict(pairs)
        if len(values) != len(pairs):
            keys = sorted(key for key, _ in pairs)
            twice = next(key for key, after in pairwise(keys) if key == after)
            text.wrong(f"says the key {shown(twice)} twice", near=twice)
        return values

    def no_constant(word: str) -> NoReturn:
        text.wrong(f"holds {word}, which is no JSON")

    try:
        value = json.loads(data.decode(), object_pairs_hook=unambiguous, parse_constant=no_constant)
    except json.JSONDecodeError as error:
        raise InputError(f"is no JSON: {error.msg}", where=Location(name, error.lineno, error.colno)) from error
    except RecursionError as error:
        raise InputError("is nested too deep", where=Location(name)) from error
    except ValueError as error:
        # Neither UTF-8 nor, for a number of thousands of digits, anything that Python would turn into an int.
        raise InputError("is not UTF-8, or holds an absurd number", where=Location(name)) from error
    if not isinstance(value, dict):
        text.wrong("is no JSON object")
    if _deeper_than(value, _DEPTH_LIMIT):
        text.wrong(f"is nested deeper than {_DEPTH_LIMIT} levels")
    return Fields(text, value)


def _deeper_than(value: object, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return False
    return True


def _children(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
