"""The lock on disk: ``fleet.lock.yaml`` beside the policy, read whole and replaced whole."""

from __future__ import annotations

import os
import secrets
import stat
from typing import TYPE_CHECKING

from gitops_golden.documents import DEFAULT_LIMITS
from gitops_golden.errors import InputError, Location
from gitops_golden.registry.folder import read_inside
from gitops_golden.registry.lock import Lock
from gitops_golden.registry.lock_parse import parse_lock
from gitops_golden.registry.lock_text import dump_lock

if TYPE_CHECKING:
    from pathlib import Path

LOCK_FILE = "fleet.lock.yaml"


def read_lock(folder: Path) -> Lock:
    """Return the lock of the policy in a folder; the empty lock if there is no file.

    Raises InputErrors for what is wrong in it, InputError if it leads out of the folder or cannot be read.
    """
    path = folder / LOCK_FILE
    data = read_inside(folder, path, limit=DEFAULT_LIMITS.size)
    return Lock() if data is None else parse_lock(data, str(path))


def write_lock(folder: Path, lock: Lock) -> bool:
    """Replace the lock of the policy in a folder, at once and whole; return whether a byte of it changed.

    Nobody ever sees half of it, and a failure leaves what was there. Raises InputError if it can't be
    written.
    """
    path = folder / LOCK_FILE
    data = dump_lock(lock)
    if read_inside(folder, path, limit=len(data)) == data:
        return False
    try:
        # A link to elsewhere in the folder stays one.
        _replace(path.resolve(), data)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", where=Location(str(path))) from error
    return True


def _replace(path: Path, data: bytes) -> None:
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
