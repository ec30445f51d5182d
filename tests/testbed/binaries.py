"""Finds the servers and tools that tests run, and builds those that aren't there from pinned Go modules, once.

A binary is looked for in the folder ``KUBEBUILDER_ASSETS``, as other test suites for Kubernetes have it, then
in the cache. Run as a module it builds all, or those named, and prints their paths.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.testbed.processes import Process
from tests.testbed.toolchain import BuildError, go_environment, toolchain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MODULES = Path(__file__).with_name("modules")
VERSION_PACKAGES = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")


@dataclass(frozen=True, slots=True)
class Component:
    """A Go module in the folder ``module`` that pins ``packages``: pairs of a binary's name and its source.

    ``minutes`` is how long a first build takes on two cores, as people are told; ``tags`` leave out what isn't needed.
    """

    module: Path
    packages: tuple[tuple[str, str], ...]
    minutes: str
    stamped: bool = False
    tags: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What it is called in messages and in the cache."""
        return self.module.name

    def digest(self) -> str:
        """Return what changes whenever a pin or a flag does, and then only."""
        pins = [(self.module / name).read_bytes() for name in ("go.mod", "go.sum")]
        return hashlib.sha256(b"\0".join([*pins, *map(str.encode, self.flags())])).hexdigest()[:16]

    def flags(self) -> tuple[str, ...]:
        """Return the flags of ``go build``."""
        values = ["-s", "-w", *(f"-X {value}" for value in self._stamps())]
        tags = ("-tags", ",".join(self.tags)) if self.tags else ()
        return ("-trimpath", "-buildvcs=false", *tags, "-ldflags", " ".join(values))

    def _stamps(self) -> Iterator[str]:
        """Yield what makes Kubernetes tell its version: unstamped it calls itself v0.0.0-master."""
        if not self.stamped:
            return
        version = re.search(r"k8s\.io/kubernetes v(\d+)\.(\d+)\.\S+", (self.module / "go.mod").read_text())
        assert version, f"{self.module} pins no Kubernetes"
        stamps = {
            "gitVersion": version[0].split()[1],
            "gitMajor": version[1],
            "gitMinor": version[2],
            "gitTreeState": "clean",
            "gitCommit": "unknown",
            "buildDate": "1970-01-01T00:00:00Z",
        }
        for package in VERSION_PACKAGES:
            yield from (f"{package}.{name}={value}" for name, value in stamps.items())


COMPONENTS = (
    Component(MODULES / "etcd", (("etcd", "go.etcd.io/etcd/server/v3"),), "1 to 2"),
    Component(
        MODULES / "kubernetes",
        (
            ("kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver"),
            ("kube-controller-manager", "k8s.io/kubernetes/cmd/kube-controller-manager"),
            ("kubectl", "k8s.io/kubernetes/cmd/kubectl"),
        ),
        "7 to 9",
        stamped=True,
    ),
    Component(
        MODULES / "registry",
        (("registry", "github.com/distribution/distribution/v3/cmd/registry"),),
        "1 to 3",
    ),
    Component(
        MODULES / "prometheus",
        (("promtool", "github.com/prometheus/prometheus/cmd/promtool"),),
        "2 to 4",
        tags=("remove_all_sd",),  # the clients of twenty clouds, which only a server's configuration needs
    ),
)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class Binaries:
    """The binaries of ``components``: ready-made in ``assets``, else built into ``cache`` when asked for."""

    cache: Path
    assets: Path | None = None
    components: tuple[Component, ...] = COMPONENTS
    environment: Mapping[str, str] = field(default_factory=dict)
    tell: Callable[[str], None] = _say

    def path(self, name: str) -> Path:
        """Return an executable's path, after minutes if it must be built. Raises BuildError, LookupError."""
        if self.assets and (ready := self.assets / name).is_file():
            return ready.absolute()
        for component in self.components:
            if name in dict(component.packages):
                return self._built(component) / name
        raise LookupError(f"the testbed has no {name}")

    def on_path(self, name: str) -> dict[str, str]:
        """Return an environment for shells in which a binary is the first of its name. Raises as ``path`` does."""
        before = self.environment.get("PATH", os.defpath)
        return {**self.environment, "PATH": f"{self.path(name).parent}{os.pathsep}{before}"}

    def names(self) -> tuple[str, ...]:
        """Return what every binary is called."""
        return tuple(name for component in self.components for name, _ in component.packages)

    def _built(self, component: Component) -> Path:
        """Return the folder of a component's binaries, which a rename makes, so it is whole or not there."""
        folder = self.cache / "bin" / f"{component.name}-{component.digest()}"
        if not folder.is_dir():
            folder.parent.mkdir(parents=True, exist_ok=True)
            with self._alone():
                if not folder.is_dir():
                    self._build(component, folder)
        return folder

    def _build(self, component: Component, folder: Path) -> None:
        go = toolchain(self.cache, component.module, self.environment, self.tell)
        self.tell(f"testbed: building {component.name}, once: {component.minutes} minutes; into {folder}")
        partial = folder.with_name(f"{folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        log = self.cache / f"build-{component.name}.log"
        log.unlink(missing_ok=True)
        for name, package in component.packages:
            process = Process(
                [go, "build", *component.flags(), "-o", partial / name, package],
                log=log,
                folder=component.module,
                environment=go_environment(self.cache, self.environment),
            )
            if process.wait():
                raise BuildError(f"{name} could not be built (all of it: {log}):\n{process.last_lines()}")
        partial.rename(folder)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the cache's lock: of several test runs one builds, the others wait and use what it made."""
        with (self.cache / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.tell(f"testbed: waiting for another run that builds into {self.cache}")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def find_binaries(environment: Mapping[str, str] = os.environ, tell: Callable[[str], None] = _say) -> Binaries:
    """Return the binaries, which an environment says where to find and keep; this alone builds nothing."""
    home = Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    cache = Path(environment.get("GITOPS_GOLDEN_TESTBED_CACHE") or home / "gitops-golden" / "testbed")
    assets = environment.get("KUBEBUILDER_ASSETS")
    return Binaries(cache.absolute(), Path(assets) if assets else None, environment=environment, tell=tell)


def main() -> int:
    """Build what isn't there of the binaries that the arguments name, or of all; print paths, return the exit code."""
    binaries = find_binaries()
    try:
        for name in sys.argv[1:] or binaries.names():
            print(binaries.path(name))
    except BuildError as error:
        _say(f"testbed: {error}")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
