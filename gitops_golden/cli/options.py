"""Options and arguments that several verbs share, each defined once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable


LONGEST_WAIT = 86_400.0
"""Seconds. Clocks of sockets and threads overflow far above it."""
YEARS = range(1970, 9000)
"""What is reckoned from a time, such as a schedule's next one by a clock that is off, is in the calendar then, too."""


class Moment(click.ParamType[datetime]):
    """A time as RFC 3339 writes it; without an offset it is UTC."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return an aware time in UTC."""
        if isinstance(value, datetime):
            return value
        try:
            found = datetime.fromisoformat(str(value))
            moment = found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
        except (ValueError, OverflowError):
            moment = None
        if moment is None or moment.year not in YEARS:
            self.fail(f"{value!r} is no time such as 2026-11-21T10:00:00Z", param, ctx)
        return moment


class Seconds(click.FloatRange):
    """A time to wait, which a clock must be able to count."""

    name = "seconds"

    def __init__(self) -> None:
        """Allow a tenth of a second and more."""
        super().__init__(0.1)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return a number of seconds, at most a day; the range alone would let through NaN, too."""
        seconds = float(super().convert(value, param, ctx))
        if not seconds <= LONGEST_WAIT:
            self.fail(f"{value!r} is no number of seconds up to a day", param, ctx)
        return seconds


def fleet_argument(function: Callable[..., Any]) -> Callable[..., Any]:
    """FLEET: a policy file, or a folder that holds one."""
    return click.argument("fleet", type=click.Path(path_type=Path), default=Path())(function)


def output_option(*formats: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return ``-o``, of which the first format is the default."""
    return click.option(
        "-o",
        "--output",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="How to print the result.",
    )


def repository_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--repo`` and ``--branch``: the repository that the clusters' GitOps engine follows."""
    function = click.option("--branch", metavar="B", help="Its branch. Default: the policy's, else main.")(function)
    return click.option(
        "--repo",
        metavar="R",
        required=True,
        help="The repository that clusters follow: a local path (bare or not, empty too) or a URL.",
    )(function)


def kubeconfig_option(meaning: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return ``--kubeconfig``, whose meaning without it differs from verb to verb."""
    kind = click.Path(path_type=Path, dir_okay=False)
    return click.option("--kubeconfig", metavar="F", type=kind, help=meaning)


def timeout_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--timeout``: how long a cluster may take to be read, however it fails."""
    return click.option(
        "--timeout", metavar="S", type=Seconds(), default=30, show_default=True, help="Seconds per cluster."
    )(function)
