"""A platform team's world for tests: their policy in Git, the clusters' repository, a GitOps engine, the tool.

Everything is done as a user does it: the tool is run as a command, its output read; the engine applies a clone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.testbed.engine import sync
from tests.testbed.gitrepos import Git, hermetic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from tests.testbed.cluster import Cluster, ExistingCluster
    from tests.testbed.engine import Applied

PATIENCE = 90.0
CONVERGED, FINDING = 0, 1


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Verified:
    """A verify report, with what tests ask of it."""

    code: int
    report: dict[str, Any]

    def delivery(self, cluster: str, image: str) -> dict[str, Any]:
        """Return one delivery of the report."""
        return next(each for each in self.report["deliveries"] if (each["cluster"], each["image"]) == (cluster, image))

    def said(self, cluster: str, image: str) -> tuple[str, str | None, str | None]:
        """Return a delivery's verdict, link and reason."""
        found = self.delivery(cluster, image)
        return found["verdict"], found.get("link"), found.get("reason")

    def images(self) -> dict[str, str]:
        """Return the reasons that were found at the registry, by image."""
        return {each["image"]: each["reason"] for each in self.report["images"] if "reason" in each}


@dataclass(slots=True)
class Fleet:
    """A policy's repository and the clusters' one, in ``folder``, and the clusters by name."""

    folder: Path
    clusters: Mapping[str, Cluster | ExistingCluster]
    kubeconfig: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    _applied: dict[str, Applied] = field(default_factory=dict)
    policy: Git = field(init=False)
    published: Git = field(init=False)

    def __post_init__(self) -> None:
        """Make both repositories."""
        self.policy = Git.made(self.folder / "policy", bare=False)
        self.published = Git.made(self.folder / "clusters.git")

    def write(self, files: Mapping[str, str], message: str) -> None:
        """Write files of the policy and commit everything in its folder, the lock included."""
        for name, text in files.items():
            path = self.policy.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.policy("add", "--all")
        self.policy("commit", "--quiet", "--allow-empty", "--message", message)

    def run(self, *arguments: str, expect: int | None = 0) -> Ran:
        """Run the tool in the policy's folder. Raises AssertionError for an exit code other than ``expect``."""
        done = subprocess.run(
            [sys.executable, "-m", "gitops_golden", *arguments],
            cwd=self.policy.folder,
            env=os.environ | hermetic() | dict(self.environment),
            capture_output=True,
            check=False,
            text=True,
        )
        ran = Ran(done.returncode, done.stdout, done.stderr)
        assert "Traceback" not in ran.err, ran.err
        assert expect in (None, ran.code), f"{arguments} ended with {ran.code}: {ran.out}{ran.err}"
        return ran

    def lock(self, message: str = "lock") -> None:
        """Lock every tag and commit the lock."""
        self.run("lock")
        self.write({}, message)

    def publish(self) -> None:
        """Commit the manifests to the clusters' repository."""
        self.run("publish", "--repo", str(self.published.folder))

    def sync(self, names: Iterable[str] = ()) -> None:
        """Let the engine bring clusters (default: all) to the head of the clusters' repository."""
        clone = self.folder / f"clone-{time.monotonic_ns()}"
        self.published.clone(clone)
        for name in names or self.clusters:
            previous = self._applied.get(name)
            self._applied[name] = sync(self.clusters[name].api, clone / "clusters" / name, previous=previous)

    def roll_out(self, message: str = "lock") -> None:
        """Lock, publish and sync."""
        self.lock(message)
        self.publish()
        self.sync()

    def verify(self, *options: str) -> Verified:
        """Verify the live clusters."""
        source = options or ("--kubeconfig", str(self.kubeconfig))
        ran = self.run("verify", "--repo", str(self.published.folder), *source, "-o", "json", expect=None)
        assert ran.out, ran.err
        return Verified(ran.code, json.loads(ran.out))

    def verify_until(self, holds: Callable[[Verified], bool], *, what: str) -> Verified:
        """Verify until something holds; return that report. Raises AssertionError with the last one."""
        end = time.monotonic() + PATIENCE
        while not holds(seen := self.verify()):
            assert time.monotonic() < end, f"not {what}: {json.dumps(seen.report, indent=1)}"
            time.sleep(0.2)
        return seen

    def converged(self) -> Verified:
        """Verify until everything has converged."""
        return self.verify_until(lambda seen: seen.code == CONVERGED, what="converged")
