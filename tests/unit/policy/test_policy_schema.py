"""The shipped schema and the loader agree: both take what is right, and the loader refuses what the schema refuses."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from gitops_golden.documents import as_data, parse_one
from gitops_golden.errors import InputErrors
from gitops_golden.policy import access, guardrails, layers, load, platforms, sections, vendor_images
from gitops_golden.policy.names import ARCHITECTURES
from gitops_golden.policy.objective import OBJECTIVE
from gitops_golden.resources import shipped
from tests.testbed.pki import Authority
from tests.unit.policy.any_policy import POLICY, mutated
from tests.unit.policy.good_policy import GOOD, INVENTORY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitops_golden.policy.fields import Shape


@cache
def schema() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((shipped("policies") / "policy.schema.json").read_text(encoding="utf-8"))
    return loaded


@cache
def validator() -> Draft202012Validator:
    Draft202012Validator.check_schema(schema())
    return Draft202012Validator(schema())


def definition(*path: str | int) -> dict[str, Any]:
    found: Any = schema()["$defs"]
    for step in path:
        found = found[step]
    assert isinstance(found, dict)
    return found


@cache
def bundle() -> bytes:
    return Authority("golden").certificate


def accepted(data: Any, folder: Path) -> bool:
    (folder / "ca.pem").write_bytes(bundle())
    (folder / "guard.json").write_text('{"type": "object"}', encoding="utf-8")
    (folder / "templates").mkdir(exist_ok=True)
    (folder / "fleet.yaml").write_text(json.dumps(data), encoding="utf-8")
    try:
        load.load(folder / "fleet.yaml")
    except InputErrors:
        return False
    return True


# The folder is only a place for one file that each example replaces.
SAME_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@SAME_FOLDER
@given(data=POLICY)
def test_a_right_policy_satisfies_schema_and_loader(data: Any, tmp_path: Path) -> None:
    assert [error.message for error in validator().iter_errors(data)] == []
    assert accepted(data, tmp_path)


@SAME_FOLDER
@given(data=mutated())
def test_what_the_schema_refuses_the_loader_refuses(data: Any, tmp_path: Path) -> None:
    if not validator().is_valid(data):
        assert not accepted(data, tmp_path)


@pytest.mark.parametrize("text", [GOOD, INVENTORY])
def test_the_examples_satisfy_the_schema(text: str) -> None:
    assert validator().is_valid(as_data(parse_one(text.encode(), "f")))


REGISTRY_PATH = ("FleetPolicy", "properties", "spec", "properties", "registry")
HYPER_CONVERGED_PATH = ("properties", "hyperConverged", "anyOf", 1)


@pytest.mark.parametrize(
    ("path", "shape", "also"),
    [
        (("FleetPolicy", "properties", "spec"), sections.SPEC, ()),
        (REGISTRY_PATH, sections.REGISTRY, ()),
        ((*REGISTRY_PATH, "properties", "externalSecret"), access.EXTERNAL_SECRET, ()),
        (("FleetPolicy", "properties", "spec", "properties", "delivery"), sections.DELIVERY, ()),
        (("vendorImages", "anyOf", 1), vendor_images.VENDOR_IMAGES, ()),
        (("vendorImages", "anyOf", 1, "properties", "templates", "items"), vendor_images.TEMPLATE, ()),
        (("FleetPolicy", "properties", "spec", "properties", "objective"), OBJECTIVE, ()),
        (("channelItem",), access.CHANNEL, ("name",)),
        (("consumer",), access.SUBJECT, ()),
        (("platform", "anyOf", 1), platforms.PLATFORM, ()),
        (("platform", "anyOf", 1, *HYPER_CONVERGED_PATH), platforms.HYPER_CONVERGED, ()),
        (("Inventory",), sections.INVENTORY, ("apiVersion", "kind")),
        (("settings",), sections.SETTINGS, ()),
        (("imageItem",), sections.IMAGE, ("name",)),
        (("clusterItem",), sections.CLUSTER, ("name",)),
        (("placementItem",), sections.PLACEMENT, ("name",)),
        (("overrideItem",), sections.OVERRIDE, ("name",)),
        (("Image", "properties", "spec"), sections.IMAGE, ()),
        (("Cluster", "properties", "spec"), sections.CLUSTER, ()),
        (("Placement", "properties", "spec"), sections.PLACEMENT, ()),
        (("Override", "properties", "spec"), sections.OVERRIDE, ()),
        (("Guardrail", "properties", "spec"), guardrails.GUARDRAIL, ()),
        (("storage", "anyOf", 1), layers._STORAGE, ()),
        (("registrySetting", "anyOf", 1), layers._REGISTRY, ()),
        (("metadataSetting", "anyOf", 1), layers._METADATA, ()),
        (("update", "anyOf", 2), layers._UPDATE, ()),
        (("update", "anyOf", 2, "properties", "tracking"), layers._TRACKING, ()),
    ],
    ids=lambda value: "/".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_schema_and_loader_know_the_same_fields(
    path: tuple[str | int, ...], shape: Shape, also: tuple[str, ...]
) -> None:
    properties = definition(*path)["properties"]
    later = {name for name, value in properties.items() if value.get("not") == {}}
    assert later == shape.later
    assert set(properties) - later == shape.known | set(also)
    assert set(definition(*path).get("required", ())) == {*shape.required, *also}


def test_a_guardrail_in_a_list_is_named_or_has_a_schema_to_be_named_by() -> None:
    assert set(definition("guardrailItem", "properties")) == guardrails.GUARDRAIL.known | {"name"}
    assert definition("guardrailItem")["anyOf"] == [{"required": ["name"]}, {"required": ["schema"]}]


def with_examples(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict) and "examples" in node:
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from with_examples(inner)


def test_every_example_in_the_schema_satisfies_it() -> None:
    found = [(node, example) for node in with_examples(schema()) for example in node["examples"]]
    assert len(found) > 10
    assert [example for node, example in found if not validator().evolve(schema=node).is_valid(example)] == []


def undescribed(node: Any, path: str) -> Iterator[str]:
    for field, value in node.get("properties", {}).items():
        own = {} if field in ENVELOPE else value
        target = schema()["$defs"][own["$ref"].rpartition("/")[2]] if "$ref" in own else {}
        if own and "description" not in own and "description" not in target:
            yield f"{path}.{field}"
        yield from undescribed(value, f"{path}.{field}")
    for inner in (*node.get("anyOf", ()), *([node["items"]] if "items" in node else ())):
        yield from undescribed(inner, path)


ENVELOPE = {"apiVersion", "kind", "metadata", "spec"}


def test_every_field_is_described() -> None:
    assert [field for name, found in schema()["$defs"].items() for field in undescribed(found, name)] == []


def test_the_schema_knows_every_kind_setting_and_word() -> None:
    assert tuple(sorted(schema()["properties"]["kind"]["enum"])) == tuple(sorted(load.KINDS))
    assert set(definition("settings", "properties")) == layers.FIELDS
    assert tuple(definition("clusterItem", "properties", "architecture")["enum"]) == ARCHITECTURES
    assert tuple(definition("architectures", "anyOf", 1, "items")["enum"]) == ARCHITECTURES
    assert tuple(definition("platform", "anyOf", 0)["enum"]) == tuple(platforms.PLATFORMS)
    assert (
        tuple(definition("platform", "anyOf", 1, *HYPER_CONVERGED_PATH, "properties", "apiVersion")["enum"])
        == platforms.API_VERSIONS
    )
    assert tuple(definition("guardrailItem", "properties", "mode")["enum"]) == guardrails.MODES
    assert tuple(definition("vendorImages", "anyOf", 0)["enum"]) == tuple(vendor_images.WORDS)
