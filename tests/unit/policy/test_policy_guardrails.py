"""Guardrails as a policy names them: by a schema beside it, or a built-in one by its name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gitops_golden.policy.guardrails import MODES, built_in_files
from gitops_golden.policy.load import load
from gitops_golden.policy.selectors import EVERYTHING, Choice
from tests.unit.policy.reading import EDGE, HEAD, RHEL, document, read, refused, write

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = {"type": "object", "properties": {"keep": {"minimum": 2}}}


def test_a_schema_in_a_list_is_its_own_name_and_denies(tmp_path: Path) -> None:
    (found,) = read(tmp_path, "guardrails: [{schema: rules/a.json}]", rules__a_json=json.dumps(SCHEMA)).guardrails
    assert (found.name, found.mode, found.schema) == ("rules/a.json", "deny", SCHEMA)
    assert (found.images, found.clusters) == (EVERYTHING, EVERYTHING)


def test_a_schema_may_be_yaml_and_have_a_name_of_its_own(tmp_path: Path) -> None:
    spec = "guardrails: [{name: keep some, schema: a.yaml, mode: warn, images: [], clusters: []}]"
    (found,) = read(tmp_path, spec, a_yaml="type: object\nproperties: {keep: {minimum: 2}}\n").guardrails
    assert (found.name, found.mode, found.schema) == ("keep some", "warn", SCHEMA)
    assert found.images == found.clusters == Choice(names=frozenset())


def test_a_document_is_the_same_guardrail(tmp_path: Path) -> None:
    schema = json.dumps(SCHEMA)
    one = write(tmp_path / "one", fleet_yaml=f"{HEAD}  guardrails: [{{name: g, schema: a.json}}]\n", a_json=schema)
    many = write(
        tmp_path / "many", fleet_yaml=HEAD, a_json=schema, g_yaml=document("Guardrail", "g", "{schema: a.json}")
    )
    first, second = (load(folder).policy.guardrails[0] for folder in (one, many))
    assert (first.name, first.mode, first.schema) == (second.name, second.mode, second.schema)


def test_guardrails_choose_images_and_clusters_as_placements_do(tmp_path: Path) -> None:
    spec = "{schema: a.json, images: [rhel9], clusters: {matchLabels: {site: edge}}}"
    write(tmp_path, fleet_yaml=HEAD, a_json="{}", b_yaml=RHEL + EDGE + document("Guardrail", "g", spec))
    (found,) = load(tmp_path).policy.guardrails
    assert found.images == Choice(names=frozenset({"rhel9"}))
    assert found.clusters.selector


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", sorted(built_in_files()))
def test_a_name_without_a_schema_switches_a_built_in_guardrail(name: str, mode: str, tmp_path: Path) -> None:
    (found,) = read(tmp_path, f"guardrails: [{{name: {name}, mode: {mode}, clusters: []}}]").guardrails
    assert (found.name, found.mode, found.schema) == (name, mode, None)
    assert found.clusters == Choice(names=frozenset())


def test_a_name_that_is_not_built_in_needs_a_schema(tmp_path: Path) -> None:
    (told,) = refused(tmp_path, "guardrails: [{name: nothing-built-in, mode: off}]")
    assert told.startswith(
        'fleet.yaml:6:16: the guardrail "nothing-built-in" has no schema, and none is built in under this name'
    )


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ("{}", "6:16: A guardrail has neither name nor schema (add one)"),
        ("{mode: deny}", "6:16: A guardrail has neither name nor schema (add one)"),
        ("a.json", "6:16: A guardrail must be a map"),
        ("{schema: a.json, mode: block}", 'a guardrail\'s mode "block" is unknown (known are deny, warn, off)'),
        ("{schema: a.json, severity: deny}", "unknown field severity in a guardrail"),
        ("{schema: missing.json}", 'a guardrail\'s schema "missing.json" does not exist'),
        ("{schema: ../a.json}", "leads out of the policy's folder"),
        ("{schema: a.json, images: [rhel9]}", 'no image is named "rhel9"'),
        ("{schema: a.json}, {schema: a.json}", 'there are two guardrails named "a.json" (the first is at'),
        ("{schema: list.json}", "list.json:1:1: a guardrail's schema must be a map"),
        ("{schema: empty.json}", "empty.json:1:1: the file holds no document"),
        ("{schema: broken.json}", "broken.json:2:1: not YAML"),
        ("{schema: infinite.json}", "infinite.json:1:1: a schema holds a number that JSON doesn't have"),
        ("{schema: two.json}", "two.json:3:1: a second document"),
    ],
)
def test_a_wrong_guardrail_is_told(item: str, says: str, tmp_path: Path) -> None:
    files = {
        "a_json": "{}",
        "list_json": "[]",
        "empty_json": "",
        "broken_json": '{"type": ',
        "infinite_json": '{"minimum": .inf}',
        "two_json": "{}\n---\n{}\n",
    }
    assert any(says in line for line in refused(tmp_path, f"guardrails: [{item}]", **files))
