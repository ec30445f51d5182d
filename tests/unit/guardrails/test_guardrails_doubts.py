from __future__ import annotations

import json
from typing import Any

import pytest

from gitops_golden.guardrails.doubts import SHAPE, doubts
from gitops_golden.resources import shipped
from tests.builders import image, named, policy, where
from tests.unit.guardrails.rules import guardrail


def told(*guardrails: Any) -> list[str]:
    return [str(problem) for problem in doubts(policy(images=(image(labels={"os": "linux"}),), guardrails=guardrails))]


def test_a_guardrail_that_may_find_something_is_not_doubted() -> None:
    sound = {
        "required": ["keep"],
        "if": {"properties": {"update": {"type": "object", "properties": {"tracking": {"required": ["schedule"]}}}}},
        "then": {"properties": {"cron": {"properties": {"spec": {"properties": {"schedule": {"minLength": 1}}}}}}},
        "not": {"properties": {"metadata": {"properties": {"labels": {"required": ["team"]}}}}},
    }
    assert told(guardrail(sound), guardrail(name="keep-one", mode="warn")) == []


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"images": where(os="windows")}, "fleet.yaml:1:1: guardrail 'mine' selects no image"),
        ({"clusters": named("gone")}, "fleet.yaml:1:1: guardrail 'mine' selects no cluster"),
    ],
)
def test_a_guardrail_that_chooses_nothing_is_told(chosen: dict[str, Any], said: str) -> None:
    assert told(guardrail({}, **chosen)) == [said]
    assert told(guardrail({}, mode="off", **chosen)) == []


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (
            {"properties": {"storge": {}}},
            "mine.schema.json:3:3: no delivery has storge (did you mean storage?)",
        ),
        (
            {"properties": {"storage": {"required": ["classname"]}}},
            "mine.schema.json:5:5: no delivery has storage.classname (did you mean className?)",
        ),
        (
            {"not": {"properties": {"cluster": {}}}},
            "mine.schema.json:4:4: no delivery has cluster (gitops-golden schema delivery prints what there is)",
        ),
    ],
)
def test_a_property_that_no_delivery_has_is_told_at_its_place(schema: dict[str, Any], said: str) -> None:
    assert told(guardrail(schema)) == [said]


def test_of_thousands_of_unknown_properties_some_are_told() -> None:
    assert len(told(guardrail({"required": [f"x{number}" for number in range(3000)]}))) == 20


def test_the_known_properties_are_those_of_the_published_shape() -> None:
    def known(node: dict[str, Any]) -> Any:
        inside = [each for each in (node, *node.get("anyOf", ())) if each.get("additionalProperties") is False]
        return {name: known(below) for name, below in inside[0]["properties"].items()} if inside else None

    assert known(json.loads((shipped("policies") / "delivery.schema.json").read_bytes())) == SHAPE
