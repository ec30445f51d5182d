"""A snapshot is the observation again, and nothing that is not one passes for it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import process_time
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.errors import InputError
from gitops_golden.fleet import snapshot
from gitops_golden.fleet.observation import Observation, Server, Unread
from gitops_golden.fleet.snapshot_shape import LARGE
from gitops_golden.resources import shipped

if TYPE_CHECKING:
    from collections.abc import Callable

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
VALIDATOR = jsonschema.Draft202012Validator(json.loads((shipped("policies") / "snapshot.schema.json").read_text()))


def source(name: str = "rhel9", **more: Any) -> dict[str, Any]:
    return {
        "apiVersion": "cdi.kubevirt.io/v1beta1",
        "kind": "DataSource",
        "metadata": {"name": name, "namespace": "golden"},
        **more,
    }


SEEN = Observation(
    cluster="edge-001",
    read_at=NOON,
    server=Server("v1.36.0", "8d5f"),
    objects=(source(), source("fedora", spec={"source": {}})),
    unread=(Unread("RoleBinding", "golden", "Forbidden"),),
    absent_kinds=frozenset({"VolumeSnapshot", "HyperConverged"}),
    namespaces=frozenset({"golden"}),
    skew=timedelta(seconds=-2.5),
)


def document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(snapshot.write(SEEN))
    return loaded


def test_a_snapshot_is_the_observation_again() -> None:
    assert snapshot.parse(snapshot.write(SEEN), "edge.json") == SEEN


def test_a_snapshot_satisfies_its_schema() -> None:
    VALIDATOR.validate(document())


def test_the_same_observation_has_the_same_bytes() -> None:
    assert snapshot.write(replace(SEEN, objects=SEEN.objects[::-1])) == snapshot.write(SEEN)


def test_what_was_not_recorded_stays_unrecorded() -> None:
    bare = Observation("edge-001", NOON, None, ())
    assert snapshot.parse(snapshot.write(bare), "edge.json") == bare


def test_a_secret_is_never_written() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x", "namespace": "golden"}}
    with pytest.raises(ValueError, match="Secret"):
        snapshot.write(replace(SEEN, objects=(secret,)))


def test_a_snapshot_may_be_yaml() -> None:
    text = """\
apiVersion: gitops-golden/v1alpha1
kind: ClusterSnapshot
metadata: {name: edge-001}
readAt: 2026-11-21T12:00:00Z
objects:
  - apiVersion: cdi.kubevirt.io/v1beta1
    kind: DataSource
    metadata: {name: rhel9, namespace: golden}
