"""The templates of a fleet: the built-in ones of a folder, and the users' own, each rendered within its bounds.

The built-in ones are trusted in what they do, never in what they are given: every value is written quoted. Users' run
in :mod:`gitops_golden.templating.sandbox`.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Undefined

from gitops_golden.policy.model import Source
from gitops_golden.templating.quoting import quoted
from gitops_golden.templating.sandbox import BUILT_IN, RENDERING_ERRORS, Sandbox, failure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


class Templates:
    """The templates of one folder, compiled once each, and a user's ``own``: those of the same name replace them.

    Raises ``InputErrors`` when it is made, if any of the user's is wrong. Not for several threads at once: what a
    rendering uses up is counted in here.
    """

    def __init__(self, folder: Path, own: Mapping[str, Source] | None = None) -> None:
        self._folder = folder
        self._own = dict(own or {})
        self._environment = _Environment(
            loader=_BuiltIn(folder),
            undefined=StrictUndefined,
            finalize=_written,
            keep_trailing_newline=True,
            autoescape=False,
            auto_reload=False,
        )
        self._globals = dict(self._environment.globals)
        if self._own:
            # Read now, so that mistakes are told before anything is rendered.
            self._sandbox.check()

    @cached_property
    def _sandbox(self) -> Sandbox:
        files = sorted(self._folder.glob("*.j2"))
        built_in = {file.name: Source(file.read_text(encoding="utf-8"), _shown(file.name)) for file in files}
        return Sandbox(self._own, built_in)

    def is_own(self, name: str) -> bool:
        """Whether a template is the user's, so that what it makes is to be checked."""
        return name in self._own

    def shown(self, name: str) -> str:
        """Return the file of one of the user's templates, as messages call it."""
        return self._own[name].shown

    def own_under(self, folder: str) -> tuple[str, ...]:
        """Return the names of the user's templates in a folder (``cluster/``), sorted."""
        return tuple(sorted(name for name in self._own if name.startswith(folder)))

    def render(self, name: str, values: Mapping[str, Any]) -> str:
        """Return what a template writes for some values. Raises ``InputError`` located in the template.

        What a user's writes is YAML that ends with a line's end, or empty.
        """
        if name in self._own:
            return self._sandbox.render(name, values)
        try:
            template = self._environment.get_template(name)
            # Template.render() would put frames of its own into a traceback, which then tells no template.
            # Shared, since copying Jinja's chain of globals takes as long as rendering a small template.
            context = template.new_context({**self._globals, **values}, shared=True)
            return "".join(template.root_render_func(context))
        except RENDERING_ERRORS as error:
            raise failure(error, _shown(name)) from error

    def uses(self, name: str) -> frozenset[str]:
        """Return the names among its values that a template may look at, those that it brings in included."""
        return self._sandbox.uses(name if name in self._own else BUILT_IN + name)


class _Environment(Environment):
    """Looks into maps alone: the shipped templates know of nothing else, and are rendered for every variant."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return what is under a key, or an attribute of a value that is no map."""
        if type(obj) is dict:
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)


class _BuiltIn(FileSystemLoader):
    """Reads templates of a folder under the name that messages have for them."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        source, _, up_to_date = super().get_source(environment, template)
        return source, _shown(template), up_to_date


def _shown(name: str) -> str:
    return f"templates/{name} (built in)"


def _written(value: object) -> object:
    # Undefined tells by itself what is missing. Nearly all is text.
    return value if type(value) is not str and isinstance(value, Undefined) else quoted(value)
