"""A user's template rewritten: each operation becomes a call, by a name that no template can spell, of a metered one.

:mod:`gitops_golden.templating.sandbox` puts those behind the names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from jinja2 import nodes

from gitops_golden.templating.budget import CHARACTERS_PER_STEP
from gitops_golden.templating.grammar import JSON, Naming, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PUT: Final = " put"
EACH: Final = " each"
STEP: Final = " step"
CONCAT: Final = " concat"
COMPARE: Final = " compare"
SLICE: Final = " slice"
KEY: Final = " key"
PUT_JSON: Final = " json"
_CONTEXT: Final = 20
"""Steps that making a context of its own counts as, beside the names that are copied into it."""


def mark(number: int, line: int) -> str:
    """Return what stands before each value that template ``number`` writes, until its place has been checked.

    Neither a template nor a quoted value can hold these two characters.
    """
    return f"\x01{number}:{line}\x02"


def rewrite(template: nodes.Template, number: int) -> nodes.Template:
    """Return a template that ``check`` finds nothing wrong with, its operations metered and its values marked."""
    _Rewriter(template, number).rewrite(template)
    return template


class _Rewriter:
    """Replaces nodes from the leaves up; ``check`` has bounded the depth."""

    def __init__(self, template: nodes.Template, number: int) -> None:
        self._number = number
        self._size = sum(1 for _ in walk(template))
        self._rules: Mapping[type[nodes.Node], Callable[[Any], nodes.Node]] = {
            nodes.Output: self._output,
            nodes.Filter: self._filter,
            nodes.Import: _import,
            nodes.FromImport: _import,
            nodes.Concat: _concat,
            nodes.Compare: _compare,
            nodes.Getitem: _getitem,
            nodes.Pair: _pair,
        }

    def rewrite(self, node: nodes.Node) -> nodes.Node:
        # What a round costs is what the text says: known before any of it is replaced.
        cost = self._cost(node) if isinstance(node, _CHARGED) else 0
        for name, value in node.iter_fields():
            if isinstance(value, nodes.Node):
                setattr(node, name, self.rewrite(value))
            elif isinstance(value, list):
                setattr(node, name, [self.rewrite(one) if isinstance(one, nodes.Node) else one for one in value])
        if isinstance(node, nodes.For):
            node.iter = _call(EACH, node.iter, nodes.Const(cost))
        elif isinstance(node, _CHARGED):
            step = _call(STEP, nodes.Const(cost, lineno=node.lineno))
            node.body.insert(0, nodes.ExprStmt(step, lineno=node.lineno))
        rule = self._rules.get(type(node))
        return rule(node) if rule else node

    def _cost(self, node: nodes.Node) -> int:
        """Return the steps of running what is inside a node once."""
        return sum(self._weight(inner) for inner, _, _ in walk(node))

    def _weight(self, node: nodes.Node) -> int:
        if isinstance(node, nodes.TemplateData):
            return 1 + len(node.data) // CHARACTERS_PER_STEP
        # These make a context of their own, into which they copy every name that is set so far.
        return _CONTEXT + self._size if isinstance(node, Naming | nodes.Block) else 1

    def _output(self, node: nodes.Output) -> nodes.Node:
        node.nodes = [one if isinstance(one, nodes.TemplateData) else self._put(one) for one in node.nodes]
        return node

    def _put(self, node: nodes.Expr) -> nodes.Filter:
        return _call(PUT, node, nodes.Const(mark(self._number, node.lineno)))

    def _filter(self, node: nodes.Filter) -> nodes.Node:
        if node.name != JSON or node.node is None:
            return node
        return _call(PUT_JSON, node.node, nodes.Const(mark(self._number, node.lineno)))


_CHARGED: Final = (nodes.Template, nodes.Macro, nodes.CallBlock, nodes.Block, nodes.For)


def _call(name: str, value: nodes.Node, *arguments: nodes.Node) -> nodes.Filter:
    return nodes.Filter(value, name, list(arguments), [], None, None, lineno=value.lineno)


def _import(node: nodes.Import | nodes.FromImport) -> nodes.Node:
    # Without context Jinja keeps the module for later renderings, whose cost would then depend on what came before.
    node.with_context = True
    return node


def _concat(node: nodes.Concat) -> nodes.Node:
    return _call(CONCAT, nodes.Tuple(node.nodes, "load", lineno=node.lineno))


def _compare(node: nodes.Compare) -> nodes.Node:
    others = nodes.Tuple([operand.expr for operand in node.ops], "load", lineno=node.lineno)
    return _call(COMPARE, node.expr, nodes.Const(tuple(operand.op for operand in node.ops)), others)


def _getitem(node: nodes.Getitem) -> nodes.Node:
    if not isinstance(node.arg, nodes.Slice):
        return node
    bounds = (node.arg.start, node.arg.stop, node.arg.step)
    return _call(SLICE, node.node, *(bound or nodes.Const(None) for bound in bounds))


def _pair(node: nodes.Pair) -> nodes.Node:
    node.key = _call(KEY, node.key)
    return node