"""
    assert snapshot.parse(text.encode(), "edge.yaml") == Observation("edge-001", NOON, None, (source(),))


NAMES = st.from_regex(r"[a-z0-9]{1,12}", fullmatch=True)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.builds(lambda name, status: source(name, status=status), NAMES, VALUES)


OBSERVATIONS = st.builds(
    Observation,
    cluster=NAMES,
    read_at=st.datetimes(timezones=st.just(UTC)),
    server=st.none() | st.builds(Server, st.text(), st.text()),
    objects=st.lists(OBJECTS, max_size=4, unique_by=lambda obj: obj["metadata"]["name"]).map(tuple),
    unread=st.lists(st.builds(Unread, st.text(), st.text(), st.text()), max_size=3).map(tuple),
    absent_kinds=st.frozensets(st.text(), max_size=3),
    namespaces=st.none() | st.frozensets(NAMES, max_size=3),
    skew=st.none() | st.timedeltas(timedelta(days=-36_500), timedelta(days=36_500)),
)


@given(OBSERVATIONS)
def test_any_observation_survives_writing_and_reading(seen: Observation) -> None:
    assert snapshot.parse(snapshot.write(seen), "c.json") == seen


def _set(*path: str | int, to: object) -> Callable[[dict[str, Any]], object]:
    def change(whole: dict[str, Any]) -> object:
        place: Any = whole
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = to
        return whole

    return change


def _drop(*path: str | int) -> Callable[[dict[str, Any]], object]:
    def change(whole: dict[str, Any]) -> object:
        place: Any = whole
        for key in path[:-1]:
            place = place[key]
        del place[path[-1]]
        return whole

    return change


SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}}
WRONG_SHAPES: dict[str, Callable[[dict[str, Any]], object]] = {
    "a list": lambda whole: [whole],
    "a number": lambda whole: 7,  # noqa: ARG005 - a table of one shape
    "no apiVersion": _drop("apiVersion"),
    "another apiVersion": _set("apiVersion", to="gitops-golden/v9"),
    "no kind": _drop("kind"),
    "another kind": _set("kind", to="FleetPolicy"),
    "kind is a list": _set("kind", to=["ClusterSnapshot"]),
    "no metadata": _drop("metadata"),
    "metadata is a text": _set("metadata", to="edge-001"),
    "no name": _drop("metadata", "name"),
    "name is a number": _set("metadata", "name", to=1),
    "name is a path": _set("metadata", "name", to="../edge"),
    "name is too long": _set("metadata", "name", to="a" * 254),
    "name in capitals": _set("metadata", "name", to="Edge"),
    "more metadata": _set("metadata", "labels", to={}),
    "no time": _drop("readAt"),
    "time is a number": _set("readAt", to=1763719200),
    "time without offset": _set("readAt", to="2026-11-21T12:00:00"),
    "a date": _set("readAt", to="2026-11-21"),
    "no objects": _drop("objects"),
    "objects is a map": _set("objects", to={}),
    "objects is null": _set("objects", to=None),
    "an object is a text": _set("objects", 0, to="DataSource"),
    "an object without kind": _drop("objects", 0, "kind"),
    "an object without apiVersion": _drop("objects", 0, "apiVersion"),
    "an object without metadata": _drop("objects", 0, "metadata"),
    "an object without name": _drop("objects", 0, "metadata", "name"),
    "an object's namespace is a number": _set("objects", 0, "metadata", "namespace", to=7),
    "a Secret": _set("objects", 0, to=SECRET),
    "unread is a map": _set("unread", to={}),
    "unread holds texts": _set("unread", 0, to="RoleBinding"),
    "unread without reason": _drop("unread", 0, "reason"),
    "unread kind is a number": _set("unread", 0, "kind", to=1),
    "unread with more": _set("unread", 0, "since", to="now"),
    "server is a text": _set("server", to="v1.36"),
    "server is null": _set("server", to=None),
    "server without uid": _drop("server", "uid"),
    "server version is a number": _set("server", "version", to=1.36),
    "namespaces is a text": _set("namespaces", to="golden"),
    "namespaces hold numbers": _set("namespaces", to=[1]),
    "absentKinds is a map": _set("absentKinds", to={}),
    "absentKinds hold maps": _set("absentKinds", to=[{}]),
    "the skew is a text": _set("clockSkewSeconds", to="2 s"),
    "the skew is a truth": _set("clockSkewSeconds", to=True),
    "the skew is beyond time": _set("clockSkewSeconds", to=1e300),
    "an unknown field": _set("verdict", to="converged"),
}


@pytest.mark.parametrize("change", WRONG_SHAPES.values(), ids=WRONG_SHAPES)
def test_a_wrong_shape_is_refused_with_its_line_as_the_schema_refuses_it(
    change: Callable[[dict[str, Any]], object],
) -> None:
    wrong = change(document())
    with pytest.raises(InputError) as refusal:
        snapshot.parse(json.dumps(wrong, indent=1).encode(), "edge.json")
    where = refusal.value.problems[0].where
    assert where
    assert (where.file, where.line > 0) == ("edge.json", True)
    assert not VALIDATOR.is_valid(wrong)


BEYOND_THE_SCHEMA: dict[str, Callable[[dict[str, Any]], object]] = {
    "name ends in a newline": _set("metadata", "name", to="edge\n"),  # Python's $ lets it pass, JavaScript's does not
    "a thirteenth month": _set("readAt", to="2026-13-21T12:00:00Z"),
    "before time": _set("readAt", to="0001-01-01T00:00:00+14:00"),
    "an object twice": _set("objects", to=[source(), source()]),
}


@pytest.mark.parametrize("change", BEYOND_THE_SCHEMA.values(), ids=BEYOND_THE_SCHEMA)
def test_what_no_schema_can_say_is_refused_too(change: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(InputError):
        snapshot.parse(json.dumps(change(document()), indent=1).encode(), "edge.json")


WRONG_TEXTS = {
    "empty": b"",
    "white": b"  \n",
    "not JSON": b'{"apiVersion": ',
    "NUL": b'{"apiVersion": "\0"}',
    "not UTF-8": b'{"apiVersion": "\xff"}',
    "UTF-16": '{"kind": 1}'.encode("utf-16"),
    "deep JSON": b'{"objects": ' + b"[" * 100_000,
    "deep YAML": b"objects: " + b"[" * 100_000,
    "two documents": b"{}\n---\n{}\n",
    "an alias": b"a: &a [1]\nb: *a\n",
    "a tag": b"a: !!python/object:os.system x\n",
    "a key twice": b"kind: a\nkind: b\n",
    "NaN": b'{"kind": NaN}',
    "an infinite number": b'{"kind": 1e999}',
    "a huge integer": b'{"kind": ' + b"9" * 5000 + b"}",
    "HTML": b"<!DOCTYPE html><html></html>",
}


@pytest.mark.parametrize("text", WRONG_TEXTS.values(), ids=WRONG_TEXTS)
def test_a_text_that_is_no_document_is_refused_with_its_file(text: bytes) -> None:
    with pytest.raises(InputError) as refusal:
        snapshot.parse(text, "edge.json")
    where = refusal.value.problems[0].where
    assert where
    assert where.file == "edge.json"


def test_every_problem_is_told_at_its_own_line() -> None:
    wrong = document()
    _set("unread", 0, "kind", to=1)(wrong)
    _set("readAt", to="noon")(wrong)
    with pytest.raises(InputError) as refusal:
        snapshot.parse(json.dumps(wrong, indent=1).encode(), "edge.json")
    lines = {problem.where.line for problem in refusal.value.problems if problem.where}
    assert len(lines) == 2


def test_an_unknown_field_comes_with_the_nearest_known_one() -> None:
    wrong = _set("objekts", to=[])(document())
    with pytest.raises(InputError, match="did you mean objects"):
        snapshot.parse(json.dumps(wrong).encode(), "edge.json")


def large(**more: Any) -> bytes:
    return json.dumps(document() | {"namespaces": ["golden"] * (LARGE // 8)} | more).encode()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (large()[:-1], r"^edge\.json:1:\d+: not JSON: "),
        (large(kind="X"), r"^edge\.json: this is no ClusterSnapshot"),
        (large(objects=[7]), r"^edge\.json: objects\[0\]: not an object of Kubernetes"),
    ],
    ids=["cut off", "of another kind", "with a fault"],
)
def test_what_is_wrong_with_a_large_snapshot_is_told_in_no_time(data: bytes, said: str) -> None:
    began = process_time()
    with pytest.raises(InputError, match=said):
        snapshot.parse(data, "edge.json")
    assert process_time() - began < 1
