"""The folder of a user's templates: which files may be in it, and their texts. What is in them is for ``render``.

``<built-in>.yaml.j2`` replaces a built-in template, ``cluster/<name>.yaml.j2`` and ``image/<name>.yaml.j2`` make one
more file for each cluster or for each image on it, and ``lib/<name>.j2`` is for the others to bring in.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from gitops_golden.errors import InputError, InputErrors, Location, Problem
from gitops_golden.policy import files, names
from gitops_golden.policy.fields import nearest, shown
from gitops_golden.policy.model import Source
from gitops_golden.resources import shipped

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from gitops_golden.policy.files import Folder

LARGEST: Final = 64 * 1024
"""Bytes of one template."""
LARGEST_TOGETHER: Final = 256 * 1024
MOST: Final = 100
"""Files in the folder, dotfiles included."""
_WHOLE: Final = ".yaml.j2"
_PART: Final = ".j2"
_ENDINGS: Final[Mapping[str, str]] = {"cluster": _WHOLE, "image": _WHOLE, "lib": _PART}


def read_templates(folder: Folder, name: str) -> Mapping[str, Source]:
    """Return the templates in the folder ``name`` of a policy's folder, by their names below it, sorted.

    Dotfiles are passed over. Raises ``InputErrors`` with everything that is wrong: a folder that leads out or is not
    there, a file that has no place in it, that is too large, that is no text, or that a link leads out to.
    """
    root = folder.inside(name)
    if not files.is_folder(root):
        raise InputError(f'"{name}" is no folder', remedy="name the folder that the templates are in")
    replaceable = frozenset(file.name.removesuffix(_WHOLE) for file in shipped("templates").glob(f"*{_WHOLE}"))
    # Links inside are held to the templates' own folder, not to the policy's.
    return _Reader(files.Folder(root, folder.sums), replaceable).read()


class _Reader:
    """Reads the files of one folder, collecting what is wrong."""

    def __init__(self, inside: files.Folder, replaceable: frozenset[str]) -> None:
        self._root = inside.path
        self._inside = inside
        self._replaceable = replaceable
        self._problems: list[Problem] = []

    def read(self) -> Mapping[str, Source]:
        """Return the texts, or raise what is wrong."""
        entries = [*self._entries()]
        texts = [(name, self._text(path)) for name, path in entries if self._has_place(name, path)]
        size = sum(len(source.text) for _, source in texts)
        if size > LARGEST_TOGETHER:
            what = f"the templates have {size:,} characters, more than the {LARGEST_TOGETHER:,} that are read"
            self._problems.append(Problem(what, Location(str(self._root)), "take away what is not used"))
        if self._problems:
            raise InputErrors(self._problems)
        return dict(sorted(texts))

    def _entries(self) -> Iterator[tuple[str, Path]]:
        """Yield the files by name, those of the folders that are known included; no more than are read."""
        found = [*islice(self._listed(), MOST + 1)]
        if len(found) > MOST:
            what = f"the folder holds more than {MOST} files"
            self._problems.append(Problem(what, Location(str(self._root)), "keep only templates in it"))
            return
        yield from ((str(path.relative_to(self._root)), path) for path in sorted(found) if not _hidden(path))

    def _listed(self) -> Iterator[Path]:
        for entry in self._list(self._root):
            if entry.name in _ENDINGS and self._holds(entry) and entry.is_dir():
                yield from self._list(entry)
            else:
                yield entry

    def _list(self, path: Path) -> Iterator[Path]:
        try:
            yield from path.iterdir()
        except OSError as error:
            self._problems.append(Problem(f"the folder can't be read: {error.strerror}", Location(str(path))))

    def _holds(self, path: Path) -> bool:
        """Whether a path stays inside, noting it if not."""
        try:
            self._inside.inside(str(path.relative_to(self._root)))
        except InputError as error:
            self._note(path, error.problem.what, "keep the file itself in the folder")
            return False
        return True

    def _has_place(self, name: str, path: Path) -> bool:
        parent, _, file = name.rpartition("/")
        if parent not in {"", *_ENDINGS}:
            self._unknown(path, parent, _ENDINGS, "{}/")
        elif not parent and path.is_dir():
            if file not in _ENDINGS:
                self._unknown(path, file, _ENDINGS, "{}/")
        elif not file.endswith(ending := _ENDINGS.get(parent, _WHOLE)):
            self._note(path, f"the name of a template here ends with {ending}", "rename it, or move it away")
        elif not parent and file.removesuffix(_WHOLE) not in self._replaceable:
            self._unknown(path, file.removesuffix(_WHOLE), self._replaceable, f"{{}}{_WHOLE}")
        elif wrong := names.label_name(file.removesuffix(ending)):
            self._note(path, f'the name "{shown(file.removesuffix(ending))}" {wrong}', "rename the file")
        else:
            return self._holds(path)
        return False

    def _unknown(self, path: Path, name: str, known: Collection[str], form: str) -> None:
        close = nearest(name, known)
        listed = ", ".join(map(form.format, sorted(known)))
        what = "there is no built-in template of this name" if form != "{}/" else "templates are in no such folder"
        self._note(path, what, f"did you mean {form.format(close)}?" if close else f"there are {listed}")

    def _text(self, path: Path) -> Source:
        try:
            found = self._inside.found(path)
            text = self._inside.read(found, LARGEST).decode("utf-8")
        except InputError as error:
            self._note(path, error.problem.what, error.problem.remedy)
        except UnicodeDecodeError as error:
            self._note(path, f"byte 0x{error.object[error.start]:02x} is not UTF-8", "save the file as UTF-8")
        else:
            return Source(text.removeprefix("\ufeff").replace("\r\n", "\n"), str(path))
        return Source("", str(path))

    def _note(self, path: Path, what: str, remedy: str) -> None:
        self._problems.append(Problem(what, Location(str(path)), remedy))


def _hidden(path: Path) -> bool:
    return path.name.startswith(".")
