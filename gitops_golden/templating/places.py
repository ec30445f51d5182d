"""Whether each value that a template wrote stands in YAML as one scalar of its own, and where else output is wrong.

A value begins with its own quote or digit. If a scalar of the document begins at exactly that character, the scanner
read the value from its first character on as a token of its own, so nothing in it can end a quote, start a comment or
a field. A value anywhere else (after other text, between quotes, in a comment or a block of text) is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitops_golden.documents import parse, scalars
from gitops_golden.errors import InputErrors, Location, Problem
from gitops_golden.policy.fields import shown

if TYPE_CHECKING:
    from collections.abc import Sequence as Series

    from gitops_golden.documents import Scalar


_MARK: Final = re.compile("\x01(\\d+):(\\d+)\x02")
_REMEDY: Final = 'write the whole text in one expression, as in {{ "a-" ~ x }}, without quotes, not in a comment'


@dataclass(frozen=True, slots=True)
class _Value:
    """A value in the output at ``place`` (line and column from 1), and where a template wrote it."""

    place: tuple[int, int]
    text: bool
    source: Location


def checked(marked: str, files: Series[str], file: str) -> str:
    """Return what a template wrote without its marks.

    ``files`` are the templates by the marks' numbers, ``file`` the one that was rendered. Raises ``InputErrors``, each
    located in a template, if the output is no YAML or a value is no scalar of its own.
    """
    lines: list[str] = []
    values: list[_Value] = []
    for number, line in enumerate(marked.split("\n"), 1):
        lines.append(_clean(line, number, files, values))
    text = "\n".join(lines)
    try:
        roots = parse(text.encode(), file)
    except InputErrors as error:
        raise InputErrors(_in_template(problem, values, lines, file) for problem in error.problems) from error
    begun = {(scalar.line, scalar.column): scalar for root in roots for scalar in scalars(root)}
    problems = [_misplaced(value, lines) for value in values if not _stands(value, begun.get(value.place))]
    if problems:
        raise InputErrors(problems)
    return text


def _clean(line: str, number: int, files: Series[str], values: list[_Value]) -> str:
    parts: list[str] = []
    end = length = 0
    for found in _MARK.finditer(line):
        part = line[end : found.start()]
        parts.append(part)
        end, length = found.end(), length + len(part)
        source = Location(files[int(found[1])], int(found[2]), 1)
        values.append(_Value((number, length + 1), line.startswith('"', end), source))
    parts.append(line[end:])
    return "".join(parts)


def _stands(value: _Value, scalar: Scalar | None) -> bool:
    return scalar is not None and scalar.plain is not value.text


def _misplaced(value: _Value, lines: list[str]) -> Problem:
    what = f"a value is only a part of the text around it: {shown(lines[value.place[0] - 1].strip())}"
    return Problem(what, value.source, _REMEDY)


def _in_template(problem: Problem, values: list[_Value], lines: list[str], file: str) -> Problem:
    """Return a problem of the output at the place in the template that it is nearest to."""
    line = problem.where.line if problem.where else 0
    quoted = f": {shown(lines[line - 1].strip())}" if 0 < line <= len(lines) else ""
    near = [value for value in values if value.place[0] <= line]
    source = near[-1].source if near and near[-1].place[0] == line else Location(file, 1, 1)
    return Problem(f"line {line} of what it writes: {problem.what}{quoted}", source, problem.remedy)
