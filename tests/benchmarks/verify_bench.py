"""``python -m tests.benchmarks.verify_bench CLUSTERS [ROUNDS]``: verify beside what else could read the same clusters.

The API servers are a simulator's, in one process on the same machine, over TLS. A bare client tells what they can give:
Python's own, with as many threads, that throws answers away. kubectl gets the same objects of some of the clusters, as
many at a time as there are processors; its time is counted per cluster.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitops_golden.fleet.kinds import CLUSTER_WIDE, NAMESPACED
from tests.benchmarks.bench import command, module
from tests.benchmarks.fleets import cluster_name
from tests.benchmarks.measure import Contender, alternate
from tests.benchmarks.serving import kubeconfig
from tests.benchmarks.table import heading, machine, row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.benchmarks.measure import Figure

NAMESPACE: Final = "golden-images"
THREADS: Final = 16
BY_KUBECTL: Final = 100
FASTER: Final = 10
SHARE: Final = 0.7
MEMORY: Final = 500e6
LARGE: Final = 10_000
"""From so many clusters on a run takes minutes, and none is spent on warming up."""
VERIFY: Final = "gitops-golden verify"
BARE: Final = "the same requests, answers thrown away"


@dataclass(frozen=True, slots=True)
class VerifyBench:
    """A published fleet in a folder, and whoever reads its clusters."""

    folder: Path
    clusters: int

    def prepare(self) -> None:
        """Write policy, layouts and lock, publish, and record a snapshot of each cluster."""
        self.folder.mkdir(parents=True)
        subprocess.run(module("verify_fleet", self.folder, self.clusters), check=True, stderr=subprocess.DEVNULL)
        (self.folder / "paths.json").write_text(json.dumps(list(paths())))

    @contextmanager
    def served(self) -> Iterator[None]:
        """Start the clusters' API servers, with a kubeconfig for each that kubectl is to ask."""
        with subprocess.Popen(
            module("serving", self.folder, "https"), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as server:
            assert server.stdout
            json.loads(server.stdout.readline())
            try:
                self._kubectl_configs()
                yield
            finally:
                server.terminate()

    def verify(self) -> Contender:
        return Contender(VERIFY, lambda: self._verify("--kubeconfig", self.folder / "kubeconfig.https"))

    def bare(self) -> Contender:
        arguments = (self.folder / "kubeconfig.https", self.folder / "paths.json", THREADS)
        return Contender(BARE, lambda: module("bare", *arguments), tells=True)

    def kubectl(self, kubectl: str) -> Contender:
        kinds = ",".join(kind.plural for kind in NAMESPACED)
        wide = ",".join(kind.plural for kind in CLUSTER_WIDE if kind.name != "HyperConverged")
        get = f"{shlex.quote(kubectl)} --kubeconfig {shlex.quote(str(self.folder))}/kubectl/$1"
        both = f"{get} -n {NAMESPACE} get {kinds} -o json >&2; {get} get {wide} -o json >&2"
        names = " ".join(self._asked_by_kubectl())
        script = f"echo {names} | xargs -n 1 -P {os.cpu_count()} sh -c {shlex.quote(both)} sh 2>/dev/null"
        return Contender(self.kubectl_name, lambda: ("sh", "-c", script))

    @property
    def kubectl_name(self) -> str:
        return f"kubectl get, {len(self._asked_by_kubectl())} clusters"

    def ratios(self, figures: Mapping[str, Figure]) -> Iterator[str]:
        """Yield what was to be reached, and whether it was."""
        verify, bare = figures[VERIFY], figures[BARE]
        if kubectl := figures.get(self.kubectl_name):
            asked = len(self._asked_by_kubectl())
            faster = (kubectl.wall / asked) / (verify.wall / self.clusters)
            by_cpu = (kubectl.cpu / asked) / (verify.cpu / self.clusters)
            value = f"{faster:.1f}, {by_cpu:.1f} by CPU"
            yield _told("times as fast per cluster as kubectl", value, f"at least {FASTER}", faster >= FASTER)
        share = bare.work / verify.wall
        yield _told("of the bare client's request rate", f"{share:.0%}", f"at least {SHARE:.0%}", share >= SHARE)
        peak = f"{verify.peak / 1e6:.0f} MB"
        yield _told("of peak memory", peak, f"at most {MEMORY / 1e6:.0f} MB", verify.peak <= MEMORY)

    def _verify(self, *source: object) -> Sequence[str]:
        return command("verify", self.folder / "fleet", "--repo", self.folder / "clusters.git", *source)

    def _asked_by_kubectl(self) -> Sequence[str]:
        return [cluster_name(number) for number in range(min(self.clusters, BY_KUBECTL))]

    def _kubectl_configs(self) -> None:
        """Write a kubeconfig for each cluster alone: kubectl would read a large one anew each time."""
        text = (self.folder / "kubeconfig.https").read_text()
        parsed = text.split("contexts:\n", maxsplit=1)[0].split("- cluster:\n")[1:]
        to = self.folder / "kubectl"
        to.mkdir(exist_ok=True)
        for name, entry in zip(self._asked_by_kubectl(), parsed, strict=False):
            lines = dict(line.strip().split(": ", 1) for line in entry.splitlines())
            alone = kubeconfig({name: lines["server"]}, lines["certificate-authority-data"])
            (to / name).write_text(f"{alone}current-context: {name}\n")


def paths() -> Iterator[str]:
    """Yield what verify asks each cluster for: one list per kind and namespace, and two requests more."""
    yield from ("/version", "/api/v1/namespaces/kube-system")
    lists = [kind.path(kind.versions[0], NAMESPACE) for kind in NAMESPACED]
    # The policy says nothing of the vendor's images, so nobody asks for HyperConverged.
    lists += [kind.path(kind.versions[0], "") for kind in CLUSTER_WIDE if kind.name != "HyperConverged"]
    yield from (f"{path}?limit=500" for path in lists)


def section(folder: Path, clusters: int, rounds: int, kubectl: str | None) -> None:
    """Measure a fleet of one size, and print what came out; without kubectl, its rows are missing."""
    bench = VerifyBench(folder, clusters)
    bench.prepare()
    with bench.served():
        figures = alternate((bench.verify(), bench.bare()), rounds, warm_up=clusters < LARGE)
        if kubectl:
            figures |= alternate((bench.kubectl(kubectl),), 1)
    print(heading(f"{clusters:,} clusters x 20 images, read live"))
    print(*(row(name, figure) for name, figure in figures.items()), sep="\n")
    print(*bench.ratios(figures), sep="\n", flush=True)


def _told(what: str, value: str, aim: str, reached: bool) -> str:  # noqa: FBT001 - a table's column
    return f"  {what:<46} {value:>20}   aim: {aim}, {'reached' if reached else 'MISSED'}"


def main(clusters: int, rounds: int) -> None:
    print(machine())
    with tempfile.TemporaryDirectory(prefix="gitops-golden-verify-bench-") as scratch:
        os.environ["HOME"] = scratch
        section(Path(scratch, "bench"), clusters, rounds, shutil.which("kubectl"))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3)
