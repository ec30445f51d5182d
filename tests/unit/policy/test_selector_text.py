"""The text of a label selector means what kubectl means by it; tests/e2e holds it to a real API server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.errors import InputError
from gitops_golden.policy.selector_text import selector
from gitops_golden.policy.selectors import Requirement, Selector

if TYPE_CHECKING:
    from gitops_golden.policy.selectors import Operator, Ordering

TOKENS = ("a", "b", "x/a", "in", "notin", "1", "10", "-", "=", "==", "!=", "!", "(", ")", ",", "<", ">", " ", "\t")


def only(key: str, operator: Operator | Ordering, *values: str) -> tuple[Requirement, ...]:
    return (Requirement(key, operator, values),)


@pytest.mark.parametrize(
    ("text", "requirements"),
    [
        ("", ()),
        (" \t\r\n", ()),
        ("site=edge", only("site", "In", "edge")),
        ("site == edge", only("site", "In", "edge")),
        ("site!=edge", only("site", "NotIn", "edge")),
        ("env in (prod, staging)", only("env", "In", "prod", "staging")),
        ("env notin(prod)", only("env", "NotIn", "prod")),
        ("retired", only("retired", "Exists")),
        ("!retired", only("retired", "DoesNotExist")),
        ("! retired", only("retired", "DoesNotExist")),
        ("acme.example/site=A.b_c-1", only("acme.example/site", "In", "A.b_c-1")),
        ("site=", only("site", "In", "")),
        ("site in ()", only("site", "In", "")),
        ("site in (,a)", only("site", "In", "", "a")),
        ("site in (a,,b)", only("site", "In", "", "a", "b")),
        ("site in (a,,)", only("site", "In", "", "a")),
        ("site in (b,a,b)", only("site", "In", "a", "b")),
        ("in in (in,notin)", only("in", "In", "in", "notin")),
        ("nodes>5", only("nodes", "Gt", "5")),
        ("nodes < 5", only("nodes", "Lt", "5")),
        (
            "site=edge,env in (prod,staging),!retired",
            (
                *only("site", "In", "edge"),
                *only("env", "In", "prod", "staging"),
                *only("retired", "DoesNotExist"),
            ),
        ),
    ],
)
def test_a_selector_is_read_as_kubectl_reads_it(text: str, requirements: tuple[Requirement, ...]) -> None:
    assert selector(text) == Selector(requirements)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("site=edge,", "at character 11, its end where a label's key or '!' should be"),
        (",site", "at character 1, ',' where"),
        ("=edge", "at character 1, '=' where"),
        ("!", "its end where a label's key should be"),
        ("!site=edge", "at character 6, '=' where ',' or the end should be"),
        ("site edge", "at character 6, 'edge' where =, ==, !=, in, notin, > or < should be"),
        ("site=edge env=prod", "at character 11, 'env' where ',' or the end should be"),
        ("site=!edge", "at character 6, '!' where a value should be"),
        ("site in edge", "at character 9, 'edge' where '(' should be"),
        ("site in (edge", "its end where ',' or ')' should be"),
        ("site in (", "its end where a value, ',' or ')' should be"),
        ("site in (a b)", "at character 12, 'b' where ',' or ')' should be"),
        ("site in (a,=)", "at character 12, '=' where a value, ',' or ')' should be"),
        ("a/b/c=d", "a key 'a/b/c' that has a prefix before '/' that may hold"),
        ("/a", "a key '/a' that"),
        (f"a={'x' * 64}", "is longer than the 63 characters of a label's value"),
        ("a=-", "a value '-' that may hold"),
        ("nodes>many", "at character 7, 'many' where a whole number should be"),
        ("nodes>", "its end where a whole number should be"),
        (f"nodes<{2**63}", "where a whole number should be"),
    ],
)
def test_what_kubectl_refuses_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        selector(text)
    assert said in refused.value.problem.what
    assert "as for kubectl" in refused.value.problem.remedy


@pytest.mark.parametrize(
    ("text", "labels", "matches"),
    [
        ("site!=edge", {}, True),
        ("site notin (edge)", {"site": "edge"}, False),
        ("site=", {}, False),
        ("site=", {"site": ""}, True),
        ("nodes>5", {"nodes": "6"}, True),
        ("nodes>5", {"nodes": "5"}, False),
        ("nodes<5", {"nodes": "004"}, True),
        ("nodes<5", {"nodes": "few"}, False),
        ("nodes<5", {"nodes": str(2**63)}, False),
        ("nodes<5", {}, False),
        ("site=edge,!retired", {"site": "edge"}, True),
        ("site=edge,!retired", {"site": "edge", "retired": ""}, False),
    ],
)
def test_a_selector_matches_as_on_a_cluster(text: str, labels: dict[str, str], *, matches: bool) -> None:
    assert selector(text).matches(labels) is matches


@given(st.lists(st.sampled_from(TOKENS), max_size=12).map("".join) | st.text(max_size=20))
def test_any_text_is_a_selector_or_an_error_of_the_users(text: str) -> None:
    try:
        found = selector(text)
    except InputError:
        return
    found.matches({"a": "1", "b": ""})
