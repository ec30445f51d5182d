"""Which paths may be ours in a repository, judged by their text alone."""

from __future__ import annotations

import re

from gitops_golden.errors import InputError

MANIFEST_FOLDER = ".gitops-golden"
_MAX_PATH_BYTES = 4000
_MAX_NAME_BYTES = 255
# Nothing below could refuse such a path: no step begins with a dot, none is too long, nor are all of them together.
_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,200}(?:/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,200}){0,15}")
_FORBIDDEN = re.compile(r"[/\\:\x00-\x1f\x7f]")


def require_folder(path: str) -> None:
    """Raise :class:`InputError` if ``path`` can't be a folder of ours."""
    if problem := path_problem(path):
        raise InputError(
            f"the repository can't have a folder {path[:80]!r} of ours: {problem}",
            remedy="choose another delivery.path",
        )


def path_problem(path: str) -> str:
    """Return why ``path`` can't be a folder of ours; empty if it can."""
    if _PLAIN.fullmatch(path):
        return ""
    if len(path.encode(errors="replace")) > _MAX_PATH_BYTES:
        return f"{path[:40]!r}… is too long"
    parts = path.split("/")
    if parts[0].casefold() == MANIFEST_FOLDER:
        return f"{path!r} is kept for manifests"
    return next(filter(None, map(name_problem, parts)), "")


def name_problem(name: str) -> str:
    """Return why ``name`` can't be one step of a path; empty if it can.

    Beside ``..`` and separators, what Git won't check out on some system is refused: ``.git`` in any case,
    with trailing dots or blanks, and ``git~1``, its short name on NTFS (git-config: ``core.protectNTFS``,
    ``core.protectHFS``).
    """
    if name in {"", ".", ".."}:
        return f"{name!r} is no name"
    if _FORBIDDEN.search(name):
        return f"{name!r} has a character that can't be in a name"
    # HFS+ leaves invisible characters out when it compares names.
    visible = name if name.isprintable() else "".join(char for char in name if char.isprintable())
    if visible.casefold().rstrip(". ") in {".git", "git~1"}:
        return f"{name!r} belongs to Git"
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return f"{name!r} is no text"
    return f"{name[:40]!r}… is too long" if size > _MAX_NAME_BYTES else ""
