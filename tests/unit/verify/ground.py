"""A cluster that has converged, as real CDI left it, and the same with one thing otherwise."""

from __future__ import annotations

import copy
from typing import Any

from tests.builders import A
from tests.recordings import objects_before
from tests.unit.verify.world import Git, Judged, expecting, history, outcome

CRON = "rhel9-aaaaaa"
VOLUME = "rhel9-aaaaaaaaaaaa"
NAMESPACE = "golden-pinned-bump-and-rollback"

Objects = tuple[dict[str, Any], ...]


def converged() -> Objects:
    return copy.deepcopy(objects_before("pinned_bump_and_rollback", "pin digest B"))


def without(kind: str) -> Objects:
    return tuple(each for each in converged() if each["kind"] != kind)


def changed(kind: str, *path: str, value: object, objects: Objects | None = None) -> Objects:
    """Return the converged objects, or those given, with one field of a kind set."""
    objects = converged() if objects is None else copy.deepcopy(objects)
    for each in objects:
        if each["kind"] == kind:
            inner = each
            for key in path[:-1]:
                inner = inner.setdefault(key, {})
            inner[path[-1]] = value
    return objects


def judged(objects: Objects, *earlier: str, digest: str = A, **parts: Any) -> str:
    """Return what is said of objects where Git asks for what has converged, or for another digest."""
    expected = expecting(converged(), CRON, digest)
    return outcome(Judged(objects, expected, Git(history=history(expected, digest, *earlier))).finding(**parts))
