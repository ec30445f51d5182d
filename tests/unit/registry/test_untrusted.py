from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.errors import InputError
from gitops_golden.registry.untrusted import SIZE_LIMIT, read_object, shown

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "index.json:1:1: is no JSON"),
        (b'{\n "a": }', "index.json:2:7: is no JSON"),
        (b"[]", "is no JSON object"),
        (b'"text"', "is no JSON object"),
        (b"\xff\xfe{}", "is not UTF-8"),
        (b'{"a": NaN}', "holds NaN"),
        (b'{"a": -Infinity}', "holds -Infinity"),
        (b'{"a": ' + b"9" * 5000 + b"}", "absurd number"),
        (b'{"a": 1,\n "a": 2}', "says the key 'a' twice"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "deeper than 64"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too deep|deeper"),
        (b" " * (SIZE_LIMIT + 1), "longer than 4 MiB"),
    ],
)
def test_hostile_json_is_refused_by_name(data: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        read_object(data, "index.json")
    assert str(caught.value).startswith("index.json")


@given(st.dictionaries(st.text(), JSON))
def test_ordinary_json_reads_as_any_reader_has_it(value: dict[str, object]) -> None:
    assert read_object(json.dumps(value).encode(), "x").values == value


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()[:-1]))
def test_no_bytes_raise_anything_but_our_error(data: bytes) -> None:
    with suppress(InputError):
        read_object(data, "x")


def test_a_wrong_field_is_named_with_its_path_and_its_line() -> None:
    fields = read_object(b'{\n "list": [\n  {"digest": "sha256:../x"}]}', "index.json")
    with pytest.raises(InputError) as caught:
        next(fields.each("list")).digest("digest")
    assert str(caught.value) == "index.json:3:14: list[0].digest is no digest: 'sha256:../x'"


@pytest.mark.parametrize("size", [-1, 1.5, 1.0, True, "1", None, 2**63, [1]])
def test_a_size_is_a_whole_number_from_0(size: object) -> None:
    fields = read_object(json.dumps({"size": size}).encode(), "x")
    with pytest.raises(InputError, match="whole number"):
        fields.size("size")


def test_a_missing_field_is_told_apart_from_a_wrong_one() -> None:
    fields = read_object(b'{"there": 1}', "x")
    with pytest.raises(InputError, match="there must be a string"):
        fields.string("there")
    with pytest.raises(InputError, match="gone is missing, and must be a string"):
        fields.string("gone")


@given(st.text())
def test_a_strangers_text_is_shown_on_one_line_without_control_characters(text: str) -> None:
    assert shown(text).isascii()
    assert shown(text).isprintable()
