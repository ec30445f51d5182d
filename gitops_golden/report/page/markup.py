"""HTML that cannot be broken out of: text becomes markup in one place, which escapes it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from gitops_golden.report.words import cut

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = 4_000
"""So many characters of a message are shown: enough for any that a person reads, and a bound for one that is not."""


class Markup(str):
    """Text that is HTML already; any other is escaped where it becomes a child or an attribute."""

    __slots__ = ()


def element(name: str, *children: str, **attributes: str | bool) -> Markup:
    """Return an element.

    Underscores in the name of an attribute become dashes, one at its end goes (``class_``). One that is True stands
    without a value, one that is False not at all.
    """
    written = "".join(
        f" {_name(key)}" if value is True else f' {_name(key)}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not False
    )
    return Markup(f"<{name}{written}>{together(children)}</{name}>")


def together(children: Iterable[str]) -> Markup:
    """Return markup and text one after the other, the text escaped."""
    return Markup("".join(child if isinstance(child, Markup) else escape(child) for child in children))


def readable(text: str) -> str:
    """Return what others wrote as it can be shown: without control characters or marks of direction, and bounded."""
    return cut(text, LONGEST)


def _name(key: str) -> str:
    return key.removesuffix("_").replace("_", "-")
