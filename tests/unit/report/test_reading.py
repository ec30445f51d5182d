"""A report's JSON is read back as it was written; anything else is refused at its place, as the schema says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from gitops_golden.errors import InputError, Location
from gitops_golden.report.reading import read_report
from gitops_golden.report.verification_json import as_json, json_text
from gitops_golden.resources import shipped
from tests.reports import report_of
from tests.unit.report.any_report import reports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gitops_golden.verify.model import Report

Path = tuple[str | int, ...]
FILE = "shard.json"
SCHEMA = Draft202012Validator(json.loads((shipped("policies") / "report.schema.json").read_text(encoding="utf-8")))
LEAVES: tuple[Any, ...] = (None, True, 0, -1, 1.5, "", "x", "broken", "converged", [], {}, [1], {"dataSource": 1})


def text_of(report: Report) -> bytes:
    return json_text(report).encode("ascii")


def refusal(value: object) -> str:
    with pytest.raises(InputError) as refused:
        read_report(json.dumps(value).encode(), FILE)
    assert refused.value.problem.where == Location(FILE)
    return refused.value.problem.what


@given(reports())
def test_the_text_is_that_of_the_json_with_a_line_for_each_result(report: Report) -> None:
    text = json_text(report)
    assert json.loads(text) == as_json(report)
    results = (*report.deliveries, *report.images, *report.clusters)
    assert sum(line.startswith("    {") for line in text.splitlines()) == len(results) + len(report.mixed)


@given(reports())
def test_what_was_written_is_read_back(report: Report) -> None:
    assert read_report(text_of(report), FILE) == report


def test_a_fleets_report_is_read_back_with_every_verdict_and_link() -> None:
    report = report_of(clusters=150, images=6)
    assert read_report(text_of(report), FILE) == report


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of everything in a document."""
    yield path
    if isinstance(value, dict):
        for key, child in value.items():
            yield from places(child, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from places(child, (*path, index))


def change(value: Any, path: Path, to: Callable[[Any], None]) -> None:
    """Do something to the map or list that holds what is at a path."""
    for step in path[:-1]:
        value = value[step]
    to(value)


@given(report=reports(), data=st.data())
def test_what_is_read_satisfies_the_schema_whatever_was_edited(report: Report, data: st.DataObject) -> None:
    value = as_json(report)
    path = data.draw(st.sampled_from([path for path in places(value) if path]))
    key = path[-1]
    match data.draw(st.sampled_from(["replace", "remove", "add"])):
        case "replace":
            leaf = data.draw(st.sampled_from(LEAVES))
            change(value, path, lambda parent: parent.__setitem__(key, leaf))
        case "remove":
            change(value, path, lambda parent: parent.pop(key))
        case _:
            change(value, path, lambda parent: parent.append(0) if isinstance(parent, list) else parent.update(new=0))
    try:
        read_report(json.dumps(value).encode(), FILE)
    except InputError:
        return
    assert [error.message for error in SCHEMA.iter_errors(value)] == []


def edited(path: Path, leaf: Any) -> dict[str, Any]:
    value = as_json(report_of(clusters=150, images=6))
    change(value, path, lambda parent: parent.__setitem__(path[-1], leaf))
    return value


@pytest.mark.parametrize(
    ("path", "leaf", "said"),
    [
        (("kind",), "DriftReport", "this is no VerifyReport of gitops-golden/v1alpha1"),
        (("apiVersion",), "gitops-golden/v2", "this is no VerifyReport of gitops-golden/v1alpha1"),
        (("at",), "yesterday", "at: should be a time such as 2026-11-21T10:50:22Z"),
        (("at",), "2026-02-31T00:00:00Z", "at: should be a time such as 2026-11-21T10:50:22Z"),
        (("metadata", "name"), "", "metadata.name: is empty"),
        (("deliveries",), {}, "deliveries: should be a list"),
        (("deliveries", 3), 7, "deliveries[3]: should be a map"),
        (
            ("deliveries", 3, "verdict"),
            "fine",
            "deliveries[3]: link, message, overdue, reason, remedy, since is missing",
        ),
        (("deliveries", 3, "expected"), "sha256:x", "deliveries[3].expected: should be a digest"),
        (("deliveries", 3, "cluster"), "elsewhere", "deliveries[3].cluster: is not among clusters"),
        (("deliveries", 3, "bootSource"), {}, "deliveries[3].bootSource: kind, name, namespace, uid is missing"),
        (
            ("deliveries", 2, "actual"),
            None,
            "deliveries[2].actual: should be what is expected, where that has converged",
        ),
        (
            ("deliveries", 2, "actual"),
            f"sha256:{'0' * 64}",
            "deliveries[2].actual: should be what is expected, where that has converged",
        ),
        (
            ("deliveries", 2, "expected"),
            None,
            "deliveries[2].actual: should be what is expected, where that has converged",
        ),
        (("clusters", 0, "answered"), False, "deliveries[0].verdict: cannot be converged: its cluster did not answer"),
        (("deliveries", 3, "note"), 1, "deliveries[3].note: an unknown field"),
        (("deliveries", 3, "dataSorce"), 1, "deliveries[3].dataSorce: an unknown field; did you mean dataSource?"),
        (("clusters", 0, "objects"), True, "clusters[0].objects: should be a whole number from 0"),
        (("clusters", 0, "clockSkewSeconds"), 10**400, "clusters[0].clockSkewSeconds: should be a whole number"),
        (("clusters", 0, "notJudged"), ["cron"], "clusters[0].notJudged[0]: should be access"),
        (("clusters", 0, "labels", "site"), 1, "clusters[0].labels.site: should be a text"),
        (("clusters", 0, "cluster"), "edge-00001", "clusters[1]: edge-00001 stands here twice"),
        (("images", 1, "verdict"), "converged", "images[1].verdict: should be one of"),
        (("images", 1, "link"), "moon", "images[1].link: should be null or one of registry, lock"),
        (("basis", "policy", "sha256"), "x", "basis.policy.sha256: should be 64 hexadecimal digits"),
        (("commit",), None, "commit: is not that of basis"),
        (("summary", "broken"), 0, "summary.broken: should be "),
        (("summary", "broken"), "0", "summary.broken: should be a whole number"),
        (("scope",), {}, "scope: clusters, images, selector, shard is missing"),
        (("objective", "convergeSeconds"), 0, "objective.convergeSeconds: should be a whole number from 1"),
        (("mixed",), [{}], "mixed[0]: branch, commit, lock, policy, version is missing"),
    ],
)
def test_what_is_wrong_is_told_with_its_path(path: Path, leaf: Any, said: str) -> None:
    assert refusal(edited(path, leaf)).startswith(said)


def test_a_delivery_that_is_there_twice_is_refused() -> None:
    value = as_json(report_of(clusters=2, images=1))
    value["deliveries"].append(value["deliveries"][0])
    value["summary"]["deliveries"] += 1
    value["summary"][value["deliveries"][0]["verdict"]] += 1
    assert refusal(value) == "deliveries[2]: rhel9 on edge-00000 stands here twice"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "shard.json:1:1: no JSON: Expecting value"),
        (b'{"kind": \n}', "shard.json:2:1: no JSON: Expecting value"),
        (b"\xff", "shard.json: no JSON: 'utf-8' codec can't decode"),
        (b"NaN", "shard.json: no JSON: NaN is no JSON value"),
        (b"[" * 100_000, "shard.json: no JSON of ours: it is nested too deeply"),
        (b'{"a": ' + b"9" * 5000 + b"}", "shard.json: no JSON: Exceeds the limit"),
        (b'{"kind": "a", "kind": "b"}', "shard.json: no JSON: a map has the same key twice"),
        (b"[]", "shard.json: this is no VerifyReport"),
        (b"null", "shard.json: this is no VerifyReport"),
    ],
)
def test_what_is_no_report_at_all_is_refused(text: bytes, said: str) -> None:
    with pytest.raises(InputError) as refused:
        read_report(text, FILE)
    assert str(refused.value).startswith(said)


@given(st.recursive(st.sampled_from(LEAVES), lambda child: st.lists(child) | st.dictionaries(st.text(), child)))
def test_any_json_is_a_report_or_an_error_of_the_users(value: object) -> None:
    refusal(value)


def test_texts_that_come_again_are_kept_once() -> None:
    read = read_report(text_of(report_of(clusters=12, images=2)), FILE)
    first, *others = [result.expected for result in read.deliveries if result.image == "rhel8" and result.expected]
    assert len(others) > 1
    assert all(other is first for other in others)
