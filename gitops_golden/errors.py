"""What can go wrong, told so that a person can act on it: what, where and what to do.

Stages raise these and never print or exit; the CLI's edge alone turns one into text and an exit code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

FINDING = 1
WRONG_INPUT = 2
OUTSIDE_FAILED = 3
BUG = 70


@dataclass(frozen=True, order=True, slots=True)
class Location:
    """A place in a text: its file as the user named it, line and column from 1; 0 means the whole file."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """``file:line:column``, as editors and terminals make it clickable."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input. A ``warning`` stops nothing."""

    what: str
    where: Location | None = None
    remedy: str = ""
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        """One line a person can act on."""
        place = f"{self.where}: " if self.where else ""
        advice = f" ({self.remedy})" if self.remedy else ""
        return f"{place}{self.what}{advice}"


class GoldenError(Exception):
    """Base of everything this package raises on purpose.

    ``exit_code`` is what the command ends with: 1 for a finding, 2 for wrong usage or input, 3 for a failed outside.
    """

    exit_code = WRONG_INPUT

    def __init__(self, what: str, *, where: Location | None = None, remedy: str = "") -> None:
        super().__init__(what)
        self.problem = Problem(what, where, remedy)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that was found; one, unless many were collected."""
        return (self.problem,)

    def __str__(self) -> str:
        """Every problem on a line of its own."""
        return "\n".join(str(problem) for problem in self.problems)


class InputError(GoldenError):
    """Policy, lock, template, option or snapshot is wrong: only the user can mend it."""


class InputErrors(InputError):  # noqa: N818 -- a plural of errors ends in s
    """Several problems of one input, found in one run, in the order of their places."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self._problems = tuple(sorted(problems, key=lambda problem: (problem.where or Location(""), problem.what)))
        super().__init__(self._problems[0].what)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every problem, sorted by place."""
        return self._problems


class FindingError(GoldenError):
    """What was asked for is not done because of findings: all input can be read, and is told of, in the order found."""

    exit_code = FINDING

    def __init__(self, problems: Iterable[Problem]) -> None:
        self._problems = tuple(problems)
        super().__init__(self._problems[0].what)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every finding."""
        return self._problems


class GuardrailError(FindingError):
    """Guardrails deny what is planned."""


class OutsideError(GoldenError):
    """Git, a registry or an API server failed or refused, so nothing can be said."""

    exit_code = OUTSIDE_FAILED
