"""A ``verify --wait`` that runs beside a test: what it has said so far, how it ends, what it prints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import signal
    from collections.abc import Mapping
    from pathlib import Path

PATIENCE = 60.0
# A shell's background jobs ignore Ctrl-C from birth, and so would what they start.
HEARS = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)"
CALL = f"{HEARS}; from gitops_golden.cli.main import main; main(sys.argv[1:])"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a wait ended: its exit code, what it printed, and when (monotonic, in seconds)."""

    code: int
    out: str
    err: str
    at: float

    @property
    def report(self) -> dict[str, Any]:
        """The report, which is all that stands on stdout."""
        found: dict[str, Any] = json.loads(self.out)
        return found


@dataclass(slots=True)
class Waiting:
    """A process; ``folder`` takes what it prints. Killed at the end of the context at the latest."""

    folder: Path
    arguments: tuple[str, ...]
    cwd: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    began: float = field(init=False, default=0.0)
    _process: subprocess.Popen[bytes] = field(init=False)

    def __enter__(self) -> Self:
        """Start it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = (sys.executable, "-c", CALL, "verify", *self.arguments)
        with (self.folder / "out").open("wb") as out, (self.folder / "err").open("wb") as err:
            self._process = subprocess.Popen(
                command, cwd=self.cwd, stdout=out, stderr=err, env=os.environ | dict(self.environment)
            )
        self.began = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        """End it, if that has not happened."""
        self._process.kill()
        self._process.wait()

    @property
    def err(self) -> str:
        """What it has said so far."""
        return (self.folder / "err").read_text()

    def says(self, text: str) -> None:
        """Return once it has said something. Raises AssertionError if it ends without."""
        end = time.monotonic() + PATIENCE
        while text not in self.err:
            assert self._process.poll() is None, f"ended without saying {text!r}: {self.err}"
            assert time.monotonic() < end, f"does not say {text!r}: {self.err}"
            time.sleep(0.02)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def ended(self) -> Ended:
        """Return how it ended, once it has. Raises AssertionError if it does not."""
        try:
            code = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it does not end: {self.err}") from None
        at, err = time.monotonic(), self.err
        assert "Traceback" not in err, err
        return Ended(code, (self.folder / "out").read_text(), err, at)
