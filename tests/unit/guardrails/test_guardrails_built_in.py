from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from gitops_golden.guardrails.model import Rule
from gitops_golden.guardrails.reads import pruned
from gitops_golden.guardrails.rules import rules_of
from gitops_golden.guardrails.shape import delivery_shape, planned_cron
from gitops_golden.policy.guardrails import MODES
from gitops_golden.policy.model import Registry, Tracking
from gitops_golden.render.cdi import DIGEST_ANNOTATION
from tests.builders import A, cluster, image, layer, policy, settings, tracking_variant, variant, where
from tests.unit.guardrails.rules import built_in, guardrail, judged

if TYPE_CHECKING:
    from gitops_golden.policy.model import Guardrail

REGISTRY = Registry("registry.example:5000")


def complaints(shape: dict[str, Any]) -> set[str]:
    return {name for name, schema in built_in().items() if not Draft202012Validator(schema).is_valid(shape)}


def written(**changes: Any) -> dict[str, Any]:
    """Return an ordinary delivery whose cron a template has changed."""
    made = changes.pop("made", variant())
    shape = delivery_shape(made, image(), REGISTRY, fleet="acme")
    cron = shape["cron"]
    cron["spec"] |= {name: value for name, value in changes.items() if name in cron["spec"]}
    if "url" in changes:
        cron["spec"]["template"]["spec"]["source"]["registry"]["url"] = changes["url"]
    if "digest" in changes:
        cron["annotations"][DIGEST_ANNOTATION] = changes["digest"]
    if changes.get("digest", A) is None:
        del cron["annotations"][DIGEST_ANNOTATION]
    cron["name"] = changes.get("name", cron["name"])
    return shape


def test_the_built_in_guardrails_are_these() -> None:
    assert {name: schema["x-mode"] for name, schema in built_in().items()} == {
        "digest-in-url": "deny",
        "garbage-collect-never": "warn",
        "keep-none": "warn",
        "keep-one": "off",
        "malformed-digest": "deny",
        "node-pull-tracking": "warn",
        "nothing-to-import": "deny",
        "retention-none": "warn",
        "retention-unknown": "deny",
        "tracking-name-too-long": "deny",
    }


@pytest.mark.parametrize("name", built_in())
def test_a_built_in_guardrail_is_a_schema_with_title_description_and_mode(name: str) -> None:
    schema = built_in()[name]
    Draft202012Validator.check_schema(schema)
    assert schema["title"]
    assert schema["description"]
    assert schema["x-mode"] in MODES


@pytest.mark.parametrize(
    ("shape", "named"),
    [
        (written(url=f"docker://registry.example:5000/golden/rhel9@{A}"), "digest-in-url"),
        (written(digest=None), "nothing-to-import"),
        (written(made=tracking_variant(), schedule=""), "nothing-to-import"),
        (written(retentionPolicy="Some"), "retention-unknown"),
        (written(digest="sha256:abc"), "malformed-digest"),
        (written(digest=f"{A}\n"), "malformed-digest"),
        (written(made=tracking_variant(), name="a" * 43), "tracking-name-too-long"),
    ],
)
def test_what_cdi_admits_and_then_breaks_on_is_denied(shape: dict[str, Any], named: str) -> None:
    assert complaints(shape) == {named}
    assert built_in()[named]["x-mode"] == "deny"


@pytest.mark.parametrize(
    ("made", "named"),
    [
        (variant(settings=settings(retention="None")), {"retention-none"}),
        (variant(settings=settings(garbage_collect="Never")), {"garbage-collect-never"}),
        (variant(settings=settings(keep=0)), {"keep-none", "keep-one"}),
        (variant(settings=settings(keep=1)), {"keep-one"}),
        (variant(settings=settings(pull_method="node")), set()),
        (tracking_variant(), set()),
        (variant("a" * 60), set()),
        (variant(digest=None), set()),
    ],
)
def test_what_a_user_may_come_to_regret_is_told(made: Any, named: set[str]) -> None:
    assert complaints(delivery_shape(made, image(), REGISTRY, fleet="acme")) == named


def test_polling_through_the_node_is_told() -> None:
    polled = settings(update=Tracking("0 2 * * *"), pull_method="node", keep=1)
    shape = delivery_shape(variant(digest=None, settings=polled), image(), REGISTRY, fleet="acme")
    assert complaints(shape) == {"node-pull-tracking"}


