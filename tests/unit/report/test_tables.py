from __future__ import annotations

import pytest

from gitops_golden.report.tables import Cell, Style, table
from gitops_golden.report.words import clean, counted, listed, short


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


def test_names_are_cut_with_the_number_of_the_rest() -> None:
    assert listed(["a", "b"]) == "a, b"
    assert listed(list("abcde")) == "a, b, c +2"


def test_digests_are_shown_as_cdi_names_volumes() -> None:
    assert short("sha256:" + "ab" * 32) == "abababababab"
    assert short(None) == "-"


def test_one_thing_is_singular() -> None:
    assert counted(1, "delivery", "deliveries") == "1 delivery"
    assert counted(2000, "cluster") == "2,000 clusters"
