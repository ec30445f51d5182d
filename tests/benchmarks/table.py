"""The lines of the report."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.benchmarks.measure import Figure


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times as long ours takes as a reference, and how many it may; ``work`` compares the work alone."""

    name: str
    ours: Figure
    reference: Figure
    aim: float
    work: bool = False

    def __str__(self) -> str:
        """Both ratios, and whether that of wall time is within the aim."""
        if self.work:
            wall, cpu = self.ours.work / self.reference.work, self.ours.work_cpu / self.reference.work_cpu
        else:
            wall, cpu = self.ours.wall / self.reference.wall, self.ours.cpu / self.reference.cpu
        verdict = "reached" if wall <= self.aim else "MISSED"
        return f"  {self.name:<46} {wall:7.2f} x {cpu:7.2f} x of CPU   aim: at most {self.aim:g} x, {verdict}"


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
    times = f"{figure.wall:8.3f} {figure.fastest:8.3f} {figure.slowest:8.3f} {figure.cpu:6.2f}"
    work = f"{figure.work:11.3f}" if figure.work != figure.wall else f"{'':11}"
    return f"  {name:<46} {times} {work} {figure.peak / 1e6:9,.0f} MB"


def per_cluster(work: Mapping[int, Figure]) -> Iterator[str]:
    """Yield what one more cluster costs between two sizes of the same fleet."""
    yield "\nOne more cluster, the work alone"
    for (few, less), (many, more) in pairwise(sorted(work.items())):
        microseconds, of_cpu, bytes_ = (
            (after - before) / (many - few)
            for after, before in (
                (more.work * 1e6, less.work * 1e6),
                (more.work_cpu * 1e6, less.work_cpu * 1e6),
                (more.peak, less.peak),
            )
        )
        span = f"between {few:,} and {many:,} clusters"
        yield f"  {span:<46} {microseconds:7.0f} us {of_cpu:6.0f} us of CPU, {bytes_ / 1e3:.1f} kB of peak memory"
