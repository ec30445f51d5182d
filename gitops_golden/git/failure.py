"""What pygit2 raises, as this project's errors: translated once, at the edge of the adapter."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pygit2

from gitops_golden.errors import OutsideError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def git_failures(doing: str, *, remedy: str = "", redact: Callable[[str], str] = str) -> Iterator[None]:
    """Raise what Git or the file system says while ``doing`` something as :class:`OutsideError`.

    A ``KeyError`` is pygit2's word for an object or reference that isn't there. ``redact`` takes secrets out
    of messages.
    """
    try:
        yield
    except (pygit2.GitError, OSError, KeyError) as error:
        words = redact(str(error).strip().rstrip(":.") or type(error).__name__)
        raise OutsideError(f"{doing} failed: {words}", remedy=remedy) from error
