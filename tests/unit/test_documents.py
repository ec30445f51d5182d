from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gitops_golden.documents import (
    Limits,
    Mapping,
    Scalar,
    Sequence,
    as_data,
    examine,
    parse,
    parse_one,
)
from gitops_golden.errors import InputErrors, Location


def value(text: str) -> Any:
    return as_data(parse_one(f"a: {text}\n".encode(), "f"))["a"]


def problems(data: bytes, limits: Limits | None = None) -> list[str]:
    with pytest.raises(InputErrors) as caught:
        parse(data, "f.yaml", limits or Limits())
    return [str(problem) for problem in caught.value.problems]


def test_every_node_knows_its_place() -> None:
    root = parse_one(b"a:\n  - {k: v}\n  - 'q'\n", "f.yaml")
    assert isinstance(root, Mapping)
    items = root.get("a")
    assert isinstance(items, Sequence)
    assert items.where == Location("f.yaml", 2, 3)
    assert items.items[0].where == Location("f.yaml", 2, 5)
    assert items.items[1] == Scalar("q", plain=False, file="f.yaml", line=3, column=5)
    assert root.entries[0][0].where == Location("f.yaml", 1, 1)
    assert root.get("b") is None


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("2026-11-21", "2026-11-21"),
        ("12:30:45", "12:30:45"),
        ("1_000", "1_000"),
        ("0b1", "0b1"),
        ("9.5.1", "9.5.1"),
        ("-", "-"),
        ("+", "+"),
        (".", "."),
        ("1e", "1e"),
        ("nulls", "nulls"),
        ('"true"', "true"),
        ("'1'", "1"),
        ("", None),
        ("~", None),
        ("Null", None),
        ("TRUE", True),
        ("false", False),
        ("007", 7),
        ("-12", -12),
        ("0o17", 15),
        ("0xfF", 255),
        ("9.6", 9.6),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e3", 1000.0),
        ("-.inf", float("-inf")),
        ("9" * 5000, float("inf")),
    ],
)
def test_plain_scalars_mean_what_the_core_schema_of_yaml_1_2_says(text: str, meaning: object) -> None:
    found = value(text if text != "-" else "'-'")
    assert found == meaning
    assert type(found) is type(meaning)


def test_a_literal_block_is_text() -> None:
    assert value("|\n  true\n") == "true\n"


def test_documents_come_in_order_and_empty_ones_are_left_out() -> None:
    assert [as_data(root) for root in parse(b"---\n---\na: 1\n---\n# c\n---\n[b]\n", "f")] == [{"a": 1}, ["b"]]


def test_a_byte_order_mark_of_utf_8_is_no_part_of_the_text() -> None:
    root = parse_one(b"\xef\xbb\xbfa: 1\n", "f")
    assert as_data(root) == {"a": 1}
    assert root.where == Location("f", 1, 1)


def test_one_document_is_neither_none_nor_two() -> None:
    with pytest.raises(InputErrors, match="no document"):
        parse_one(b"# nothing\n", "f")
    with pytest.raises(InputErrors, match=r"f:3:1: a second document"):
        parse_one(b"a: 1\n---\nb: 1\n", "f")


def test_all_problems_of_a_file_are_told_at_once_and_sorted() -> None:
    text = b"a: &x 1\nb: *x\nb: 2\nb: 3\nc: !t d\n1: e\n<<: {}\n? [f]\n: g\n"
    assert [line.split(" (")[0] for line in problems(text)] == [
        "f.yaml:1:4: the anchor &x",
        "f.yaml:2:4: the alias *x",
        'f.yaml:3:1: "b" stands here twice',
        'f.yaml:4:1: "b" stands here twice',
        "f.yaml:5:4: the tag !t",
        "f.yaml:6:1: the key 1 is no text",
        "f.yaml:7:1: a merge key <<",
        "f.yaml:8:3: a key that is no text",
    ]


def test_what_can_be_read_of_a_wrong_document_is_handed_on() -> None:
    text = examine(b"a: [*x, 1]\nb: *x\n*x : 1\nc: 2\nc: 3\n---\nd: 4\n---\ne: [\n", "f")
    assert [as_data(document.root) for document in text.documents] == [{"a": [1], "c": 2}, {"d": 4}]
    assert [len(document.problems) for document in text.documents] == [4, 0]
    assert len(text.problems) == 1


