"""A label selector means on the command line what it means to a real API server: the same texts, the same matches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gitops_golden.errors import InputError
from gitops_golden.policy.selector_text import selector
from tests.testbed.api import ApiError, path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.testbed.api import Api
    from tests.testbed.cluster import Cluster, ExistingCluster

NAMESPACE = "selectors"
CONFIG_MAPS = path("v1", "configmaps", NAMESPACE)
LABELS = {
    "bare": {},
    "edge": {"site": "edge", "nodes": "3"},
    "empty": {"site": "", "in": "in"},
    "hall": {"site": "hall", "nodes": "10", "acme.example/env": "prod"},
    "odd": {"site": "Edge_1.x", "nodes": "many", "notin": "1"},
}
BAD_REQUEST = 400
WORDS = ("site", "nodes", "acme.example/env", "in", "notin", "edge", "hall", "prod", "Edge_1.x", "3", "010", "-", "/a")
SYMBOLS = ("=", "==", "!=", "!", "(", ")", ",", "<", ">")
VALUES = st.lists(st.sampled_from([*WORDS, ""]), max_size=3).map(lambda values: f"({','.join(values)})")
LIKELY = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["", "!"]), st.sampled_from(WORDS)),
        st.tuples(st.sampled_from(WORDS), st.sampled_from(SYMBOLS), st.sampled_from([*WORDS, ""])),
        st.tuples(st.sampled_from(WORDS), st.sampled_from([" in ", " notin", "in"]), VALUES),
    ).map("".join),
    max_size=3,
).map(",".join)
ANY = st.lists(st.sampled_from([*WORDS, *SYMBOLS, " ", "\t"]), max_size=8).map("".join)


@pytest.fixture(scope="module")
def api(clusters: tuple[Cluster | ExistingCluster, ...]) -> Iterator[Api]:
    """Return an API server that holds a ConfigMap with each of the sets of labels."""
    found = clusters[0].api
    found.create(path("v1", "namespaces"), {"metadata": {"name": NAMESPACE}})
    for name, labels in LABELS.items():
        found.create(CONFIG_MAPS, {"metadata": {"name": name, "labels": labels}})
    yield found
    found.delete(path("v1", "namespaces", name=NAMESPACE))


def of_server(api: Api, text: str) -> set[str] | None:
    """Return the names that the server gives for a selector, or None if it refuses it."""
    try:
        listed = api.items(CONFIG_MAPS, labels=text)
    except ApiError as error:
        if error.code != BAD_REQUEST:
            raise
        return None
    return {each["metadata"]["name"] for each in listed} & LABELS.keys()


def ours(text: str) -> set[str] | None:
    try:
        found = selector(text)
    except InputError:
        return None
    return {name for name, labels in LABELS.items() if found.matches(labels)}


@settings(max_examples=400)
@example("site in (edge,,)")
@example("site in (edge,,hall)")
@example("site in (,,)")
@example("site in (,,,)")
@example("site in ()")
@example("site notin ()")
@example("in in (in)")
@example("nodes>0000000000000000000000000003")
@example(f"nodes<{2**63}")
@example("!site,")
@example(" site = edge ")
@example("site=edge\n")
@given(LIKELY | ANY)
def test_a_selector_means_what_it_means_to_an_api_server(api: Api, text: str) -> None:
    assert ours(text) == of_server(api, text)
