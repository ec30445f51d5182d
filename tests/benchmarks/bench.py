"""One fleet of some size, prepared, and the contenders that work on it, each in a repository of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.kapitan import compile_command
from tests.benchmarks.measure import Contender

if TYPE_CHECKING:
    from collections.abc import Sequence

PUBLISH = "gitops-golden publish"
INSIDE = "gitops-golden publish, with a clock inside"
FLOOR = "floor: read the text, store each variant once"
FAST_IMPORT = "git fast-import of the same tree"
LABELLED = "publish, each cluster with a label of its own"
BUMPED = "publish again, one digest bumped"
UNCHANGED = "publish again, nothing to change"
FROM_JSON = "publish, the inventory as indented JSON"
KAPITAN = "Kapitan with reclass-rs, the same objects"
KAPITAN_LIMIT = 600.0
"""Seconds after which Kapitan is stopped, so that a slow machine comes to an end."""
LOOKED_INTO = 100
"""So many clusters, or nearly, have what Kapitan made for them compared with what we render."""


def command(*arguments: object) -> Sequence[str]:
    """Return the command line of the installed console script."""
    return (str(Path(sys.executable).with_name("gitops-golden")), *map(str, arguments))


def module(name: str, *arguments: object) -> Sequence[str]:
    return (sys.executable, "-m", f"tests.benchmarks.{name}", *map(str, arguments))


@dataclass(frozen=True, slots=True)
class Bench:
    """A folder with the fleet as text, the stream and the variants for the references, and a published repository."""

    folder: Path
    clusters: int

    def prepare(self, verb: str = "prepare") -> None:
        self.folder.mkdir()
        subprocess.run(module("child", verb, self.folder, self.clusters), check=True)
        subprocess.run(self._publish("fleet", self._empty("published")), check=True, stdout=subprocess.DEVNULL)

    def publishes(self) -> tuple[Contender, ...]:
        return (
            self.publish(),
            self.inside(INSIDE),
        )

    def inside(self, name: str) -> Contender:
        return Contender(
            name, lambda: module("child", "publish", self.folder / "fleet", self._empty("inside")), tells=True
        )

    def publish(self) -> Contender:
        return Contender(PUBLISH, lambda: self._publish("fleet", self._empty("whole")))

    def bump(self) -> Contender:
        return Contender(BUMPED, lambda: self._publish("bumped", self._published("bumped")))

    def fast_import(self) -> Contender:
        stream = self.folder / "stream"
        return Contender(
            FAST_IMPORT, lambda: ("git", "-C", str(self._empty("import")), "fast-import", "--quiet"), stream
        )

    def floor(self) -> Contender:
        return Contender(FLOOR, lambda: module("floor", self.folder, self._empty("floor")), tells=True)

    def variations(self) -> tuple[Contender, ...]:
        return (
            Contender(FROM_JSON, lambda: self._publish("json", self._empty("json"))),
            Contender(LABELLED, lambda: self._publish("labelled", self._empty("labelled"))),
            self.bump(),
            Contender(UNCHANGED, lambda: self._publish("fleet", self._published("unchanged"))),
        )

    def kapitan(self, command: Path) -> Contender:
        project = self.folder / "kapitan"

        def prepare() -> Sequence[str]:
            shutil.rmtree(project / "compiled", ignore_errors=True)
            return compile_command(command, project)

        return Contender(KAPITAN, prepare, limit=KAPITAN_LIMIT)

    def require_same_objects(self) -> None:
        """Make sure that Kapitan compiled the objects that we render."""
        step = max(1, self.clusters // LOOKED_INTO)
        subprocess.run(module("child", "compare", self.folder, step), check=True)

    def require_same_tree(self, *names: str) -> None:
        """Make sure that publish and references left the same manifests: only then may their times be compared."""
        trees = {self._tree(name) for name in ("published", "whole", "import", *names)}
        assert len(trees) == 1, trees

    def _publish(self, fleet: str, repository: Path) -> Sequence[str]:
        return command("publish", self.folder / fleet, "--repo", repository)

    def _empty(self, name: str) -> Path:
        path = self._gone(name)
        subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", path], check=True)
        return path

    def _published(self, name: str) -> Path:
        return shutil.copytree(self.folder / "published.git", self._gone(name))

    def _gone(self, name: str) -> Path:
        path = self.folder / f"{name}.git"
        if path.exists():
            shutil.rmtree(path)
        return path

    def _tree(self, name: str) -> str:
        asked = ("git", "-C", str(self.folder / f"{name}.git"), "rev-parse", "main:clusters")
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout
