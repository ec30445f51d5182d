"""``--wait``: the option, and what a verb does with it: wait, hand out what is known in the end, say how that went."""

from __future__ import annotations

from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any

import click

from gitops_golden.cli.interrupts import interrupts
from gitops_golden.cli.printing import exit_code
from gitops_golden.cli.progress_display import ProgressDisplay
from gitops_golden.cli.terminal import tell
from gitops_golden.errors import FINDING, OUTSIDE_FAILED
from gitops_golden.fleet.observation import recorded
from gitops_golden.policy.durations import duration
from gitops_golden.verify.waiting import Ended

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from gitops_golden.cli.ground import Ground
    from gitops_golden.cli.verifying import Sources
    from gitops_golden.verify.model import Report, Scope


class _Span(click.ParamType[timedelta]):
    """``30m``."""

    name = "span"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Return a span of time."""
        if isinstance(value, timedelta):
            return value
        try:
            return duration(str(value))
        except ValueError as error:
            self.fail(f"{value!r} {error}", param, ctx)


def waiting_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--wait`` and ``--by``: how long to wait for convergence, and how that is shown."""
    function = click.option(
        "--by", metavar="LABEL", help="Show how far a wait has come by this label. Default: the one that tells most."
    )(function)
    return click.option(
        "--wait",
        metavar="SPAN",
        type=_Span(),
        help="Verify until all has converged, for at most so long: 30m, 1h30m, 90s.",
    )(function)


def wait_for_convergence(
    standing: AbstractContextManager[Ground],
    sources: Sources,
    *,
    span: timedelta,
    by: str | None,
    scope: Scope | None,
    hand_out: Callable[[Report], None],
) -> int:
    """Wait for at most ``span`` until all has converged; hand out the last report and return the exit code.

    ``by`` is the label by which progress is shown. On Ctrl-C and SIGTERM what is known by then is handed out, and the
    code is the signal's; on a second one this process ends at once. Raises ``GoldenError`` as plain verify does, and
    ``InputError`` for a label that no cluster has.
    """
    from gitops_golden.cli.wait_loop import Wait  # noqa: PLC0415 -- 30 ms, rich's, that plain JSON does without
    from gitops_golden.report.progress import as_ending  # noqa: PLC0415 -- as above

    with standing as ground:
        waiting = Wait(ground, sources, span, by)
        with interrupts(waiting.interrupt):
            with ProgressDisplay(waiting.progress, monotonic) as display:
                ended = waiting.run(display)
            tell(as_ending(ended, waiting.progress()))
            report = waiting.report(scope)
            _tell_of_snapshots(report)
            hand_out(report)
    if waiting.code:
        return waiting.code
    code = exit_code(report, live=sources.live)
    if code or ended in {Ended.CONVERGED, Ended.SETTLED}:
        return code
    # What was read has converged, and the time was up before anybody could say that this is still what Git holds.
    return OUTSIDE_FAILED if waiting.blind else FINDING


def _tell_of_snapshots(report: Report) -> None:
    """Name each snapshot that could not be used in the end."""
    for result in report.clusters:
        if result.finding and not result.answered and recorded(result.finding.reason):
            tell(f"warning: {result.cluster}: {result.finding.message}")
