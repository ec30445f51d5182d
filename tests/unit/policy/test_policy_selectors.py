from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.policy.selectors import EVERYTHING, Choice, Operator, Requirement, Selector

KEYS = st.sampled_from(["env", "site", "os"])
VALUES = st.sampled_from(["", "prod", "edge"])
LABELS = st.dictionaries(KEYS, VALUES)
OPERATORS: tuple[Operator, ...] = get_args(Operator)


@st.composite
def requirements(draw: st.DrawFn) -> Requirement:
    operator = draw(st.sampled_from(OPERATORS))
    values = draw(st.lists(VALUES, min_size=1)) if operator in {"In", "NotIn"} else []
    return Requirement(draw(KEYS), operator, tuple(values))


def meets(requirement: Requirement, labels: dict[str, str]) -> bool:
    """The table of the Kubernetes documentation, spelt out."""
    there = [value for key, value in labels.items() if key == requirement.key]
    is_listed = any(value == listed for value in there for listed in requirement.values)
    return {
        "In": len(there) == 1 and is_listed,
        "NotIn": len(there) == 0 or not is_listed,
        "Exists": len(there) == 1,
        "DoesNotExist": len(there) == 0,
    }[requirement.operator]


@given(st.lists(requirements(), max_size=4), LABELS)
def test_a_selector_matches_what_kubernetes_says_it_matches(parts: list[Requirement], labels: dict[str, str]) -> None:
    expected = [meets(part, labels) for part in parts].count(False) == 0
    assert Selector(tuple(parts)).matches(labels) is expected


@pytest.mark.parametrize(
    ("operator", "matches"), [("In", False), ("NotIn", True), ("Exists", False), ("DoesNotExist", True)]
)
def test_a_missing_key_meets_only_the_negative_operators(operator: Operator, *, matches: bool) -> None:
    assert Requirement("env", operator, ("prod",) if operator.endswith("In") else ()).matches({"os": "x"}) is matches


@given(LABELS)
def test_the_empty_selector_chooses_everything(labels: dict[str, str]) -> None:
    assert EVERYTHING.matches("any", labels)


@given(st.frozensets(KEYS), KEYS, LABELS)
def test_names_choose_just_themselves(names: frozenset[str], name: str, labels: dict[str, str]) -> None:
    assert Choice(names).matches(name, labels) is (name in names)
