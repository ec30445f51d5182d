"""JSON from outside into plain values, refusing what JSON does not have and Python would let through."""

from __future__ import annotations

import orjson


def parse_json(data: bytes) -> object:
    """Return the value of a JSON text in UTF-8. A whole number beyond 64 bits, as no API server writes, is a float.

    Raises ValueError for anything malformed, for NaN and numbers beyond a float, for half a surrogate pair, and for
    nesting deeper than 1024.
    """
    return orjson.loads(data)
