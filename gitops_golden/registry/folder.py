"""Reading files that must lie in a folder, links included, when strangers may have filled it."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from gitops_golden.errors import InputError, Location

if TYPE_CHECKING:
    from pathlib import Path


def read_inside(root: Path, path: Path, *, limit: int) -> bytes | None:
    """Return a file's bytes, or None if there is no such file.

    At most ``limit + 1`` bytes are read, so that who parses them sees that there are too many. Raises
    InputError for what leads out of ``root``, is no plain file, or cannot be read.
    """
    where = Location(str(path))
    try:
        real = path.resolve(strict=True)
        if not real.is_relative_to(root.resolve()):
            raise InputError(f"leads out of {root}", where=where, remedy="put a copy there instead of a link")
        # Not to wait for a writer, should it be a pipe.
        descriptor = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise InputError("is no file", where=where)
            return file.read(limit + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except IsADirectoryError as error:
        raise InputError("is no file", where=where) from error
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=where) from error
    except RuntimeError as error:
        # How Python before 3.13 tells of a loop of links.
        raise InputError("cannot be read: a loop of links", where=where) from error
