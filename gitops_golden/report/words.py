"""Words that reports share: how a digest, a number or a list of names is written. Needs no terminal library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_golden.render.cdi import volume_digits

if TYPE_CHECKING:
    from collections.abc import Sequence

API_VERSION = "gitops-golden/v1alpha1"
"""The version of every JSON shape that is printed."""


def clean(text: str) -> str:
    """Return text without control characters: what a cluster says must not drive a terminal nor forge lines."""
    return "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in text)


def listed(names: Sequence[str], most: int = 3) -> str:
    """Return names in one line, cut after ``most`` with the number of the rest."""
    rest = len(names) - most
    return ", ".join(names) if rest <= 0 else f"{', '.join(names[:most])} +{rest}"


def short(digest: str | None) -> str:
    """Return a digest's first 12 digits, as CDI names volumes after them; a dash for none."""
    return volume_digits(digest) if digest else "-"


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: ``1 cluster``, ``2 clusters``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
