"""The lock on disk: ``fleet.lock.yaml`` beside the policy, read whole and replaced whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_golden.documents import DEFAULT_LIMITS
from gitops_golden.errors import InputError, Location
from gitops_golden.files import replace_file
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
        real = path.resolve()
        if not real.is_relative_to(folder.resolve()):
            # Reading cannot tell: a link to nothing reads as no lock.
            raise InputError(f"leads out of {folder}", where=Location(str(path)), remedy="remove the link")
        replace_file(real, data)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", where=Location(str(path))) from error
    return True
