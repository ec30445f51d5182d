"""Labels and annotations of crons and DataSources: as Git has them, as it had them, or edited."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.render.cdi import BINDING_ANNOTATION, DIGEST_ANNOTATION, FLEET_LABEL
from gitops_golden.render.manifests import Metadata
from gitops_golden.verify.case import expected_of
from gitops_golden.verify.metadata import left_over, strayed
from tests.builders import A, B, settings, variant
from tests.recordings import objects_before
from tests.unit.verify.world import Git, Judged, expecting, history, manifest, outcome, renderer

CRON = "rhel9-aaaaaa"
PREFERENCE = "instancetype.kubevirt.io/default-preference"
TIER = "acme.example/tier"
Objects = tuple[dict[str, Any], ...]


def cluster(kind: str, field: str, **more: str) -> Objects:
    """Return the converged objects, those of one kind with more labels or annotations."""
    objects = copy.deepcopy(objects_before("pinned_bump_and_rollback", "pin digest B"))
    for each in objects:
        if each["kind"] == kind:
            each["metadata"].setdefault(field, {}).update(_keys(more))
    return objects


def _keys(more: dict[str, str]) -> dict[str, str]:
    known = {"tier": TIER, "preference": PREFERENCE, "binding": BINDING_ANNOTATION, "fleet": FLEET_LABEL}
    return {known[key]: value for key, value in more.items()}


def judged(objects: Objects, field: str, wanted: dict[str, str], *earlier: dict[str, str], of: str = "cron") -> str:
    """Judge a cluster against labels or annotations that Git wants, and such as it wanted before."""
    expected = expecting(objects, CRON)
    before = [manifest(expected, A, **_said(field, _keys(each), of)) for each in earlier]
    values = _keys(wanted)
    if of == "source" and field == "labels":
        expected = replace(expected, source_labels=values)
    elif of == "source":
        expected = replace(expected, source_annotations=values)
    elif field == "labels":
        expected = replace(expected, labels=values)
    else:
        expected = replace(expected, annotations=values | {DIGEST_ANNOTATION: A})
    return outcome(Judged(objects, expected, Git(history=history(expected, A, *before))).finding())


def _said(field: str, values: dict[str, str], of: str) -> dict[str, Any]:
    return {"served": Metadata(**{field: values})} if of == "source" else {field: values}


@pytest.mark.parametrize("field", ["labels", "annotations"])
@pytest.mark.parametrize(
    ("kind", "of", "link"), [("DataImportCron", "cron", "cron"), ("DataSource", "source", "datasource")]
)
def test_what_git_wants_now_wanted_before_or_never_wanted_is_told_apart(
    kind: str, of: str, link: str, field: str
) -> None:
    gold = cluster(kind, field, tier="gold")
    assert judged(gold, field, {"tier": "gold"}, of=of) == "converged"
    assert judged(gold, field, {"tier": "iron"}, of=of) == f"broken {link} MetadataEdited"
    assert judged(gold, field, {"tier": "iron"}, {"tier": "wood"}, of=of) == f"broken {link} MetadataEdited"
    assert judged(gold, field, {"tier": "iron"}, {"tier": "gold"}, of=of) == f"progressing {link} NotSynced"


@pytest.mark.parametrize("field", ["labels", "annotations"])
@pytest.mark.parametrize(
    ("kind", "of", "link"), [("DataImportCron", "cron", "cron"), ("DataSource", "source", "datasource")]
)
def test_what_git_wanted_once_and_the_cluster_still_carries_is_told(kind: str, of: str, link: str, field: str) -> None:
    gold = cluster(kind, field, tier="gold")
    assert judged(gold, field, {}, {"tier": "gold"}, of=of) == f"progressing {link} NotSynced"
    more = cluster(kind, field, tier="gold", fleet="acme")
    assert judged(more, field, {"fleet": "acme"}, {"tier": "gold", "fleet": "other"}, of=of) == (
        f"broken {link} MetadataEdited"
    )


@pytest.mark.parametrize("kind", ["DataImportCron", "DataSource"])
@pytest.mark.parametrize("field", ["labels", "annotations"])
def test_what_others_write_beside_is_none_of_ours(kind: str, field: str) -> None:
    gold = cluster(kind, field, tier="gold")
    of = "cron" if kind == "DataImportCron" else "source"
    assert judged(gold, field, {}, of=of) == "converged"
    assert judged(gold, field, {}, {"tier": "iron"}, of=of) == "converged"


def test_a_preference_that_was_dropped_is_told_on_the_cron_and_not_on_the_datasource() -> None:
    """CDI copies it from the volume that was imported with it, again and again."""
    assert judged(cluster("DataImportCron", "labels", preference="rhel.9"), "labels", {}, {"preference": "rhel.9"}) == (
        "progressing cron NotSynced"
    )
    source = cluster("DataSource", "labels", preference="rhel.9")
    assert judged(source, "labels", {}, {"preference": "rhel.9"}, of="source") == "converged"


def test_a_preference_that_the_datasource_lacks_is_told_there() -> None:
    assert judged(cluster("DataSource", "labels"), "labels", {"preference": "rhel.9"}, of="source") == (
        "broken datasource MetadataEdited"
    )


def test_an_annotation_that_asks_for_immediate_binding_is_ours() -> None:
    bound = cluster("DataImportCron", "annotations", binding="true")
    assert judged(bound, "annotations", {"binding": "true"}) == "converged"
    assert judged(bound, "annotations", {"binding": "false"}) == "broken cron MetadataEdited"
    assert judged(bound, "annotations", {}, {"binding": "true"}) == "progressing cron NotSynced"
    assert judged(bound, "annotations", {}) == "converged"


def test_the_label_of_a_leftover_is_named_with_what_to_do() -> None:
    objects = cluster("DataImportCron", "labels", tier="gold")
    expected = expecting(objects, CRON)
    before = (manifest(expected, B, labels={TIER: "gold"}),)
    finding = Judged(objects, expected, Git(history=history(expected, A, *before))).finding()
    assert outcome(finding) == "broken cron MetadataEdited"
    assert finding is not None
    assert f"still carries {TIER}" in finding.message
    assert f" label dataimportcrons.cdi.kubevirt.io {CRON} {TIER}-`" in finding.remedy


def test_what_to_expect_is_what_the_file_says() -> None:
    one = variant(settings=settings(labels=((TIER, "gold"),), annotations=(("note", "x"),), immediate_binding=True))
    expected = expected_of(one, "acme", content=renderer().image(one).content, served=None, locked=None)
    assert expected.labels == {TIER: "gold", FLEET_LABEL: "acme"}
    assert expected.annotations == {"note": "x", BINDING_ANNOTATION: "true", DIGEST_ANNOTATION: A}
    assert expected.source_labels == {TIER: "gold", FLEET_LABEL: "acme"}
    assert expected.source_annotations == {"note": "x"}


def test_a_class_that_a_users_template_names_is_the_one_to_expect() -> None:
    one = variant(settings=settings(storage_class="fast"))
    content = renderer().image(one).content.replace(b'storageClassName: "fast"', b'storageClassName: "slow"')
    expected = expected_of(one, "acme", content=content, served=None, locked=None)
    assert expected.storage_class == "slow"
    plain = expected_of(variant(), "acme", content=renderer().image(variant()).content, served=None, locked=None)
    assert plain.storage_class is None


TEXTS = st.dictionaries(st.sampled_from(["a", "b", "c/d", BINDING_ANNOTATION]), st.sampled_from("xyz"))


@given(wanted=TEXTS, found=TEXTS, earlier=st.lists(TEXTS))
def test_nothing_strays_where_all_is_wanted_and_nothing_is_left_over_that_git_never_said(
    wanted: dict[str, str], found: dict[str, str], earlier: list[dict[str, str]]
) -> None:
    assert not strayed(wanted, found | wanted)
    left = left_over(wanted, found, lambda: earlier)
    assert not set(left) & set(wanted)
    assert all(any(each.get(key) == found[key] for each in earlier) for key in left)
    assert left_over(wanted, wanted, lambda: earlier) == []
