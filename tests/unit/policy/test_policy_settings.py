from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.errors import InputError, Location
from gitops_golden.policy.model import Layer, Setting, Tracking
from gitops_golden.policy.settings import ANNOTATIONS, BUILT_INS, LABELS, OPEN, Kinded, Settings, resolve, trace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitops_golden.policy.model import Value

SIZE = Layer("defaults", (Setting("storage.size", "1Gi", Location("f", 1, 1)),))
LEAVES: Mapping[str, st.SearchStrategy[Value]] = {path: st.sampled_from(["a", "b", None]) for path, _ in BUILT_INS} | {
    "keep": st.sampled_from([0, 9, None]),
    "update": st.sampled_from(["pinned", Tracking("@daily"), Tracking("H 2 * * *"), None]),
    "storage.accessModes": st.sampled_from([("ReadWriteMany",), ("ReadWriteOnce", "ReadOnlyMany"), None]),
    "architectures": st.sampled_from([("amd64",), ("arm64", "amd64"), None]),
    "immediateBinding": st.sampled_from([True, False, None]),
    **{f"{path}.{key}": st.sampled_from(["a", "", None]) for path in OPEN for key in ("x", "a.b/c")},
    **dict.fromkeys(OPEN, st.none()),
}
HERE = Location("f", 2, 2)
SETTINGS = st.sampled_from(sorted(LEAVES)).flatmap(
    lambda path: st.builds(Setting, st.just(path), LEAVES[path], st.builds(Location, st.just("f"), st.integers(1, 99)))
)
LAYERS = st.lists(
    st.builds(Layer, st.sampled_from(["defaults", "image x"]), st.lists(SETTINGS, max_size=3).map(tuple)), max_size=3
)


def layer(origin: str, **settings: Value) -> Layer:
    leaves = tuple(Setting(path.replace("__", "."), value, Location(origin)) for path, value in settings.items())
    return Layer(origin, leaves, Location("f", 7, 3))


def test_what_nobody_sets_is_built_in() -> None:
    assert resolve((SIZE,)) == Settings("golden-images", None, 3, "1Gi", None, None, None)


def test_the_nearest_layer_wins() -> None:
    layers = (SIZE, layer("image x", keep=5, storage__size="2Gi"), layer("cluster c", keep=7))
    assert (resolve(layers).keep, resolve(layers).size) == (7, "2Gi")


def test_null_goes_back_to_the_built_in_and_not_to_the_layer_below() -> None:
    layers = (SIZE, layer("image x", keep=5, namespace="a"), layer("cluster c", keep=None, namespace=None))
    assert (resolve(layers).keep, resolve(layers).namespace) == (3, "golden-images")


def test_tracking_ends_where_a_nearer_layer_pins() -> None:
    tracking = layer("image x", update=Tracking("@daily"))
    assert resolve((SIZE, tracking)).update == Tracking("@daily")
    assert resolve((SIZE, tracking, layer("cluster c", update="pinned"))).update is None


def test_a_kind_alone_gives_no_preference_but_changes_a_name_from_elsewhere() -> None:
    kind = layer("defaults", preference__kind="VirtualMachinePreference")
    assert resolve((SIZE, kind)).preference is None
    named = resolve((SIZE, kind, layer("image x", preference__name="rhel.9", instancetype__name="u1.small")))
    assert named.preference == Kinded("rhel.9", "VirtualMachinePreference")
    assert named.instancetype == Kinded("u1.small", "VirtualMachineClusterInstancetype")


def test_a_missing_size_is_told_at_the_image() -> None:
    with pytest.raises(InputError, match=r"f:7:3: image x has no storage.size .*size: 30Gi") as caught:
        resolve((Layer("defaults"), layer("image x"), SIZE, layer("cluster c", storage__size=None)))
    assert caught.value.problem.where == Location("f", 7, 3)


def test_a_trace_tells_every_origin_nearest_first() -> None:
    layers = (layer("defaults", keep=4), layer("image x", keep=None), layer("override o", keep=6))
    keep = next(resolved for resolved in trace(layers) if resolved.path == "keep")
    assert (keep.value, keep.origin, keep.where) == (6, "override o", Location("override o"))
    assert [(one.value, one.origin) for one in keep.overrode] == [(3, "image x"), (4, "defaults"), (3, "built-in")]


