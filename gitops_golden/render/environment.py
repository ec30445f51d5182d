"""The Jinja environment: a sandbox that reaches only the templates' folder, and quotes every value it writes.

Values come from people and registries; a value that could end its YAML field could add objects to every cluster. So an
expression's result is written as a double-quoted scalar (or a plain integer), whatever it holds.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from gitops_golden.errors import InputError, Location

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def quoted(value: object) -> object:
    """Return a value as a YAML scalar that reads back as the same value.

    JSON's strings are YAML's double-quoted ones, except that YAML takes no raw control characters above ASCII and no
    surrogate pairs: those are escaped YAML's way.
    """
    if isinstance(value, Undefined) or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if not isinstance(value, str):
        raise TypeError(f"only text and whole numbers can be written, not {type(value).__name__}")
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isprintable() else "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    return f"\\U{ord(character):08x}"


class Templates:
    """The templates of one folder, compiled once each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._environment = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(folder),
            undefined=StrictUndefined,
            finalize=quoted,
            keep_trailing_newline=True,
            autoescape=False,
        )

    def render(self, name: str, values: Mapping[str, Any]) -> str:
        """Return what a template writes for some values. Raises ``InputError`` located in the template."""
        try:
            return self._environment.get_template(name).render(values)
        except (TemplateError, TypeError) as error:
            where = Location(str(self._folder / name), getattr(error, "lineno", None) or 0, 1)
            raise InputError(f"template {name} cannot be rendered: {error}", where=where) from error
