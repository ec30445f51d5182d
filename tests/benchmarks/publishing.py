"""Publishing beside what else could make the same tree; README.md says what each figure means."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.benchmarks.bench import BUMPED, FAST_IMPORT, FLOOR, INSIDE, KAPITAN, PUBLISH, Bench, command
from tests.benchmarks.measure import Contender, alternate
from tests.benchmarks.table import Ratio, heading, per_cluster, row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tests.benchmarks.measure import Figure

START_ROUNDS = 21
MARGIN_ROUNDS = 11
SIZES = (100, 1_000, 10_000)
COMPARED = (1_000, 10_000)
DISTINCT = 10_000
LONG_ROUNDS = 3
"""At most so many runs of what takes half a minute each."""
KAPITAN_ONCE = 10_000
"""From so many clusters on Kapitan takes minutes: it runs once, and not for warming up."""


def section(scratch: Path, kapitan: Path | None, rounds: int) -> None:
    """Measure every size, and print what came out."""
    _start()
    benches = [Bench(scratch / str(clusters), clusters) for clusters in SIZES]
    for bench in benches:
        _fleet(bench, kapitan, rounds)
    _margins(benches)
    _distinct(Bench(scratch / "distinct", DISTINCT), min(rounds, LONG_ROUNDS))


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


def _margins(benches: Sequence[Bench]) -> None:
    """Measure the work alone at every size in turn: between two of them lie milliseconds."""
    sizes = {f"the work alone, {bench.clusters:,} clusters": bench for bench in benches}
    figures = alternate([bench.inside(name) for name, bench in sizes.items()], MARGIN_ROUNDS)
    print(f"\nOne more cluster, the work alone (least of {MARGIN_ROUNDS})")
    print(*per_cluster({bench.clusters: figures[name] for name, bench in sizes.items()}), sep="\n", flush=True)


def _fleet(bench: Bench, kapitan: Path | None, rounds: int) -> None:
    """Measure one size, and print what came out."""
    bench.prepare()
    compared = bench.clusters in COMPARED
    rival = (bench.kapitan(kapitan),) if kapitan else ()
    in_turn = rival if bench.clusters < KAPITAN_ONCE else ()
    contenders = (bench.floor(), bench.fast_import(), *bench.variations()) if compared else ()
    figures = alternate((*bench.publishes(), *contenders, *in_turn), rounds)
    if not in_turn:
        figures |= alternate(rival, 1, warm_up=False)
    inside = figures.pop(INSIDE)
    publish = figures[PUBLISH] = replace(figures[PUBLISH], work=inside.work, work_cpu=inside.work_cpu)
    print(heading(f"{bench.clusters:,} clusters x 20 images, 60 variants"))
    print(*(row(name, figure) for name, figure in figures.items()), sep="\n", flush=True)
    if compared:
        bench.require_same_tree("inside", "floor")
        print(*_ratios(figures), sep="\n", flush=True)
    if kapitan and not in_turn:
        print(*_to_kapitan(publish, figures[KAPITAN]), sep="\n", flush=True)
    if kapitan and not figures[KAPITAN].stopped:
        bench.require_same_objects()


def _ratios(figures: Mapping[str, Figure]) -> Iterator[Ratio]:
    publish, fast_import, floor = figures[PUBLISH], figures[FAST_IMPORT], figures[FLOOR]
    yield Ratio("publish to fast-import", publish, fast_import, 1)
    yield Ratio("publish to fast-import, the work alone", publish, fast_import, 1, of="work")
    yield Ratio("publish to floor", publish, floor, 3)
    yield Ratio("publish to floor, the work alone", publish, floor, 3, of="work")
    yield Ratio("one digest bumped to publish", figures[BUMPED], publish, 1 / 2)


def _to_kapitan(publish: Figure, kapitan: Figure) -> Iterator[Ratio]:
    yield Ratio("publish to Kapitan", publish, kapitan, 1 / 30)
    yield Ratio("publish to Kapitan", publish, kapitan, 1 / 4, of="memory")


def _distinct(bench: Bench, rounds: int) -> None:
    """Measure a fleet in which every cluster is unlike every other."""
    bench.prepare("prepare-distinct")
    figures = alternate((bench.publish(), bench.fast_import(), bench.bump()), rounds, warm_up=False)
    heads = f"{bench.clusters:,} clusters x 20 images, all distinct (of {rounds})"
    print(heading(heads))
    print(*(row(name, figure) for name, figure in figures.items()), sep="\n")
    bench.require_same_tree()
    print(Ratio("publish to fast-import", figures[PUBLISH], figures[FAST_IMPORT], 1.5))
    print(Ratio("one digest bumped to publish", figures[BUMPED], figures[PUBLISH], 1 / 2), flush=True)
