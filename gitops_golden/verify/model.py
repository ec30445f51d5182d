"""The values of a verification: what is claimed, what was found, and the report of a whole run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta

    from gitops_golden.errors import Location
    from gitops_golden.fleet.observation import Server, Unread


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
    ``overdue`` is what was on its way for longer than the policy's objective allows, and is broken therefore.
    """

    verdict: Verdict
    link: Link | None
    reason: str
    message: str
    remedy: str = ""
    since: datetime | None = None
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class BootSource:
    """The volume that a DataSource gives consumers: a PersistentVolumeClaim or a VolumeSnapshot, known by its UID."""

    kind: str
    namespace: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """The verdict on one delivery. ``actual`` is the digest that consumers are served now, where that is known.

    ``data_source`` is what consumers clone from: the image's name, or one for an ``architecture`` of its own;
    ``boot_source`` the volume that it gives them now, None where it gives none that can be cloned.
    """

    cluster: str
    image: str
    data_source: str
    architecture: str | None
    expected: str | None
    actual: str | None
    finding: Finding | None = None
    boot_source: BootSource | None = None

    @property
    def verdict(self) -> Verdict:
        """Converged, unless a finding says otherwise."""
        return self.finding.verdict if self.finding else Verdict.CONVERGED

    @property
    def unread(self) -> bool:
        """Whether what is wrong is that its cluster could not be read: of a delivery nothing else has no link."""
        return self.finding is not None and self.finding.link is None


@dataclass(frozen=True, slots=True)
class ImageResult:
    """What is true of an image wherever it is: its tag against the lock. ``finding`` is None while they agree.

    ``where`` is its place in the policy; ``repository`` has the registry's address.
    """

    image: str
    tag: str
    locked: str | None
    served: str | None
    finding: Finding | None = None
    where: Location | None = None
    repository: str = ""


@dataclass(frozen=True, slots=True)
class ClusterResult:
    """How one cluster was read, and what is true of it as a whole.

    ``answered`` tells whether it could be read at all; if so, ``source`` is what it was read from, ``namespaces`` what
    was asked for, ``objects`` how many there were, ``unread`` what it did not show, and ``skew`` how far its clock is
    ahead of ours. ``not_judged`` are the links that could not be judged there for want of rights and break nothing.
    ``labels``, sorted by key, and ``where`` are the policy's.
    """

    cluster: str
    read_at: datetime | None
    server: Server | None
    finding: Finding | None = None
    answered: bool = True
    not_judged: tuple[Link, ...] = ()
    source: str = ""
    namespaces: tuple[str, ...] = ()
    objects: int = 0
    unread: tuple[Unread, ...] = ()
    skew: timedelta | None = None
    labels: tuple[tuple[str, str], ...] = ()
    where: Location | None = None

    def own_finding(self, *, told: bool) -> Finding | None:
        """Return what no delivery tells of it: that it could not be read is ``told`` by those that are unread."""
        return self.finding if self.answered or not told else None


@dataclass(frozen=True, slots=True)
class Origin:
    """What a claim rests on, as files: their SHA-256 and, where they are under Git, the commit that is checked out.

    ``modified``: the files are not as that commit has them.
    """

    sha256: str
    commit: str | None = None
    modified: bool = False


@dataclass(frozen=True, slots=True)
class Basis:
    """What a report was judged by: the head of the clusters' branch, the policy, the lock, the version of this tool.

    ``commit`` is None where the branch does not exist yet, ``lock`` where there is none.
    """

    branch: str
    commit: str | None
    policy: Origin
    lock: Origin | None
    version: str


@dataclass(frozen=True, slots=True)
class Scope:
    """What a run was narrowed to: images and clusters by name (empty for all), a label selector, a shard ``3/16``."""

    images: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    selector: str = ""
    shard: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run, as of ``at``: every delivery by cluster and image, every image, every cluster.

    ``objective`` is how long a change may take to reach every cluster; ``scope`` what the run was narrowed to,
    None for the whole fleet. ``mixed`` are the other bases that parts of it were judged by, where parts that were not
    judged by the same were put together all the same.
    """

    fleet: str
    at: datetime
    basis: Basis
    deliveries: tuple[DeliveryResult, ...]
    images: tuple[ImageResult, ...]
    clusters: tuple[ClusterResult, ...]
    objective: timedelta | None = None
    scope: Scope | None = None
    mixed: tuple[Basis, ...] = ()

    @property
    def commit(self) -> str | None:
        """The head of the branch that clusters follow."""
        return self.basis.commit

    def count(self, verdict: Verdict) -> int:
        """Return the number of deliveries with a verdict."""
        return sum(result.verdict is verdict for result in self.deliveries)

    @property
    def converged(self) -> bool:
        """Whether nothing at all was found, a moved tag and an unreachable registry included."""
        return not any(self.findings())

    def findings(self) -> Iterator[Finding]:
        """Yield every finding once: of deliveries, of images, and of clusters what no delivery tells."""
        yield from (result.finding for result in self.deliveries if result.finding)
        yield from (result.finding for result in self.images if result.finding)
        yield from (finding for _, finding in self.of_clusters())

    def of_clusters(self) -> Iterator[tuple[ClusterResult, Finding]]:
        """Yield each cluster that has a finding of its own, with it."""
        told = {result.cluster for result in self.deliveries if result.unread}
        for result in self.clusters:
            if finding := result.own_finding(told=result.cluster in told):
                yield result, finding
