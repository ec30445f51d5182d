"""Amounts of storage as Kubernetes writes them (k8s.io/apimachinery, pkg/api/resource/quantity.go)."""

from __future__ import annotations

import re
from typing import Final

_QUANTITY: Final = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?([A-Za-z]*|[eE][+-]?[0-9]{1,3})")
_LONGEST: Final = 64
_BINARY: Final = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL: Final = {"n": -3, "u": -2, "m": -1, "": 0, "k": 1, "M": 2, "G": 3, "T": 4, "P": 5, "E": 6}
_BASE_TWO: Final = 1024
_BASE_TEN: Final = 1000
_MOST: Final = 2**63 - 1
_EXAMPLE: Final = "write an amount of bytes such as 30Gi or 500M"


def validate(text: str) -> str | None:
    """Return what is wrong with a quantity, as the end of a sentence, or None."""
    try:
        canonical(text)
    except ValueError as error:
        return str(error)
    return None


def canonical(text: str) -> str:
    """Return an amount of bytes in the one form that Kubernetes prints: ``1024Mi`` is ``1Gi``, ``1.5G`` is ``1500M``.

    Raises ValueError, with the end of a sentence as its message, for what is no quantity, not above 0, more than
    2^63-1 or no whole number of bytes.
    """
    return _printed(*_read(text))


def in_bytes(text: str) -> int:
    """Return how many bytes a quantity is. Raises ValueError as ``canonical``."""
    return _read(text)[0]


def _read(text: str) -> tuple[int, str]:
    """Return a number of bytes, and the style that it is written in."""
    match = _QUANTITY.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None or not (match[2] or match[3]):
        raise ValueError(f"is no quantity: {_EXAMPLE}")
    sign, whole, fraction, suffix = match[1], match[2], match[3] or "", match[4]
    base, power, style = _scale(suffix)
    amount = int(whole + fraction) * base ** max(power, 0)
    divisor = 10 ** len(fraction) * base ** max(-power, 0)
    if sign == "-" or amount == 0:
        raise ValueError(f"is not above 0: {_EXAMPLE}")
    value, rest = divmod(amount, divisor)
    if rest:
        raise ValueError(f"is no whole number of bytes: {_EXAMPLE}")
    if value > _MOST:
        raise ValueError("is more than the 2^63-1 bytes that Kubernetes can count")
    return value, style


def _scale(suffix: str) -> tuple[int, int, str]:
    """Return base, power and style of a suffix; an exponent keeps its style in what is printed."""
    if suffix in _BINARY:
        return _BASE_TWO, _BINARY[suffix], "binary"
    if suffix in _DECIMAL:
        return _BASE_TEN, _DECIMAL[suffix], "decimal"
    if suffix[:1] in {"e", "E"} and suffix[1:].lstrip("+-").isdecimal():
        return 10, int(suffix[1:]), "exponent"
    hint = suffix.removesuffix("B")
    known = (
        hint if hint in _BINARY or hint in _DECIMAL else next((s for s in _BINARY if s.lower() == suffix.lower()), "")
    )
    advice = f"write {known} instead of {suffix}" if known else _EXAMPLE
    raise ValueError(f"is no quantity, for Kubernetes has no suffix {suffix}: {advice}")


def _printed(value: int, style: str) -> str:
    """Return the shortest form: as many factors of 1024 or 1000 as there are go into the suffix.

    What a binary suffix has no use for is decimal: Kubernetes prints 562.5Ki as 576000, and that, read back, as 576k.
    """
    binary = style == "binary" and value % _BASE_TWO == 0
    base = _BASE_TWO if binary else _BASE_TEN
    power = 0
    while value % base == 0 and power < max(_BINARY.values()):
        value //= base
        power += 1
    if style == "exponent":
        return f"{value}e{3 * power}" if power else str(value)
    suffixes = _BINARY if binary else _DECIMAL
    return str(value) + (next(suffix for suffix, of in suffixes.items() if of == power) if power else "")
