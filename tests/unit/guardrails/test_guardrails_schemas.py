from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from gitops_golden.documents import as_data, parse_one
from gitops_golden.errors import InputError, InputErrors
from gitops_golden.guardrails.schemas import examined
from gitops_golden.guardrails.shape import delivery_shape
from gitops_golden.policy.model import Registry
from tests.builders import image, variant

if TYPE_CHECKING:
    from gitops_golden.errors import Problem
    from gitops_golden.guardrails.schemas import Schema

SHAPE = delivery_shape(variant(), image(), Registry("registry.example:5000"), fleet="acme")
DRAFTS = (
    "https://json-schema.org/draft/2020-12/schema",
    "https://json-schema.org/draft/2019-09/schema",
    "http://json-schema.org/draft-07/schema#",
    "http://json-schema.org/draft-06/schema#",
    "http://json-schema.org/draft-04/schema#",
)


def schema_of(text: str) -> Schema:
    root = parse_one(text.encode(), "mine.yaml")
    data = as_data(root)
    assert isinstance(data, dict)
    return examined(data, root)


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        ("properties: {keep: {minimum: many}}", "mine.yaml:1:30", "properties.keep.minimum is many, not a number"),
        ("a: 1\ntype: nothing", "mine.yaml:2:7", "type"),
        ("required: keep", "mine.yaml:1:11", "required is keep, not a list"),
        ("properties:\n  image:\n    pattern: '('", "mine.yaml:3:14", "pattern is (, no regular expression"),
        ("patternProperties: {'(': true}", "mine.yaml:1:20", "patternProperties is (, no regular expression"),
        (
            f"$schema: {DRAFTS[-1]}\npatternProperties: {{'(': {{}}}}",
            "mine.yaml:2:21",
            "patternProperties is (, no regular expression",
        ),
        ("pattern: a{99999999999}", "mine.yaml:1:10", "no regular expression"),
        (f"pattern: '{'(' * 3000}{')' * 3000}'", "mine.yaml:1:10", "no regular expression"),
        ("allOf:\n- true\n- $ref: '#/$defs/none'", "mine.yaml:3:9", "$ref #/$defs/none leads nowhere"),
        ("$ref: '#none'", "mine.yaml:1:7", "$ref #none leads nowhere"),
        ("$ref: https://example.com/schema.json", "mine.yaml:1:7", "leads out of the file, and nothing is fetched"),
        ("$ref: file:///etc/passwd", "mine.yaml:1:7", "leads out of the file"),
        ("$ref: other.json", "mine.yaml:1:7", "leads out of the file"),
        ("$ref: 'http://['", "mine.yaml:1:7", "lead"),
        ("$dynamicRef: '#none'", "mine.yaml:1:14", "$dynamicRef #none leads nowhere"),
        ("x-part: {pattern: '('}\n$ref: '#/x-part'", "mine.yaml:2:7", "does not lead to a schema"),
        ("title: words\n$ref: '#/title'", "mine.yaml:2:7", "does not lead to a schema"),
        ("$schema: https://example.com/draft", "mine.yaml:1:10", "names no draft of JSON Schema that is known"),
        ("$schema: http://json-schema.org/draft-03/schema#", "mine.yaml:1:10", "names no draft"),
        ("$schema: 7", "mine.yaml:1:10", "names no draft"),
    ],
)
def test_a_fault_of_a_schema_is_told_at_its_place(text: str, where: str, said: str) -> None:
    with pytest.raises(InputErrors) as raised:
        schema_of(text)
    problem = raised.value.problems[0]
    assert str(problem.where) == where
    assert said in problem.what


def test_every_fault_of_a_schema_is_told_in_one_run() -> None:
    with pytest.raises(InputErrors) as raised:
        schema_of("properties: {keep: {minimum: a}, image: {pattern: '['}}")
    assert len(raised.value.problems) == 2


@pytest.mark.parametrize("draft", DRAFTS)
def test_every_draft_judges_as_it_says(draft: str) -> None:
    schema = schema_of(
        f"$schema: {draft}\nproperties: {{keep: {{multipleOf: 3}}, storage: {{$ref: '#/definitions/a'}}}}\n"
        "definitions: {a: {properties: {className: {type: 'null'}}}}"
    )
    assert schema.errors(SHAPE) == ()
    assert len(schema.errors(SHAPE | {"keep": 4})) == 1
    assert len(schema.errors(SHAPE | {"storage": {"className": "a"}})) == 1


