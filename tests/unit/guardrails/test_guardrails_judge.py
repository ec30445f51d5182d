from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.errors import Location
from gitops_golden.guardrails.crons import written_cron
from gitops_golden.policy.model import Layer, Setting, Source, Tracking
from tests.builders import cluster, image, layer, named, override, policy, where
from tests.unit.guardrails.rules import guardrail, judged

if TYPE_CHECKING:
    from gitops_golden.policy.model import Guardrail, Policy

LARGE = {
    "title": "Room to grow",
    "properties": {"storage": {"properties": {"bytes": {"minimum": 20 * 2**30, "description": "Give it 20Gi."}}}},
}
PINNED = {"properties": {"update": {"const": "pinned"}}}


def only(found: Policy) -> Any:
    (finding,) = judged(found)
    return finding


def at(line: int) -> Location:
    return Location("fleet.yaml", line, 1)


def test_what_satisfies_every_schema_is_not_mentioned() -> None:
    assert judged(policy(guardrails=(guardrail(LARGE),))) == ()


def test_a_finding_says_what_is_wrong_where_and_what_the_schema_advises() -> None:
    small = image(storage_size="10Gi")
    finding = only(policy(images=(small,), guardrails=(guardrail(LARGE, name="room"),)))
    assert str(finding.problem()) == (
        "fleet.yaml:2:1: guardrail room: rhel9 on prod-1: storage.size is 10Gi, less than 20Gi (Give it 20Gi.)"
    )
    assert (finding.denies, finding.problem().severity) == (True, "error")
    assert (finding.image, finding.data_source, finding.clusters, finding.path) == (
        "rhel9",
        "rhel9",
        ("prod-1",),
        "storage.bytes",
    )


def test_a_guardrail_that_warns_denies_nothing() -> None:
    small = image(storage_size="10Gi")
    finding = only(policy(images=(small,), guardrails=(guardrail(LARGE, mode="warn"),)))
    assert (finding.denies, finding.problem().severity) == (False, "warning")


def test_a_guardrail_that_is_off_finds_nothing() -> None:
    small = image(storage_size="10Gi")
    assert judged(policy(images=(small,), guardrails=(guardrail(LARGE, mode="off"),))) == ()


def test_a_guardrail_judges_the_images_and_clusters_that_it_chooses() -> None:
    fleet = policy(
        images=(image("a", labels={"os": "linux"}, storage_size="1Gi"), image("b", storage_size="1Gi")),
        clusters=(cluster("dev", labels={"env": "dev"}), cluster("prod", labels={"env": "prod"})),
        guardrails=(guardrail(LARGE, images=where(os="linux"), clusters=where(env="prod")),),
    )
    finding = only(fleet)
    assert (finding.image, finding.clusters) == ("a", ("prod",))


def test_every_rule_that_a_delivery_breaks_is_told() -> None:
    schema = {"properties": {**LARGE["properties"], **PINNED["properties"]}}  # type: ignore[dict-item] # maps of maps
    fleet = policy(images=(image(storage_size="1Gi", update=Tracking("0 2 * * *")),), guardrails=(guardrail(schema),))
    assert [finding.path for finding in judged(fleet)] == ["storage.bytes", "update"]


def test_clusters_for_which_one_line_is_to_blame_are_one_finding() -> None:
    names = ("a", "b", "c", "d", "e")
    fleet = policy(
        images=(image(storage_size="10Gi"),),
        clusters=tuple(cluster(name) for name in names),
        overrides=(override(clusters=named("e"), storage_className="fast"),),
        guardrails=(guardrail(LARGE),),
    )
    finding = only(fleet)
    assert finding.clusters == names
    assert "rhel9 on a, b, c and 2 more: " in finding.problem().what


def own(name: str, line: int, path: str, value: Any) -> Any:
    setting = Setting(path, value, Location("fleet.yaml", line, 1))
    return replace(cluster(name), layer=Layer(f"cluster {name}", (setting,)))


