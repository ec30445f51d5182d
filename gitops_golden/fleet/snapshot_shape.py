"""What keeps a document from being a cluster snapshot, each fault at its place in the text.

Judged by hand, because a fleet's snapshots hold millions of values, which a JSON Schema is slow with;
a test holds the two to the same answers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from gitops_golden import documents
from gitops_golden.errors import Location, Problem
from gitops_golden.fleet.observation import identity
from gitops_golden.fleet.shapes import instant, items, mapping, text
from gitops_golden.fleet.skew import MOST
from gitops_golden.policy import names

if TYPE_CHECKING:
    from collections.abc import Iterator

API_VERSION = "gitops-golden/v1alpha1"
KIND = "ClusterSnapshot"
# A cluster with 500 images and all their volumes is about 10 MB.
LIMITS = documents.Limits(size=64 << 20, depth=128, events=5_000_000)
# Finding the place of a fault takes half a second and 20 MB for each MB of text: in more, its path alone is told.
LARGE = 4 << 20
# Clocks differ. Beyond that, a time to come would make everything look younger than it is.
CLOCK_SKEW = timedelta(minutes=5)
MOST_SKEW = int(MOST.total_seconds())

_REQUIRED = ("apiVersion", "kind", "metadata", "readAt", "objects")
_OPTIONAL = ("server", "namespaces", "absentKinds", "unread", "clockSkewSeconds")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_SHAPES: dict[type, str] = {str: "a text", dict: "a map", list: "a list"}


@dataclass(frozen=True, slots=True)
class _Fault:
    """Something wrong in a snapshot: the keys and indexes that lead to it, and what it is."""

    path: tuple[str | int, ...]
    what: str
    remedy: str = ""


def problems(value: object, data: bytes, file: str) -> tuple[Problem, ...]:
    """Return all that keeps ``value`` from being a snapshot, each at its line of ``data``, its text."""
    faults = tuple(_faults(value))
    return tuple(_located(faults, data, file)) if faults else ()


def _located(faults: tuple[_Fault, ...], data: bytes, file: str) -> Iterator[Problem]:
    if len(data) > LARGE:
        yield from (Problem(_named(fault), Location(file), fault.remedy) for fault in faults)
        return
    # JSON's own parser gives no places, so they are looked for only now that somebody has to read them.
    roots = documents.examine(data, file, LIMITS).documents
    for fault in faults:
        node = roots[0].root if roots else None
        where = node.where if node else Location(file)
        for key in fault.path:
            if isinstance(node, documents.Mapping):
                node = node.get(str(key))
            elif isinstance(node, documents.Sequence) and isinstance(key, int):
                node = node.items[key]
            else:
                node = None
            where = node.where if node else where
        yield Problem(_named(fault), where, fault.remedy)


def _named(fault: _Fault) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in fault.path)
    place = "".join(steps).removeprefix(".")
    return f"{place}: {fault.what}" if place else fault.what


def _faults(value: object) -> Iterator[_Fault]:
    if not isinstance(value, dict):
        yield _Fault((), "this should be a cluster snapshot: a map", "make one with gitops-golden snapshot")
        return
    if value.get("kind") != KIND or value.get("apiVersion") != API_VERSION:
        what = f"this is no {KIND} of {API_VERSION}"
        yield _Fault((), what, "make one with gitops-golden snapshot")
        return
    yield from _fields((), value, _REQUIRED, _OPTIONAL)
    yield from _head_faults(value)
    seen: set[tuple[str, str, str]] = set()
    for index, obj in enumerate(items(value, "objects")):
        yield from _object_faults(("objects", index), obj, seen)
    for index, gap in enumerate(items(value, "unread")):
        yield from _texts(("unread", index), gap, ("kind", "namespace", "reason"))


def _head_faults(value: dict[str, Any]) -> Iterator[_Fault]:
    for key in ("objects", "unread", "absentKinds", "namespaces"):
        yield from _typed((key,), value.get(key, []), list)
    for key in ("absentKinds", "namespaces"):
        for index, entry in enumerate(items(value, key)):
            yield from _typed((key, index), entry, str)
    skew = value.get("clockSkewSeconds", 0)
    if isinstance(skew, bool) or not isinstance(skew, int | float) or not abs(skew) <= MOST_SKEW:
        yield _Fault(("clockSkewSeconds",), f"should be a number of seconds, at most {MOST_SKEW} either way")
    if "server" in value:
        yield from _texts(("server",), value["server"], ("version", "uid"))
    if "metadata" in value:
        yield from _texts(("metadata",), value["metadata"], ("name",))
    name = mapping(value, "metadata").get("name")
    if isinstance(name, str) and names.subdomain(name):
        yield _Fault(("metadata", "name"), "not the name of a cluster", "a DNS-1123 subdomain")
    if "readAt" in value and not (_TIME.fullmatch(text(value, "readAt")) and instant(value, "readAt")):
        yield _Fault(("readAt",), "not a time", "RFC 3339 with an offset, as in 2026-11-21T10:50:22Z")


def _object_faults(path: tuple[str | int, ...], obj: object, seen: set[tuple[str, str, str]]) -> Iterator[_Fault]:
    if not isinstance(obj, dict):
        yield _Fault(path, "not an object of Kubernetes")
        return
    found = identity(obj)
    kind, _, name = found
    if not (text(obj, "apiVersion") and kind and name):
        yield _Fault(path, "an object needs apiVersion, kind and metadata.name")
    elif not isinstance(obj["metadata"].get("namespace", ""), str):
        yield _Fault((*path, "metadata", "namespace"), "should be a text")
    elif kind == "Secret":
        yield _Fault(path, "a Secret has no place in a snapshot", "remove it, and change what it held")
    elif found in seen:
        yield _Fault(path, "this object stands here twice")
    seen.add(found)


def _texts(path: tuple[str | int, ...], value: object, keys: tuple[str, ...]) -> Iterator[_Fault]:
    if not isinstance(value, dict):
        yield from _typed(path, value, dict)
        return
    yield from _fields(path, value, keys, ())
    for key in keys:
        yield from _typed((*path, key), value.get(key, ""), str)


def _typed(path: tuple[str | int, ...], value: object, type_: type) -> Iterator[_Fault]:
    if not isinstance(value, type_):
        yield _Fault(path, f"should be {_SHAPES[type_]}")


def _fields(
    path: tuple[str | int, ...], value: dict[str, Any], required: tuple[str, ...], optional: tuple[str, ...]
) -> Iterator[_Fault]:
    for key in required:
        if key not in value:
            yield _Fault(path, f"{key} is missing")
    for key in value:
        if key not in required and key not in optional:
            near = get_close_matches(key, (*required, *optional), 1)
            yield _Fault((*path, key), "an unknown field", f"did you mean {near[0]}?" if near else "remove it")
