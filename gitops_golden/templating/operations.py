"""What expressions of a user's template may do with values: operators, comparisons, loops and parts, all metered.

Values are text, whole numbers, booleans, none, lists and maps; what a macro or a block wrote is ``Rendered`` and can
only be put out. Each operation takes the meter first and counts its work before it does it. ``RefusedError`` says what
is not possible.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Undefined

from gitops_golden.templating.budget import RefusedError
from gitops_golden.templating.quoting import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gitops_golden.templating.budget import Meter

LARGEST: Final = 1 << 63
_BITS: Final = 64


class Rendered:
    """Text that a macro, a block or a caller wrote: template text and values that are quoted already.

    It is no ``str``, so nothing can be joined to it or cut out of it, and no value can pass for it.
    """

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __bool__(self) -> bool:
        return bool(self.text.strip())


def known(value: Any) -> Any:
    """Return a value that is not undefined."""
    if isinstance(value, Undefined):
        # Jinja's own sentence about what is missing.
        str(value)
    return value


def text(value: Any, who: str) -> str:
    """Return a value that is text."""
    if not isinstance(known(value), str):
        raise RefusedError(f"{who} takes text, not {_shown(value)}")
    return str(value)


def number(value: Any, who: str) -> int:
    """Return a value that is a whole number."""
    if type(known(value)) is not int:
        raise RefusedError(f"{who} takes whole numbers, not {_shown(value)}")
    return int(value)


def sequence(value: Any, who: str) -> list[Any] | tuple[Any, ...]:
    """Return a value that is a list."""
    found = known(value)
    if isinstance(found, list | tuple):
        return found
    raise RefusedError(f"{who} takes a list, not {_shown(found)}")


def mapping(value: Any, who: str) -> dict[Any, Any]:
    """Return a value that is a map."""
    found = known(value)
    if isinstance(found, dict):
        return found
    raise RefusedError(f"{who} takes a map, not {_shown(found)}")


def scalar(value: Any, who: str) -> str | int | None:
    """Return a value that is no list, no map and nothing of the template's own."""
    found = known(value)
    if found is None or isinstance(found, str | int):
        return found
    raise RefusedError(f"{who} takes a single value, not {_shown(found)}")


def as_text(value: Any, who: str) -> str:
    """Return text, a number or a boolean as text, as YAML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if type(value) is int else text(value, who)


def weigh(meter: Meter, value: Any, who: str) -> None:
    """Count every part of a value, so that what follows may go through all of it."""
    pending = [(value, 0)]
    while pending:
        part, depth = pending.pop()
        if depth > meter.limits.nesting:
            raise RefusedError(f"{who} takes no values nested deeper than {meter.limits.nesting}")
        if isinstance(part, str):
            meter.read(len(part))
        elif isinstance(part, list | tuple):
            meter.work(len(part))
            pending += [(inner, depth + 1) for inner in part]
        elif isinstance(part, dict):
            meter.work(len(part))
            pending += [(inner, depth + 1) for pair in part.items() for inner in pair]
        else:
            scalar(part, who)


def add(meter: Meter, left: Any, right: Any) -> Any:
    """Return the sum of numbers, or texts or lists joined."""
    if isinstance(left, str) and isinstance(right, str):
        meter.make(len(left) + len(right))
        return left + right
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        meter.work(len(left) + len(right))
        return [*left, *right]
    if type(left) is int and type(right) is int:
        return _bounded(left + right)
    raise RefusedError(f"+ takes two numbers, two texts or two lists, not {_shown(left)} and {_shown(right)}")


def calculate(meter: Meter, symbol: str, left: Any, right: Any) -> Any:
    """Return what an operator makes of two values: numbers, but for ``+``."""
    if symbol == "+":
        return add(meter, known(left), known(right))
    first, second = number(left, symbol), number(right, symbol)
    if symbol in {"//", "%"} and second == 0:
        raise RefusedError("divides by zero")
    if symbol == "**" and not (0 <= second < _BITS):
        raise RefusedError(f"** takes an exponent from 0 to {_BITS - 1}")
    return _bounded(_ARITHMETIC[symbol](first, second))


def _bounded(value: int) -> int:
    if not -LARGEST <= value < LARGEST:
        raise RefusedError("makes a number of more than 64 bits")
    return value


_ARITHMETIC: Final[Mapping[str, Callable[[int, int], int]]] = {
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
}


def concat(meter: Meter, values: Iterable[Any]) -> str:
    """Return ``a ~ b ~ c``."""
    parts = [as_text(value, "~") for value in values]
    meter.make(sum(map(len, parts)))
    return "".join(parts)


def compare(meter: Meter, left: Any, symbols: Iterable[str], others: Iterable[Any]) -> bool:
    """Return a chain of comparisons, as in ``a < b <= c``."""
    for symbol, right in zip(symbols, others, strict=True):
        if not _holds(meter, symbol, known(left), known(right)):
            return False
        left = right
    return True


def _holds(meter: Meter, symbol: str, left: Any, right: Any) -> bool:
    weigh(meter, left, "a comparison")
    weigh(meter, right, "a comparison")
    if symbol in {"eq", "ne"}:
        return bool((left == right) is (symbol == "eq"))
    if symbol in {"in", "notin"}:
        return _contains(left, right) is (symbol == "in")
    alike = next((kind for kind in (str, int) if isinstance(left, kind) and isinstance(right, kind)), None)
    if alike is None:
        raise RefusedError(f"{_shown(left)} and {_shown(right)} have no order")
    return bool(_ORDERS[symbol](left, right))


def _contains(value: Any, container: Any) -> bool:
    if isinstance(container, str):
        return text(value, "in") in container
    if isinstance(container, dict):
        return scalar(value, "in") in container
    return value in sequence(container, "in")


_ORDERS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "lt": operator.lt,
    "lteq": operator.le,
    "gt": operator.gt,
    "gteq": operator.ge,
}


def items(meter: Meter, value: Any, cost: int) -> Any:
    """Return what a loop goes through, having counted all of its rounds."""
    if isinstance(known(value), str) or not isinstance(value, list | tuple | dict):
        raise RefusedError(f"a loop takes a list or a map, not {_shown(value)}")
    meter.work((len(value) + 1) * cost)
    return tuple(value)


def item(value: Any, key: Any) -> Any:
    """Return ``value[key]``; ``LookupError`` if it has none."""
    if isinstance(value, dict):
        return value[scalar(key, "[ ]")]
    if isinstance(value, str | list | tuple) and type(key) is int:
        return value[key]
    raise LookupError


def part(meter: Meter, value: Any, start: Any, stop: Any, step: Any) -> Any:
    """Return ``value[start:stop:step]``."""
    bounds = slice(*(None if bound is None else number(bound, "[ : ]") for bound in (start, stop, step)))
    if bounds.step == 0:
        raise RefusedError("[ : ] takes no step of 0")
    if isinstance(known(value), str):
        meter.make(len(value))
        return value[bounds]
    chosen = sequence(value, "[ : ]")
    meter.work(len(chosen))
    return chosen[bounds]


def _shown(value: Any) -> str:
    return "what a macro or block wrote" if isinstance(value, Rendered) else kind_of(value)
