"""An observation finds its objects and knows what it does not know."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.fleet.observation import FORBIDDEN, NOT_RECORDED, Observation, Unread, identity

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def thing(kind: str, namespace: str, name: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace} if namespace else {"name": name}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata}


def observation(*objects: dict[str, Any], unread: tuple[Unread, ...] = (), **more: Any) -> Observation:
    return Observation("edge-001", NOON, None, objects, unread, **more)


def test_an_object_is_found_by_kind_namespace_and_name() -> None:
    seen = observation(thing("DataSource", "golden", "rhel9"), thing("DataSource", "other", "rhel9"))
    assert seen.get("DataSource", "golden", "rhel9") == thing("DataSource", "golden", "rhel9")
    assert seen.get("DataSource", "golden", "fedora") is None
    assert seen.get("DataVolume", "golden", "rhel9") is None


def test_a_cluster_scoped_object_has_the_empty_namespace() -> None:
    seen = observation(thing("StorageClass", "", "fast"))
    assert seen.get("StorageClass", "", "fast")
    assert seen.list("StorageClass") == (thing("StorageClass", "", "fast"),)


def test_a_list_is_of_one_namespace_or_of_all() -> None:
    one, two = thing("DataSource", "a", "x"), thing("DataSource", "b", "w")
    seen = observation(two, one)
    assert seen.list("DataSource") == (one, two)
    assert seen.list("DataSource", "b") == (two,)
    assert seen.list("DataSource", "c") == ()


def test_forbidden_is_not_absent() -> None:
    seen = observation(
        unread=(Unread("DataSource", "golden", "Forbidden"),), absent_kinds=frozenset({"VolumeSnapshot"})
    )
    assert seen.why_unread("DataSource", "golden") == FORBIDDEN
    assert seen.why_unread("DataSource", "other") is None
    assert seen.why_unread("VolumeSnapshot", "golden") is None


def test_a_cluster_wide_gap_covers_every_namespace() -> None:
    seen = observation(unread=(Unread("HyperConverged", "", "InternalError"),))
    assert seen.why_unread("HyperConverged", "kv") == "InternalError"


def test_a_namespace_that_nobody_asked_for_is_not_empty_but_unknown() -> None:
    seen = observation(namespaces=frozenset({"golden"}))
    assert seen.why_unread("DataSource", "golden") is None
    assert seen.why_unread("DataSource", "new") == NOT_RECORDED
    assert seen.why_unread("StorageClass") is None


def test_without_a_record_of_namespaces_none_is_unknown() -> None:
    assert observation().why_unread("DataSource", "new") is None


@given(st.permutations([thing("DataSource", ns, name) for ns in "ab" for name in "xyz"]))
def test_two_readings_of_one_state_are_equal_in_whatever_order_they_came(order: list[dict[str, Any]]) -> None:
    assert observation(*order) == observation(*reversed(order))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_whatever_an_object_is_it_has_an_identity(anything: object) -> None:
    assert all(isinstance(part, str) for part in identity(anything))
