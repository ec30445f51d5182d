"""JSON from outside into plain values, refusing what JSON does not have and Python would let through."""

from __future__ import annotations

import json
import math


def parse_json(data: bytes) -> object:
    """Return the value of a JSON text in UTF-8.

    Raises ValueError for anything malformed, for NaN and numbers beyond a float, and for nesting too deep to
    hold.
    """
    try:
        return json.loads(data.decode(), parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON value")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError("a number is out of range")
    return number
