"""Jobs side by side, none of which can hold up the others or the end of the program."""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

T = TypeVar("T")


def together(jobs: Mapping[str, Callable[[], T]], *, seconds: float, parallel: int) -> Iterator[tuple[str, T | None]]:
    """Run jobs, ``parallel`` at a time, and yield each one's name and result as it ends.

    A job that has not ended ``seconds`` after its start is given up and yields ``None``. What a job raises is
    raised here. A pool of the standard library would wait at exit for a job that hangs, so these threads are
    our own.
    """
    done: SimpleQueue[tuple[str, Future[T]]] = SimpleQueue()
    waiting = deque(jobs.items())
    ends: dict[str, float] = {}
    while waiting or ends:
        while waiting and len(ends) < parallel:
            name, job = waiting.popleft()
            ends[name] = time.monotonic() + seconds
            Thread(target=_run, args=(name, job, done), name=f"job {name}", daemon=True).start()
        try:
            name, future = done.get(timeout=max(0.0, min(ends.values()) - time.monotonic()))
        except Empty:
            late = min(ends, key=lambda running: ends[running])
            del ends[late]
            yield late, None
            continue
        if ends.pop(name, None) is not None:
            yield name, future.result()


def _run(name: str, job: Callable[[], T], done: SimpleQueue[tuple[str, Future[T]]]) -> None:
    future: Future[T] = Future()
    try:
        future.set_result(job())
    except BaseException as error:  # noqa: BLE001 - raised again in the thread that asked
        future.set_exception(error)
    done.put((name, future))
