"""Work that is done beside the main thread."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def aside(work: Callable[[], None], failed: Callable[[BaseException], None], *, name: str) -> Thread:
    """Work in a thread of its own, which nobody has to wait for; ``failed`` is told what ends it badly."""

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 -- raised again in the main thread
            failed(error)

    thread = Thread(target=run, name=name, daemon=True)
    thread.start()
    return thread
