"""Ctrl-C and SIGTERM as messages: the first asks to come to an end, the second ends at once."""

from __future__ import annotations

import atexit
import os
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
ENDED_BY: Final = 128
"""What shells add to a signal's number to tell that it ended a command."""
_SHOW_CURSOR: Final = "\x1b[?25h"


def leave(code: int) -> NoReturn:
    """End this process at once, whatever other threads are about. What was shown and told has been written by then."""
    # The kubernetes client removes there the keys that it has put into files, and temporary folders go.
    atexit._run_exitfuncs()  # noqa: SLF001 -- sys.exit() does it, and waits for threads
    os._exit(code)


@contextmanager
def interrupts(told: Callable[[int], None]) -> Iterator[None]:
    """Call ``told`` with the exit code of the first signal, in the main thread; exit with that of the second.

    A signal that is ignored from birth, as Ctrl-C is by a shell's background jobs, goes on to be ignored.
    """
    came: list[int] = []

    def handle(number: int, frame: FrameType | None) -> None:
        del frame
        if came:
            if sys.stderr is not None and sys.stderr.isatty():
                os.write(sys.stderr.fileno(), _SHOW_CURSOR.encode())
            leave(ENDED_BY + number)
        came.append(number)
        told(ENDED_BY + number)

    before = {number: signal.getsignal(number) for number in SIGNALS}
    heard = [number for number, handler in before.items() if handler != signal.SIG_IGN]
    for number in heard:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number in heard:
            signal.signal(number, before[number])
