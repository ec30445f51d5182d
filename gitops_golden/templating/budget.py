"""How much one rendering of a user's template may do, counted and never timed, so that equal input ends alike.

Steps stand for time: every node of a template that is about to run costs one, work on text one per 64 characters.
Characters stand for memory: whatever text an expression, a macro or a block makes is counted when it is made, and
never given back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from jinja2 import TemplateRuntimeError

CHARACTERS_PER_STEP: Final = 64


@dataclass(frozen=True, slots=True)
class Limits:
    """``steps`` of work, characters of ``text`` made on the way, characters of ``output``, macros inside macros.

    ``nesting`` is how deep maps and lists may lie in each other where they are compared or written.
    """

    steps: int = 250_000
    text: int = 2 * 1024 * 1024
    output: int = 256 * 1024
    calls: int = 24
    nesting: int = 24


DEFAULT_LIMITS: Final = Limits()


class RefusedError(TemplateRuntimeError):
    """A template asks for what it may not have; the sentence says what."""


class Meter:
    """Counts what the rendering under way has used. Raises ``RefusedError`` where a limit is passed."""

    __slots__ = ("_calls", "_output", "_steps", "_text", "limits")

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self.limits = limits
        self.reset()

    def reset(self) -> None:
        """Begin another rendering."""
        self._steps = self._text = self._output = self._calls = 0

    def work(self, steps: int) -> None:
        """Count work that is about to be done."""
        self._steps += steps
        if self._steps > self.limits.steps:
            raise RefusedError(
                f"takes more than {self.limits.steps:,} steps: loops, macros and included files together are to do less"
            )

    def read(self, characters: int) -> None:
        """Count work on a text."""
        self.work(characters // CHARACTERS_PER_STEP)

    def make(self, characters: int) -> None:
        """Count text that is about to be made."""
        self._text += characters
        if self._text > self.limits.text:
            raise RefusedError(f"makes more than {self.limits.text:,} characters of text on the way")
        self.read(characters)

    def write(self, characters: int) -> None:
        """Count text that goes into the file."""
        self._output += characters
        if self._output > self.limits.output:
            raise RefusedError(f"writes more than {self.limits.output:,} characters")

    def enter(self) -> None:
        """Count a macro's beginning."""
        self._calls += 1
        if self._calls > self.limits.calls:
            raise RefusedError(f"calls macros nested deeper than {self.limits.calls}")

    def leave(self) -> None:
        """Count a macro's end."""
        self._calls -= 1
