"""How a child tells the time of its work alone to whoever measures it."""

from __future__ import annotations

from contextlib import contextmanager
from time import perf_counter, process_time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def timed() -> Iterator[None]:
    """Print the seconds and the seconds of CPU of what is done inside."""
    wall, cpu = perf_counter(), process_time()
    yield
    print(perf_counter() - wall, process_time() - cpu)
