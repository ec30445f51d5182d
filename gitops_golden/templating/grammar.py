"""Which of Jinja's syntax a user's template may use.

What is not named here is refused, so a new Jinja brings nothing in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from jinja2 import nodes

from gitops_golden.errors import Location, Problem
from gitops_golden.policy.fields import nearest, shown
from gitops_golden.templating.filters import FILTERS, FOR_WRITTEN, TESTS
from gitops_golden.templating.operations import LARGEST

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

DEEPEST: Final = 32
"""Python takes no more than 100 levels of indentation and 200 parentheses, and each level of ours may need two."""
LOOPS: Final = 8
LARGEST_TEMPLATE: Final = 4_000
JSON: Final = "tojson"

_PLAIN: Final = frozenset({
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Macro, nodes.CallBlock),
    *(nodes.FilterBlock, nodes.With, nodes.Block, nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends),
    *(nodes.Assign, nodes.AssignBlock, nodes.Name, nodes.Const, nodes.Tuple, nodes.List, nodes.Dict, nodes.Pair),
    *(nodes.Keyword, nodes.CondExpr, nodes.Filter, nodes.Test, nodes.Call, nodes.Getitem, nodes.Getattr, nodes.Slice),
    *(nodes.Concat, nodes.Compare, nodes.Operand, nodes.Add, nodes.Sub, nodes.Mul, nodes.FloorDiv, nodes.Mod),
    *(nodes.Scope, nodes.Pow, nodes.And, nodes.Or, nodes.Not, nodes.Neg, nodes.Pos),
})  # fmt: skip
_WORDS: Final[Mapping[type[nodes.Node], str]] = {
    nodes.Div: "/ makes fractions, which can't be written: use //",
    nodes.NSRef: "only plain names can be set",
    nodes.ScopedEvalContextModifier: "{% autoescape %} can't be used: values are always quoted",
}
Naming = nodes.Include | nodes.Import | nodes.FromImport | nodes.Extends


@dataclass(frozen=True, slots=True)
class Reference:
    """Another template that one includes, imports or extends."""

    name: str
    line: int


@dataclass(frozen=True, slots=True)
class Checked:
    """What is wrong with a template's syntax, which other templates it brings in, and its size in nodes."""

    problems: tuple[Problem, ...]
    references: tuple[Reference, ...] = ()
    size: int = 0


def check(template: nodes.Template, shown_as: str, names: Collection[str]) -> Checked:
    """Return what is wrong with a template, ``names`` being those that it may bring in."""
    problems: list[Problem] = []
    references: list[Reference] = []
    size = 0
    for node, depth, loops in walk(template):
        size += 1
        here = Location(shown_as, node.lineno or 1, 1)
        if depth > DEEPEST or loops > LOOPS:
            what = f"nested deeper than {f'{LOOPS} loops' if loops > LOOPS else f'{DEEPEST} levels'}"
            return Checked((Problem(what, here, "name a part with {% set %}, or make it a macro"),))
        problems += [Problem(what, here, remedy) for what, remedy in _wrong(node, names)]
        if isinstance(node, Naming) and isinstance(node.template, nodes.Const) and node.template.value in names:
            references.append(Reference(node.template.value, node.lineno))
    if size > LARGEST_TEMPLATE:
        what = f"has {size:,} tags, names and operators, more than the {LARGEST_TEMPLATE:,} that are read"
        problems.append(Problem(what, Location(shown_as), "split it, and include what is needed"))
    return Checked(tuple(problems), tuple(references), size)


def walk(root: nodes.Node) -> Iterator[tuple[nodes.Node, int, int]]:
    """Yield every node with its depth and the loops around it, without recursion: nothing bounds the depth yet."""
    pending: list[tuple[nodes.Node, int, int]] = [(root, 0, 0)]
    while pending:
        node, depth, loops = pending.pop()
        yield node, depth, loops
        inside = loops + int(isinstance(node, nodes.For))
        pending += [(child, depth + 1, inside) for child in reversed(list(node.iter_child_nodes()))]


def _wrong(node: nodes.Node, names: Collection[str]) -> Iterator[tuple[str, str]]:
    if type(node) not in _PLAIN:
        yield _WORDS.get(type(node), f"{type(node).__name__} can't be used in a template"), ""
    for name in _own_names(node):
        if name.startswith("_") or name == "self":
            yield f"the name {shown(name)} can't be used", "names of templates' own start with a letter"
    if isinstance(node, nodes.Call | nodes.Filter | nodes.Test) and (node.dyn_args or node.dyn_kwargs):
        yield "* and ** can't be used in a call", "write the arguments out"
    match node:
        case nodes.Const():
            yield from _wrong_constant(node.value)
        case nodes.For() if node.recursive:
            yield "a loop can't be recursive", "make it a macro that calls itself"
        case nodes.Filter() | nodes.Test():
            yield from _wrong_filter(node)
        case nodes.FilterBlock():
            yield from _wrong_filter_block(node)
        case nodes.Include() | nodes.Import() | nodes.FromImport() | nodes.Extends():
            yield from _wrong_naming(node, names)
        case _:
            pass


def _own_names(node: nodes.Node) -> tuple[str, ...]:
    match node:
        case nodes.Name() | nodes.Macro() | nodes.Block():
            return (node.name,)
        case nodes.Getattr():
            return (node.attr,)
        case nodes.Keyword():
            return (node.key,)
        case nodes.Import():
            return (node.target,)
        case nodes.FromImport():
            return tuple(part for name in node.names for part in ((name,) if isinstance(name, str) else name))
        case _:
            return ()


def _wrong_constant(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, int) and not -LARGEST <= value < LARGEST:
        yield "a number of more than 64 bits", ""
    elif value is not None and not isinstance(value, str | int):
        yield "only whole numbers can be used", 'write it as text: "1.5"'


def _wrong_filter(node: nodes.Filter | nodes.Test) -> Iterator[tuple[str, str]]:
    kind, known = ("filter", {*FILTERS, JSON}) if isinstance(node, nodes.Filter) else ("test", {*TESTS})
    if node.name not in known:
        close = nearest(node.name, known)
        yield (
            f"there is no {kind} {shown(node.name)}",
            f"did you mean {close}?" if close else f"there are {', '.join(sorted(known))}",
        )
    if node.name == JSON and (node.args or node.kwargs):
        yield "tojson takes no arguments", "it writes one line"


def _wrong_filter_block(node: nodes.FilterBlock) -> Iterator[tuple[str, str]]:
    for name in _chain(node.filter):
        if name not in FOR_WRITTEN:
            yield f"{{% filter %}} can't take {shown(name)}", f"it takes {' and '.join(sorted(FOR_WRITTEN))}"


def _chain(node: nodes.Node | None) -> Iterator[str]:
    while isinstance(node, nodes.Filter):
        yield node.name
        node = node.node


def _wrong_naming(node: Naming, names: Collection[str]) -> Iterator[tuple[str, str]]:
    name = node.template.value if isinstance(node.template, nodes.Const) else None
    if not isinstance(name, str):
        yield "the template to bring in must be named in quotes", "choose among several with {% if %}"
    elif name not in names:
        close = nearest(name, names)
        yield (
            f'there is no template "{shown(name)}"',
            f"did you mean {close}?" if close else f"there are {', '.join(sorted(names))}",
        )
    if isinstance(node, nodes.Include) and node.ignore_missing:
        yield "ignore missing can't be used", "every template is known beforehand"
