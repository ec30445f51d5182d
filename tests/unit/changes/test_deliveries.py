from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.changes.deliveries import Kind, changes
from gitops_golden.changes.differences import Effect
from gitops_golden.changes.volumes import Loss, Volumes, of_handover
from gitops_golden.policy.settings import Kinded
from gitops_golden.render.cdi import OWNER_LABEL
from gitops_golden.render.manifests import read_manifest
from tests.builders import A, B, renderer, settings, tracking_variant, variant
from tests.recordings import objects_before, states

if TYPE_CHECKING:
    from gitops_golden.changes.deliveries import Change

GIB = 1024**3


def content(**parts: Any) -> bytes:
    return renderer().image(variant(**parts)).content


def held(**parts: Any) -> bytes:
    return content(settings=settings(**parts))


def only(before: bytes | None, after: bytes | None) -> Change:
    (change,) = changes([("prod-1", "rhel9", before, after)])
    return change


def test_equal_states_are_no_change() -> None:
    assert changes([("a", "rhel9", content(), content()), ("b", "rhel9", None, None)]) == ()


def test_a_new_delivery_is_an_addition_of_its_digest_and_of_as_many_volumes_as_it_keeps() -> None:
    change = only(None, content())
    assert (change.kind, change.clusters, change.digests) == (Kind.ADD, ("prod-1",), (None, A))
    assert change.volumes == Volumes(imported=1, most=3, size=30 * GIB)


def test_a_delivery_that_goes_leaves_all_its_volumes() -> None:
    change = only(content(), None)
    assert (change.kind, change.digests) == (Kind.REMOVE, (A, None))
    assert (change.volumes.left, change.volumes.left_size, change.volumes.lost) == (3, 30 * GIB, Loss.NOTHING)


def test_a_delivery_that_goes_with_retention_none_takes_every_volume_along() -> None:
    assert only(held(retention="None"), None).volumes == Volumes(lost=Loss.ALL)


def test_another_digest_is_a_release_and_one_more_volume() -> None:
    change = only(content(), content(digest=B))
    assert (change.kind, change.digests, change.fields) == (Kind.RELEASE, (A, B), ())
    assert change.volumes == Volumes(imported=1, most=1, size=30 * GIB)


@pytest.mark.parametrize(
    ("parts", "setting", "effect"),
    [
        ({"size": "40Gi"}, "storage.size", Effect.VOLUME),
        ({"storage_class": "fast"}, "storage.className", Effect.VOLUME),
        ({"access_modes": ("ReadWriteMany",)}, "storage.accessModes", Effect.VOLUME),
        ({"volume_mode": "Block"}, "storage.volumeMode", Effect.VOLUME),
        ({"pull_method": "node"}, "pullMethod", Effect.IMPORT),
        ({"keep": 2}, "keep", Effect.NOW),
        ({"garbage_collect": "Never"}, "garbageCollect", Effect.NOW),
        ({"retention": "None"}, "retention", Effect.NOW),
    ],
)
def test_another_setting_is_a_hand_over_that_tells_when_it_takes_effect(
    parts: dict[str, Any], setting: str, effect: Effect
) -> None:
    change = only(held(), held(**parts))
    assert change.kind is Kind.HANDOVER
    assert [(field.setting, field.effect) for field in change.fields] == [(setting, effect)]
    assert (change.volumes.imported, change.volumes.left) == (0, 2)


@pytest.mark.parametrize(
    ("parts", "setting"),
    [
        ({"source": "mirror.example/golden/rhel9"}, "source"),
        ({"pull_secret": "other"}, "registry.pullSecret"),
        ({"ca_config_map": "acme-registry-ca"}, "registry.caBundle"),
    ],
)
def test_another_way_to_the_registry_takes_effect_with_the_next_import(parts: dict[str, Any], setting: str) -> None:
    change = only(content(), content(**parts))
    assert change.kind is Kind.HANDOVER
    assert [(field.setting, field.effect) for field in change.fields] == [(setting, Effect.IMPORT)]


def test_what_waits_for_an_import_takes_effect_with_a_new_digest_of_the_same_change() -> None:
    change = only(content(), content(digest=B, settings=settings(size="40Gi", keep=2)))
    assert {field.setting: field.effect for field in change.fields} == {
        "keep": Effect.NOW,
        "storage.size": Effect.WITH_IT,
    }
    assert (change.volumes.imported, change.volumes.size, change.volumes.left) == (1, 40 * GIB, 3)


def test_another_namespace_is_remove_plus_add_for_no_cron_adopts_volumes_of_another() -> None:
    for moved in (held(namespace="other"), held(namespace="other", size="40Gi")):
        add, remove = changes([("prod-1", "rhel9", content(), moved)])
        assert (add.kind, add.namespace, add.digests) == (Kind.ADD, "other", (None, A))
        assert (remove.kind, remove.namespace, remove.digests) == (Kind.REMOVE, "golden-images", (A, None))


def test_pinning_a_tracking_image_is_a_hand_over_that_may_import() -> None:
    tracking = renderer().image(tracking_variant()).content
    change = only(tracking, content())
    assert (change.kind, change.digests, change.volumes.imported) == (Kind.HANDOVER, (None, A), 1)


