"""Amounts of storage as numbers of bytes, so that schemas can compare them, and back for messages."""

from __future__ import annotations

import re
from typing import Final

_CANONICAL: Final = re.compile(r"([0-9]+)(?:e([0-9]+)|([kKMGTPE]i?))?")
_SUFFIXES: Final = "KMGTPE"
_BINARY: Final = 1024
_DECIMAL: Final = 1000


def bytes_of(size: str) -> int:
    """Return how many bytes a canonical quantity is, as ``policy.quantities.canonical`` writes it."""
    match = _CANONICAL.fullmatch(size)
    assert match is not None, size
    number, exponent, suffix = int(match[1]), match[2], match[3] or ""
    if exponent:
        base, power = 10, int(exponent)
    else:
        base, power = _BINARY if suffix.endswith("i") else _DECIMAL, 1 + _SUFFIXES.find(suffix[:1].upper() or "-")
    for _ in range(power):
        number *= base
    return number


def amount(number: float) -> str:
    """Return a number of bytes as people write it: with the largest binary suffix that it is a multiple of."""
    if not isinstance(number, int) or number <= 0:
        return str(number)
    power = 0
    while number % _BINARY == 0 and power < len(_SUFFIXES):
        number //= _BINARY
        power += 1
    return f"{number}{_SUFFIXES[power - 1]}i" if power else f"{number} bytes"
