"""The lines of the report."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.benchmarks.measure import Figure


_SMALL: Final = 0.3
_FLAT: Final = 0.2


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times as much ours takes as a reference, and how many it may."""

    name: str
    ours: Figure
    reference: Figure
    aim: float
    of: Literal["whole", "work", "memory"] = "whole"

    def __str__(self) -> str:
        """The ratio of wall time with that of CPU time, or that of memory, and whether the first is within the aim."""
        ours, reference = self.ours, self.reference
        if self.of == "memory":
            first, beside = ours.peak / reference.peak, "of memory"
        elif self.of == "work":
            first, beside = ours.work / reference.work, f"{_times(ours.work_cpu / reference.work_cpu)} of CPU"
        else:
            first, beside = ours.wall / reference.wall, f"{_times(ours.cpu / reference.cpu)} of CPU"
        verdict = "reached" if first <= self.aim else "MISSED"
        aim = _times(self.aim, places=None).strip()
        return f"  {self.name:<46} {_times(first)} {beside:<17} aim: at most {aim}, {verdict}"


def _times(ratio: float, *, places: int | None = 2) -> str:
    """Return a ratio as a person reads it: a fraction where it is small."""
    if ratio < _SMALL:
        return f"{f'1/{1 / ratio:.0f}':>7} x"
    return f"{ratio:7g} x" if places is None else f"{ratio:7.{places}f} x"


def machine() -> str:
    """Say on what it is measured, and how busy that was in the last minute."""
    git = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout.split()[2]
    return (
        f"Python {platform.python_version()}, git {git}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.2f}"
    )


def heading(text: str) -> str:
    return f"\n{text:<48}  seconds  fastest  slowest  CPU s  work alone  peak memory"


def row(name: str, figure: Figure) -> str:
    wall = f"{'>' * figure.stopped}{figure.wall:.3f}"
    times = f"{wall:>8} {figure.fastest:8.3f} {figure.slowest:8.3f} {figure.cpu:6.2f}"
    work = f"{figure.work:11.3f}" if figure.work != figure.wall else f"{'':11}"
    return f"  {name:<46} {times} {work} {figure.peak / 1e6:9,.0f} MB"


def per_cluster(figures: Mapping[int, Figure]) -> Iterator[str]:
    """Yield what one more cluster costs between two sizes of the same fleet, by the least slowed run of each."""
    margins: list[float] = []
    for (few, less), (many, more) in pairwise(sorted(figures.items())):
        margins.append((more.least - less.least) * 1e6 / (many - few))
        memory = (more.peak - less.peak) / (many - few) / 1e3
        span = f"between {few:,} and {many:,} clusters"
        yield f"  {span:<46} {margins[-1]:7.0f} us of CPU, {memory:.1f} kB of peak memory"
    apart = max(margins) / min(margins) - 1 if min(margins) > 0 else float("inf")
    verdict = "reached" if apart <= _FLAT else "MISSED"
    yield f"  {'the most to the least':<46} {apart:7.0%} more          aim: at most {_FLAT:.0%}, {verdict}"
