"""A fleet whose first cluster goes by three names, each read through a front of its own: what faults are tried on.

So one run meets a fault in three places: the first request, a list in the middle, a second page.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.testbed.gitrepos import hermetic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.testbed.faults import Front, Where
    from tests.testbed.fleet import Fleet

SECONDS = 5.0
"""What each cluster is given to be read."""
SLACK = 10.0
"""What a run may take besides on a busy machine."""
MEGABYTES = 500
"""What a run may hold in memory, whatever API servers send."""

PLACES: Mapping[str, Where] = {
    "version": lambda request: request.path == "/version",
    "volumes": lambda request: request.path.endswith("/persistentvolumeclaims"),
    "second-page": lambda request: request.path.endswith("/dataimportcrons") and "continue" in request.query,
}
"""The first request, a list in the middle, and all but the first page of a list that comes in several."""
SICK = tuple(PLACES)
WELL = ("bravo", "charlie")

Said = tuple[str, str | None, str | None]
CONVERGED: Said = ("converged", None, None)


@dataclass(frozen=True)
class Seen:
    """What one run said of the fleet, what it took, and everything that it printed."""

    code: int
    report: Mapping[str, Any]
    text: str
    seconds: float
    megabytes: float

    def of(self, *clusters: str) -> list[Mapping[str, Any]]:
        return [each for each in self.report["deliveries"] if each["cluster"] in clusters]

    def said(self, cluster: str) -> Said:
        """What is said of a cluster's deliveries, of all the same."""
        (found,) = {(each["verdict"], each.get("link"), each.get("reason")) for each in self.of(cluster)}
        return found


@dataclass
class World:
    """Three clusters at rest; the first goes by three names and is read through a front for each, with a token."""

    fleet: Fleet
    fronts: Mapping[str, Front]
    secrets: tuple[str, ...]

    def arguments(self, file: Path | None = None, *, seconds: float = SECONDS) -> tuple[str, ...]:
        """Return the command line that verifies all, with another kubeconfig if one is named."""
        source = ("--kubeconfig", str(file or self.fleet.kubeconfig), "--timeout", str(seconds))
        return ("verify", "--repo", str(self.fleet.published.folder), *source)

    def verify(self, file: Path | None = None, *, seconds: float = SECONDS) -> Seen:
        """Verify, and see that nothing secret was told and nothing was left."""
        out, err = self.fleet.folder / "out", self.fleet.folder / "err"
        start = time.monotonic()
        with out.open("wb") as stdout, err.open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-m", "gitops_golden", *self.arguments(file, seconds=seconds), "-o", "json"],
                cwd=self.fleet.policy.folder,
                env=os.environ | hermetic() | dict(self.fleet.environment),
                stdout=stdout,
                stderr=stderr,
            )
            megabytes = peak(process)
        took = time.monotonic() - start
        text = out.read_text() + err.read_text()
        self.tells_nothing_secret(text)
        return Seen(process.returncode, json.loads(out.read_text()), text, took, megabytes)

    def tells_nothing_secret(self, text: str) -> None:
        """See that a run printed neither a secret nor a traceback, and left no report of a bug."""
        left = [file.name for file in (self.fleet.folder / "tmp").iterdir()]
        assert left == [], left
        assert "Traceback" not in text, text
        told = [secret for secret in self.secrets if secret in text]
        assert told == [], told

    def at(self, address: Callable[[str], str], file: Path, *, names: tuple[str, ...] = SICK) -> Path:
        """Write another kubeconfig, with some clusters at other addresses; return it."""
        content = json.loads(self.fleet.kubeconfig.read_text())
        for each in content["clusters"]:
            if each["name"] in names:
                each["cluster"]["server"] = address(each["cluster"]["server"])
        file.write_text(json.dumps(content))
        return file

    def heal(self) -> None:
        """Have all fronts be honest again."""
        for front in self.fronts.values():
            front.heal()


def peak(process: subprocess.Popen[bytes]) -> float:
    """Wait for a process; return how many MiB of memory it held at most.

    What the system tells of an ended process includes what held the memory before it: pytest.
    """
    status, found = Path(f"/proc/{process.pid}/status"), 0
    while process.poll() is None:
        told = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
        found = max(found, int(told[1]) if told else 0)
        time.sleep(0.02)
    return found / 1024


def judged(
    world: World, healthy: Seen, said: Mapping[str, Said], file: Path | None = None, *, seconds: float = SECONDS
) -> Seen:
    """Verify, and see that the sick are judged so, and all others as ever and in time."""
    seen = world.verify(file, seconds=seconds)
    found = {cluster: seen.said(cluster) for cluster in said}
    assert found == said, found
    assert seen.code == (0 if set(said.values()) == {CONVERGED} else 1)
    assert seen.of(*WELL) == healthy.of(*WELL)
    assert seen.seconds < seconds + SLACK, seen.seconds
    assert seen.megabytes < MEGABYTES, seen.megabytes
    return seen


@contextmanager
def refusing(fronts: Mapping[str, Front]) -> Iterator[None]:
    """Have nothing listen at the fronts for the time being."""
    for front in fronts.values():
        front.refuse()
    try:
        yield
    finally:
        for front in fronts.values():
            front.listen()
