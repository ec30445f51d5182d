"""The files of a policy: which there are, that none lies outside its folder, and their bytes."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from gitops_golden.documents import DEFAULT_LIMITS
from gitops_golden.errors import InputError, Location

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK: Final = "fleet.lock.yaml"
"""The lock's name, beside the policy; it is never read as a part of it."""
_GLOB: Final = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Found:
    """A file of the policy: its path as the user would type it, and where it really is."""

    path: Path
    real: str

    @property
    def shown(self) -> str:
        """Its name in messages."""
        return str(self.path)


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder that a policy's paths are resolved in, links included.

    ``sums`` are the SHA-256 of all files that were read of it so far, by their names in messages.
    """

    path: Path
    sums: dict[str, str] = field(default_factory=dict, compare=False)

    def own_files(self) -> tuple[Path, ...]:
        """Return the ``*.yaml`` files directly in it, sorted, without dotfiles and the lock.

        Raises InputError if the folder can't be listed.
        """
        try:
            entries = sorted(self.path.iterdir())
        except OSError as error:
            raise InputError(f"the folder can't be read: {error.strerror}", where=Location(str(self.path))) from error
        named = (entry for entry in entries if entry.suffix == ".yaml" and _counts(entry.name))
        return tuple(entry for entry in named if not entry.is_dir())

    def passed_over(self) -> tuple[str, ...]:
        """Return the names of ``*.yml`` files directly in it, which their writer may believe to be read."""
        return tuple(str(entry) for entry in sorted(self.path.glob("*.yml")) if _counts(entry.name))

    def inside(self, name: str) -> Path:
        """Return the path of something in the folder that may not exist yet.

        Raises InputError if it lies outside, be it by its name or through a link.
        """
        path = self.path / name
        real, root = _real(path, name), _real(self.path, str(self.path))
        if real != root and not real.startswith(root.rstrip(os.sep) + os.sep):
            raise InputError(f'"{name}" leads out of the policy\'s folder', remedy="name what lies beside the policy")
        return path

    def expand(self, pattern: str) -> tuple[Found, ...]:
        """Return the files that a name or a glob means, sorted; a glob may mean none.

        Raises InputError for what leads out, and for a literal name that is no file.
        """
        if not _GLOB & set(pattern):
            return (self.found(self.inside(pattern)),)
        if pattern.startswith("/") or ".." in pattern.split("/"):
            raise InputError(
                f'"{pattern}" leads out of the policy\'s folder', remedy="name what lies beside the policy"
            )
        try:
            matches = sorted(self.path.glob(pattern))
        except (ValueError, OSError) as error:
            raise InputError(f'"{pattern}" is no pattern that can be followed: {error}') from error
        return tuple(self._matched(matches))

    def _matched(self, matches: list[Path]) -> Iterator[Found]:
        for path in matches:
            if all(map(_counts, path.relative_to(self.path).parts)) and not path.is_dir():
                yield self.found(path)

    def found(self, path: Path) -> Found:
        """Return a file of the folder; raise InputError if it lies outside, doesn't exist or is no file."""
        name = str(path.relative_to(self.path))
        self.inside(name)
        if not stat.S_ISREG(_mode(path, name)):
            raise InputError(f'"{name}" is no file', remedy='name files; "FOLDER/*.yaml" means those in a folder')
        return Found(path, _real(path, name))

    def read(self, file: Found, most: int = DEFAULT_LIMITS.size) -> bytes:
        """Return the bytes of a file, which need not lie in it. Raises InputError as ``read`` does."""
        data = read(file, most)
        self.sums[file.shown] = sha256(data).hexdigest()
        return data


def single(path: Path) -> Found:
    """Return the file that the user named himself, wherever it is."""
    return Found(path, _real(path, str(path)))


def is_folder(path: Path) -> bool:
    """Tell whether the user named a folder; raise InputError if there is nothing there."""
    return stat.S_ISDIR(_mode(path, str(path)))


def read(file: Found, most: int) -> bytes:
    """Return the bytes of a file.

    Raises InputError if it has more than ``most`` of them, is no regular file (a pipe would never end) or can't
    be read.
    """
    try:
        # Without O_NONBLOCK, opening a pipe would wait for a writer.
        descriptor = os.open(file.path, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as stream:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise InputError("this is no regular file", where=Location(file.shown))
            if status.st_size > most:
                what = f"the file has {status.st_size:,} bytes, more than the {most:,} that are read"
                raise InputError(what, where=Location(file.shown), remedy="split it into several files")
            return stream.read(most + 1)
    except OSError as error:
        raise InputError(f"the file can't be read: {error.strerror}", where=Location(file.shown)) from error


def _mode(path: Path, name: str) -> int:
    try:
        return path.stat().st_mode
    except FileNotFoundError as error:
        raise InputError(f'"{name}" does not exist', remedy="correct the name, or take it away") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(f'"{name}" can\'t be read: {reason}') from error


def _real(path: Path, name: str) -> str:
    try:
        return os.path.realpath(path)
    except (OSError, ValueError) as error:
        raise InputError(f'"{name}" is no path: {error}') from error


def _counts(name: str) -> bool:
    return not name.startswith(".") and name != LOCK