def test_each_line_to_blame_is_named_with_its_own_clusters() -> None:
    fleet = policy(
        images=(image(storage_size="10Gi"),),
        clusters=(
            own("own-1", 11, "storage.size", "10Gi"),
            own("own-2", 12, "storage.size", "10Gi"),
            cluster("plain", labels={"x": "y"}),
            cluster("overridden", labels={"env": "dev"}),
        ),
        overrides=(override(clusters=where(env="dev"), storage_size="10Gi"),),
        guardrails=(guardrail(LARGE),),
    )
    assert [(finding.where.line, finding.clusters) for finding in judged(fleet)] == [
        (2, ("plain",)),
        (4, ("overridden",)),
        (11, ("own-1",)),
        (12, ("own-2",)),
    ]


def rule(*path: str, **leaf: Any) -> dict[str, Any]:
    schema: dict[str, Any] = leaf
    for name in reversed(path):
        schema = {"properties": {name: schema}}
    return schema


SOURCE = ("cron", "spec", "template", "spec", "source", "registry")
STORAGE = ("cron", "spec", "template", "spec", "storage")


@pytest.mark.parametrize(
    ("path", "setting", "value"),
    [
        (("namespace",), "namespace", "vm-images"),
        (("update",), "update", Tracking("0 2 * * *")),
        (("update", "tracking", "schedule"), "update", Tracking("0 2 * * *")),
        (("keep",), "keep", 1),
        (("storage", "size"), "storage.size", "1Gi"),
        (("storage", "bytes"), "storage.size", "1Gi"),
        (("storage", "className"), "storage.className", "fast"),
        (("storage", "accessModes"), "storage.accessModes", ("ReadWriteMany",)),
        (("storage", "volumeMode"), "storage.volumeMode", "Block"),
        (("pullMethod",), "pullMethod", "node"),
        (("garbageCollect",), "garbageCollect", "Never"),
        (("retention",), "retention", "None"),
        (("immediateBinding",), "immediateBinding", True),
        (("architecture",), "architectures", ("amd64",)),
        (("dataSource",), "architectures", ("amd64",)),
        (("registry", "mirror"), "registry.mirror", "mirror.example"),
        (("registry", "url"), "registry.mirror", "mirror.example"),
        (("preference",), "preference.name", "rhel.9"),
        (("preference", "name"), "preference.name", "rhel.9"),
        (("metadata", "labels", "team"), "metadata.labels.team", "a"),
        (("metadata", "annotations", "a.example/b"), "metadata.annotations.a.example/b", "c"),
        (("cron", "spec", "schedule"), "update", Tracking("0 2 * * *")),
        (("cron", "spec", "importsToKeep"), "keep", 1),
        (("cron", "spec", "retentionPolicy"), "retention", "None"),
        (("cron", "spec", "garbageCollect"), "garbageCollect", "Never"),
        ((*SOURCE, "url"), "registry.mirror", "mirror.example"),
        ((*SOURCE, "pullMethod"), "pullMethod", "node"),
        ((*SOURCE, "platform", "architecture"), "architectures", ("amd64",)),
        ((*STORAGE, "resources", "requests", "storage"), "storage.size", "1Gi"),
        ((*STORAGE, "storageClassName"), "storage.className", "fast"),
        ((*STORAGE, "accessModes"), "storage.accessModes", ("ReadWriteMany",)),
        ((*STORAGE, "volumeMode"), "storage.volumeMode", "Block"),
        (("cron", "labels", "team"), "metadata.labels.team", "a"),
        (("cron", "labels", "instancetype.kubevirt.io/default-preference"), "preference.name", "rhel.9"),
        (("cron", "labels", "instancetype.kubevirt.io/default-preference-kind"), "preference.name", "rhel.9"),
        (("cron", "annotations", "a.example/b"), "metadata.annotations.a.example/b", "c"),
        (("cron", "annotations", "cdi.kubevirt.io/storage.bind.immediate.requested"), "immediateBinding", True),
    ],
)
def test_a_property_is_blamed_on_the_line_of_its_setting(path: tuple[str, ...], setting: str, value: Any) -> None:
    blamed = Setting(setting, value, at(77))
    if "default-preference-kind" in path[-1]:
        blamed = Setting("preference.kind", "VirtualMachinePreference", at(77))
        layers = Layer("defaults", (Setting("preference.name", value, at(7)), blamed))
    else:
        layers = Layer("defaults", (blamed,))
    plain = image()
    if setting == "storage.size":
        plain = replace(plain, layer=Layer("image rhel9"))
    schema = rule(*path, enum=["nothing"])
    schema = schema if path[0] != "update" or len(path) == 1 else rule("update", properties={"tracking": False})
    fleet = policy(defaults=layers, images=(plain,), guardrails=(guardrail(schema),))
    mine = [finding for finding in judged(fleet) if finding.guardrail == "mine"]
    assert [finding.where for finding in mine] == [at(77)]


