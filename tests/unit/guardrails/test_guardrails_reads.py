from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from gitops_golden.guardrails.reads import paths, pruned, reads_of, reducer

SCALAR = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([1.0, 1.5, "", "a", "b", "ab", "length"])
NAME = st.sampled_from(["a", "b", "c"])
VALUE: st.SearchStrategy[Any] = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAME, inner, max_size=3), max_leaves=6
)
LEAF = st.one_of(
    st.booleans(),
    st.fixed_dictionaries({"type": st.sampled_from(["object", "string", "integer", ["null", "array"]])}),
    st.builds(lambda value: {"const": value}, VALUE),
    st.builds(lambda least: {"minimum": least}, st.integers(-2, 2)),
    st.builds(
        lambda keyword, length: {keyword: length}, st.sampled_from(["minLength", "maxLength"]), st.integers(0, 2)
    ),
    st.builds(lambda names: {"required": names}, st.lists(NAME, unique=True)),
    st.builds(lambda count: {"minProperties": count}, st.integers(0, 2)),
    st.just({"additionalProperties": False, "properties": {"a": True}}),
    st.just({"items": {"type": "string"}}),
    st.just({"title": "a", "x-mode": "deny"}),
)


def combined(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {},
        optional={
            "properties": st.dictionaries(NAME, inner, max_size=2),
            "allOf": st.lists(inner, min_size=1, max_size=2),
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "oneOf": st.lists(inner, min_size=1, max_size=2),
            "not": inner,
            "if": inner,
            "then": inner,
            "else": inner,
        },
    )


SCHEMA = st.recursive(LEAF, combined, max_leaves=8)


@given(schema=SCHEMA, one=VALUE, other=VALUE)
def test_what_a_schema_cannot_tell_apart_it_judges_alike(schema: Any, one: Any, other: Any) -> None:
    reads = reads_of(schema)
    reduced = reducer(reads)
    if reduced(one) == reduced(other):
        validator = Draft202012Validator(schema)
        assert validator.is_valid(one) == validator.is_valid(other)


@given(schema=SCHEMA, value=VALUE)
def test_without_what_it_does_not_read_a_schema_judges_alike(schema: Any, value: Any) -> None:
    validator = Draft202012Validator(schema)
    assert validator.is_valid(pruned(value, reads_of(schema))) == validator.is_valid(value)


@pytest.mark.parametrize(
    "keyword",
    [
        *("$ref", "$dynamicRef", "additionalProperties", "patternProperties", "propertyNames", "minProperties"),
        *("maxProperties", "unevaluatedProperties", "dependentRequired", "dependentSchemas", "contains", "const"),
        *("dependencies", "extends", "anything-new"),
    ],
)
def test_a_keyword_that_looks_at_the_whole_reads_the_whole(keyword: str) -> None:
    assert reads_of({"properties": {"keep": {"const": 3}}, keyword: {}}) is None


def test_only_the_named_properties_are_read() -> None:
    schema = {
        "if": {"properties": {"update": {"const": "pinned"}}},
        "then": {"properties": {"storage": {"required": ["bytes"], "properties": {"size": {"minLength": 1}}}}},
    }
    reads = reads_of(schema)
    assert sorted(paths(reads)) == [("storage", "bytes"), ("storage", "size"), ("update",)]
    reduced = reducer(reads)
    one = {"update": "pinned", "storage": {"bytes": 1, "size": "1"}, "keep": 3}
    assert reduced(one) == reduced(one | {"keep": 4})
    assert reduced(one) != reduced(one | {"update": "tracking"})


def test_true_is_not_one() -> None:
    whole = reducer(None)
    assert whole({"a": True}) != whole({"a": 1})
    assert whole({"a": [0]}) != whole({"a": [False]})
