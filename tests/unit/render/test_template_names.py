"""A cron is named after the spec that is written, also where a template of the user's writes another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitops_golden.errors import InputError
from gitops_golden.plan.model import ClusterPlan, Holding, Plan
from gitops_golden.policy.model import DeliveryTarget, Platform, Registry, Source
from gitops_golden.render.cdi import OWNER_LABEL, cron_name, hashed_name
from gitops_golden.render.making import make_renderer
from gitops_golden.render.manifests import read_manifest
from gitops_golden.resources import shipped
from tests.builders import B, cluster, variant

if TYPE_CHECKING:
    from gitops_golden.plan.model import Variant
    from gitops_golden.render.manifests import Manifest
    from gitops_golden.render.render import Renderer

BUILT_IN = (shipped("templates") / "cron.yaml.j2").read_text()
SOURCE = (shipped("templates") / "datasource.yaml.j2").read_text()
MANY = BUILT_IN.replace("{{ spec.importsToKeep }}", "9")


def making(cron: str, **others: str) -> Renderer:
    return making_of({"cron.yaml.j2": cron, **others})


def making_of(sources: dict[str, str]) -> Renderer:
    templates = tuple((name, Source(text, name)) for name, text in sources.items())
    plan = Plan("acme", DeliveryTarget(), (), (), Registry("registry.example:5000"), templates=templates)
    return make_renderer(plan, lambda _: {})


def made(cron: str, of: Variant | None = None) -> Manifest:
    manifest = read_manifest(making(cron).image(of or variant()).content)
    assert manifest is not None
    return manifest


def test_a_template_that_changes_the_spec_changes_the_name_and_the_owner_label() -> None:
    manifest = made(MANY)
    assert manifest.spec["importsToKeep"] == 9
    assert manifest.cron == hashed_name(manifest.spec, 0) != cron_name(variant())
    assert manifest.served.labels[OWNER_LABEL] == manifest.cron


def test_a_template_that_says_the_same_in_other_words_changes_no_name() -> None:
    for text in (BUILT_IN, "# Ours.\n" + BUILT_IN, BUILT_IN.replace("spec:", "spec: # ours", 1)):
        assert made(text).cron == cron_name(variant())


def test_a_digest_changes_no_name_and_a_restart_does_whatever_a_template_writes() -> None:
    assert made(MANY, variant(digest=B)).cron == made(MANY).cron
    assert made(MANY, variant(restarts=1)).cron != made(MANY).cron


@pytest.mark.parametrize("text", [BUILT_IN, MANY])
@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("{{ cron.name }}", "mine", "the DataImportCron's name must be {{ cron.name }}"),
        ("{{ namespace }}", "kube-system", "the DataImportCron's namespace must be {{ namespace }}"),
        ("{{ spec.managedDataSource }}", "other", "its managedDataSource must be {{ spec.managedDataSource }}"),
    ],
)
def test_a_cron_that_is_not_the_deliverys_is_refused(text: str, before: str, after: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        made(text.replace(before, after))
    assert caught.value.problem.what == f"in image-rhel9.yaml, {said}"
    assert str(caught.value.problem.where) == "cron.yaml.j2"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("cron.yaml.j2", "{# nothing #}", "one DataImportCron is needed, and none is there"),
        ("cron.yaml.j2", BUILT_IN + "---\n" + BUILT_IN.replace("{{ cron.name }}", "b"), "needed, and 2 is there"),
        ("datasource.yaml.j2", "{# nothing #}", "one DataSource is needed, and none is there"),
        ("datasource.yaml.j2", SOURCE.replace("{{ spec.managedDataSource }}", "b"), "the DataSource's name must be"),
        ("datasource.yaml.j2", SOURCE.replace("{{ namespace }}", "b"), "the DataSource's namespace must be"),
        ("datasource.yaml.j2", SOURCE.replace("{{ value }}", "x", 1), "DataSource's owner label must be"),
    ],
)
def test_a_delivery_without_its_cron_or_its_data_source_is_refused(name: str, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said.replace("{", "[{]")):
        making_of({name: text}).image(variant())


def test_files_beside_an_image_are_told_the_name_that_its_cron_has() -> None:
    telling = {
        "image/note.yaml.j2": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ spec.managedDataSource }}\n"
        "  namespace: {{ namespace }}\ndata:\n  cron: {{ cron.name }}\n"
    }
    held = ClusterPlan(cluster(), Holding((variant(),), (), Platform()))
    folder = making(MANY, **telling).folder_of(held)
    note = next(file.content for file in folder.files if file.name.startswith("extra-"))
    assert made(MANY).cron.encode() in note
