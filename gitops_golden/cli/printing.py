"""How verbs hand out a verification: one format on stdout, any number of them in files."""

from __future__ import annotations

import os
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from gitops_golden.cli.terminal import show, style
from gitops_golden.errors import FINDING, OUTSIDE_FAILED, InputError, InputErrors, Problem
from gitops_golden.files import write_file
from gitops_golden.report.attestation import as_statement
from gitops_golden.report.html import as_html
from gitops_golden.report.junit import as_junit
from gitops_golden.report.markdown import as_markdown
from gitops_golden.report.prometheus import as_prometheus
from gitops_golden.report.sarif import as_sarif
from gitops_golden.report.verification_json import json_text
from gitops_golden.verify.model import Link, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from gitops_golden.verify.model import Report

WRITTEN: Final[Mapping[str, Callable[[Report], str]]] = {
    "json": json_text,
    "markdown": as_markdown,
    "html": as_html,
    "junit": as_junit,
    "sarif": as_sarif,
    "prometheus": as_prometheus,
}
"""What makes a format that is the same wherever it goes."""
FORMATS: Final = ("table", "wide", *WRITTEN)


class Written(NamedTuple):
    """A file to write, and what."""

    form: str
    file: Path


class _FormatAndFile(click.ParamType[Written]):
    """``FORMAT=FILE``."""

    name = "format=file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Written:
        """Return what to write, and where."""
        if isinstance(value, Written):
            return value
        form, equals, file = str(value).partition("=")
        if not (equals and file and form in FORMATS):
            self.fail(f"{value!r} is not FORMAT=FILE with one of the formats {', '.join(FORMATS)}", param, ctx)
        return Written(form, Path(file))


def report_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """``-o``, ``--write`` and ``--attest``: what a verification is handed out as.

    That a file cannot be written is told before anything is asked or waited for, as far as it can be known then.
    """

    @wraps(function)
    def checked(*arguments: Any, write: tuple[Written, ...], attest: Path | None, **options: Any) -> Any:
        if problems := tuple(_unwritable([*(written.file for written in write), *([attest] if attest else [])])):
            raise InputErrors(problems)
        return function(*arguments, write=write, attest=attest, **options)

    kind = click.Path(path_type=Path, dir_okay=False)
    wrapped = click.option(
        "--attest", metavar="FILE", type=kind, help="Also write the report as an in-toto statement, to be signed."
    )(checked)
    wrapped = click.option(
        "--write",
        metavar="FORMAT=FILE",
        type=_FormatAndFile(),
        multiple=True,
        help="Also write the result to a file; may be given several times.",
    )(wrapped)
    return click.option(
        "-o",
        "--output",
        type=click.Choice(FORMATS),
        default=FORMATS[0],
        show_default=True,
        help="How to print the result.",
    )(wrapped)


def hand_out(report: Report, output: str, write: tuple[Written, ...], attest: Path | None) -> None:
    """Print a report and write its files. Raises ``InputErrors`` for files that cannot be, after all else is out."""
    problems: list[Problem] = []
    for file, text in _files(report, write, attest):
        try:
            _write(file, text())
        except InputError as error:
            problems += error.problems
    show(_text(report, output, plain=False))
    if problems:
        raise InputErrors(problems)


def exit_code(report: Report, *, live: bool) -> int:
    """Return 0 if everything has converged, 3 if nothing can be said, 1 otherwise.

    ``live``: clusters were asked over the network, so that none answering is a failure of the outside.
    """
    if report.converged:
        return 0
    if live and report.clusters and not any(cluster.answered for cluster in report.clusters):
        return OUTSIDE_FAILED
    only_registry = all(
        finding.verdict is Verdict.UNREACHABLE and finding.link is Link.REGISTRY for finding in report.findings()
    )
    return OUTSIDE_FAILED if only_registry else FINDING


def _unwritable(files: Iterable[Path]) -> Iterator[Problem]:
    """Yield what keeps files from being written, without trying."""
    taken: set[Path] = set()
    for file in files:
        real = Path(os.path.realpath(file))
        if str(file) == "-":
            yield Problem("- is no file to write", remedy="what -o says is printed; name a file for the rest")
        elif not real.parent.is_dir():
            yield Problem(f"{file} cannot be written: there is no such folder", remedy="make it, or name another file")
        elif file.is_dir():
            yield Problem(f"{file} cannot be written: it is a folder", remedy="name a file")
        elif real in taken:
            yield Problem(f"{file} is named for two outputs", remedy="name a file for each")
        taken.add(real)


def _files(report: Report, write: tuple[Written, ...], attest: Path | None) -> Iterator[tuple[Path, Callable[[], str]]]:
    """Yield each file with what makes its text."""
    for written in write:
        yield written.file, partial(_text, report, written.form, plain=True)
    if attest:
        yield attest, partial(as_statement, report)


def _text(report: Report, form: str, *, plain: bool) -> str:
    if form in WRITTEN:
        return WRITTEN[form](report)
    from gitops_golden.report.tables import Style  # noqa: PLC0415 -- rich costs 50 ms, and no other format needs it
    from gitops_golden.report.verification import as_text  # noqa: PLC0415 -- as above

    return as_text(report, Style() if plain else style(), wide=form == "wide")


def _write(file: Path, text: str) -> None:
    try:
        write_file(file, text.removesuffix("\n").encode("utf-8", errors="replace") + b"\n")
    except OSError as error:
        raise InputError(f"{file} cannot be written: {error.strerror}", remedy="name another file") from error
