"""The values of a verification: what is claimed, what was found, and the report of a whole run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


class Verdict(StrEnum):
    """What is known of one delivery. Only ``converged`` proves anything; ``unreachable`` is never converged."""

    CONVERGED = "converged"
    PROGRESSING = "progressing"
    BROKEN = "broken"
    UNREACHABLE = "unreachable"


class Link(StrEnum):
    """The links of the chain from the registry's tag to the volume that VMs are cloned from, in order."""

    REGISTRY = "registry"
    LOCK = "lock"
    GIT = "git"
    ENGINE = "engine"
    CRON = "cron"
    IMPORT = "import"
    VOLUME = "volume"
    DATASOURCE = "datasource"
    ACCESS = "access"


@dataclass(frozen=True, slots=True)
class Finding:
    """The first broken link of one chain.

    ``link`` is None where nothing could be read, and of a cluster as a whole.
    ``reason`` is CamelCase and stable across versions; ``message`` is
    the evidence, ``remedy`` what to do; ``since`` is when it began, as far as Git or the cluster tells.
    """

    verdict: Verdict
    link: Link | None
    reason: str
    message: str
    remedy: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """The verdict on one delivery. ``actual`` is the digest that consumers are served now, where that is known.

    ``data_source`` is what consumers clone from: the image's name, or one for an ``architecture`` of its own.
    """

    cluster: str
    image: str
    data_source: str
    architecture: str | None
    expected: str | None
    actual: str | None
    finding: Finding | None = None

    @property
    def verdict(self) -> Verdict:
        """Converged, unless a finding says otherwise."""
        return self.finding.verdict if self.finding else Verdict.CONVERGED


@dataclass(frozen=True, slots=True)
class ImageResult:
    """What is true of an image wherever it is: its tag against the lock. ``finding`` is None while they agree."""

    image: str
    tag: str
    locked: str | None
    served: str | None
    finding: Finding | None = None


@dataclass(frozen=True, slots=True)
class ClusterResult:
    """How one cluster was read, and what is true of it as a whole.

    ``answered`` tells whether it could be read at all. ``not_judged`` are the links that could not be judged there for
    want of rights and break nothing.
    """

    cluster: str
    read_at: datetime | None
    server: str | None
    finding: Finding | None = None
    answered: bool = True
    not_judged: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run, as of ``at``: every delivery by cluster and image, every image, every cluster."""

    fleet: str
    at: datetime
    commit: str | None
    deliveries: tuple[DeliveryResult, ...]
    images: tuple[ImageResult, ...]
    clusters: tuple[ClusterResult, ...]

    def count(self, verdict: Verdict) -> int:
        """Return the number of deliveries with a verdict."""
        return sum(result.verdict is verdict for result in self.deliveries)

    @property
    def converged(self) -> bool:
        """Whether nothing at all was found, a moved tag and an unreachable registry included."""
        return not any(self.findings())

    def findings(self) -> Iterator[Finding]:
        """Yield every finding: of deliveries, images and clusters."""
        yield from (result.finding for result in self.deliveries if result.finding)
        yield from (result.finding for result in self.images if result.finding)
        yield from (result.finding for result in self.clusters if result.finding)
