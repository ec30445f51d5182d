"""What stands in for CDI and storage in the fleet whose links are broken, and its command line, run in this process.

In this process a command takes a tenth of the time, most of which a process would need to begin.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from click.testing import CliRunner

from gitops_golden.cli.main import commands
from gitops_golden.errors import GoldenError
from tests.testbed.cdi.images import RegistryImages
from tests.testbed.cdi.standin import StandIn
from tests.testbed.fleet import Fleet, Ran
from tests.testbed.gitrepos import hermetic

if TYPE_CHECKING:
    import threading

    from tests.testbed.api import Api

LONGEST = 20.0
"""Seconds after which a gate opens by itself."""


class Gated(RegistryImages):
    """A registry whose answers about a digest take as long as a test wants: so does its import."""

    def __init__(self, api: Api) -> None:
        super().__init__(api)
        self.gates: dict[str, threading.Event] = {}

    def check(self, url: str, namespace: str, secret: str, architecture: str) -> str:
        """Wait for the gate, then fetch the image."""
        gate = self.gates.get(url.rpartition("@")[2])
        if gate:
            gate.wait(LONGEST)
        return super().check(url, namespace, secret, architecture)


class QuickFleet(Fleet):
    """A fleet whose command line runs in this process."""

    __slots__ = ()

    def run(self, *arguments: str, expect: int | None = 0) -> Ran:
        """Run the tool on the policy's folder. Raises AssertionError for an exit code other than ``expect``."""
        verb, *rest = arguments
        runner = CliRunner()
        line = [verb, str(self.policy.folder), *rest]
        done = runner.invoke(commands, line, env=hermetic() | dict(self.environment), standalone_mode=False)
        if done.exception and not isinstance(done.exception, GoldenError):
            raise done.exception
        code = done.exception.exit_code if isinstance(done.exception, GoldenError) else done.return_value or 0
        told = "\n".join(map(str, done.exception.problems)) if isinstance(done.exception, GoldenError) else ""
        ran = Ran(code, done.stdout, done.stderr + told)
        assert expect in (None, ran.code), f"{arguments} ended with {ran.code}: {ran.out}{ran.err}"
        return ran


@dataclass(slots=True)
class Cdi:
    """What stands in for CDI and the storage of one cluster; it can be down for a while."""

    api: Api
    images: Gated = field(init=False)
    now: StandIn = field(init=False)

    def __post_init__(self) -> None:
        self.images = Gated(self.api)
        self.start()

    def start(self) -> None:
        self.now = StandIn(self.api, images=self.images).start()

    def stop(self) -> None:
        self.now.stop()
