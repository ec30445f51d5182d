"""The filters and tests of a user's templates: few, without chance or clock, each metered as operations are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from jinja2 import Undefined

from gitops_golden.templating.budget import RefusedError
from gitops_golden.templating.methods import replace
from gitops_golden.templating.operations import (
    LARGEST,
    Rendered,
    as_text,
    item,
    known,
    mapping,
    number,
    scalar,
    sequence,
    text,
    weigh,
)
from gitops_golden.templating.quoting import kind_of, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gitops_golden.templating.budget import Meter

_WIDEST: Final = 100
_DIGITS: Final = 20


def _default(_meter: Meter, value: Any, instead: Any = "", boolean: Any = False) -> Any:  # noqa: FBT002 -- Jinja's own signature
    return instead if isinstance(value, Undefined) or (boolean and not value) else value


def _join(meter: Meter, value: Any, separator: Any = "", attribute: Any = None) -> str:
    chosen = value if attribute is None else _map(meter, value, attribute=attribute)
    meter.work(len(sequence(chosen, "join")))
    parts = [as_text(part, "join") for part in chosen]
    between = text(separator, "join")
    meter.make(sum(map(len, parts)) + len(between) * len(parts))
    return between.join(parts)


def _length(_meter: Meter, value: Any) -> int:
    if not isinstance(known(value), str | list | tuple | dict):
        raise RefusedError(f"length takes text, a list or a map, not {kind_of(value)}")
    return len(value)


def _upper(meter: Meter, value: Any) -> str:
    meter.make(3 * len(text(value, "upper")))
    return str(value).upper()


def _lower(meter: Meter, value: Any) -> str:
    meter.make(3 * len(text(value, "lower")))
    return str(value).lower()


def _trim(meter: Meter, value: Any) -> str | Rendered:
    if isinstance(value, Rendered):
        meter.make(len(value.text))
        return Rendered(value.text.strip())
    meter.make(len(text(value, "trim")))
    return str(value).strip()


def _indent(meter: Meter, value: Any, width: Any = 4, first: Any = False) -> str | Rendered:  # noqa: FBT002 -- as Jinja has it
    blanks = number(width, "indent")
    if not 0 <= blanks <= _WIDEST:
        raise RefusedError(f"indent takes a width from 0 to {_WIDEST}")
    whole = value.text if isinstance(value, Rendered) else text(value, "indent")
    meter.make(len(whole) + (whole.count("\n") + 1) * blanks)
    lines = whole.split("\n")
    indented = "\n".join(
        " " * blanks + line if line and (index or first is True) else line for index, line in enumerate(lines)
    )
    return Rendered(indented) if isinstance(value, Rendered) else indented


def _first(_meter: Meter, value: Any) -> Any:
    return _end(value, 0, "first")


def _last(_meter: Meter, value: Any) -> Any:
    return _end(value, -1, "last")


def _end(value: Any, index: int, who: str) -> Any:
    if not sequence(value, who):
        raise RefusedError(f"{who} takes a list that is not empty")
    return value[index]


def _sort(meter: Meter, value: Any, reverse: Any = False) -> list[Any]:  # noqa: FBT002 -- as Jinja has it
    chosen = sequence(value, "sort")
    # Sorting compares each item with about log2(n) others.
    for _ in range(max(1, len(chosen).bit_length())):
        weigh(meter, chosen, "sort")
    if not any(all(isinstance(one, kind) for one in chosen) for kind in (str, int)):
        raise RefusedError("sort takes a list of texts or a list of numbers")
    return sorted(chosen, reverse=reverse is True)


def _unique(meter: Meter, value: Any) -> list[Any]:
    weigh(meter, value, "unique")
    return list(dict.fromkeys(scalar(one, "unique") for one in sequence(value, "unique")))


def _list(meter: Meter, value: Any) -> list[Any]:
    chosen = value if isinstance(known(value), dict) else sequence(value, "list")
    meter.work(len(chosen))
    return list(chosen)


def _reverse(meter: Meter, value: Any) -> list[Any]:
    meter.work(len(sequence(value, "reverse")))
    return list(reversed(value))


def _items(meter: Meter, value: Any) -> list[tuple[Any, Any]]:
    meter.work(len(mapping(value, "items")))
    return list(value.items())


def _dictsort(meter: Meter, value: Any) -> list[tuple[Any, Any]]:
    keys = _sort(meter, list(mapping(value, "dictsort")))
    return [(key, value[key]) for key in keys]


def _map(meter: Meter, value: Any, attribute: Any) -> list[Any]:
    meter.work(len(sequence(value, "map")))
    try:
        return [item(known(one), attribute) for one in value]
    except LookupError as error:
        raise RefusedError(f"map: an item has no {attribute!r}") from error


def _int(_meter: Meter, value: Any, default: Any = 0) -> int:
    if isinstance(known(value), int):
        return int(value)
    digits = text(value, "int").strip()
    if len(digits) > _DIGITS:
        raise RefusedError("int takes a number of at most 64 bits")
    try:
        made = int(digits)
    except ValueError:
        return number(default, "int")
    if not -LARGEST <= made < LARGEST:
        raise RefusedError("int takes a number of at most 64 bits")
    return made


def _string(meter: Meter, value: Any) -> str:
    made = as_text(value, "string")
    meter.make(len(made))
    return made


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "d": _default,
    "default": _default,
    "dictsort": _dictsort,
    "first": _first,
    "indent": _indent,
    "int": _int,
    "items": _items,
    "join": _join,
    "last": _last,
    "length": _length,
    "list": _list,
    "lower": _lower,
    "map": _map,
    "replace": replace,
    "reverse": _reverse,
    "sort": _sort,
    "string": _string,
    "trim": _trim,
    "unique": _unique,
    "upper": _upper,
}
"""By the name that a template uses, but for ``tojson``, which writes. Each takes the meter and the value."""

FOR_WRITTEN: Final = frozenset({"indent", "trim"})
"""Those that take what a macro or block wrote, and so may be used in ``{% filter %}``."""


def _is_mapping(value: Any) -> bool:
    return isinstance(known(value), dict)


def _is_sequence(value: Any) -> bool:
    return isinstance(known(value), list | tuple)


def _is_string(value: Any) -> bool:
    return isinstance(known(value), str)


def _is_integer(value: Any) -> bool:
    return type(known(value)) is int


def _is_boolean(value: Any) -> bool:
    return isinstance(known(value), bool)


def _is_none(value: Any) -> bool:
    return known(value) is None


def _is_odd(value: Any) -> bool:
    return number(value, "odd") % 2 == 1


def _is_even(value: Any) -> bool:
    return number(value, "even") % 2 == 0


TESTS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "boolean": _is_boolean,
    "defined": lambda value: not isinstance(value, Undefined),
    "even": _is_even,
    "integer": _is_integer,
    "mapping": _is_mapping,
    "none": _is_none,
    "odd": _is_odd,
    "sequence": _is_sequence,
    "string": _is_string,
    "undefined": lambda value: isinstance(value, Undefined),
}
"""By the name that a template uses after ``is``."""


def json_parts(meter: Meter, value: Any, mark: str) -> Iterator[str]:
    """Yield a value as YAML in one line, as JSON has it, with ``mark`` before each scalar."""
    weigh(meter, value, "tojson")
    yield from _parts(value, mark)


def _parts(value: Any, mark: str) -> Iterator[str]:
    if value is None:
        yield f"{mark}null"
    elif isinstance(value, dict):
        yield "{"
        for index, (key, inner) in enumerate(value.items()):
            yield f"{', ' if index else ''}{mark}{quoted(text(key, 'a key in tojson'))}: "
            yield from _parts(inner, mark)
        yield "}"
    elif isinstance(value, list | tuple):
        yield "["
        for index, inner in enumerate(value):
            yield ", " if index else ""
            yield from _parts(inner, mark)
        yield "]"
    else:
        yield f"{mark}{quoted(value)}"
