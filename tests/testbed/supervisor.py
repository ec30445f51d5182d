"""Keeps one process, or one folder, for as long as its owner lives: a script for processes.py alone.

Standard input is the lifeline: the kernel closes it when the owner dies, of SIGKILL too. (A parent death
signal would be tied to the owner's thread, which may end long before its process.) What is killed is a child
of this process that nobody else can reap, so its number can't have passed to a stranger.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import sys
import time
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from types import FrameType

LIFELINE = 0
REMOVAL_SECONDS = 10.0


def main(arguments: list[str]) -> int:
    """Run ``--remove FOLDER`` or a command with its arguments; return the exit code to end with."""
    alarm = _alarm()
    if arguments[0] == "--remove":
        select.select([LIFELINE, alarm], [], [])
        _remove(arguments[1])
        return 0
    child = os.fork()
    if child == 0:
        _become(arguments)
    with contextlib.suppress(PermissionError):  # it ran on to exec, so it has made its group itself
        os.setpgid(child, child)
    sys.stdout.write(f"{child}\n")
    sys.stdout.flush()
    _await_end(child, alarm)
    os.killpg(child, signal.SIGKILL)  # what it started in turn ends with it
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) & 0xFF


def _alarm() -> int:
    """Return a descriptor that becomes readable when the child ends or this process is told to."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _noted)
    return reader


def _noted(number: int, frame: FrameType | None) -> None:
    """Leave it to the alarm: a handler is only there so that the signal isn't dropped or fatal."""


def _become(command: list[str]) -> NoReturn:
    """Turn this forked copy into the command: its own group, nothing to read, all output into the log."""
    os.setpgid(0, 0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), LIFELINE)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        os.execv(command[0], command)
    except OSError as error:
        os.write(sys.stderr.fileno(), f"{command[0]}: {error.strerror}\n".encode())
    os._exit(127)


def _await_end(child: int, alarm: int) -> None:
    """Return once the child has ended (still unreaped), the lifeline is cut, or a signal asks for the end."""
    while True:
        ready, _, _ = select.select([LIFELINE, alarm], [], [])
        if LIFELINE in ready:
            return
        asked = set(os.read(alarm, 64)) - {signal.SIGCHLD}  # SIGCHLD comes for a child that is only paused, too
        if asked or os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return


def _remove(folder: str) -> None:
    """Remove a folder, trying for a while: those who write into it are being ended at the same moment."""
    deadline = time.monotonic() + REMOVAL_SECONDS
    while os.path.lexists(folder) and time.monotonic() < deadline:
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(0.02)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
