"""JSON Schemas made ready to judge by: every fault of a schema's own is found before it judges anything.

Nothing is fetched: a reference leads to a schema within the same file, or is refused. Formats are not asserted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from jsonschema import (
    Draft4Validator,
    Draft6Validator,
    Draft7Validator,
    Draft201909Validator,
    Draft202012Validator,
    FormatChecker,
)
from jsonschema.exceptions import best_match
from referencing import Registry, Resource
from referencing.exceptions import (
    InvalidAnchor,
    NoSuchAnchor,
    PointerToNowhere,
    Unresolvable,
)
from referencing.jsonschema import DRAFT202012

from gitops_golden.documents import Mapping, Scalar, Sequence
from gitops_golden.errors import InputError, InputErrors, Problem
from gitops_golden.guardrails.reads import reads_of
from gitops_golden.guardrails.words import told
from gitops_golden.policy.fields import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator
    from referencing._core import Resolver

    from gitops_golden.documents import Node
    from gitops_golden.errors import Location
    from gitops_golden.guardrails.reads import Reads

_NEWEST: Final = "https://json-schema.org/draft/2020-12/schema"
_DRAFTS: Final[tuple[type[Validator], ...]] = (
    Draft202012Validator,
    Draft201909Validator,
    Draft7Validator,
    Draft6Validator,
    Draft4Validator,
)
_REFERENCES: Final = ("$ref", "$dynamicRef", "$recursiveRef")
_MOST_FAULTS: Final = 20
_MOST_ERRORS: Final = 20
_MOST_STEPS: Final = 20_000
"""Schemas that one delivery is held to at most, each counted as often as references lead to it."""
_NO_PATTERN: Final = (re.error, OverflowError, RecursionError)
"""What ``re.compile`` raises: a count may be too large, and groups nested too deeply."""


@dataclass(frozen=True, slots=True, eq=False)
class Schema:
    """A schema without faults: what it says, what it reads of a delivery, and where it stands if it is the user's."""

    data: dict[str, Any]
    reads: Reads
    validator: Validator
    where: Location | None = None

    def errors(self, instance: dict[str, Any]) -> tuple[ValidationError, ...]:
        """Return what an instance does not satisfy.

        Raises InputError for a schema that refers to itself without end.
        """
        try:
            return tuple(islice(self.validator.iter_errors(instance), _MOST_ERRORS))
        except RecursionError as error:
            what = "the schema refers to itself without coming to an end"
            raise InputError(what, where=self.where, remedy="let every cycle of $ref go down a property") from error


def trusted(data: dict[str, Any]) -> Schema:
    """Return a schema of our own, which needs no examination."""
    return Schema(data, reads_of(data), Draft202012Validator(data))


def examined(data: dict[str, Any], text: Node) -> Schema:
    """Return a user's schema; ``text`` are its nodes. Raises InputErrors with its faults, each at its place."""
    validator = _dialect(data, text)
    metaschema = validator(validator.META_SCHEMA, format_checker=_patterns())
    faults = [
        Problem(told(error, "the schema"), _place(text, tuple(error.absolute_path)), "correct the JSON Schema")
        for error in map(likeliest, islice(metaschema.iter_errors(data), _MOST_FAULTS))
    ]
    if not faults:
        faults = [*_wrong_properties(data, text), *_wrong_references(data, text)]
    if not faults:
        faults = [*_multiplied(data, text)]
    if faults:
        raise InputErrors(dict.fromkeys(faults))
    return Schema(data, reads_of(data), validator(data, registry=Registry()), text.where)


def _dialect(data: dict[str, Any], text: Node) -> type[Validator]:
    named = data.get("$schema", _NEWEST)
    for draft in _DRAFTS:
        if isinstance(named, str) and _id(draft) == named.rstrip("#"):
            return draft
    what = f"$schema {shown(str(named))} names no draft of JSON Schema that is known"
    raise InputErrors([Problem(what, _place(text, ("$schema",)), f"take it away, or name {_NEWEST}")])


def _id(draft: type[Validator]) -> str:
    metaschema = draft.META_SCHEMA
    return str(metaschema.get("$id") or metaschema["id"]).rstrip("#")


def likeliest(error: ValidationError) -> ValidationError:
    """Return what an error most likely comes from: where none of several alternatives is met, the nearest miss."""
    return best_match([error]) or error


def _wrong_references(data: dict[str, Any], text: Node) -> Iterator[Problem]:
    """Yield a problem for every reference that does not lead to a schema of this file."""
    schemas = list(_within(*_root(data)))
    known = {id(resource.contents) for resource, _ in schemas}
    for resource, resolver in schemas:
        for keyword, target in _references(resource.contents):
            wrong = _wrong_target(target, resolver, known)
            if wrong:
                remedy = "refer to what stands in this file, such as #/$defs/name"
                yield Problem(f"{keyword} {shown(target)} {wrong}", _written(text, keyword, target), remedy)


