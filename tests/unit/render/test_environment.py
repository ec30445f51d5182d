from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from gitops_golden.errors import InputError
from gitops_golden.render.environment import Templates, quoted

if TYPE_CHECKING:
    from pathlib import Path


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_value_escapes_its_yaml_field(value: str) -> None:
    text = f"a: {quoted(value)}\nb: 1\n"
    assert YAML(typ="safe", pure=True).load(text) == {"a": value, "b": 1}


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_both_yaml_parsers_read_a_value_alike(value: str) -> None:
    text = f"a: {quoted(value)}\n"
    assert YAML(typ="safe", pure=False).load(text) == YAML(typ="safe", pure=True).load(text)


def templates(folder: Path, **files: str) -> Templates:
    for name, text in files.items():
        (folder / name).write_text(text)
    return Templates(folder)


def test_a_missing_value_is_an_error_in_the_template(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing_such"):
        templates(tmp_path, t="a: {{ nothing_such }}\n").render("t", {})


def test_a_syntax_error_is_located_in_the_template(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        templates(tmp_path, t="a: 1\nb: {{ x\n").render("t", {})
    assert str(raised.value.problem.where) == f"{tmp_path / 't'}:2:1"


def test_a_template_cannot_reach_into_python(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        templates(tmp_path, t="{{ ''.__class__.__mro__ }}").render("t", {})


def test_a_template_reads_nothing_outside_its_folder(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    inside = tmp_path / "in"
    inside.mkdir()
    with pytest.raises(InputError):
        templates(inside, t="{% include '../secret' %}").render("t", {})


def test_only_text_and_whole_numbers_can_be_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="only text"):
        templates(tmp_path, t="a: {{ x }}").render("t", {"x": {"k": 1}})
