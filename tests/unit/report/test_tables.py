from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.report.tables import Cell, Style, table
from gitops_golden.report.words import clean, counted, cut, listed, short


def test_text_from_outside_is_never_markup() -> None:
    assert "[red]name[/red]" in table(("a",), [("[red]name[/red]",)], Style())


def test_text_from_outside_never_drives_the_terminal() -> None:
    shown = table(("a",), [("\x1b[31mred\x07",)], Style())
    assert "\x1b" not in shown
    assert clean("a\nb\x1b") == "a\\x0ab\\x1b"


def test_colour_is_only_for_terminals() -> None:
    rows = [(Cell("broken", "red"),)]
    assert "\x1b[" not in table(("a",), rows, Style(color=False))
    assert "\x1b[" in table(("a",), rows, Style(color=True))


def test_a_pipe_gets_whole_lines_however_long() -> None:
    assert "x" * 400 in table(("a",), [("x" * 400,)], Style(width=40, plain=True))


@given(st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9), st.text(max_size=9)), min_size=1, max_size=4))
def test_a_pipe_gets_the_table_that_a_terminal_wide_enough_gets(rows: list[tuple[str, ...]]) -> None:
    drawn = table(("a", "bb", "ccc"), rows, Style(width=200, color=True, plain=True))
    lines = re.sub(r"\x1b\[[0-9;]*m", "", drawn).splitlines()
    assert table(("a", "bb", "ccc"), rows, Style()) == "\n".join(line.rstrip() for line in lines).rstrip()


def test_a_terminal_gets_no_line_wider_than_it_is() -> None:
    shown = table(("a", "b"), [("x" * 100, "y" * 100)], Style(width=60, plain=False))
    assert max(len(line) for line in shown.splitlines()) <= 60


@pytest.mark.parametrize("width", [20, 40, 60, 80])
def test_a_narrow_terminal_is_still_told_every_column(width: int) -> None:
    columns = ("image", "release", "n", "clusters")
    row = ("ubuntu2404", "24.04 polled daily", Cell("3", "red"), "prod-ap-1, prod-eu-1")
    shown = table(columns, [row, ("", *row[1:])], Style(width=width, plain=False))
    assert max(len(line) for line in shown.splitlines()) <= width
    words = " ".join(shown.lower().split())
    assert all(column in words for column in columns[1:])
    for cell in ("ubuntu2404", "24.04 polled daily", "prod-ap-1, prod-eu-1"):
        assert cell in words


@pytest.mark.parametrize("text", ["::error::x", "  ::add-mask::x", "a ##vso[task.complete]", "###[group]"])
def test_text_from_outside_is_no_command_to_a_ci_system(text: str) -> None:
    assert not clean(text).lstrip().startswith("::")
    assert "##" not in clean(text)


def test_what_is_no_command_stays_as_it_is() -> None:
    assert clean("fe80::1 is issue #7") == "fe80::1 is issue #7"


def test_long_text_is_cut_with_the_number_of_the_rest() -> None:
    assert cut("x" * 12, 10) == "xxxxxxxxxx… (2 more characters)"
    assert cut("x\n", 2) == "x\\x0a"


def test_names_are_cut_with_the_number_of_the_rest() -> None:
    assert listed(["a", "b"]) == "a, b"
    assert listed(list("abcde")) == "a, b, c +2"


def test_digests_are_shown_as_cdi_names_volumes() -> None:
    assert short("sha256:" + "ab" * 32) == "abababababab"
    assert short(None) == "-"


def test_one_thing_is_singular() -> None:
    assert counted(1, "delivery", "deliveries") == "1 delivery"
    assert counted(2000, "cluster") == "2,000 clusters"