def _references(contents: Any) -> Iterator[tuple[str, str]]:
    for keyword in _REFERENCES:
        target = contents.get(keyword) if isinstance(contents, dict) else None
        if isinstance(target, str):
            yield keyword, target


def _multiplied(data: dict[str, Any], text: Node) -> Iterator[Problem]:
    """Yield a problem if references to references come to more steps than anybody can wait for."""
    schemas = {id(resource.contents): (resource, resolver) for resource, resolver in _within(*_root(data))}
    counted: dict[int, int] = {}

    def steps(contents: Any) -> int:
        if id(contents) not in schemas:
            return 1
        if id(contents) not in counted:
            # A cycle counts as one more step: it goes down a property, and deliveries are not deep.
            counted[id(contents)] = 1
            resource, resolver = schemas[id(contents)]
            targets = (resolver.lookup(target).contents for _, target in _references(contents))
            inner = (each.contents for each in resource.subresources())
            counted[id(contents)] = 1 + sum(map(steps, (*targets, *inner)))
        return counted[id(contents)]

    try:
        few = steps(data) <= _MOST_STEPS
    except RecursionError:
        few = False
    if not few:
        what = f"judging one delivery comes to more than {_MOST_STEPS:,} steps: references lead to references"
        yield Problem(what, text.where, "write out what is needed, with fewer $ref")


def _root(data: dict[str, Any]) -> tuple[Resource[Any], Resolver[Any]]:
    root = Resource.from_contents(data, default_specification=DRAFT202012)
    return root, Registry().resolver_with_root(root)


def _patterns() -> FormatChecker:
    """Return what takes the regular expressions that Python does: its own check lets more than a refusal through."""
    checker = FormatChecker(formats=())
    checker.checks("regex", raises=_NO_PATTERN)(lambda value: not isinstance(value, str) or bool(re.compile(value)))
    return checker


def _wrong_properties(data: dict[str, Any], text: Node) -> Iterator[Problem]:
    """Yield a problem for every name in patternProperties that is no pattern, of which draft 4 says nothing."""
    for resource, _ in _within(*_root(data)):
        contents = resource.contents
        properties = contents.get("patternProperties") if isinstance(contents, dict) else None
        for pattern in properties if isinstance(properties, dict) else ():
            try:
                re.compile(pattern)
            except _NO_PATTERN:
                what = f"patternProperties is {shown(pattern)}, no regular expression"
                yield Problem(what, next(_keys(text, pattern), text.where), "correct the JSON Schema")


def _within(resource: Resource[Any], resolver: Resolver[Any]) -> Iterator[tuple[Resource[Any], Resolver[Any]]]:
    yield resource, resolver
    for inner in resource.subresources():
        yield from _within(inner, resolver.in_subresource(inner))


def _wrong_target(target: str, resolver: Resolver[Any], known: set[int]) -> str:
    try:
        contents = resolver.lookup(target).contents
    except (PointerToNowhere, NoSuchAnchor, InvalidAnchor, ValueError):
        return "leads nowhere"
    except Unresolvable:
        return "leads out of the file, and nothing is fetched"
    return "" if isinstance(contents, bool) or id(contents) in known else "does not lead to a schema"


def _place(text: Node, path: tuple[str | int, ...]) -> Location:
    """Return the place of a path, or of the part of it that there is."""
    node = text
    for step in path:
        below: Node | None = None
        if isinstance(node, Mapping):
            below = node.get(str(step))
        elif isinstance(node, Sequence) and isinstance(step, int):
            below = node.items[step]
        if below is None:
            break
        node = below
    return node.where


def _written(text: Node, keyword: str, value: str) -> Location:
    """Return the first place at which a keyword has a value; the schema's own if there is none."""
    return next(_places(text, keyword, value), text.where)


def _keys(node: Node, name: str) -> Iterator[Location]:
    """Yield the places at which a name stands among patterns of properties."""
    if isinstance(node, Mapping):
        for key, below in node.entries:
            if key.text == "patternProperties" and isinstance(below, Mapping):
                yield from (inner.where for inner, _ in below.entries if inner.text == name)
            yield from _keys(below, name)
    elif isinstance(node, Sequence):
        for below in node.items:
            yield from _keys(below, name)


def _places(node: Node, keyword: str, value: str) -> Iterator[Location]:
    if isinstance(node, Mapping):
        for key, below in node.entries:
            if key.text == keyword and isinstance(below, Scalar) and below.value == value:
                yield below.where
            yield from _places(below, keyword, value)
    elif isinstance(node, Sequence):
        for below in node.items:
            yield from _places(below, keyword, value)
