"""``merge``: what do the reports of a fleet's shards say together?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitops_golden.cli.printing import exit_code, hand_out, report_options
from gitops_golden.errors import InputError, InputErrors, Location
from gitops_golden.fleet.observation import recorded
from gitops_golden.report.merging import Part, merge
from gitops_golden.report.reading import LARGEST, read_report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops_golden.cli.printing import Written
    from gitops_golden.errors import Problem
    from gitops_golden.verify.model import Report


@click.command("merge")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--partial", is_flag=True, help="Merge what is there although shards are missing; the report says so.")
@click.option(
    "--allow-mixed",
    is_flag=True,
    help="Merge although parts were judged by other commits of policy, lock or repository; the report says so.",
)
@report_options
def command(
    files: tuple[Path, ...],
    *,
    partial: bool,
    allow_mixed: bool,
    output: str,
    write: tuple[Written, ...],
    attest: Path | None,
) -> int:
    """Put the reports of a fleet's shards together into one, as one verify of the whole fleet would have made it.

    Each FILE is what `verify --shard N/M -o json` printed. The merged report is as of the earliest of them. One FILE
    alone that is no shard's is handed out in another format. Works offline. Exits as verify does: 0 if all have
    converged, 1 if not, 3 if no cluster answered; 2 if the reports do not belong together or some are missing.

    \b
    Examples:
      gitops-golden merge reports/shard-*.json
      gitops-golden merge reports/shard-*.json --write html=report.html --write json=report.json
      gitops-golden merge yesterday.json -o markdown
    """
    report = merge(_read(files), partial=partial, allow_mixed=allow_mixed)
    hand_out(report, output, write, attest)
    return exit_code(report, live=_live(report))


def _read(files: Sequence[Path]) -> list[Part]:
    """Return every report. Raises ``InputErrors`` with what is wrong with any of the files."""
    parts: list[Part] = []
    problems: list[Problem] = []
    for file in files:
        try:
            parts.append(Part(str(file), read_report(_bytes(file), str(file))))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputErrors(problems)
    return parts


def _bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST + 1)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=Location(str(file))) from error


def _live(report: Report) -> bool:
    """Tell whether a cluster was asked over the network and gave no answer: a snapshot's reasons say that it is one."""
    silent = (result.finding for result in report.clusters if not result.answered)
    return any(finding is not None and not recorded(finding.reason) for finding in silent)
