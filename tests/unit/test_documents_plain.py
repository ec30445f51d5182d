"""Two readers of one language: wherever the quick one reads a file, it reads what libyaml does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gitops_golden.documents import Limits, as_data, examine
from gitops_golden.documents.compose import compose
from gitops_golden.documents.plain import compose_plainly

if TYPE_CHECKING:
    from gitops_golden.documents import Node

INVENTORY = """\
# written by a machine
apiVersion: gitops-golden/v1alpha1
kind: Inventory
clusters:
  - name: edge-001
    labels:
      env: prod
      example.com/site: "12"
    set:
      storage: {}
  - name: '002'
    context: admin@edge-002:6443

    labels: {}
"""
SORTED_KEYS = """\
---
clusters:
- labels:
    env: prod
  name: edge-001
- labels:
    env: prod
  name: edge-002
  taints:
  - a b
  - - x
    - y
kind: Inventory
"""


def plainly(data: bytes, limits: Limits | None = None) -> Node | None:
    limits = limits or Limits()
    return compose_plainly(data, "f", depth=limits.depth, events=limits.events)


def require_agreement(data: bytes, limits: Limits | None = None) -> None:
    root = plainly(data, limits)
    if root is not None:
        read = compose(data, "f", limits or Limits())
        assert not read.problems
        assert [(document.root, document.problems) for document in read.documents] == [(root, ())]


@pytest.mark.parametrize("text", [INVENTORY, SORTED_KEYS, INVENTORY.rstrip("\n"), "- a\n- b: 1\n", "  a: 1\n  b: 2\n"])
def test_block_yaml_as_machines_write_it_is_read_without_libyaml(text: str) -> None:
    assert plainly(text.encode()) is not None
    require_agreement(text.encode())


@pytest.mark.parametrize("indent", [1, 2, 4])
def test_indented_json_is_read_without_libyaml(indent: int) -> None:
    data = {"clusters": [{"name": "edge-001", "labels": {}, "n": [1, -2.5, True, None, "a, b"]}], "": [[{"x": "y"}]]}
    text = json.dumps(data, indent=indent).encode()
    root = plainly(text)
    assert root is not None
    assert as_data(root) == data
    require_agreement(text)
    require_agreement(text + b"\n")
    assert plainly(text + b"\n") is not None


@pytest.mark.parametrize(
    "text",
    [
        "{\n}",
        "{\n},",
        '{\n  "a": 1,\n}',
        '{\n  "a": 1\n  "b": 2\n}',
        '{\n  "a": 1,\n  "a": 2\n}',
        '{\n  "a": 1\n]',
        "{\n  1\n}",
        '[\n  "a": 1\n]',
        "[\n  1\n",
        "[\n  1\n]\n[\n  2\n]",
        "[\n  1\n]\n\n",
        '[\n  "\\u0041"\n]',
        "[\n  [,\n  1\n  ]\n]",
        '[\n  "ä"\n]',
        "[\n\t1\n]",
        "[\n  1 # one\n]",
        "[\n  1,\n  ,\n]",
        "[1, 2]",
        "[\n  abc\n]",
        "{}\n{}",
    ],
)
def test_json_that_is_not_one_item_a_line_is_left_to_libyaml(text: str) -> None:
    assert plainly(text.encode()) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "a\n",
        "a:\n",
        "a:\nb: 1\n",
        "a: 1\n  b: 2\n",
        "a: 1\n  more\n",
        "a: 1\na: 2\n",
        "true: 1\n",
        "a: &x 1\n",
        "a: !t 1\n",
        "a: *x\n",
        "a: {b: 1}\n",
        "a: |\n  b\n",
        "a: 'it''s'\n",
        'a: "\\n"\n',
        "a: 1 # one\n",
        "a:  1\n",
        "a: 1 \n",
        "a:\t1\n",
        "a: 1\r\n",
        "ä: 1\n",
        "- a\n  - b\n",
        "- a\n  b: 1\n",
        "- a: 1\n b: 2\n",
        "a:\n  - b\n  c: 1\n",
        "- - a\n  b: 1\n",
        "- a\nb: 1\n",
        "-\n",
        "  a: 1\nb: 2\n",
        "a: 1\n---\nb: 2\n",
        "a: b: c\n",
        "%YAML 1.2\n---\na: 1\n",
    ],
)
def test_what_is_not_plain_is_left_to_libyaml(text: str) -> None:
    assert plainly(text.encode()) is None


LINES = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "  ", "    ", " "]),
    st.sampled_from(["", "", "- ", "- - ", "-", "--- "]),
    st.sampled_from(["", "a: ", "b: ", "c:", "a:", "null: ", "1: ", "'q': ", "d/e.f: "]),
    st.sampled_from(
        ["", "x", "1", "true", "~", "a b", "a:b", "'s t'", '"u"', "{}", "[]", "# c", "x #y", "'", "|", "&a b"]
    ),
)


@given(st.lists(LINES, max_size=12).map("\n".join), st.integers(1, 4), st.integers(4, 40))
@example(INVENTORY, 4, 400)
def test_both_readers_agree_on_values_places_and_limits(text: str, depth: int, events: int) -> None:
    require_agreement(text.encode())
    require_agreement(text.encode(), Limits(depth=depth, events=events))


JSON_LINES = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", " ", "  "]),
    st.sampled_from(["", "", '"a": ', '"b": ', '"": ', '"c":']),
    st.sampled_from(["{", "[", "}", "]", "{}", "[]", "1", "-0.5", "true", "null", '"x, y"', '"', "'q'", "x"]),
    st.sampled_from(["", ",", ",", " ", ",,"]),
)


@given(
    st.lists(JSON_LINES, max_size=8).map("\n".join), st.sampled_from("{["), st.sampled_from(["", "\n}", "\n]", "\n]\n"])
)
def test_both_readers_of_json_agree(text: str, begin: str, end: str) -> None:
    data = f"{begin}\n{text}{end}".encode()
    require_agreement(data)
    require_agreement(data, Limits(depth=2, events=16))


def block(data: object, indent: int) -> str:
    """Write data as block YAML, lists in a map as far left as their key where the indent is odd."""
    pad = " " * indent
    if isinstance(data, dict) and data:
        return "".join(f"{pad}{key}:{_value(value, indent)}" for key, value in data.items())
    if isinstance(data, list) and data:
        return "".join(f"{pad}- {block(item, indent + 2).lstrip(' ') or json.dumps(item)}" for item in data)
    return f"{json.dumps(data)}\n"


def _value(value: object, indent: int) -> str:
    if isinstance(value, (dict, list)) and value:
        deeper = indent if isinstance(value, list) and indent % 4 else indent + 2
        return f"\n{block(value, deeper)}"
    return f" {json.dumps(value)}\n"


WORDS = st.text("abcxyz", min_size=1, max_size=3).map("k{}".format)
LEAVES = WORDS | st.integers(0, 99) | st.booleans() | st.sampled_from(["", "a b", "1.5", "no", "null"])
DATA = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3), max_leaves=12
).filter(lambda data: isinstance(data, (dict, list)) and bool(data))


@given(DATA)
def test_every_nesting_of_maps_and_lists_is_read_without_libyaml(data: object) -> None:
    for text in (block(data, 0).encode(), json.dumps(data, indent=2).encode()):
        assert plainly(text) is not None
        require_agreement(text)


def test_limits_are_as_exact_as_those_of_libyaml() -> None:
    data = b"a:\n  - 1\n  - {}\n"
    for limits in (Limits(depth=3, events=12), Limits(depth=2, events=12), Limits(depth=3, events=11)):
        assert (plainly(data, limits) is None) == bool(compose(data, "f", limits).problems)
    assert examine(data, "f", Limits(documents=0)).problems
