"""Commands run as processes of their own: time and peak memory, in turn so that noise hits all alike.

Linux counts the memory of whoever starts a program in that program's peak, so this process stays small: it imports
nothing of the product, and what takes memory to prepare is prepared in children, too.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Contender:
    """Something to time.

    ``prepare`` is called before each run, not timed, and returns the command; ``stdin`` is a file to feed it. What
    it ``tells`` is the time of its work alone, as two numbers at the end of its output: seconds, seconds of CPU.
    It is ended after ``limit`` seconds, with all that it started.
    """

    name: str
    prepare: Callable[[], Sequence[str]]
    stdin: Path | None = None
    tells: bool = False
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """One run, or the medians of several.

    ``wall`` and ``cpu`` are seconds of the whole process, ``work`` and ``work_cpu`` those of the work alone: the same
    unless the process tells them. ``peak`` is bytes of memory, of the largest process where there are several.
    ``fastest`` and ``slowest`` are of ``wall``, ``least`` of ``work_cpu``: what else goes on only ever adds to it.
    One that was ``stopped`` at its limit would have taken more.
    """

    wall: float
    cpu: float
    work: float
    work_cpu: float
    peak: float
    fastest: float
    slowest: float
    least: float
    stopped: bool = False


def alternate(contenders: Sequence[Contender], rounds: int, *, warm_up: bool = True) -> dict[str, Figure]:
    """Return the figures by name of contenders that take turns, after a run of each that doesn't count."""
    runs: dict[str, list[Figure]] = {contender.name: [] for contender in contenders}
    for turn in range(0 if warm_up else 1, rounds + 1):
        for contender in contenders:
            _progress(f"round {turn} of {rounds}: {contender.name}")
            done = _run(contender)
            if turn:
                runs[contender.name].append(done)
    _progress("")
    return {name: _together(each) for name, each in runs.items()}


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{text:<79}\r", end="", file=sys.stderr, flush=True)


def _run(contender: Contender) -> Figure:
    """Run once; ``CalledProcessError``, after its output, if it fails."""
    command = contender.prepare()
    with tempfile.TemporaryFile() as output, (contender.stdin or Path(os.devnull)).open("rb") as stdin:
        start = perf_counter()
        process = subprocess.Popen(
            command, stdin=stdin, stdout=output, stderr=subprocess.STDOUT, start_new_session=contender.limit is not None
        )
        with _ended_after(contender.limit, process.pid) as stopped:
            _, status, usage = os.wait4(process.pid, 0)
        wall = perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode()
    if process.returncode and not stopped:
        print(text, file=sys.stderr)
        raise subprocess.CalledProcessError(process.returncode, command)
    cpu = usage.ru_utime + usage.ru_stime
    work, work_cpu = map(float, text.split()[-2:]) if contender.tells else (wall, cpu)
    return Figure(wall, cpu, work, work_cpu, usage.ru_maxrss * _RSS_UNIT, wall, wall, work_cpu, bool(stopped))


@contextmanager
def _ended_after(limit: float | None, session: int) -> Iterator[list[float]]:
    """End the processes of a session after ``limit`` seconds; what is yielded holds the limit if that happened."""
    stopped: list[float] = []

    def end(seconds: float) -> None:
        stopped.append(seconds)
        os.killpg(session, signal.SIGKILL)

    timer = threading.Timer(limit, end, [limit]) if limit else None
    if timer:
        timer.start()
    try:
        yield stopped
    finally:
        if timer:
            timer.cancel()


def _together(runs: Sequence[Figure]) -> Figure:
    walls = [run.wall for run in runs]
    return Figure(
        wall=median(walls),
        cpu=median(run.cpu for run in runs),
        work=median(run.work for run in runs),
        work_cpu=median(run.work_cpu for run in runs),
        peak=median(run.peak for run in runs),
        fastest=min(walls),
        slowest=max(walls),
        least=min(run.work_cpu for run in runs),
        stopped=any(run.stopped for run in runs),
    )
