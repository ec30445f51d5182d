"""Tables and headings as text, for a given width, with or without colour."""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO
from textwrap import fill
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gitops_golden.report.words import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType


@dataclass(frozen=True, slots=True)
class Style:
    """How text is to look. ``plain`` is for pipes and logs: full lines, never cut to the width."""

    width: int = 100
    color: bool = False
    plain: bool = True


@dataclass(frozen=True, slots=True)
class Cell:
    """Text with a colour by its meaning (a rich style)."""

    text: str
    style: str = ""


LAST = 12
"""Columns that the last, folding column has at least."""

GAP = 3
"""Blanks between two columns."""

Row = tuple["str | Cell", ...]


def table(columns: Sequence[str], rows: Iterable[Row], style: Style) -> str:
    """Return a table with upper-case headings, of which only the last column is folded.

    Where the terminal is too narrow for that, each row becomes a few lines: no column is ever cut or left out.
    """
    rows = tuple(rows)
    if style.plain and not style.color:
        return _aligned(columns, rows)
    if not style.plain and _needed(columns, rows) > style.width:
        return lines(Group(*(_record(columns, row) for row in rows)), style)
    grid = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for column in columns[:-1]:
        grid.add_column(column.upper(), no_wrap=True)
    grid.add_column(columns[-1].upper(), overflow="fold", no_wrap=style.plain, min_width=LAST)
    for row in rows:
        grid.add_row(*(_text(cell) for cell in row))
    return lines(grid, style)


def _aligned(columns: Sequence[str], rows: Sequence[Row]) -> str:
    """Return a table as rich draws it, for pipes and logs: there it may have 200,000 rows, and rich takes a minute."""
    grid = [[column.upper() for column in columns], *([_plain(cell) for cell in row] for row in rows)]
    widths = [max(map(_columns, column)) for column in zip(*grid, strict=True)]
    shown = ["".join(map(_padded, row, widths)).rstrip() for row in grid]
    shown.insert(1, "─" * (sum(widths[:-1]) + max(widths[-1], LAST) + GAP * (len(widths) - 1)))
    return "\n".join(shown).rstrip()


def _padded(text: str, width: int) -> str:
    return text.ljust(width + GAP) if text.isascii() else text + " " * (width + GAP - cell_len(text))


def _columns(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)


def _plain(cell: str | Cell) -> str:
    return clean(cell if isinstance(cell, str) else cell.text)


def taken(columns: Sequence[str], rows: Sequence[Row]) -> int:
    """Return how much of a terminal's width columns take, with the gap after each."""
    return sum(_widths(columns, rows)) + GAP * len(columns)


def _needed(columns: Sequence[str], rows: Sequence[Row]) -> int:
    """Return the columns of a terminal that a table takes at least, its last column folded."""
    *widths, last = _widths(columns, rows)
    return sum(widths) + min(last, LAST) + GAP * len(widths)


def _widths(columns: Sequence[str], rows: Sequence[Row]) -> list[int]:
    return [
        max(cell_len(column), *(cell_len(_text(row[position]).plain) for row in rows), 0)
        for position, column in enumerate(columns)
    ]


def _record(columns: Sequence[str], row: Row) -> RenderableType:
    """Return a row as its first cell and, below that, what each other column says."""
    first = _text(row[0])
    rest = Text("; ").join(
        Text(f"{column}: ").append_text(_text(cell)) for column, cell in zip(columns[1:], row[1:], strict=True)
    )
    below = Padding(rest, (0, 0, 0, 2))
    return Group(first, below) if first.plain else below


def lines(renderable: RenderableType, style: Style) -> str:
    """Return what rich makes of something, without trailing blanks."""
    stream = StringIO()
    width = 10_000 if style.plain else style.width
    console = Console(file=stream, width=width, force_terminal=style.color, no_color=not style.color, highlight=False)
    console.print(renderable)
    return "\n".join(line.rstrip() for line in stream.getvalue().rstrip().splitlines())


def _text(cell: str | Cell) -> Text:
    """Return a cell's text, which is never markup: names come from policies and clusters."""
    return Text(clean(cell)) if isinstance(cell, str) else Text(clean(cell.text), style=cell.style)


def wrapped(text: str, style: Style, *, indent: str = "") -> str:
    """Return cleaned text in lines that fit the terminal, each indented; in one line for pipes and logs."""
    if style.plain:
        return indent + clean(text)
    return fill(
        clean(text),
        style.width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
