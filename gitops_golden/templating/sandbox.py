"""Users' templates: Jinja's sandbox, narrowed to named operations, bounded in work and text, blind to anything on disk.

Every value that a template writes is quoted, and has to be one whole YAML scalar
(:mod:`gitops_golden.templating.places`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from jinja2 import BaseLoader, TemplateError, TemplateNotFound, TemplateSyntaxError, meta
from jinja2.parser import Parser

from gitops_golden.errors import InputError, InputErrors, Location, Problem
from gitops_golden.templating import grammar, rewriting
from gitops_golden.templating.budget import DEFAULT_LIMITS, Meter, RefusedError
from gitops_golden.templating.engine import Engine
from gitops_golden.templating.operations import Rendered
from gitops_golden.templating.places import checked

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, MutableMapping

    from jinja2 import Environment, Template, nodes

    from gitops_golden.policy.model import Source
    from gitops_golden.templating.budget import Limits

BUILT_IN: Final = "builtin/"
"""What stands before the name of a built-in template, for users' templates that bring it in."""
SPECIAL: Final = frozenset({"range", "loop", "caller", "varargs", "kwargs", "super"})
"""Names that Jinja gives a meaning; no template takes them from the values."""
RENDERING_ERRORS: Final = (TemplateError, TypeError, ValueError, RecursionError)
"""What a template's own mistakes raise: Jinja's errors, and Python's where Jinja leaves them as they are."""
LARGEST_FOLDER: Final = 16_000


def failure(error: Exception, file: str) -> InputError:
    """Return what a rendering raised as an error at the innermost template that it came from, ``file`` if none did."""
    place = Location(file, getattr(error, "lineno", None) or 1, 1)
    trace = error.__traceback__
    while trace is not None:
        template: Template | None = trace.tb_frame.f_globals.get("__jinja_template__")
        if template is not None:
            place = Location(template.filename or file, template.get_corresponding_lineno(trace.tb_lineno), 1)
        trace = trace.tb_next
    what = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
    return InputError(f"the template can't be rendered: {what}", where=place)


@dataclass(frozen=True, slots=True)
class _Parsed:
    tree: nodes.Template
    uses: frozenset[str]
    references: tuple[grammar.Reference, ...]
    size: int


