"""Bytes to positioned nodes: YAML 1.2 (so JSON too), read from the event stream of libyaml.

Block YAML and indented JSON as machines write them are read line by line instead, to the same nodes; libyaml reads all
else, and tells what is wrong. Everything hostile is judged here, on bytes and events, before anything is constructed:
size, encoding, depth, tags, anchors, merge keys, duplicate keys. What the nodes mean is left to whoever reads them.
"""

from __future__ import annotations

from typing import Final

from gitops_golden.documents.compose import Document, Limits, Text, compose
from gitops_golden.documents.nodes import Mapping, Node, Scalar, Sequence, as_data, core_value, scalars
from gitops_golden.documents.plain import compose_plainly
from gitops_golden.documents.syntax import refused_bytes
from gitops_golden.errors import InputErrors, Location, Problem

__all__ = [
    "DEFAULT_LIMITS",
    "Document",
    "Limits",
    "Mapping",
    "Node",
    "Scalar",
    "Sequence",
    "Text",
    "as_data",
    "core_value",
    "examine",
    "parse",
    "parse_one",
    "scalars",
]

DEFAULT_LIMITS: Final = Limits()


def examine(data: bytes, file: str, limits: Limits = DEFAULT_LIMITS) -> Text:
    """Return what can be read of a file together with every problem, raising nothing."""
    if refused := refused_bytes(data, file, limits.size):
        return Text((), (refused,))
    root = compose_plainly(data, file, depth=limits.depth, events=limits.events)
    return Text((Document(root),)) if root is not None and limits.documents else compose(data, file, limits)


def parse(data: bytes, file: str, limits: Limits = DEFAULT_LIMITS) -> tuple[Node, ...]:
    """Return the documents of a file; raise InputErrors with every problem of it."""
    text = examine(data, file, limits)
    problems = [*text.problems, *(problem for document in text.documents for problem in document.problems)]
    if problems:
        raise InputErrors(problems)
    return tuple(document.root for document in text.documents)


def parse_one(data: bytes, file: str, limits: Limits = DEFAULT_LIMITS) -> Node:
    """Return the only document of a file; raise InputErrors when there is none, or another."""
    roots = parse(data, file, limits)
    if not roots:
        raise InputErrors([Problem("the file holds no document", Location(file, 1, 1))])
    if len(roots) > 1:
        problem = Problem("a second document", roots[1].where, "this file holds one: take away what follows ---")
        raise InputErrors([problem])
    return roots[0]
