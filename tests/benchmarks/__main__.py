"""``python -m tests.benchmarks [ROUNDS]``: measure, and print a table; README.md says what each figure means.

All work is done in a scratch folder; nothing is written in the tree.
"""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.bench import FAST_IMPORT, FLOOR, INSIDE, PUBLISH, Bench, command
from tests.benchmarks.measure import Contender, alternate
from tests.benchmarks.table import Ratio, heading, machine, per_cluster, row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.benchmarks.measure import Figure

ROUNDS = 5
START_ROUNDS = 21
SIZES = (100, 1_000, 10_000)
COMPARED = (1_000, 10_000)


def main(rounds: int) -> None:
    """Measure everything, in about three minutes with five rounds."""
    print(machine(), f"medians of {rounds} runs in turn", sep="; ", flush=True)
    with tempfile.TemporaryDirectory(prefix="gitops-golden-bench-") as scratch:
        os.environ.update(_apart(scratch))
        _start()
        work = {clusters: _fleet(Bench(Path(scratch, str(clusters)), clusters), rounds) for clusters in SIZES}
    print(*per_cluster(work), sep="\n")


def _apart(home: str) -> Mapping[str, str]:
    """Return what keeps the configuration of who runs this out of the figures."""
    return {"HOME": home, "XDG_CONFIG_HOME": home, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def _start() -> None:
    click, golden = 'python -c "import click"', "gitops-golden --help"
    figures = alternate(
        [
            Contender(click, lambda: (sys.executable, "-c", "import click")),
            Contender(golden, lambda: command("--help")),
        ],
        START_ROUNDS,
    )
    print(heading(f"Start (medians of {START_ROUNDS})"))
    print(*(row(name, figure) for name, figure in figures.items()), sep="\n")
    print(Ratio("--help to import click", figures[golden], figures[click], 1.5), flush=True)


def _fleet(bench: Bench, rounds: int) -> Figure:
    """Measure one size, print what came out, and return the figure of a first publish."""
    bench.prepare()
    compared = bench.clusters in COMPARED
    contenders = (*bench.references(), *bench.variations()) if compared else ()
    figures = alternate((*bench.publishes(), *contenders), rounds)
    inside = figures.pop(INSIDE)
    publish = figures[PUBLISH] = replace(figures[PUBLISH], work=inside.work, work_cpu=inside.work_cpu)
    print(heading(f"{bench.clusters:,} clusters x 20 images, 60 variants"))
    print(*(row(name, figure) for name, figure in figures.items()), sep="\n", flush=True)
    if compared:
        bench.require_same_tree()
        print(*_ratios(publish, figures[FAST_IMPORT], figures[FLOOR]), sep="\n", flush=True)
    return publish


def _ratios(publish: Figure, fast_import: Figure, floor: Figure) -> Iterator[Ratio]:
    yield Ratio("publish to fast-import", publish, fast_import, 1)
    yield Ratio("publish to fast-import, the work alone", publish, fast_import, 1, work=True)
    yield Ratio("publish to floor", publish, floor, 4)
    yield Ratio("publish to floor, the work alone", publish, floor, 4, work=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
