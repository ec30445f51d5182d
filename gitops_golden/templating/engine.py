"""Jinja's sandbox with every operation of an expression led to ours, so that nothing else is there to be reached."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from inspect import signature
from typing import TYPE_CHECKING, Any, Final, cast

from jinja2 import StrictUndefined, pass_context
from jinja2.environment import TemplateModule
from jinja2.runtime import BlockReference, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment

from gitops_golden.templating import grammar, methods, operations, rewriting
from gitops_golden.templating.budget import Meter, RefusedError
from gitops_golden.templating.filters import FILTERS, TESTS, json_parts
from gitops_golden.templating.methods import Method
from gitops_golden.templating.operations import Rendered
from gitops_golden.templating.quoting import kind_of, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from jinja2 import BaseLoader, Undefined
    from jinja2.runtime import Context

LOOP: Final = frozenset({"index", "index0", "revindex", "revindex0", "first", "last", "length", "previtem", "nextitem"})


class Engine(ImmutableSandboxedEnvironment):
    """Jinja's sandbox with every operation of an expression led to ours; what is not ours is not there."""

    intercepted_binops = frozenset({"+", "-", "*", "//", "%", "**"})
    intercepted_unops = frozenset({"+", "-"})

    def __init__(self, meter: Meter, loader: BaseLoader) -> None:
        super().__init__(
            loader=loader,
            undefined=StrictUndefined,
            keep_trailing_newline=True,
            autoescape=False,
            auto_reload=False,
            # Constants would be worked out while compiling, where nothing is counted.
            optimized=False,
        )
        self.meter = meter
        self.globals = {"range": Method("range", methods.numbers, None)}
        self.filters = {name: self._metered(name, function) for name, function in {**FILTERS, **_INTERNAL}.items()}
        self.tests = {name: _unfolded(test) for name, test in TESTS.items()}

    def _metered(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        meter = self.meter

        @pass_context
        def call(_context: Context, *args: Any, **kwargs: Any) -> Any:
            return _called(name, function, meter, *args, **kwargs)

        return call

    def concat(self, pieces: Iterable[Any]) -> str:
        """Return what a macro or a block wrote."""
        texts = [piece.text if isinstance(piece, Rendered) else piece for piece in pieces]
        self.meter.make(sum(map(len, texts)))
        # Jinja hands on what it is given: a macro, a block and super() return no text but this.
        return cast("str", Rendered("".join(texts)))

    def call(self, context: Context, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call a macro, a block or a method, nothing else."""
        self.meter.work(1 + len(args) + len(kwargs))
        operations.known(function)
        if type(function) is Method:
            # Jinja passes these to whatever is called inside a loop or a block.
            kwargs.pop("_loop_vars", None)
            kwargs.pop("_block_vars", None)
            if "caller" in kwargs:
                raise RefusedError(f"{function.name} takes no block: {{% call %}} is for macros")
            return _called(function.name, function.function, self.meter, function.value, *args, **kwargs)
        if type(function) not in {Macro, BlockReference}:
            raise RefusedError(f"{kind_of(function)} can't be called")
        self.meter.enter()
        try:
            return context.call(function, *args, **kwargs)
        finally:
            self.meter.leave()

    def call_binop(self, _context: Context, operator: str, left: Any, right: Any) -> Any:
        """Work out an operator between two values."""
        return operations.calculate(self.meter, operator, left, right)

    def call_unop(self, _context: Context, operator: str, arg: Any) -> Any:
        """Work out a sign."""
        return operations.calculate(self.meter, operator, 0, operations.number(arg, operator))

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return ``obj.attribute``: a method that we know, or data."""
        method = methods.method(operations.known(obj), attribute)
        if method:
            return method
        if isinstance(obj, LoopContext):
            found = getattr(obj, attribute) if attribute in LOOP else self._missing(obj, attribute)
        elif isinstance(obj, TemplateModule):
            found = vars(obj).get(attribute, self._missing(obj, attribute))
        elif is_dataclass(obj) and not isinstance(obj, type | Method):
            found = _field(obj, attribute) if _is_field(obj, attribute) else self._missing(obj, attribute)
        else:
            found = self.getitem(obj, attribute)
        return found

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return ``obj[argument]``."""
        try:
            return operations.item(operations.known(obj), operations.known(argument))
        except LookupError:
            return self._missing(obj, argument)

    def _missing(self, obj: Any, name: Any) -> Undefined:
        return self.undefined(f"{kind_of(obj)} has no {name!r}")


def _called(name: str, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Return what a filter or a method returns. Arguments that it doesn't take are told by the name in the template."""
    try:
        return function(*args, **kwargs)
    except TypeError:
        try:
            signature(function).bind(*args, **kwargs)
        except TypeError as error:
            raise RefusedError(f"{name} can't be called so: {error}") from error
        raise


def _is_field(value: Any, name: str) -> bool:
    return name in {one.name for one in fields(value)} or isinstance(getattr(type(value), name, None), property)


def _field(value: Any, name: str) -> Any:
    return getattr(value, name)


def _unfolded(test: Callable[[Any], bool]) -> Callable[..., bool]:
    @pass_context
    def call(_context: Context, value: Any) -> bool:
        return test(value)

    return call


def _put(meter: Meter, value: Any, mark: str) -> str:
    """Return a value as it goes into the file."""
    if isinstance(value, Rendered):
        return value.text
    if isinstance(operations.known(value), str):
        meter.make(len(value))
    try:
        text = mark + quoted(value)
    except TypeError as error:
        raise RefusedError(f"{error}; tojson writes lists and maps") from error
    meter.make(len(text))
    return text


def _put_json(meter: Meter, value: Any, mark: str) -> Rendered:
    parts = []
    for part in json_parts(meter, value, mark):
        meter.make(len(part))
        parts.append(part)
    return Rendered("".join(parts))


def _key(_meter: Meter, value: Any) -> Any:
    return operations.scalar(value, "a key")


_INTERNAL: Final[Mapping[str, Callable[..., Any]]] = {
    rewriting.PUT: _put,
    rewriting.PUT_JSON: _put_json,
    # Only its name is looked at, before a template is rewritten.
    grammar.JSON: _put_json,
    rewriting.EACH: operations.items,
    rewriting.STEP: Meter.work,
    rewriting.CONCAT: operations.concat,
    rewriting.COMPARE: operations.compare,
    rewriting.SLICE: operations.part,
    rewriting.KEY: _key,
}
