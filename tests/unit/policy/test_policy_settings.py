from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.errors import InputError, Location
from gitops_golden.policy.model import Layer, Setting, Tracking
from gitops_golden.policy.settings import BUILT_INS, Kinded, Settings, resolve, trace

SIZE = Layer("defaults", (Setting("storage.size", "1Gi", Location("f", 1, 1)),))
LEAVES: dict[str, st.SearchStrategy[str | int | Tracking | None]] = {
    path: st.sampled_from(["a", "b", None]) for path, _ in BUILT_INS
}
LEAVES["keep"] = st.sampled_from([0, 9, None])
LEAVES["update"] = st.sampled_from(["pinned", Tracking("@daily"), None])
SETTINGS = st.sampled_from(sorted(LEAVES)).flatmap(
    lambda path: st.builds(Setting, st.just(path), LEAVES[path], st.builds(Location, st.just("f"), st.integers(1, 99)))
)
LAYERS = st.lists(
    st.builds(Layer, st.sampled_from(["defaults", "image x"]), st.lists(SETTINGS, max_size=3).map(tuple)), max_size=3
)


def layer(origin: str, **settings: str | int | Tracking | None) -> Layer:
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


@given(LAYERS)
def test_a_trace_and_the_settings_agree(layers: list[Layer]) -> None:
    layers = [SIZE, *layers, SIZE]
    traced = {resolved.path: resolved.value for resolved in trace(layers)}
    settings = resolve(layers)
    assert (settings.namespace, settings.keep, settings.size) == (traced["namespace"], traced["keep"], "1Gi")
    assert (settings.update or "pinned", settings.storage_class) == (traced["update"], traced["storage.className"])
    assert (settings.preference.name if settings.preference else None) == traced["preference.name"]


@given(LAYERS)
def test_every_setting_is_traced_once_back_to_its_built_in(layers: list[Layer]) -> None:
    traced = trace(layers)
    assert [resolved.path for resolved in traced] == [path for path, _ in BUILT_INS]
    for resolved, (path, built_in) in zip(traced, BUILT_INS, strict=True):
        first = (resolved, *resolved.overrode)[-1]
        assert (first.origin, first.value, first.where) == ("built-in", built_in, None)
        assert len(resolved.overrode) == sum(setting.path == path for layer in layers for setting in layer)
