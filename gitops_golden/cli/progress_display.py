"""Shows how far a wait has come: a table that stays in its place on a terminal, now and then a line in a log."""

from __future__ import annotations

import sys
from math import inf
from typing import TYPE_CHECKING, Final

from gitops_golden.cli.terminal import tell

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from rich.live import Live

    from gitops_golden.report.progress import Progress

FRAME: Final = 0.5
"""Seconds between two drawings on a terminal."""
CHANGED: Final = (1.0, 15.0)
"""Seconds between two lines of a log where something has changed, at first and after a while."""
HEARTBEAT: Final = 60.0
"""Seconds between two lines of a log, where nothing has: a log that is silent looks like a job that hangs."""
_OTHER_ROWS: Final = 8
"""Lines of a terminal that are not of the table's groups."""


class ProgressDisplay:
    """Draws on stderr what ``progress`` returns, no more often than anybody can read; a context manager."""

    def __init__(self, progress: Callable[[], Progress], clock: Callable[[], float]) -> None:
        """Draw nothing yet. ``clock`` counts seconds; when something is ``due`` is told by it."""
        self._progress = progress
        self._clock = clock
        self._live: Live | None = None
        self._due = -inf
        self._told: Progress | None = None
        self._told_at = 0.0
        self._pause = CHANGED[0]

    def __enter__(self) -> Self:
        """Take a place on the terminal, if stderr is one."""
        if sys.stderr is not None and sys.stderr.isatty():
            from rich.console import Console  # noqa: PLC0415 -- only a terminal needs it
            from rich.live import Live  # noqa: PLC0415 -- as above

            self._live = Live(console=Console(stderr=True), transient=True, auto_refresh=False)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Give the place back, cleared."""
        if self._live:
            self._live.stop()

    @property
    def due(self) -> float:
        """When something is to be shown again."""
        return self._due

    def show(self) -> None:
        """Show how far it has come, if that is due."""
        now = self._clock()
        if now < self._due:
            return
        progress = self._progress()
        if self._live:
            from gitops_golden.report.progress import as_table  # noqa: PLC0415 -- rich costs 50 ms

            rows = max(3, self._live.console.height - _OTHER_ROWS)
            self._live.update(as_table(progress, rows), refresh=True)
            # A fleet of many thousands takes a while to count: that must not be all that is done.
            self._due = now + max(FRAME, 10 * (self._clock() - now))
            return
        self._due = now + CHANGED[0]
        age = now - self._told_at
        if self._told is None or (progress != self._told and age >= self._pause) or age >= HEARTBEAT:
            from gitops_golden.report.progress import as_line  # noqa: PLC0415 -- as above

            tell(as_line(progress))
            self._told, self._told_at, self._pause = progress, now, min(CHANGED[1], self._pause * 2)