NAMES = st.from_regex(r"[a-z]([a-z0-9.-]{0,58}[a-z0-9])?", fullmatch=True)


@given(
    name=NAMES,
    tag=st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", fullmatch=True),
    digest=st.none() | st.from_regex(r"sha256:[0-9a-f]{64}", fullmatch=True),
    schedule=st.none() | st.sampled_from(["0 2 * * *", "@daily"]),
    retention=st.sampled_from(["All", "None"]),
    mirror=st.none() | st.sampled_from(["mirror.example", "mirror.example:5000/golden"]),
    annotations=st.dictionaries(NAMES, st.text(max_size=5), max_size=2),
)
def test_what_the_built_in_template_writes_breaks_no_built_in_rule_about_crons(**drawn: Any) -> None:
    schedule = drawn["schedule"]
    held = settings(
        update=Tracking(schedule) if schedule else None,
        retention=drawn["retention"],
        mirror=drawn["mirror"],
        annotations=tuple(drawn["annotations"].items()),
    )
    source = f"{drawn['mirror'] or 'registry.example:5000'}/golden/{drawn['name']}"
    made = variant(drawn["name"], None if schedule else drawn["digest"], settings=held)
    shape = delivery_shape(replace(made, source=source, tag=drawn["tag"]), image(), REGISTRY, fleet="acme")
    about_crons = {name for name, schema in built_in().items() if '"cron"' in str(schema).replace("'", '"')}
    assert len(about_crons) == 5
    assert not complaints(shape) & about_crons


def test_no_guardrail_mentions_what_is_ordinary() -> None:
    assert judged(policy()) == ()


def judged_names(*guardrails: Guardrail, **defaults: Any) -> list[tuple[str, str, tuple[str, ...]]]:
    fleet = policy(
        clusters=(cluster("dev", labels={"env": "dev"}), cluster("prod", labels={"env": "prod"})),
        defaults=layer("defaults", **defaults),
        guardrails=guardrails,
    )
    return sorted((finding.guardrail, finding.mode, finding.clusters) for finding in judged(fleet))


def test_a_built_in_guardrail_is_switched_off_by_its_name() -> None:
    assert judged_names(retention="None") == [("retention-none", "warn", ("dev", "prod"))]
    assert judged_names(guardrail(name="retention-none", mode="off"), retention="None") == []


def test_a_built_in_guardrail_is_made_stricter_where_the_policy_says_so_and_stays_as_it_is_elsewhere() -> None:
    strict = guardrail(name="retention-none", clusters=where(env="prod"))
    assert judged_names(strict, retention="None") == [
        ("retention-none", "deny", ("prod",)),
        ("retention-none", "warn", ("dev",)),
    ]
    off = guardrail(name="retention-none", mode="off", clusters=where(env="dev"))
    assert judged_names(off, retention="None") == [("retention-none", "warn", ("prod",))]


def test_a_built_in_guardrail_that_is_off_is_switched_on_by_its_name() -> None:
    assert judged_names(keep=1) == []
    strict = guardrail(name="keep-one", clusters=where(env="prod"))
    assert judged_names(strict, keep=1) == [("keep-one", "deny", ("prod",))]


def test_a_schema_of_the_policys_under_a_built_in_name_takes_its_place() -> None:
    own = guardrail({"properties": {"retention": {"const": "None"}}}, name="retention-none")
    assert judged_names(own, retention="None") == []
    assert judged_names(own) == [("retention-none", "deny", ("dev", "prod"))]


def test_a_rule_about_crons_judges_only_what_a_template_of_the_users_wrote() -> None:
    broken = pruned(planned_cron(variant(), "acme"), None)
    broken["spec"]["retentionPolicy"] = "Some"
    assert [finding.guardrail for finding in judged(policy(), lambda _: broken)] == ["retention-unknown"]
    assert judged(policy(), lambda _: None) == ()


def test_a_guardrail_that_is_off_must_still_be_a_schema() -> None:
    rules = rules_of(policy(guardrails=(guardrail({}, mode="off"),)), {})
    assert rules == ()
    assert all(isinstance(rule, Rule) for rule in rules_of(policy(), built_in()))