@pytest.mark.parametrize(
    "text",
    [
        "$ref: '#'",
        "allOf: [{$ref: '#'}]",
        "$defs: {a: {$ref: '#/$defs/b'}, b: {not: {$ref: '#/$defs/a'}}}\n$ref: '#/$defs/a'",
    ],
)
def test_a_schema_that_refers_to_itself_without_end_is_wrong_input(text: str) -> None:
    schema = schema_of(text)
    with pytest.raises(InputError, match="refers to itself without coming to an end"):
        schema.errors(SHAPE)


@pytest.mark.parametrize("keyword", ["allOf", "anyOf", "oneOf"])
def test_a_schema_whose_references_multiply_is_refused_before_it_judges(keyword: str) -> None:
    doubling = {f"d{n}": {keyword: [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(40)}
    text = json.dumps({"$defs": doubling | {"d40": {"type": "array"}}, "$ref": "#/$defs/d0"})
    with pytest.raises(InputErrors, match="more than 20,000 steps"):
        schema_of(text)


def test_a_part_that_many_refer_to_counts_only_once_for_each() -> None:
    shared = {f"p{n}": {"$ref": "#/$defs/a"} for n in range(2000)}
    schema = schema_of(json.dumps({"$defs": {"a": {"type": "string"}}, "properties": shared}))
    assert schema.errors(SHAPE) == ()


def test_a_cycle_that_goes_down_a_property_comes_to_an_end() -> None:
    schema = schema_of("properties: {metadata: {$ref: '#'}, labels: {$ref: '#'}}")
    assert schema.errors(SHAPE) == ()


def test_formats_are_not_asserted() -> None:
    assert schema_of("properties: {image: {format: ipv4}}").errors(SHAPE) == ()


def test_a_reference_to_a_part_of_the_same_file_is_followed() -> None:
    schema = schema_of(
        "$id: https://example.com/mine.json\n"
        "$defs: {few: {$anchor: few, maximum: 2}}\n"
        "properties: {keep: {$ref: '#few'}, restarts: {$ref: 'mine.json#/$defs/few'}}"
    )
    assert len(schema.errors(SHAPE)) == 1


META = Draft202012Validator.META_SCHEMA
VALUE: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        1.5,
        "",
        "#",
        "#/",
        "#/$defs/a",
        "#a",
        "(",
        "object",
        *DRAFTS,
        [],
        ["a"],
        [1],
        {},
        {"a": {}},
        "http://[",
    ]
)
KEYWORD = st.sampled_from(
    [
        *("$schema", "$id", "$ref", "$anchor", "$dynamicRef", "$dynamicAnchor", "$defs", "$vocabulary", "definitions"),
        *("type", "enum", "const", "required", "properties", "patternProperties", "pattern", "format", "items"),
        *("prefixItems", "contains", "minContains", "allOf", "anyOf", "not", "if", "then", "minimum", "multipleOf"),
        *("dependentRequired", "dependentSchemas", "unevaluatedProperties", "additionalProperties", "propertyNames"),
        *("uniqueItems", "minProperties", "maxLength", "dependencies", "$recursiveRef", "id", "extends"),
    ]
)
ANY_SCHEMA: st.SearchStrategy[Any] = st.recursive(
    VALUE,
    lambda inner: (
        st.dictionaries(KEYWORD, inner, max_size=4) | st.lists(inner, max_size=2) | st.builds(lambda a: {"a": a}, inner)
    ),
    max_leaves=8,
)


@given(data=st.dictionaries(KEYWORD, ANY_SCHEMA, max_size=4))
def test_whatever_a_schema_file_holds_is_refused_or_judges(data: dict[str, Any]) -> None:
    text = parse_one(json.dumps(data).encode(), "mine.json")
    before = copy.deepcopy(data)
    problems: tuple[Problem, ...] = ()
    try:
        examined(data, text).errors(SHAPE)
    except InputError as error:
        problems = error.problems
    assert all(problem.where for problem in problems)
    assert data == before
