"""Gives out TCP ports of the loopback address that no other testbed, thread or process, has at the same time.

Asking the kernel for a free port and closing it again is a race. Here a port comes from below the range of
outgoing connections, and is held by a file lock until it is released or the process ends.
"""

from __future__ import annotations

import fcntl
import os
import random
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

HOST = "127.0.0.1"
NUMBERS = range(20_000, 30_000)


@dataclass(frozen=True, slots=True)
class Port:
    """A port number, and the lock that holds it as long as this object lives."""

    number: int
    lock: IO[bytes]

    def release(self) -> None:
        """Let others have it."""
        self.lock.close()


def reserve(numbers: Sequence[int] = NUMBERS) -> Port:
    """Return a port that nobody listens on and nobody else is given until it is released. Raises OSError."""
    folder = Path(tempfile.gettempdir()) / f"gitops-golden-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    for number in random.sample(numbers, len(numbers)):
        lock = (folder / str(number)).open("wb")
        if _locked(lock) and _free(number):
            return Port(number, lock)
        lock.close()
    raise OSError(f"no free port from {numbers[0]} to {numbers[-1]}")


def _locked(lock: IO[bytes]) -> bool:
    """Take the lock unless another has it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _free(number: int) -> bool:
    """Whether a server could listen on it now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, number))
        except OSError:
            return False
    return True