def test_another_schedule_of_the_same_tag_imports_nothing() -> None:
    often = renderer().image(tracking_variant(schedule="0 * * * *")).content
    change = only(renderer().image(tracking_variant()).content, often)
    assert [(field.setting, field.effect) for field in change.fields] == [("update", Effect.NOW)]
    assert (change.volumes.imported, change.volumes.left) == (0, 2)


def test_a_restart_is_a_hand_over_without_a_field() -> None:
    change = only(content(), content(restarts=1))
    assert (change.kind, change.fields) == (Kind.HANDOVER, ())


@pytest.mark.parametrize("keep", [1, 3])
@pytest.mark.parametrize("digest", [A, B])
def test_a_hand_over_from_retention_none_takes_the_served_volume_along_and_imports_again(
    keep: int, digest: str
) -> None:
    change = only(held(retention="None", keep=keep), content(digest=digest, settings=settings(keep=keep)))
    assert (change.volumes.lost, change.volumes.left, change.volumes.imported) == (Loss.SERVED, 0, 1)


def test_without_garbage_collection_nothing_bounds_what_is_kept_or_stays_behind() -> None:
    assert only(None, held(garbage_collect="Never")).volumes.most is None
    assert only(held(garbage_collect="Never"), None).volumes.left is None
    never = content(digest=B, settings=settings(garbage_collect="Never"))
    assert not only(held(garbage_collect="Never"), never).volumes.collected


@pytest.mark.parametrize(
    ("scenario", "before"),
    [("handover_orphans", "volumes at the end"), ("handover_with_bump", "pin A through")],
)
def test_no_more_stays_behind_than_is_told_where_real_cdi_left_some(scenario: str, before: str) -> None:
    crons = {cron["metadata"]["name"]: json.dumps(cron) for cron in reversed(states(scenario, "DataImportCron"))}
    old, new = (read_manifest(_whole(crons[name])) for name in ("rhel9-aaaaaa", "rhel9-bbbbbb"))
    assert old is not None
    assert new is not None
    volumes = [each for each in objects_before(scenario, before) if each["kind"] == "PersistentVolumeClaim"]
    left = [each for each in volumes if each["metadata"].get("labels", {}).get(OWNER_LABEL) == old.cron]
    told = of_handover(old, new).left
    assert told is not None
    assert 0 < len(left) <= told


def _whole(cron: str) -> bytes:
    return json.dumps({"apiVersion": "cdi.kubevirt.io/v1beta1"} | json.loads(cron)).encode()


@pytest.mark.parametrize(
    ("parts", "setting", "effect"),
    [
        ({"attempts": 1}, "attempts", Effect.NOW),
        ({"settings": settings(preference=Kinded("rhel.9", "K"))}, "preference.name", Effect.NOW),
        ({"settings": settings(labels=(("team", "base"),))}, "metadata.labels.team", Effect.NOW),
        ({"settings": settings(annotations=(("note", "x"),))}, "metadata.annotations.note", Effect.NOW),
        ({"settings": settings(immediate_binding=True)}, "immediateBinding", Effect.IMPORT),
    ],
)
def test_metadata_alone_is_told_by_the_policys_names(parts: dict[str, object], setting: str, effect: Effect) -> None:
    change = only(content(), content(**parts))
    assert (change.kind, change.volumes) == (Kind.METADATA, Volumes())
    assert (setting, effect) in [(field.setting, field.effect) for field in change.fields]


def test_what_differs_in_cron_and_datasource_alike_is_told_once() -> None:
    change = only(content(), held(labels=(("team", "base"),)))
    assert [field.path for field in change.fields] == ["labels.team"]


def test_a_file_that_somebody_edited_is_put_back() -> None:
    edited = content().replace(b"importsToKeep: 3", b"importsToKeep: 9")
    assert only(edited, content()).kind is Kind.REPAIR
    assert only(b"not: ours\n", content()).kind is Kind.REPAIR
    assert only(b"\0", content()).kind is Kind.REPAIR


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_whatever_somebody_writes_into_a_spec_is_told(value: Any) -> None:
    document = {
        "apiVersion": "cdi.kubevirt.io/v1beta1",
        "kind": "DataImportCron",
        "metadata": {"name": "x", "namespace": "golden-images"},
        "spec": {"managedDataSource": "rhel9", "importsToKeep": value, "template": value, "odd": value},
    }
    for pair in ((json.dumps(document).encode(), content()), (json.dumps(document).encode(), None)):
        (change,) = changes([("a", "rhel9", *pair)])
        assert change.clusters == ("a",)


def test_the_image_of_a_delivery_for_one_architecture_has_no_suffix() -> None:
    (change,) = changes([("a", "rhel9-arm64", None, content(architecture="arm64"))])
    assert (change.data_source, change.image, change.architecture) == ("rhel9-arm64", "rhel9", "arm64")


def test_clusters_that_change_alike_are_one_change() -> None:
    found = changes(
        [
            ("b", "rhel9", content(), content(digest=B)),
            ("a", "rhel9", content(), content(digest=B)),
            ("c", "rhel9", held(keep=1), content(digest=B, settings=settings(keep=1))),
        ]
    )
    assert [(change.kind, change.clusters) for change in found] == [(Kind.RELEASE, ("a", "b", "c"))]
