"""What the policy promises of time: how long a change may take until every cluster serves it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitops_golden.policy import durations
from gitops_golden.policy.fields import Shape
from gitops_golden.policy.model import Objective

if TYPE_CHECKING:
    from gitops_golden.documents import Node
    from gitops_golden.policy.fields import Reader

OBJECTIVE: Final = Shape("objective", frozenset({"converge"}), ("converge",), path="objective.")


def objective(reader: Reader, node: Node | None) -> Objective | None:
    """Return what is promised, or None where nothing is, or not well said."""
    fields = reader.fields(node, OBJECTIVE) if node else {}
    if "converge" not in fields:
        return None
    text = reader.text(fields["converge"], "objective.converge", durations.validate)
    return Objective(durations.duration(text)) if text else None
