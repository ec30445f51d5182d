"""What is odd about a policy's guardrails and stops nothing: those that can never find anything.

A schema passes what it says nothing of, so a misspelt property would go unnoticed for ever.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from gitops_golden.documents import Mapping, Scalar, Sequence
from gitops_golden.errors import Problem
from gitops_golden.guardrails.model import OFF
from gitops_golden.guardrails.reads import reads_of
from gitops_golden.guardrails.words import dotted
from gitops_golden.policy.fields import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops_golden.documents import Node
    from gitops_golden.errors import Location
    from gitops_golden.guardrails.reads import Path, Reads
    from gitops_golden.policy.model import Guardrail, Policy

_MOST: Final = 20
"""Unknown properties of one guardrail that are told: to look up the places of thousands takes minutes."""
_KINDED: Final[Reads] = {"name": None, "kind": None}
SHAPE: Final[dict[str, Reads]] = {
    **dict.fromkeys(
        ("apiVersion", "kind", "image", "labels", "repository", "tag", "digest", "dataSource", "architecture")
    ),
    "registry": dict.fromkeys(("address", "mirror", "url", "pullSecret", "caConfigMap")),
    "namespace": None,
    "update": {"tracking": {"schedule": None}},
    "keep": None,
    "storage": dict.fromkeys(("size", "bytes", "className", "accessModes", "volumeMode")),
    **dict.fromkeys(("pullMethod", "garbageCollect", "retention", "immediateBinding")),
    "preference": _KINDED,
    "instancetype": _KINDED,
    "metadata": dict.fromkeys(("labels", "annotations")),
    **dict.fromkeys(("restarts", "attempts")),
    "cron": dict.fromkeys(("name", "labels", "annotations", "spec")),
}
"""The properties that a delivery may have; None where any may stand below."""


def doubts(policy: Policy) -> Iterator[Problem]:
    """Yield a warning for each guardrail that chooses nothing, and for each property it reads that nothing has."""
    for guardrail in policy.guardrails:
        if guardrail.mode == OFF:
            continue
        if not any(guardrail.images.matches(image.name, dict(image.labels)) for image in policy.images):
            yield _warning(f"guardrail {guardrail.name!r} selects no image", guardrail.where)
        if not any(guardrail.clusters.matches(cluster.name, dict(cluster.labels)) for cluster in policy.clusters):
            yield _warning(f"guardrail {guardrail.name!r} selects no cluster", guardrail.where)
        yield from _misread(guardrail)


def _misread(guardrail: Guardrail) -> Iterator[Problem]:
    if guardrail.schema is None or guardrail.text is None:
        return
    for path, known in islice(_strangers(reads_of(dict(guardrail.schema)), SHAPE), _MOST):
        close = nearest(path[-1], known)
        remedy = f"did you mean {close}?" if close else "gitops-golden schema delivery prints what there is"
        yield _warning(f"no delivery has {dotted(path)}", _place(guardrail.text, path[-1]), remedy)


def _strangers(reads: Reads, known: Reads, above: Path = ()) -> Iterator[tuple[Path, frozenset[str]]]:
    """Yield each path that is read and unknown, with the names that are known in its place."""
    if not isinstance(reads, dict) or not isinstance(known, dict):
        return
    for name, below in reads.items():
        if name not in known:
            yield (*above, name), frozenset(known)
        else:
            yield from _strangers(below, known[name], (*above, name))


def _place(text: Node, name: str) -> Location:
    return next(_places(text, name), text.where)


def _places(node: Node, name: str) -> Iterator[Location]:
    """Yield where a name stands, as a key or in a list of names."""
    if isinstance(node, Mapping):
        for key, below in node.entries:
            if key.text == name:
                yield key.where
            yield from _places(below, name)
    elif isinstance(node, Sequence):
        for item in node.items:
            if isinstance(item, Scalar) and item.value == name:
                yield item.where
            yield from _places(item, name)


def _warning(what: str, where: Location, remedy: str = "") -> Problem:
    return Problem(what, where, remedy, "warning")
