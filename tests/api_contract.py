"""What the reads of a cluster rely on, as rules for any API server: a real one, and the benchmarks' simulator of many.

Whoever is asked holds the namespace ``golden`` with three DataSources and three claims, and knows no HyperConverged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import requests

    Ask = Callable[[str], requests.Response]

NAMES = ("a", "b", "c")
NAMESPACE = "golden"
CUSTOM = f"/apis/cdi.kubevirt.io/v1beta1/namespaces/{NAMESPACE}/datasources"
BUILT_IN = f"/api/v1/namespaces/{NAMESPACE}/persistentvolumeclaims"


def data_source(name: str) -> dict[str, Any]:
    metadata = _metadata(name)
    return {"apiVersion": "cdi.kubevirt.io/v1beta1", "kind": "DataSource", "metadata": metadata, "spec": {"source": {}}}


def claim(name: str) -> dict[str, Any]:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    metadata = _metadata(name)
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}


def _metadata(name: str) -> dict[str, Any]:
    """Return metadata of about the size that objects have on clusters in use."""
    return {"name": name, "namespace": NAMESPACE, "annotations": {"padding": "x" * 1024}}


def it_tells_its_version_and_time(ask: Ask) -> None:
    response = ask("/version")
    assert response.json()["gitVersion"].startswith("v1.")
    assert response.headers["Date"].endswith(" GMT")


def it_is_known_by_a_namespace_of_its_own(ask: Ask) -> None:
    namespace = ask("/api/v1/namespaces/kube-system").json()
    assert namespace["kind"] == "Namespace"
    assert namespace["metadata"]["uid"]


def a_list_of_custom_resources_says_what_its_items_are(ask: Ask) -> None:
    listed = ask(CUSTOM).json()
    assert listed["kind"] == "DataSourceList"
    assert {item["kind"] for item in listed["items"]} == {"DataSource"}
    assert names(listed) == NAMES


def a_list_of_a_built_in_kind_does_not(ask: Ask) -> None:
    listed = ask(BUILT_IN).json()
    assert listed["kind"] == "PersistentVolumeClaimList"
    assert not any("kind" in item or "apiVersion" in item for item in listed["items"])
    assert names(listed) == NAMES


def objects_carry_who_wrote_them(ask: Ask) -> None:
    for item in (*ask(CUSTOM).json()["items"], *ask(BUILT_IN).json()["items"]):
        assert item["metadata"]["uid"]
        assert item["metadata"]["managedFields"][0]["manager"]


def a_list_comes_in_pages_of_the_size_asked_for(ask: Ask) -> None:
    for path in (CUSTOM, BUILT_IN):
        pages = list(_pages(ask, path, 2))
        assert [names(page) for page in pages] == [("a", "b"), ("c",)]
        assert pages[0]["metadata"]["remainingItemCount"] == 1
        assert not pages[1]["metadata"].get("continue")


def a_namespace_that_is_not_there_is_empty(ask: Ask) -> None:
    for path in (CUSTOM, BUILT_IN):
        response = ask(path.replace(NAMESPACE, "nowhere"))
        assert (response.status_code, response.json()["items"]) == (200, [])


def a_kind_that_is_not_known_is_not_found_in_plain_text(ask: Ask) -> None:
    response = ask("/apis/hco.kubevirt.io/v1/hyperconvergeds?limit=500")
    assert (response.status_code, response.text.strip()) == (404, "404 page not found")


def long_answers_come_in_chunks(ask: Ask) -> None:
    for path in (CUSTOM, BUILT_IN):
        response = ask(path)
        assert len(response.content) > 2048
        assert response.headers["Transfer-Encoding"] == "chunked"


def a_wrong_token_is_refused_in_the_apis_own_words(ask: Ask) -> None:
    response = ask("wrong token")
    assert (response.status_code, response.json()["kind"]) == (401, "Status")
    assert response.json()["reason"] == "Unauthorized"


RULES = (
    it_tells_its_version_and_time,
    it_is_known_by_a_namespace_of_its_own,
    a_list_of_custom_resources_says_what_its_items_are,
    a_list_of_a_built_in_kind_does_not,
    objects_carry_who_wrote_them,
    a_list_comes_in_pages_of_the_size_asked_for,
    a_namespace_that_is_not_there_is_empty,
    a_kind_that_is_not_known_is_not_found_in_plain_text,
    long_answers_come_in_chunks,
    a_wrong_token_is_refused_in_the_apis_own_words,
)


def names(listed: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(item["metadata"]["name"] for item in listed["items"])


def _pages(ask: Ask, path: str, limit: int) -> Iterator[Mapping[str, Any]]:
    query = f"limit={limit}"
    while True:
        page = ask(f"{path}?{query}").json()
        yield page
        if not (token := page["metadata"].get("continue")):
            return
        query = f"limit={limit}&continue={token}"
