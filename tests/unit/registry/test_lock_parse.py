from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from gitops_golden.documents import as_data, parse_one
from gitops_golden.errors import InputError, InputErrors
from gitops_golden.registry.lock_parse import parse_lock
from gitops_golden.resources import shipped
from tests.builders import A, B

VALIDATOR = Draft202012Validator(json.loads((shipped("policies") / "lock.schema.json").read_text()))

GOOD = f"""\
apiVersion: gitops-golden/v1alpha1
kind: FleetLock
images:
  rhel9:
    repository: golden/rhel9
    releases:
      - digest: {A}
        tag: "9.6"
        firstSeen: "2026-11-21T10:00:00Z"
        checked: layout
        size: 12
        platforms:
          - {{platform: linux/amd64, digest: "{A}", size: 12}}
    waves:
      all: {A}
    restarts: {{fleet: 1, clusters: {{edge-001: 1}}}}
"""

BAD = [
    ("tag: '9.6'", "tag: 9.6", "8:14: must be a tag, a string (quote it)"),
    ("tag: '9.6'", "tag: 'a/b'", "8:14: must be a tag: 'a/b'"),
    ("tag: '9.6'", "tga: '9.6'", "8:9: unknown field 'tga' (did you mean tag?)"),
    ("tag: '9.6'", "tag: {}", "8:14: must be a tag"),
    ("        tag: '9.6'\n", "", "7:9: tag is missing"),
    (f"digest: {A}\n", "digest: sha256:abc\n", "7:17: must be a digest"),
    (f"digest: {A}\n", "digest: ../../etc/passwd\n", "7:17: must be a digest: '../../etc/passwd'"),
    ("repository: golden/rhel9", "repository: golden/../rhel9", "5:17: must be a repository"),
    ("repository: golden/rhel9", "repository: golden/rhel9:9.6", "5:17: must be a repository"),
    ("repository: golden/rhel9", "repository: [golden]", "5:17: must be a repository"),
    ("  rhel9:", "  RHEL_9:", "4:3: must be an image's name: 'RHEL_9'"),
    ("10:00:00Z", "10:00:00+01:00", "9:20: must be a time"),
    ("2026-11-21T", "2026-13-21T", "9:20: must be a time"),
    ("checked: layout", "checked: 'a b'", "10:18: must be a registry's address"),
    ("size: 12\n", "size: -1\n", "11:15: must be a whole number"),
    ("size: 12\n", "size: 1.5\n", "11:15: must be a whole number"),
    ("size: 12\n", "size: '12'\n", "11:15: must be a whole number"),
    ("size: 12\n", "size: 9223372036854775808\n", "11:15: must be a whole number"),
    ("size: 12\n", "size: true\n", "11:15: must be a whole number"),
    ("linux/amd64", "linux", "13:24: must be a platform"),
    ("platform: linux", "os: linux", "13:14: unknown field 'os'"),
    (f"all: {A}", f"all: {B}", "15:12: a wave holds a digest that is not among the releases"),
    (f"all: {A}", "all: latest", "15:12: must be a digest: 'latest'"),
    (f"all: {A}", f"All: {A}", "15:7: must be a wave's name"),
    ("fleet: 1,", "fleet: -1,", "16:23: must be a whole number"),
    ("fleet: 1,", "fleet: 1000000,", "16:23: must be a whole number"),
    ("edge-001: 1", "edge_001: 1", "16:37: must be a cluster's name"),
    ("edge-001: 1", "edge-001: many", "16:47: must be a whole number"),
    ("restarts:", "restart:", "16:5: unknown field 'restart' (did you mean restarts?)"),
    ("FleetLock", "FleetPolicy", "2:7: kind must be FleetLock"),
    ("v1alpha1", "v2", "1:13: apiVersion must be gitops-golden/v1alpha1"),
    ("kind: FleetLock\n", "", "1:1: kind is missing"),
    ("kind: FleetLock\n", "kind: FleetLock\nkind: FleetLock\n", '3:1: "kind" stands here twice'),
    ("layout", "&a layout", "10:18: the anchor &a"),
    ("layout", "!!str layout", "10:18: the tag"),
    ("layout", "lay\0out", "10:21: a NUL byte"),
    ("images:", "images: [", "fleet.lock.yaml:"),
]


@pytest.mark.parametrize(("good", "bad", "says"), BAD)
def test_a_wrong_edit_is_told_at_its_place(good: str, bad: str, says: str) -> None:
    text = GOOD.replace('"9.6"', "'9.6'")
    assert good in text
    with pytest.raises(InputErrors) as caught:
        parse_lock(text.replace(good, bad).encode(), "fleet.lock.yaml")
    assert f"fleet.lock.yaml:{says}".replace("yaml:fleet.lock.yaml", "yaml") in str(caught.value)


def test_all_wrong_edits_are_told_in_one_run() -> None:
    text = GOOD.replace('"9.6"', "9.6").replace("size: 12\n", "size: -1\n").replace("kind: FleetLock", "kind: Flock")
    with pytest.raises(InputErrors) as caught:
        parse_lock(text.encode(), "x")
    assert [problem.where.line for problem in caught.value.problems if problem.where] == [2, 8, 11]


def test_an_image_listed_with_one_digest_twice_is_refused() -> None:
    item = GOOD[GOOD.index("      - digest") : GOOD.index("    waves")]
    with pytest.raises(InputErrors, match="a digest is listed twice"):
        parse_lock(GOOD.replace(item, item + item).encode(), "x")


@pytest.mark.parametrize("text", ["", "# nothing\n", "[]", "text", "null", "---\n---\na: b\n---\nc: d\n"])
def test_a_file_that_is_no_lock_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_lock(text.encode(), "x")


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, child in inner for place in _places(child, (*path, key)))]


DATA: dict[str, Any] = as_data(parse_one(GOOD.encode(), "x"))
WRONG = st.sampled_from([None, True, -1, 1.5, 10**6, 2**63, "", "x y", "../..", "sha256:x", [], {}, ["a"], {"a": "b"}])


@given(st.sampled_from(_places(DATA)[1:]), WRONG, st.sampled_from(["replace", "remove", "add"]))
def test_what_the_schema_refuses_the_parser_refuses(path: tuple[Any, ...], wrong: Any, how: str) -> None:
    edited = copy.deepcopy(DATA)
    place: Any = edited
    for key in path[:-1]:
        place = place[key]
    if how == "replace":
        place[path[-1]] = wrong
    elif how == "remove":
        del place[path[-1]]
    elif isinstance(place, dict):
        place["No such field"] = wrong
    else:
        place.append(wrong)
    if VALIDATOR.is_valid(edited):
        return
    with pytest.raises(InputErrors) as caught:
        parse_lock(json.dumps(edited, indent=1).encode(), "fleet.lock.yaml")
    assert all(problem.where and problem.where.line for problem in caught.value.problems)