def test_lists_replace_as_scalars_do() -> None:
    modes = layer("defaults", storage__accessModes=("ReadWriteOnce", "ReadOnlyMany"), architectures=("amd64", "arm64"))
    nearer = layer("image x", storage__accessModes=("ReadWriteMany",), architectures=None)
    assert resolve((SIZE, modes)).architectures == ("amd64", "arm64")
    found = resolve((SIZE, modes, nearer))
    assert (found.access_modes, found.architectures) == (("ReadWriteMany",), ())


def test_false_is_a_choice_and_null_is_none() -> None:
    asked = layer("defaults", immediateBinding=True)
    assert resolve((SIZE, asked, layer("image x", immediateBinding=False))).immediate_binding is False
    assert resolve((SIZE, asked, layer("image x", immediateBinding=None))).immediate_binding is None


def test_what_was_forgotten_as_a_whole_may_be_set_again() -> None:
    first = Layer("defaults", (Setting("metadata.labels.a", "x", HERE), Setting("metadata.labels.b", "x", HERE)))
    second = Layer("image x", (Setting(LABELS, None, HERE), Setting("metadata.labels.b", "y", HERE)))
    assert resolve((SIZE, first, second)).labels == (("b", "y"),)
    assert {each.path: each.value for each in trace((first, second)) if each.path.startswith(LABELS)} == {
        "metadata.labels.a": None,
        "metadata.labels.b": "y",
    }


@given(LAYERS)
def test_a_trace_and_the_settings_agree(layers: list[Layer]) -> None:
    layers = [SIZE, *layers, SIZE]
    traced = {resolved.path: resolved.value for resolved in trace(layers)}
    found = resolve(layers)
    said: dict[str, Value] = {
        "namespace": found.namespace,
        "update": found.update or "pinned",
        "keep": found.keep,
        "storage.size": found.size,
        "storage.className": found.storage_class,
        "storage.accessModes": found.access_modes or None,
        "storage.volumeMode": found.volume_mode,
        "pullMethod": found.pull_method,
        "garbageCollect": found.garbage_collect,
        "retention": found.retention,
        "immediateBinding": found.immediate_binding,
        "architectures": found.architectures or None,
        "registry.mirror": found.mirror,
        "preference.name": found.preference.name if found.preference else None,
        "instancetype.name": found.instancetype.name if found.instancetype else None,
        **{f"{LABELS}.{key}": value for key, value in found.labels},
        **{f"{ANNOTATIONS}.{key}": value for key, value in found.annotations},
    }
    kinds = {"preference.kind", "instancetype.kind"}
    assert {path: value for path, value in traced.items() if value is not None and path not in kinds} == {
        path: value for path, value in said.items() if value is not None
    }


@given(LAYERS)
def test_every_setting_is_traced_once_back_to_its_built_in(layers: list[Layer]) -> None:
    traced = [resolved for resolved in trace(layers) if not resolved.path.startswith(OPEN)]
    assert [resolved.path for resolved in traced] == [path for path, _ in BUILT_INS]
    for resolved, (path, built_in) in zip(traced, BUILT_INS, strict=True):
        first = (resolved, *resolved.overrode)[-1]
        assert (first.origin, first.value, first.where) == ("built-in", built_in, None)
        assert len(resolved.overrode) == sum(setting.path == path for layer in layers for setting in layer)


@given(LAYERS)
def test_a_key_of_the_users_is_traced_once_back_to_who_set_it_first(layers: list[Layer]) -> None:
    chosen = [resolved for resolved in trace(layers) if resolved.path.startswith(OPEN)]
    said = {setting.path for layer in layers for setting in layer if setting.path.startswith(OPEN)} - set(OPEN)
    assert [resolved.path for resolved in chosen] == sorted(said)
    for resolved in chosen:
        first = (resolved, *resolved.overrode)[-1]
        assert first.where in {setting.where for layer in layers for setting in layer if setting.path == first.path}
