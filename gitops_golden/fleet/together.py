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

    A job that has not ended ``seconds`` after its start is given up and yields ``None``. No more are started while
    what ended waits to be taken. What a job raises is raised here. A pool of the standard library would wait at exit
    for a job that hangs, so these threads are our own.
    """
    todo: SimpleQueue[tuple[str, Callable[[], T]] | None] = SimpleQueue()
    done: SimpleQueue[tuple[str, Future[T]]] = SimpleQueue()
    waiting = deque(jobs.items())
    ends: dict[str, float] = {}
    started = free = 0
    try:
        while waiting or ends:
            while waiting and len(ends) < parallel:
                name, job = waiting.popleft()
                ends[name] = time.monotonic() + seconds
                if free < len(ends):
                    Thread(target=_work, args=(todo, done), name=f"worker {started}", daemon=True).start()
                    started, free = started + 1, free + 1
                todo.put((name, job))
            try:
                name, future = done.get(timeout=max(0.0, min(ends.values()) - time.monotonic()))
            except Empty:
                late = min(ends, key=lambda running: ends[running])
                del ends[late]
                free -= 1  # who does it may hang for ever; if not, there is one more to work
                yield late, None
                continue
            if ends.pop(name, None) is not None:
                yield name, future.result()
    finally:
        for _ in range(started):
            todo.put(None)


def _work(todo: SimpleQueue[tuple[str, Callable[[], T]] | None], done: SimpleQueue[tuple[str, Future[T]]]) -> None:
    while found := todo.get():
        name, job = found
        future: Future[T] = Future()
        try:
            future.set_result(job())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asked
            future.set_exception(error)
        done.put((name, future))
