"""A controller's queue: keys to look at now or later, each by one worker at a time, and again when that failed.

What is to be done for a key is a function's business; it finds out by itself what changed.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from tests.testbed.api import CONFLICT, NOT_FOUND, ApiError
from tests.testbed.cdi.model import StuckError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Key = tuple[str, str, str]

SOON_SECONDS = 0.02
RETRY_SECONDS = 0.2
LONGEST_RETRY_SECONDS = 5.0


class Work:
    """Runs ``tasks[key[0]](namespace, name)`` for each key added, which may return the seconds to look again after.

    An answer of the API server that says "try again" (a conflict, something not there yet) is tried again at once;
    another, and a StuckError, ever more slowly, and told in ``troubles`` meanwhile.
    """

    def __init__(self, tasks: Mapping[str, Callable[[str, str], float | None]], *, workers: int = 2) -> None:
        self._tasks = tasks
        self._due: dict[Key, float] = {}
        self._busy: set[Key] = set()
        self._failures: dict[Key, tuple[int, str]] = {}
        self._changed = threading.Condition()
        self._stopped = False
        self._threads = [
            threading.Thread(target=self._run, daemon=True, name=f"worker {number}") for number in range(workers)
        ]

    @property
    def troubles(self) -> dict[Key, str]:
        """What fails at present, and why."""
        with self._changed:
            return {key: why for key, (_, why) in self._failures.items()}

    def start(self) -> None:
        """Begin to work."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish what is being done, leave the rest."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def add(self, task: str, namespace: str, name: str, after: float = 0.0) -> None:
        """Look at this key, at the latest ``after`` seconds from now."""
        key, when = (task, namespace, name), time.monotonic() + after
        with self._changed:
            self._due[key] = min(when, self._due.get(key, when))
            self._changed.notify()

    def idle(self, namespace: str) -> bool:
        """Whether nothing of this namespace is being done, or due within the next moment."""
        soon = time.monotonic() + RETRY_SECONDS
        with self._changed:
            due = any(key[1] == namespace and when < soon for key, when in self._due.items())
            return not due and not any(key[1] == namespace for key in self._busy)

    def _run(self) -> None:
        while (key := self._next()) is not None:
            again = self._do(key)
            with self._changed:
                self._busy.discard(key)
                self._changed.notify()
            if again is not None:
                self.add(*key, after=again)

    def _next(self) -> Key | None:
        with self._changed:
            while not self._stopped:
                first = min(((when, key) for key, when in self._due.items() if key not in self._busy), default=None)
                wait = first[0] - time.monotonic() if first else None
                if first and wait is not None and wait <= 0:
                    del self._due[first[1]]
                    self._busy.add(first[1])
                    return first[1]
                self._changed.wait(wait)
            return None

    def _do(self, key: Key) -> float | None:
        try:
            again = self._tasks[key[0]](key[1], key[2])
        except ApiError as error:
            if error.code in (CONFLICT, NOT_FOUND):
                return SOON_SECONDS
            return self._failed(key, str(error))
        except StuckError as error:
            return self._failed(key, str(error))
        with self._changed:
            self._failures.pop(key, None)
        return again

    def _failed(self, key: Key, why: str) -> float:
        with self._changed:
            times = self._failures.get(key, (0, ""))[0] + 1
            self._failures[key] = (times, why)
        return float(min(RETRY_SECONDS * 2**times, LONGEST_RETRY_SECONDS))