@pytest.mark.parametrize("key", ["null", "~", "true", "False", "0", "-1", "1.5", ".inf", "0x1f", '{"a": 1}'])
def test_a_key_must_be_text(key: str) -> None:
    assert "is no text" in problems(f"{key}: 1\n".encode())[0]


@pytest.mark.parametrize("key", ["name", "no", "-", "1a", "<", "'<<'", "'1'", "n", ".x", "~x"])
def test_a_key_that_only_looks_like_something_else_is_text(key: str) -> None:
    assert as_data(parse_one(f"? {key}\n: 1\n".encode(), "f") if key != "-" else parse_one(b"'-': 1", "f")) == {
        key.strip("'"): 1
    }


def test_the_same_key_quoted_and_plain_is_a_duplicate() -> None:
    assert "stands here twice" in problems(b"a: 1\n'a': 2\n")[0]


def test_problems_end_where_nobody_reads_on() -> None:
    assert len(problems(b"- &a b\n" * 5000)) == 100


def test_limits_are_exact() -> None:
    assert parse(b"[1, 2]", "f", Limits(size=6, depth=1, events=8))
    assert "6 bytes, more than the 5" in problems(b"[1, 2]", Limits(size=5))[0]
    assert "nested deeper than 1 levels" in problems(b"[[1]]", Limits(depth=1))[0]
    assert "more than 7 values" in problems(b"[1, 2]", Limits(events=7))[0]
    assert "more than 1 documents" in problems(b"a\n---\nb\n", Limits(documents=1))[0]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"a: 1\nb: \xff\n", "f.yaml:2:4: byte 0xff is not UTF-8"),
        ("ä: ö\nb: ".encode() + b"\xc3", "f.yaml:2:4: byte 0xc3 is not UTF-8"),
        (b"a: \xed\xa0\x80", "f.yaml:1:4: byte 0xed is not UTF-8"),
        ("ä: ö\x01\n".encode(), "f.yaml:1:5: character U+0001 may not stand in YAML"),
        (b"a\0", "f.yaml:1:2: a NUL byte"),
        ("a: 1".encode("utf-16"), "f.yaml:1:1: the file is UTF-16"),
        (b"a: 'x\n", "f.yaml:1:4: not YAML: a quote that is opened here is never closed"),
        (b"a: b: c\n", "f.yaml:1:5: not YAML: a ':' where no key can stand"),
        (b"a: b\n\tc: d\n", "f.yaml:2:1: not YAML: a tab in the indentation"),
        (b"a: [1\nb: 2\n", "f.yaml:2:2: not YAML: a list in brackets is not closed"),
        (b"a: |x\n", "f.yaml:1:5: not YAML: did not find expected comment or line break (while scanning a block"),
    ],
)
def test_what_is_no_yaml_is_told_in_a_sentence_with_its_place(data: bytes, says: str) -> None:
    assert problems(data)[0].startswith(says)


# Control characters and line separators are no part of YAML's text, though of JSON's.
TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cn"), max_codepoint=0xD7FF))
# YAML takes no key of more than 1,024 bytes; no field, label or name is that long.
KEY = TEXT.map(lambda text: text[:150])
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEY, inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
@example({"a": ['\t"\\/\b', {}, [], "", 0.1, 1e300]})
def test_json_is_read_as_json_is(data: object) -> None:
    for text in (json.dumps(data), json.dumps(data, indent=2, ensure_ascii=False)):
        roots = parse(text.encode(), "f")
        assert [as_data(root) for root in roots] == ([] if data is None else [data])


@given(st.binary(max_size=200) | st.text(alphabet="ab:-?[]{},&*!|>'\"%@`# \n\t0~<=.", max_size=60).map(str.encode))
def test_no_bytes_raise_anything_but_input_errors_with_a_place(data: bytes) -> None:
    text = examine(data, "f")
    found = [*text.problems, *(problem for document in text.documents for problem in document.problems)]
    assert all(problem.where and problem.what for problem in found)
    for document in text.documents:
        as_data(document.root)


def test_messages_hold_nothing_that_a_terminal_obeys() -> None:
    for data in (b"!a%1b[31m b", b'{"\\e[31m": 1, "\\e[31m": 2}', "!\u202e x".encode(), b"!" + b"x" * 10_000 + b" b"):
        assert all(line.isprintable() and len(line) < 300 for line in problems(data))


def test_a_key_that_yaml_cannot_hold_is_refused_at_its_line() -> None:
    assert problems(b'{"a": 1,\n "' + b"k" * 1025 + b'": 2}')[0].startswith("f.yaml:2:")
