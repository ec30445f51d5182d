"""Words that reports share: how a digest, a number or a list of names is written. Needs no terminal library."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gitops_golden.render.cdi import volume_digits

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

API_VERSION = "gitops-golden/v1alpha1"
"""The version of every JSON shape that is printed."""


def clean(text: str) -> str:
    """Return text without control characters: what a cluster says must not drive a terminal nor forge lines.

    Nor is it a command to a CI system, which reads them in a job's log: GitHub ``::error::`` at a line's start, Azure
    ``##vso[`` anywhere.
    """
    if not text.isprintable():
        text = "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in text)
    if "::" in text and text.lstrip().startswith("::"):
        text = text.replace(":", "\\x3a", 1)
    return re.sub("#(?=#)", r"\\x23", text) if "##" in text else text


def harmless(json: str) -> str:
    """Return JSON in which no CI system that reads it in a job's log finds a command; it means the same."""
    return json.replace("##", "#\\u0023")


def cut(text: str, most: int) -> str:
    """Return text in one clean line of at most ``most`` characters, and how many more there are."""
    rest = len(text) - most
    return clean(text) if rest <= 0 else f"{clean(text[:most])}… ({rest:,} more characters)"


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


def rfc3339(moment: datetime | None) -> str | None:
    """Return a time in UTC to the second."""
    # Not %Y, which gives the year 1, Go's zero time, a single digit.
    return f"{moment.replace(tzinfo=None).isoformat(timespec='seconds')}Z" if moment else None
