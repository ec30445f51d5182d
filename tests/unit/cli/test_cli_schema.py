"""The schemas of what commands print: which there are, and that they are made of the same pieces."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from gitops_golden.cli.schema import PRINTED, SCHEMAS
from gitops_golden.policy.settings import BUILT_INS
from gitops_golden.resources import shipped

if TYPE_CHECKING:
    from collections.abc import Iterator

OF_VERDICTS = "report"
PIECED = tuple(name for name in PRINTED if name != OF_VERDICTS)


def schema_of(name: str) -> Any:
    return json.loads((shipped("policies") / f"{name}.schema.json").read_bytes())


def test_every_schema_that_is_shipped_has_a_name_of_its_own() -> None:
    assert {file.name.removesuffix(".schema.json") for file in shipped("policies").glob("*.json")} == set(SCHEMAS)
    assert len(SCHEMAS) == len(set(SCHEMAS))


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(schema_of(name))


def test_every_schema_is_of_a_kind_of_its_own() -> None:
    kinds = [schema_of(name)["properties"]["kind"]["const"] for name in PRINTED]
    assert len(kinds) == len(set(kinds))
    assert all(schema_of(name)["properties"]["metadata"] for name in PRINTED)


def test_a_definition_that_schemas_share_says_the_same_in_each() -> None:
    shared: dict[str, Any] = {}
    for name in PIECED:
        for key, definition in schema_of(name)["$defs"].items():
            assert shared.setdefault(key, definition) == definition, (name, key)


def test_the_settings_that_schemas_name_are_those_that_there_are() -> None:
    (named, _) = schema_of("explain")["$defs"]["origin"]["properties"]["path"]["anyOf"]
    assert named["enum"] == [path for path, _ in BUILT_INS]


@pytest.mark.parametrize("name", PIECED)
def test_a_schema_says_what_every_field_is(name: str) -> None:
    schema = schema_of(name)
    told_by_name = {"apiVersion", "kind"}
    silent = {key for key, field in fields(schema) if not described(schema, field)}
    assert silent <= told_by_name


def fields(schema: Any) -> Iterator[tuple[str, Any]]:
    """Yield every property that a schema defines, not those of its conditions."""
    if isinstance(schema, list):
        for each in schema:
            yield from fields(each)
    elif isinstance(schema, dict):
        for key, value in schema.items():
            if key == "properties":
                yield from value.items()
                yield from fields(list(value.values()))
            elif key not in {"if", "then", "else", "const", "enum"}:
                yield from fields(value)


def described(schema: dict[str, Any], field: dict[str, Any]) -> bool:
    reference = field.get("$ref", "").rpartition("/")[2]
    return "description" in field or "description" in schema["$defs"].get(reference, {})
