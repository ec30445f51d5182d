"""Drift of recorded clusters beside plain JSON parsing of the same bytes (``python -m tests.benchmarks.drift [N]``).

Every cluster has converged, which is what most of a fleet is; what reading and judging cost then is what counts. The
snapshots are as ``snapshot`` writes them, of what real CDI made, with managed fields.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from gitops_golden.fleet.observation import Observation, Server
from gitops_golden.fleet.snapshot import write
from tests.benchmarks.bench import command
from tests.benchmarks.converged import objects_of
from tests.benchmarks.fleets import CLASSES, class_of, cluster_name, write_fleet
from tests.benchmarks.measure import Contender, alternate
from tests.benchmarks.table import Ratio, heading, row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.benchmarks.measure import Figure

SIZE, ROUNDS, MOST = 1_000, 3, 3
DRIFT, PARSING = "drift of all snapshots", "json.loads of the same bytes"
_NAME = "the-name-of-a-cluster"
_PARSE = """\
import json, pathlib, sys
for file in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    json.loads(file.read_bytes())
"""


def prepare(folder: Path, clusters: int) -> int:
    """Write a fleet, publish it, and record every cluster as converged; return how many bytes the snapshots have."""
    fleet, repository, recorded = folder / "fleet", folder / "clusters.git", folder / "recorded"
    folder.mkdir(parents=True, exist_ok=True)
    write_fleet(fleet, clusters)
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", repository], check=True)
    subprocess.run(command("publish", fleet, "--repo", repository), check=True, stdout=subprocess.DEVNULL)
    texts = _texts(repository)
    recorded.mkdir()
    for number in range(clusters):
        name = cluster_name(number)
        (recorded / f"{name}.json").write_bytes(texts[class_of(number)].replace(_NAME.encode(), name.encode()))
    return sum(len(texts[class_of(number)]) for number in range(clusters))


def _texts(repository: Path) -> Mapping[str, bytes]:
    """Return the snapshot of each class of clusters, which all but their names share."""
    texts = {}
    for number, each in enumerate(CLASSES):
        tree = f"main:clusters/{cluster_name(number)}"
        names = subprocess.run(
            ["git", "-C", repository, "ls-tree", "--name-only", tree], check=True, capture_output=True, text=True
        ).stdout.split()
        files = [
            subprocess.run(["git", "-C", repository, "show", f"{tree}/{name}"], check=True, capture_output=True).stdout
            for name in names
        ]
        objects = tuple(json.loads(json.dumps(list(objects_of(files)))))
        texts[each] = write(Observation(_NAME, datetime.now(UTC), Server("v1.36.0", "uid"), objects))
    return texts


def measure(folder: Path, rounds: int = ROUNDS) -> Mapping[str, Figure]:
    """Run both in turn."""
    recorded = str(folder / "recorded")
    where = ("--repo", str(folder / "clusters.git"), "--snapshots", recorded, "-o", "json")
    return alternate(
        [
            Contender(DRIFT, lambda: command("drift", str(folder / "fleet"), *where)),
            Contender(PARSING, lambda: (sys.executable, "-c", _PARSE, recorded)),
        ],
        rounds,
    )


def section(folder: Path, clusters: int, rounds: int) -> None:
    """Measure one size, and print what came out."""
    size = prepare(folder, clusters)
    figures = measure(folder, rounds)
    print(heading(f"Drift of {clusters:,} snapshots x 20 images, {size >> 20:,} MiB"))
    print(*(row(name, figure) for name, figure in figures.items()), sep="\n")
    print(Ratio("drift to json.loads", figures[DRIFT], figures[PARSING], MOST), flush=True)


def main(clusters: int) -> None:
    with TemporaryDirectory(prefix="gitops-golden-bench-") as scratch:
        section(Path(scratch), clusters, ROUNDS)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SIZE)
