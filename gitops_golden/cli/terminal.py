"""What people see while and after a command runs: the result on stdout, all else on stderr."""

from __future__ import annotations

import json
import os
import shutil
import sys
from contextlib import contextmanager
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any

import click

from gitops_golden.errors import OutsideError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gitops_golden.errors import Problem
    from gitops_golden.report.tables import Style

NARROW = 100
"""Columns assumed where stdout is no terminal."""


def style() -> Style:
    """Return how wide and how colourful stdout may be written."""
    from gitops_golden.report.tables import Style  # noqa: PLC0415 -- rich costs 50 ms, JSON needs none of it

    interactive = sys.stdout is not None and sys.stdout.isatty()
    color = interactive and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Style(width=shutil.get_terminal_size((NARROW, 24)).columns, color=color, plain=not interactive)


def show(text: str) -> None:
    """Print a result. A reader who goes early, as `head` does, changes nothing of how the command ends.

    What the terminal's encoding lacks is shown as ``?``. Raises ``OutsideError`` if stdout takes no more.
    """
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    try:
        click.echo(text, nl=not text.endswith("\n"))
    except OSError as error:
        # Else the interpreter fails once more at its end, on what is left in the buffer.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise OutsideError(f"the result cannot be written: {error.strerror}") from error


def show_json(value: Any) -> None:
    """Print a result for machines."""
    from gitops_golden.report.words import harmless  # noqa: PLC0415 -- only JSON needs it

    # In ASCII: what a cluster said may hold half a character, or what drives a terminal.
    show(harmless(json.dumps(value, indent=2)))


def tell(text: str) -> None:
    """Tell a person something that is not the result, in one line.

    What came from outside drives no terminal, forges no line, and is no command to the CI system that reads the log.
    """
    shown = "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in text)
    click.echo(shown.replace("##", "#\\x23"), err=True)


def warn(problems: Iterable[Problem]) -> None:
    """Tell what is odd and stops nothing."""
    for problem in problems:
        tell(f"warning: {problem}")


@contextmanager
def progress(what: str, total: int, *, shown: bool = True) -> Iterator[Callable[[], None]]:
    """Show how far a long work is: a bar on a terminal, else a plain line at the start; yields the step to call.

    Unless ``shown``: what is over in no time.
    """
    if not shown:
        yield _nothing
        return
    if sys.stderr is None or not sys.stderr.isatty():
        tell(f"{what} ({total})")
        yield _nothing
        return
    from rich.console import Console  # noqa: PLC0415 -- only a terminal needs it
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)


def _nothing() -> None:
    """Step a bar that is not there."""
