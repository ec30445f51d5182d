"""``python -m tests.benchmarks [ROUNDS] [SECTION…]``: measure, and print tables; README.md says what each figure means.

All work is done in a scratch folder; nothing is written in the tree. Kapitan is kept in the user's cache.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks import drift, html_bench, publishing, verify_bench
from tests.benchmarks.kapitan import installed
from tests.benchmarks.table import machine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROUNDS = 5
SECTIONS = ("publish", "verify", "drift", "html")
LIVE = (1_000, 10_000)
FEWER = 3
"""At most so many runs of what takes a minute each."""


def main(rounds: int, sections: Sequence[str]) -> None:
    """Measure, in about half an hour for everything with five rounds."""
    cache = _cache(os.environ)
    print(machine(), f"medians of {rounds} runs in turn", sep="; ", flush=True)
    with tempfile.TemporaryDirectory(prefix="gitops-golden-bench-") as scratch:
        os.environ.update(_apart(scratch))
        for section in sections:
            _section(section, Path(scratch, section), cache, rounds)


def _section(name: str, scratch: Path, cache: Path, rounds: int) -> None:
    scratch.mkdir()
    match name:
        case "publish":
            publishing.section(scratch, installed(cache), rounds)
        case "verify":
            kubectl = shutil.which("kubectl")
            for clusters in LIVE:
                verify_bench.section(scratch / str(clusters), clusters, min(rounds, FEWER), kubectl)
        case "drift":
            for clusters in LIVE:
                drift.section(scratch / str(clusters), clusters, min(rounds, FEWER))
        case "html":
            html_bench.section(rounds)
        case _:
            sys.exit(f"{name} is none of the sections {', '.join(SECTIONS)}")


def _cache(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache", "gitops-golden", "benchmarks")


def _apart(scratch: str) -> Mapping[str, str]:
    """Return what keeps the configuration of who runs this out of the figures, and all that is written in one place."""
    home = {"HOME": scratch, "XDG_CONFIG_HOME": scratch, "XDG_CACHE_HOME": scratch, "TMPDIR": scratch}
    return {**home, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


if __name__ == "__main__":
    numbers = [int(each) for each in sys.argv[1:] if each.isdigit()]
    main(numbers[0] if numbers else ROUNDS, [each for each in sys.argv[1:] if not each.isdigit()] or SECTIONS)
