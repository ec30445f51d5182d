"""How often a wait is told of where stderr is no terminal."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from gitops_golden.cli.progress_display import CHANGED, HEARTBEAT, ProgressDisplay
from gitops_golden.report.progress import Progress, Share
from gitops_golden.verify.model import Verdict

if TYPE_CHECKING:
    import pytest

SPAN = timedelta(0)


class Wait:
    """A wait of which a test says how far it has come, and what time it is."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.now = 1000.0
        self.converged = 0
        self._capsys = capsys
        self._display = ProgressDisplay(self._progress, lambda: self.now)

    def _progress(self) -> Progress:
        counts = Counter({Verdict.CONVERGED: self.converged, Verdict.PROGRESSING: 9 - self.converged})
        return Progress("", (Share("", counts),), datetime.now(UTC), SPAN, SPAN)

    def lines_in(self, seconds: float, *, converging: bool) -> int:
        """Show it ten times a second, as time goes by; return how many lines that makes."""
        for _ in range(int(10 * seconds)):
            self.now += 0.1
            self.converged = (self.converged + converging) % 7
            self._display.show()
        return len(self._capsys.readouterr().err.splitlines())


def test_the_first_line_comes_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert Wait(capsys).lines_in(0.1, converging=False) == 1


def test_a_change_is_told_soon_and_changes_without_end_ever_more_seldom(capsys: pytest.CaptureFixture[str]) -> None:
    wait = Wait(capsys)
    assert wait.lines_in(4, converging=True) >= 2
    wait.lines_in(60, converging=True)
    assert wait.lines_in(10 * CHANGED[1], converging=True) <= 11


def test_where_nothing_changes_a_line_a_minute_tells_that_it_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    wait = Wait(capsys)
    wait.lines_in(1, converging=False)
    assert wait.lines_in(5 * HEARTBEAT, converging=False) in {4, 5}


def test_half_an_hour_fits_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    assert Wait(capsys).lines_in(1800, converging=True) < 130
