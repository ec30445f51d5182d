"""Label selectors as one writes them for ``kubectl --selector``: the text to a ``Selector``.

The grammar is that of k8s.io/apimachinery, pkg/labels/selector.go, its oddities included: ``in`` and ``notin`` are
labels where one is due, ``key=`` asks for the empty value, and blanks mean nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn

from gitops_golden.errors import InputError
from gitops_golden.policy import names
from gitops_golden.policy.selectors import Requirement, Selector, whole

if TYPE_CHECKING:
    from gitops_golden.policy.selectors import Operator, Ordering

EXAMPLE: Final = "site=edge,env in (prod,staging),!retired"
_TOKEN: Final = re.compile(r"[ \t\r\n]*(==|!=|[=!(),<>]|[^ \t\r\n=!(),<>]+|\Z)")
_SYMBOLS: Final = frozenset({"==", "!=", *"=!(),<>"})
_END: Final = ""
_OPERATORS: Final[dict[str, Operator | Ordering]] = {
    "=": "In",
    "==": "In",
    "in": "In",
    "!=": "NotIn",
    "notin": "NotIn",
    ">": "Gt",
    "<": "Lt",
}


def selector(text: str) -> Selector:
    """Return the selector that a text says; an empty one matches everything.

    Raises ``InputError`` for what kubectl refuses, too.
    """
    return Selector(tuple(_Parser(text, _tokens(text)).requirements()))


@dataclass(frozen=True, slots=True)
class _Token:
    """A word or symbol, and its character in the text, from 1."""

    text: str
    at: int

    @property
    def word(self) -> bool:
        return self.text != _END and self.text not in _SYMBOLS


def _tokens(text: str) -> list[_Token]:
    return [_Token(found[1], found.start(1) + 1) for found in _TOKEN.finditer(text)]


class _Parser:
    """One reading of a text, a token at a time."""

    def __init__(self, text: str, tokens: list[_Token]) -> None:
        self._text = text
        self._tokens = tokens
        self._next = 0

    def requirements(self) -> list[Requirement]:
        """Read requirements with commas between them, up to the end."""
        found: list[Requirement] = []
        if self._peek.text == _END:
            return found
        while True:
            found.append(self._requirement())
            separator = self._take()
            if separator.text == _END:
                return found
            if separator.text != ",":
                self._fail(separator, "',' or the end")

    @property
    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._peek
        # The end stays where it is.
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def _requirement(self) -> Requirement:
        absent = self._peek.text == "!"
        if absent:
            self._take()
        key = self._take()
        if not key.word:
            self._fail(key, "a label's key" if absent else "a label's key or '!'")
        self._check(key, "key", names.label_key(key.text))
        if absent:
            return Requirement(key.text, "DoesNotExist")
        if self._peek.text in {_END, ","}:
            return Requirement(key.text, "Exists")
        sign = self._take()
        operator = _OPERATORS.get(sign.text)
        if operator is None:
            self._fail(sign, "=, ==, !=, in, notin, > or <")
        values = self._listed() if sign.word else (self._exact(),)
        for value in values:
            self._check(value, "value", names.label_value(value.text))
        if operator in {"Gt", "Lt"} and whole(values[0].text) is None:
            self._fail(values[0], "a whole number")
        return Requirement(key.text, operator, tuple(sorted({value.text for value in values})))

    def _exact(self) -> _Token:
        """Read the one value after a sign; none is the empty one."""
        if self._peek.text in {_END, ","}:
            return _Token("", self._peek.at)
        value = self._take()
        if not value.word:
            self._fail(value, "a value")
        return value

    def _listed(self) -> tuple[_Token, ...]:
        """Read values in parentheses; where nothing stands between two commas, or beside one, is the empty value."""
        opening = self._take()
        if opening.text != "(":
            self._fail(opening, "'('")
        values: list[_Token] = []
        while True:
            empty = self._peek.text in {",", ")"}
            value = _Token("", self._peek.at) if empty else self._take()
            if not empty and not value.word:
                self._fail(value, "a value, ',' or ')'")
            values.append(value)
            separator = self._take()
            if separator.text == ")":
                return tuple(values)
            if separator.text != ",":
                self._fail(separator, "',' or ')'")

    def _check(self, token: _Token, what: str, wrong: str | None) -> None:
        if wrong:
            raise InputError(
                f"the selector {self._text!r} has, at character {token.at}, a {what} {token.text!r} that {wrong}",
                remedy=f"write one as for kubectl, such as {EXAMPLE!r}",
            )

    def _fail(self, found: _Token, expected: str) -> NoReturn:
        what = repr(found.text) if found.text else "its end"
        raise InputError(
            f"the selector {self._text!r} has, at character {found.at}, {what} where {expected} should be",
            remedy=f"write one as for kubectl, such as {EXAMPLE!r}",
        )
