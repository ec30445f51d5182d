"""Where a fleet's clusters are read: live, from snapshots, or both in one run; each is handed over as it was read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from gitops_golden.fleet.observation import Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitops_golden.fleet.api import ApiServer
    from gitops_golden.fleet.observation import Observed

Clock = Callable[[], datetime]
"""Tells the time of day, in UTC."""


@dataclass(frozen=True, slots=True)
class Target:
    """A cluster to read: its name in the policy, its kubeconfig context, and the namespaces that are ours.

    ``needless`` names kinds that nothing is to be judged by there, which are not asked for.
    """

    cluster: str
    context: str
    namespaces: frozenset[str]
    needless: frozenset[str] = frozenset()


class Reader(Protocol):
    """Reads clusters from one kind of source."""

    def read(self, targets: Sequence[Target], clock: Clock) -> Iterator[Observed]:
        """Yield each cluster once, as soon as it was read, in whatever order that is; nothing of it is kept.

        A cluster that cannot be read is an ``Unreachable``, never an error.
        """


class Live(Reader, Protocol):
    """Reads clusters themselves."""

    def knows(self, target: Target) -> bool:
        """Whether there is a way to this cluster, which may yet fail."""

    def connect(self, target: Target) -> ApiServer:
        """Return a way to follow what changes on a cluster. Raises ClusterFailure."""


class Readers:
    """Reads live where there is a way to a cluster, else what was recorded of it.

    What was recorded never stands in for a cluster that could not be read live: it only tells when that was last known.
    """

    def __init__(self, live: Live, recorded: Reader) -> None:
        self._live = live
        self._recorded = recorded

    def connect(self, target: Target) -> ApiServer:
        """Return a way to follow what changes on a cluster. Raises ClusterFailure."""
        return self._live.connect(target)

    def read(self, targets: Sequence[Target], clock: Clock) -> Iterator[Observed]:
        """Yield each cluster once, in whatever order: those that fail live when all others have been read so."""
        live = [target for target in targets if self._live.knows(target)]
        failed: dict[str, Unreachable] = {}
        for seen in self._live.read(live, clock):
            if isinstance(seen, Unreachable):
                failed[seen.cluster] = seen
            else:
                yield seen
        alive = {target.cluster for target in live} - failed.keys()
        rest = [target for target in targets if target.cluster not in alive]
        for seen in self._recorded.read(rest, clock):
            failure = failed.get(seen.cluster)
            yield replace(failure, last_known=_last_known(seen)) if failure else seen


def _last_known(recorded: Observed) -> datetime | None:
    return recorded.last_known if isinstance(recorded, Unreachable) else recorded.read_at