@pytest.mark.parametrize(
    "path", [("image",), ("repository",), ("tag",), ("digest",), ("labels", "os"), ("dataSource",)]
)
def test_what_the_image_itself_decides_is_blamed_on_it(path: tuple[str, ...]) -> None:
    there = replace(image(labels={"os": "linux"}), where=at(33))
    finding = only(policy(images=(there,), guardrails=(guardrail(rule(*path, const="nothing")),)))
    assert finding.where == at(33)


def test_what_the_registry_decides_is_blamed_on_the_policy() -> None:
    fleet = policy(where=at(44), guardrails=(guardrail(rule("registry", "pullSecret", type="string")),))
    finding = only(fleet)
    assert (finding.where, finding.message) == (at(44), "registry.pullSecret is not set, not text")


def test_a_value_that_nobody_set_is_told_as_built_in_at_the_image() -> None:
    there = replace(image(), where=at(33))
    finding = only(policy(images=(there,), guardrails=(guardrail(rule("keep", minimum=5)),)))
    assert (finding.where, finding.message) == (at(33), "keep is 3, less than 5 (built in)")


def test_a_rule_about_the_whole_is_blamed_on_the_first_line_that_it_reads() -> None:
    schema = {"not": {"properties": {"keep": {"maximum": 2}, "retention": {"const": "None"}}}, "description": "No."}
    found = judged(policy(defaults=layer("defaults", 9, retention="None", keep=1), guardrails=(guardrail(schema),)))
    (finding,) = (finding for finding in found if finding.guardrail == "mine")
    assert (finding.where, finding.message, finding.advice) == (at(9), "the delivery is not allowed", "No.")


@pytest.mark.parametrize("schema", [{"properties": {"keep": False}}, {"propertyNames": {"not": {"const": "keep"}}}])
def test_a_property_that_must_not_be_there_is_not_told_as_the_delivery_itself(schema: dict[str, Any]) -> None:
    finding = only(policy(guardrails=(guardrail(schema),)))
    assert finding.message in {
        "the delivery holds 3, which is not allowed",
        "the delivery holds keep, which is not allowed",
    }


def test_a_schema_that_requires_thousands_of_properties_judges_hundreds_of_clusters_soon() -> None:
    clusters = tuple(cluster(f"edge-{number}") for number in range(300))
    rules = (guardrail({"required": [f"x{number}" for number in range(5000)]}),)
    start = time.process_time()
    assert len(judged(policy(clusters=clusters, guardrails=rules))) == 20
    assert time.process_time() - start < 5


def test_of_alternatives_that_nobody_described_the_nearest_miss_is_told() -> None:
    alternatives = [rule("keep", minimum=5), rule("storage", "bytes", minimum=20 * 2**30)]
    small = image(storage_size="10Gi")
    finding = only(policy(images=(small,), guardrails=(guardrail({"anyOf": alternatives}),)))
    assert finding.message == "the delivery is not allowed: storage.size is 10Gi, less than 20Gi"


