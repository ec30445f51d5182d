"""Which images or clusters a rule means: a list of names, or a selector with Kubernetes' own semantics."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Operator = Literal["In", "NotIn", "Exists", "DoesNotExist"]
"""What a policy may say."""
Ordering = Literal["Gt", "Lt"]
"""What a selector may say besides on the command line, where kubectl has it."""
_WHOLE: Final = re.compile(r"[0-9]{1,63}")
_MOST: Final = 2**63 - 1


def whole(text: str) -> int | None:
    """Return a label's value as the number that Go's 64 bits hold, or None if it is none."""
    number = int(text) if _WHOLE.fullmatch(text) else None
    return None if number is None or number > _MOST else number


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on a label, as ``metav1.LabelSelectorRequirement`` has it.

    An entry of ``matchLabels`` is In with one value.
    """

    key: str
    operator: Operator | Ordering
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Tell whether labels meet it.

        A missing key meets NotIn and DoesNotExist; Gt and Lt are met by whole numbers alone
        (k8s.io/apimachinery, pkg/labels/selector.go).
        """
        match self.operator:
            case "In":
                return labels.get(self.key) in self.values
            case "NotIn":
                return labels.get(self.key) not in self.values
            case "Exists":
                return self.key in labels
            case "DoesNotExist":
                return self.key not in labels
            case "Gt" | "Lt":
                found, bound = whole(labels.get(self.key, "")), whole(self.values[0])
                if found is None or bound is None:
                    return False
                return found > bound if self.operator == "Gt" else found < bound


@dataclass(frozen=True, slots=True)
class Selector:
    """Requirements that must all be met; one without any matches everything."""

    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Tell whether labels meet every requirement."""
        return all(requirement.matches(labels) for requirement in self.requirements)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a rule's ``images`` or ``clusters`` say: a selector or, without one, exactly the ``names``."""

    names: frozenset[str] = frozenset()
    selector: Selector | None = None

    def matches(self, name: str, labels: Mapping[str, str]) -> bool:
        """Tell whether the rule means the image or cluster of this name and these labels."""
        return name in self.names if self.selector is None else self.selector.matches(labels)


EVERYTHING: Final = Choice(selector=Selector())
"""What ``{}`` chooses, and an override that says nothing."""
