"""Values of settings and fields as a person writes them, and as JSON has them."""

from __future__ import annotations

from math import isfinite

from gitops_golden.policy.model import Tracking


def value_text(value: object) -> str:
    """Return a value as a person writes it."""
    if isinstance(value, Tracking):
        return f"tracking {value.schedule}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(map(value_text, value)) or "(none)"
    return "(none)" if value is None else '""' if value == "" else str(value)


def value_json(value: object) -> object:
    """Return a value as JSON has it."""
    if isinstance(value, Tracking):
        return {"tracking": {"schedule": value.schedule}}
    if isinstance(value, float) and not isfinite(value):
        # YAML has such numbers, JSON has none.
        return str(value)
    return list(map(value_json, value)) if isinstance(value, tuple) else value