def test_a_message_quotes_the_value_of_its_own_delivery() -> None:
    fleet = policy(
        images=(image("one", tag="1.22"), image("two", tag="2.33")),
        guardrails=(guardrail({"properties": {"tag": {"maxLength": 3}, "image": {"type": "integer"}}}),),
    )
    assert [(finding.image, finding.message) for finding in judged(fleet)] == [
        ("one", "image is one, not a number (integer)"),
        ("one", "tag is 1.22, longer than 3 characters"),
        ("two", "image is two, not a number (integer)"),
        ("two", "tag is 2.33, longer than 3 characters"),
    ]


def test_a_key_that_must_be_there_is_named() -> None:
    schema = rule("metadata", "labels", required=["team"])
    finding = only(policy(guardrails=(guardrail(schema),)))
    assert finding.message == "metadata.labels: 'team' is a required property"


CRON = """\
apiVersion: cdi.kubevirt.io/v1beta1
kind: DataImportCron
metadata: {name: mine}
spec:
  schedule: ""
  retentionPolicy: All
  template: {spec: {source: {registry: {url: "docker://a.example/b@sha256:1"}}}}
"""


def test_what_a_template_of_the_users_wrote_is_blamed_on_the_template() -> None:
    fleet = policy(templates=(("cron.yaml.j2", Source("", "templates/cron.yaml.j2")),))
    found = judged(fleet, lambda _: written_cron(CRON.encode()))
    assert [(finding.guardrail, str(finding.where)) for finding in found] == [
        ("digest-in-url", "templates/cron.yaml.j2"),
        ("nothing-to-import", "templates/cron.yaml.j2"),
    ]


def test_what_a_template_left_as_it_was_planned_is_blamed_on_the_setting() -> None:
    fleet = policy(
        defaults=layer("defaults", 9, retention="All"),
        templates=(("cron.yaml.j2", Source("", "templates/cron.yaml.j2")),),
        guardrails=(guardrail(rule("cron", "spec", "retentionPolicy", const="None")),),
    )
    found = judged(fleet, lambda _: written_cron(CRON.encode()))
    assert {finding.guardrail: finding.where for finding in found}["mine"] == at(9)


@pytest.mark.parametrize("content", ["", "kind: Namespace\n", "[", "kind: DataImportCron\n"])
def test_a_file_without_a_cron_has_none(content: str) -> None:
    assert written_cron(content.encode()) is None


def test_a_message_holds_nothing_that_drives_a_terminal_nor_a_long_text() -> None:
    evil = "\x1b[2J\n" + "x" * 500
    schema = rule("metadata", "annotations", "a.example/b", maxLength=3, description=evil)
    fleet = policy(
        defaults=layer("defaults", 9, **{"metadata_annotations.a.example/b": evil}), guardrails=(guardrail(schema),)
    )
    text = str(only(fleet).problem())
    assert text.isprintable()
    assert len(text) < 800


@given(
    classes=st.lists(st.sampled_from(["fast", "slow", None]), min_size=1, max_size=6),
    keep=st.integers(0, 5),
    least=st.integers(0, 5),
    wanted=st.sampled_from(["fast", "slow", None]),
)
def test_what_is_remembered_of_equal_deliveries_changes_no_verdict(
    classes: list[str | None], keep: int, least: int, wanted: str | None
) -> None:
    clusters = tuple(
        cluster(f"c{number}", storage_className=name) if name else cluster(f"c{number}")
        for number, name in enumerate(classes)
    )

    def found(*guardrails: Guardrail) -> list[Any]:
        fleet = policy(clusters=clusters, defaults=layer("defaults", keep=keep), guardrails=guardrails)
        return [finding for finding in judged(fleet) if finding.guardrail in {"one", "two"}]

    one = guardrail(rule("keep", minimum=least), name="one")
    two = guardrail(rule("storage", "className", const=wanted), name="two")
    together = found(one, two)
    assert together == sorted(found(one) + found(two), key=lambda finding: (finding.where, finding.guardrail))
    wrong = {name for finding in together if finding.guardrail == "two" for name in finding.clusters}
    assert wrong == {f"c{number}" for number, name in enumerate(classes) if name != wanted}
