from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from gitops_golden.guardrails.amounts import amount, bytes_of
from gitops_golden.guardrails.reads import pruned
from gitops_golden.guardrails.shape import delivery_shape, delivery_view
from gitops_golden.policy.model import Registry
from gitops_golden.policy.quantities import canonical
from gitops_golden.policy.settings import Kinded
from gitops_golden.resources import shipped
from tests.builders import A, image, settings, tracking_variant, variant

REGISTRY = Registry("registry.example:5000", pull_secret="account")
EVERYTHING_SET = variant(
    digest=A,
    settings=settings(
        storage_class="fast",
        preference=Kinded("rhel.9", "VirtualMachinePreference"),
        instancetype=Kinded("u1.medium", "VirtualMachineInstancetype"),
        access_modes=("ReadWriteMany",),
        volume_mode="Block",
        immediate_binding=True,
        architectures=("amd64",),
        mirror="mirror.example",
        labels=(("team", "a"),),
        annotations=(("a.example/b", "any\ntext"),),
    ),
    pull_secret="account",
    ca_config_map="acme-registry-ca",
    architecture="amd64",
    restarts=1,
    attempts=2,
)
VARIANTS = {
    "ordinary": variant(),
    "everything set": EVERYTHING_SET,
    "tracking": tracking_variant(),
    "not locked": variant(digest=None),
}


def published() -> Draft202012Validator:
    schema = json.loads((shipped("policies") / "delivery.schema.json").read_bytes())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("name", VARIANTS)
def test_a_delivery_has_the_published_shape(name: str) -> None:
    shape = delivery_shape(VARIANTS[name], image(labels={"os": "linux"}), REGISTRY, fleet="acme")
    assert [error.message for error in published().iter_errors(shape)] == []
    assert json.loads(json.dumps(shape)) == shape


def test_every_part_of_the_shape_is_described_and_none_may_be_missing() -> None:
    def described(node: dict[str, Any], path: str) -> list[str]:
        missing = [path] if "properties" in node and set(node.get("required", ())) != set(node["properties"]) else []
        for name, child in node.get("properties", {}).items():
            if "const" not in child and "description" not in child and name != "tracking":
                missing.append(f"{path}.{name}")
            missing += described(child, f"{path}.{name}")
        return missing

    schema = published().schema
    assert isinstance(schema, dict)
    assert described(schema, "") == []
    assert set(schema["properties"]) == set(delivery_shape(variant(), image(), REGISTRY, fleet="acme"))


def test_the_shape_says_nothing_of_any_cluster() -> None:
    assert "prod-1" not in json.dumps(delivery_shape(variant(), image(), REGISTRY, fleet="acme"))


def test_a_cron_that_a_template_wrote_takes_the_planned_ones_place() -> None:
    written = {"name": "mine", "labels": {}, "annotations": {}, "spec": {"schedule": ""}}
    shape = delivery_shape(variant(), image(), REGISTRY, fleet="acme", cron=written)
    assert shape["cron"] == written
    assert list(published().iter_errors(shape)) == []


def test_parts_are_made_when_they_are_looked_at() -> None:
    view = delivery_view(variant(), image(), REGISTRY, fleet="acme")
    assert "keep" in view
    assert "kept" not in view
    assert view["storage"] is view["storage"]
    assert pruned(view, None)["cron"]["spec"]["importsToKeep"] == view["keep"] == 3


@pytest.mark.parametrize(
    ("size", "number"),
    [("30Gi", 30 * 2**30), ("1500M", 1_500_000_000), ("1e3", 1000), ("7", 7), ("2k", 2000), ("1E", 10**18)],
)
def test_a_size_is_a_number_of_bytes(size: str, number: int) -> None:
    assert bytes_of(canonical(size)) == number


@given(st.integers(1, 2**63 - 1), st.sampled_from(["", "Ki", "Mi", "Gi", "Ti", "k", "M", "G", "T", "e3", "E"]))
def test_every_canonical_size_is_the_number_of_bytes_that_it_was(number: int, suffix: str) -> None:
    try:
        size = canonical(f"{number}{suffix}")
    except ValueError:
        return
    factor = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "E": 10**18, "e3": 1000}
    binary = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
    assert bytes_of(size) == number * (factor | binary)[suffix]


@pytest.mark.parametrize(
    ("number", "text"), [(20 * 2**30, "20Gi"), (2**70, "1024Ei"), (1000, "1000 bytes"), (0, "0"), (1.5, "1.5")]
)
def test_an_amount_is_written_as_people_write_it(number: float, text: str) -> None:
    assert amount(number) == text
