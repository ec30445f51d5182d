"""Starts servers for tests so that each is ended, however the test run itself ends, and nothing else ever is.

supervisor.py does the ending; this module holds its lifelines. What to run, and when that is ready, callers
know.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

SUPERVISOR = Path(__file__).with_name("supervisor.py")
MEMORY = Path("/dev/shm")
STOP_SECONDS = 20.0


class StartError(RuntimeError):
    """A component didn't start; the message holds the last lines that it logged."""


class Process:
    """A running command under its supervisor. ``log`` receives all its output."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start ``command``, whose first word is an absolute path, in ``folder`` (the log's, unless said).

        Without an ``environment`` it gets PATH and HOME alone, so that the user's settings reach no server.
        """
        self.name = Path(command[0]).name
        self.log = log
        with log.open("ab") as output:
            self._supervisor = _supervise(
                *map(str, command),
                stderr=output.fileno(),
                folder=folder or log.parent,
                environment=environment or {"PATH": os.defpath, "HOME": str(log.parent)},
            )
        assert self._supervisor.stdout is not None
        self.pid = int(self._supervisor.stdout.readline() or 0)

    @property
    def running(self) -> bool:
        """Whether it hasn't ended yet."""
        return self._supervisor.poll() is None

    def last_lines(self, count: int = 15) -> str:
        """Return the end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])

    def wait(self) -> int:
        """Return its exit code once it has ended by itself; a signal counts as a failure."""
        try:
            return self._supervisor.wait()
        finally:  # on Ctrl-C, too, it ends before anything else happens
            self.stop()

    def stop(self) -> None:
        """Kill it and return once it is gone; nothing happens if it is already."""
        _cut(self._supervisor)


class Scratch:
    """A folder, in memory where possible, that lasts until ``remove`` or this process ends, anyhow."""

    def __init__(self, name: str) -> None:
        """Make a folder whose name starts with ``name``."""
        self.path = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=MEMORY if MEMORY.is_dir() else None))
        self._supervisor = _supervise(
            "--remove", str(self.path), stderr=subprocess.DEVNULL, folder=self.path.parent, environment={}
        )

    def remove(self) -> None:
        """Remove it with all it holds."""
        _cut(self._supervisor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended but is listed until somebody asks after it doesn't."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def await_ready(ready: Callable[[], bool], processes: Iterable[Process], *, seconds: float) -> None:
    """Return once ``ready`` says so.

    Raises StartError if one of the processes ends before that, or the time is up.
    """
    deadline = time.monotonic() + seconds
    watched = tuple(processes)
    while not ready():
        for process in watched:
            if not process.running:
                raise StartError(f"{process.name} ended while starting:\n{process.last_lines()}")
        if time.monotonic() > deadline:
            logs = "\n".join(f"--- {process.log}\n{process.last_lines()}" for process in watched)
            names = ", ".join(process.name for process in watched)
            raise StartError(f"{names} not ready after {seconds:g} s:\n{logs}")
        time.sleep(0.02)


def _supervise(*arguments: str, stderr: int, folder: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a supervisor in a session of its own: Ctrl-C is for the tests, which end things in order."""
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(SUPERVISOR), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        start_new_session=True,
        cwd=folder,
        env=environment,
    )


def _cut(supervisor: subprocess.Popen[bytes]) -> None:
    """Close the lifeline and await what that sets off."""
    assert supervisor.stdin is not None
    assert supervisor.stdout is not None
    supervisor.stdin.close()
    supervisor.wait(STOP_SECONDS)
    supervisor.stdout.close()
