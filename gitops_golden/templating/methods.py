"""The methods that a user's template may call on values, and ``range``: few, and metered as operations are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gitops_golden.templating.budget import RefusedError
from gitops_golden.templating.operations import LARGEST, number, scalar, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gitops_golden.templating.budget import Meter


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a value, which can only be called: its ``function`` takes the meter, the value and arguments."""

    name: str
    function: Callable[..., Any]
    value: Any


def numbers(meter: Meter, _value: None, *bounds: Any) -> list[int]:
    """Return ``range(...)`` as a list; it is a method of nothing."""
    if not 1 <= len(bounds) <= 3:  # noqa: PLR2004 -- start, stop and step
        raise RefusedError("range takes one to three numbers")
    checked = [number(bound, "range") for bound in bounds]
    if checked[2:] == [0]:
        raise RefusedError("range takes no step of 0")
    chosen = range(*checked)
    # A length of more than 63 bits has no len(); bool() works on any range.
    meter.work(len(chosen) if _short(chosen) else LARGEST)
    return list(chosen)


def _short(chosen: range) -> bool:
    return not chosen or abs(chosen[-1] - chosen[0]) < LARGEST - 1


def replace(meter: Meter, value: Any, old: Any, new: Any) -> str:
    """Return text with each ``old`` replaced."""
    whole, before, after = text(value, "replace"), text(old, "replace"), text(new, "replace")
    meter.read(len(whole) + len(before))
    meter.make(len(whole) + whole.count(before) * len(after))
    return whole.replace(before, after)


def split(meter: Meter, value: Any, separator: Any = None) -> list[str]:
    """Return the parts of a text."""
    whole = text(value, "split")
    if separator == "":
        raise RefusedError("split takes no empty separator")
    meter.make(len(whole))
    parts = whole.split(None if separator is None else text(separator, "split"))
    meter.work(len(parts))
    return parts


def _plain(name: str) -> Callable[..., Any]:
    """Return a method of ``str`` whose result is at most three times as long (``"ΐ".upper()`` has three characters)."""
    method = getattr(str, name)

    def call(meter: Meter, value: str, *args: Any) -> Any:
        for argument in args:
            meter.read(len(text(argument, name)))
        meter.make(3 * len(value))
        return method(value, *args)

    return call


def _pairs(meter: Meter, value: dict[Any, Any]) -> list[tuple[Any, Any]]:
    meter.work(len(value))
    return list(value.items())


def _keys(meter: Meter, value: dict[Any, Any]) -> list[Any]:
    meter.work(len(value))
    return list(value)


def _values(meter: Meter, value: dict[Any, Any]) -> list[Any]:
    meter.work(len(value))
    return list(value.values())


def _get(_meter: Meter, value: dict[Any, Any], key: Any, default: Any = None) -> Any:
    return value.get(scalar(key, "get"), default)


TEXT: Final[Mapping[str, Callable[..., Any]]] = {
    **{
        name: _plain(name)
        for name in (
            *("upper", "lower", "capitalize", "strip", "lstrip", "rstrip", "removeprefix", "removesuffix"),
            *("startswith", "endswith", "isdigit", "partition", "rpartition"),
        )
    },
    "replace": replace,
    "split": split,
}
MAP: Final[Mapping[str, Callable[..., Any]]] = {
    "items": _pairs,
    "keys": _keys,
    "values": _values,
    "get": _get,
}


def method(value: Any, name: str) -> Method | None:
    """Return a method that templates may call on a value, or None."""
    known_methods = TEXT if isinstance(value, str) else MAP if isinstance(value, dict) else {}
    function = known_methods.get(name)
    return Method(name, function, value) if function else None
