"""Commands to paste for what is to be done on a cluster by hand. Nothing here is ever run.

Names come from clusters, so from anybody: one that no object of Kubernetes can have is described and never quoted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitops_golden.fleet.kinds import resource
from gitops_golden.policy import names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitops_golden.fleet.views import Meta
    from gitops_golden.verify.hands import Field

POD: Final = "Pod"
"""An importer's: to be looked at, and never read."""


def delete(kind: str, namespace: str, name: str) -> str:
    """Return the command that deletes an object."""
    return _command(f"delete the {kind}", namespace, "delete", resource(kind), name)


def describe(kind: str, namespace: str, name: str) -> str:
    """Return the command that shows an object with its events."""
    told = "pod" if kind == POD else resource(kind)
    return _command(f"look at the events of the {kind}", namespace, "describe", told, name)


def by_hand(kind: str, of: Meta, fields: Iterable[Field]) -> str:
    """Return the commands that take labels and annotations off an object."""
    verbs = {"labels": "label", "annotations": "annotate"}
    commands = (
        _command(f"take {key} off by hand", of.namespace, verbs[where], resource(kind), of.name, f"{key}-")
        for _, where, key in fields
        if names.label_key(key) is None
    )
    return " and ".join(commands) or f"take it off the {kind} by hand"


def _command(otherwise: str, namespace: str, verb: str, kind: str, name: str, *rest: str) -> str:
    if names.subdomain(namespace) or names.subdomain(name):
        return f"{otherwise}, whose name is not safe to paste"
    return f"`{' '.join(('kubectl -n', namespace, verb, kind, name, *rest))}`"
