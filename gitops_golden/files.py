"""Files replaced whole: nobody ever meets half of one, and a failure leaves what was there."""

from __future__ import annotations

import os
import secrets
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write_file(path: Path, data: bytes) -> None:
    """Write what a user named: a file is replaced whole, behind a link too. Raises OSError.

    A device or a pipe, such as ``/dev/stdout``, is written to: root could replace it, and nobody wants that.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        path.write_bytes(data)
    else:
        # Path.resolve() raises what is no OSError for a link that leads to itself.
        replace_file(type(path)(os.path.realpath(path)), data)


def replace_file(path: Path, data: bytes) -> None:
    """Make ``data`` the content of a file, new or not, keeping the mode of one that is there. Raises OSError."""
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else None
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    # Unlike tempfile's files, this one gets the mode that the user's umask gives.
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if mode is not None:
                os.fchmod(descriptor, mode)
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
