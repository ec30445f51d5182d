"""The page's own skeleton, style and script, as they are shipped with this package."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

_SCRIPTS: Final = ("dom", "report", "query", "matrix", "details", "page")
"""In this order they are one module: each uses what those before it define."""


def skeleton() -> str:
    """Return the page, with a ``$name`` for each part that depends on the report."""
    return _read("page.html")


def style() -> str:
    """Return the page's style sheet."""
    return _read("page.css")


def script() -> str:
    """Return the page's script."""
    return "\n".join(_read(f"{name}.js") for name in _SCRIPTS)


def _read(name: str) -> str:
    return files(__package__).joinpath("static", name).read_text(encoding="utf-8")
