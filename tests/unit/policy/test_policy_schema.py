"""The shipped schema and the loader agree: both take what is right, and the loader refuses what the schema refuses."""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from gitops_golden.documents import as_data, parse_one
from gitops_golden.errors import InputErrors
from gitops_golden.policy import load, sections
from gitops_golden.policy.layers import FIELDS, LATER
from gitops_golden.policy.names import ARCHITECTURES
from gitops_golden.resources import shipped
from tests.unit.policy.bad_policies import GOOD, INVENTORY

if TYPE_CHECKING:
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


def definition(*path: str) -> dict[str, Any]:
    found: Any = schema()["$defs"]
    for step in path:
        found = found[step]
    assert isinstance(found, dict)
    return found


NAME = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
LABELS = st.dictionaries(st.sampled_from(["env", "site", "a.b/c"]), st.sampled_from(["", "prod", "9.6"]), max_size=3)
SETTING: dict[str, st.SearchStrategy[Any]] = {
    "namespace": st.none() | NAME,
    "update": st.sampled_from([None, "pinned", {"tracking": {"schedule": "0 2 * * *"}}]),
    "keep": st.none() | st.integers(0, 100),
    "storage": st.none()
    | st.fixed_dictionaries(
        {}, optional={"size": st.sampled_from([None, "30Gi", "1.5G"]), "className": st.none() | NAME}
    ),
    "preference": st.none()
    | NAME
    | st.fixed_dictionaries({}, optional={"name": NAME, "kind": st.just("VirtualMachinePreference")}),
    "instancetype": st.none() | NAME | st.fixed_dictionaries({"kind": st.just("VirtualMachineClusterInstancetype")}),
}
SETTINGS = st.fixed_dictionaries({}, optional=SETTING)
EXPRESSION = st.builds(
    lambda key, values: {
        "key": key,
        "operator": "In" if values else "Exists",
        **({"values": values} if values else {}),
    },
    st.sampled_from(["env", "site"]),
    st.lists(NAME, max_size=2),
)
SELECTOR = st.fixed_dictionaries(
    {}, optional={"matchLabels": LABELS, "matchExpressions": st.lists(EXPRESSION, max_size=2)}
)


def named(items: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(items, max_size=3, unique_by=lambda item: item["name"])


IMAGE = st.fixed_dictionaries(
    {"name": NAME, "repository": NAME, "tag": st.sampled_from(["9.6", "latest"])},
    optional={"labels": LABELS, **SETTING},
)
CLUSTER = st.fixed_dictionaries(
    {"name": NAME},
    optional={"context": NAME, "labels": LABELS, "architecture": st.sampled_from(ARCHITECTURES), "set": SETTINGS},
)
PLACEMENT = st.fixed_dictionaries({"name": NAME, "images": SELECTOR, "clusters": SELECTOR})
OVERRIDE = st.fixed_dictionaries({"name": NAME, "set": SETTINGS}, optional={"images": SELECTOR, "clusters": SELECTOR})
SPEC = st.fixed_dictionaries(
    {
        "registry": st.fixed_dictionaries(
            {"address": st.sampled_from(["a.example", "a:5000/golden"])},
            optional={"layout": st.just("./registry"), "plainHTTP": st.booleans(), "pullSecret": NAME},
        )
    },
    optional={
        "delivery": st.fixed_dictionaries(
            {},
            optional={"engine": st.just("none"), "branch": NAME, "path": st.sampled_from(["{cluster}", "a/{cluster}"])},
        ),
        "defaults": SETTINGS,
        "images": named(IMAGE),
        "clusters": named(CLUSTER),
        "placements": named(PLACEMENT),
        "overrides": named(OVERRIDE),
    },
)
POLICY = st.builds(
    lambda name, spec: {
        "apiVersion": "gitops-golden/v1alpha1",
        "kind": "FleetPolicy",
        "metadata": {"name": name},
        "spec": spec,
    },
    NAME,
    SPEC,
)
WRONG = st.sampled_from(
    [None, True, 0, 101, 1.5, "", "-a", "A b", "x" * 300, "a@b", [], [1], {}, {"x": 1}, ["-a"], "no\n"]
)
FIELD = st.sampled_from(["x", "channels", "registry", "name", "values", "tag", "platform", "architectures", "kind"])


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path, *(place for key, value in inside for place in places(value, (*path, key)))]


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A good policy with one value replaced, one field added or one taken away."""
    data = copy.deepcopy(draw(POLICY))
    *way, last = draw(st.sampled_from(places(data)[1:]))
    holder = data
    for step in way:
        holder = holder[step]
    match draw(st.sampled_from(["replace", "add", "remove"])):
        case "add" if isinstance(holder, dict):
            holder[draw(FIELD)] = draw(WRONG)
        case "remove":
            del holder[last]
        case _:
            holder[last] = draw(WRONG)
    return data


def accepted(data: Any, folder: Path) -> bool:
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


@pytest.mark.parametrize(
    ("path", "shape", "also"),
    [
        (("FleetPolicy", "properties", "spec"), load.SPEC, ()),
        (("FleetPolicy", "properties", "spec", "properties", "registry"), sections.REGISTRY, ()),
        (("FleetPolicy", "properties", "spec", "properties", "delivery"), sections.DELIVERY, ()),
        (("Inventory",), load.INVENTORY, ("apiVersion", "kind")),
        (("settings",), sections.SETTINGS, ()),
        (("imageItem",), sections.IMAGE, ("name",)),
        (("clusterItem",), sections.CLUSTER, ("name",)),
        (("placementItem",), sections.PLACEMENT, ("name",)),
        (("overrideItem",), sections.OVERRIDE, ("name",)),
        (("Image", "properties", "spec"), sections.IMAGE, ()),
        (("Cluster", "properties", "spec"), sections.CLUSTER, ()),
        (("Placement", "properties", "spec"), sections.PLACEMENT, ()),
        (("Override", "properties", "spec"), sections.OVERRIDE, ()),
    ],
    ids=lambda value: "/".join(value) if isinstance(value, tuple) else "",
)
def test_schema_and_loader_know_the_same_fields(path: tuple[str, ...], shape: Shape, also: tuple[str, ...]) -> None:
    properties = definition(*path)["properties"]
    later = {name for name, value in properties.items() if value.get("not") == {}}
    assert later == shape.later
    assert set(properties) - later == shape.known | set(also)
    assert set(definition(*path).get("required", ())) == {*shape.required, *also}


def test_every_field_is_described() -> None:
    undescribed = [
        f"{name}.{field}"
        for name, found in schema()["$defs"].items()
        for field, value in found.get("properties", {}).items()
        if field not in {"apiVersion", "kind", "metadata", "spec"} and "description" not in value
    ]
    assert undescribed == []


def test_the_schema_knows_every_kind_and_setting() -> None:
    assert tuple(sorted(schema()["properties"]["kind"]["enum"])) == tuple(sorted(load.KINDS))
    assert set(definition("settings", "properties")) == FIELDS | LATER
    assert tuple(definition("clusterItem", "properties", "architecture")["enum"]) == ARCHITECTURES