class Sandbox:
    """The users' templates of one fleet, and the built-in ones that they may bring in as ``builtin/NAME``."""

    def __init__(
        self, own: Mapping[str, Source], built_in: Mapping[str, Source], limits: Limits = DEFAULT_LIMITS
    ) -> None:
        self._sources = {**own, **{BUILT_IN + name: source for name, source in built_in.items()}}
        self._numbers = {name: number for number, name in enumerate(sorted(self._sources))}
        self._files = tuple(self._sources[name].shown for name in sorted(self._sources))
        self._meter = Meter(limits)
        self._environment = Engine(self._meter, _Loader(self._load))
        self._parsed: dict[str, _Parsed] = {}
        self._own = sorted(own)

    def render(self, name: str, values: Mapping[str, Any]) -> str:
        """Return the YAML that a template writes, ending with a line's end; empty if it writes nothing.

        Raises ``InputError`` located in a template.
        """
        file = self._sources[name].shown
        self._meter.reset()
        try:
            template = self._environment.get_template(name)
            stream = cast("Generator[Any, None, None]", template.root_render_func(template.new_context(dict(values))))
            marked = "".join(self._pieces(stream)).rstrip()
        except RENDERING_ERRORS as error:
            raise failure(error, file) from error
        return checked(f"{marked}\n", self._files, file) if marked else ""

    def uses(self, name: str) -> frozenset[str]:
        """Return the names that a template takes from its values, or others that it brings in do."""
        found: set[str] = set()
        pending, seen = [name], {name}
        while pending:
            parsed = self._parse(pending.pop())
            found |= parsed.uses
            fresh = {reference.name for reference in parsed.references} - seen
            seen |= fresh
            pending += fresh
        return frozenset(found - SPECIAL)

    def _pieces(self, stream: Generator[Any, None, None]) -> Iterator[str]:
        for piece in stream:
            text = piece.text if isinstance(piece, Rendered) else piece
            try:
                self._meter.write(len(text))
            except RefusedError as error:
                # Thrown into the template, it comes out with the line that wrote too much.
                stream.throw(error)
            yield text

    def check(self) -> None:
        """Raise ``InputErrors`` with whatever is wrong with the users' templates before any value is known."""
        problems: list[Problem] = []
        size = 0
        for name in self._own:
            try:
                size += self._parse(name).size
            except InputError as error:
                problems += error.problems
        problems = problems or [*self._circles()]
        if size > LARGEST_FOLDER:
            what = f"the templates together have more than {LARGEST_FOLDER:,} tags, names and operators"
            problems.append(Problem(what, Location(self._files[0]), "take away what is not used"))
        if problems:
            raise InputErrors(problems)
        for name in self._own:
            try:
                self._environment.get_template(name)
            except TemplateError as error:
                problems += failure(error, self._sources[name].shown).problems
        if problems:
            raise InputErrors(problems)

    def _parse(self, name: str) -> _Parsed:
        """Return a template's syntax. Raises ``InputError`` with what is wrong."""
        parsed = self._parsed.get(name)
        if parsed is None:
            source = self._sources[name]
            tree = _syntax(self._environment, name, source)
            found = grammar.check(tree, source.shown, self._sources)
            if found.problems:
                raise InputErrors(found.problems)
            uses = _undeclared(tree, source)
            parsed = self._parsed[name] = _Parsed(tree, uses, found.references, found.size)
        return parsed

    def _circles(self) -> Iterator[Problem]:
        """Yield templates that bring themselves in, each once."""
        done: set[str] = set()
        for name in self._own:
            yield from self._circle(name, [], done)

    def _circle(self, name: str, path: list[str], done: set[str]) -> Iterator[Problem]:
        if name in done:
            return
        for reference in self._parse(name).references:
            if reference.name in [*path, name]:
                what = f'"{reference.name}" brings itself in: {" → ".join([*path, name, reference.name])}'
                yield Problem(what, Location(self._sources[name].shown, reference.line, 1), "take one of them away")
            else:
                yield from self._circle(reference.name, [*path, name], done)
        done.add(name)

    def _load(self, name: str) -> Template:
        tree = rewriting.rewrite(self._parse(name).tree, self._numbers[name])
        tree.set_environment(self._environment)
        code = self._environment.compile(tree, name, self._sources[name].shown)
        return self._environment.template_class.from_code(self._environment, code, self._environment.globals, None)


def _syntax(environment: Environment, name: str, source: Source) -> nodes.Template:
    _require_printable(source)
    line = 1
    try:
        parser = Parser(environment, source.text, name, source.shown)
        try:
            return parser.parse()
        finally:
            line = parser.stream.current.lineno
    except TemplateSyntaxError as error:
        raise InputError(f"not a template: {error.message}", where=Location(source.shown, error.lineno, 1)) from error
    except (RecursionError, ValueError) as error:
        # Python's own limits: on recursion, and on the digits of a number.
        where = Location(source.shown, line, 1)
        raise InputError("nested too deeply, or a number that is too long", where=where) from error


def _require_printable(source: Source) -> None:
    """Raise ``InputError`` for a character that YAML or our own marks might take for more than text."""
    for number, line in enumerate(source.text.split("\n"), 1):
        if not line.replace("\t", "").isprintable():
            column, bad = next((at, one) for at, one in enumerate(line, 1) if one != "\t" and not one.isprintable())
            where = Location(source.shown, number, column)
            raise InputError(f"the character U+{ord(bad):04X} can't be seen", where=where, remedy="take it away")


def _undeclared(tree: nodes.Template, source: Source) -> frozenset[str]:
    try:
        return frozenset(meta.find_undeclared_variables(tree))
    except TemplateSyntaxError as error:
        # What Jinja finds only when it compiles, as a block that is there twice.
        raise InputError(f"not a template: {error.message}", where=Location(source.shown, error.lineno, 1)) from error


class _Loader(BaseLoader):
    """Hands out templates that were compiled from texts; there is no other place to look."""

    def __init__(self, load: Callable[[str], Template]) -> None:
        self._load = load

    def load(
        self,
        environment: Environment,  # noqa: ARG002 -- the one that it is made for
        name: str,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002, ARG002 -- Jinja's own signature
    ) -> Template:
        try:
            return self._load(name)
        except KeyError as error:
            raise TemplateNotFound(name) from error
