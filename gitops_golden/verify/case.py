"""One delivery to be judged: what it should be, what Git says of it, what its cluster holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from gitops_golden.fleet.kinds import CRON
from gitops_golden.fleet.observation import Observation
from gitops_golden.fleet.shapes import items, text
from gitops_golden.fleet.views import cron_view
from gitops_golden.policy.quantities import in_bytes
from gitops_golden.render.cdi import (
    FLEET_LABEL,
    OWNER_LABEL,
    cron_annotations,
    cron_labels,
    cron_name,
    cron_spec,
    volume_digits,
)
from gitops_golden.render.manifests import read_manifest
from gitops_golden.render.names import parse
from gitops_golden.verify.metadata import copied_labels
from gitops_golden.verify.unseen import unread

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from gitops_golden.fleet.observation import Observed
    from gitops_golden.fleet.views import CronView
    from gitops_golden.plan.model import Variant
    from gitops_golden.registry.lock import LockedImage
    from gitops_golden.render.manifests import Manifest
    from gitops_golden.verify.model import Finding, Link

Managing: TypeAlias = "Mapping[tuple[str, str], Sequence[CronView]]"
"""Crons by namespace and name of the DataSource that they say they manage."""
_STORAGE: Final = ("template", "spec", "storage")
_SIZE: Final = (*_STORAGE, "resources", "requests", "storage")


@dataclass(frozen=True, slots=True)
class Past:
    """What Git says of one delivery from a commit on; ``manifest`` is None where the file was absent or not ours."""

    commit: str
    since: datetime
    manifest: Manifest | None


@dataclass(frozen=True, slots=True)
class PastFile:
    """What a file of a cluster's folder was from a commit on; ``content`` is None where there was none."""

    commit: str
    since: datetime
    content: bytes | None


class GitTruth(Protocol):
    """What the repository that the clusters follow says."""

    def published(self, cluster: str, data_source: str) -> bytes | None:
        """Return the delivery's file at the head of the branch, or None if there is none."""

    def past(self, cluster: str, data_source: str) -> tuple[Past, ...]:
        """Return how that file changed, newest first and bounded."""

    def file(self, cluster: str, name: str) -> bytes | None:
        """Return any file of a cluster's folder at the head of the branch, or None if there is none."""

    def file_past(self, cluster: str, name: str) -> tuple[PastFile, ...]:
        """Return how such a file changed, newest first and bounded."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a variant's manifests claim, as objects: the same for every cluster that holds the variant.

    ``digest`` is what consumers are to be served: the locked one or, in tracking mode, what the tag is now. ``known``
    are all digests that the lock ever held for the image, ``locked`` all that it knows of it. ``source_labels`` and
    ``source_annotations`` are those of the DataSource, without its owner label; ``architecture`` is None where the
    image has one volume for all. ``size`` is in bytes; it, ``access_modes`` and ``volume_mode`` are empty where
    nothing is asked for. ``manifest`` is what ``content`` says.
    """

    image: str
    data_source: str
    namespace: str
    cron: str
    spec: Mapping[str, Any]
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    digest: str | None
    schedule: str | None
    storage_class: str | None
    content: bytes
    known: frozenset[str]
    source_labels: Mapping[str, str] = field(default_factory=dict)
    source_annotations: Mapping[str, str] = field(default_factory=dict)
    architecture: str | None = None
    locked: LockedImage | None = None
    manifest: Manifest | None = None
    size: int | None = None
    access_modes: frozenset[str] = frozenset()
    volume_mode: str = ""

    @property
    def fleet(self) -> str:
        """The fleet that the cron says it is of; empty where a user's template took that away."""
        return self.labels.get(FLEET_LABEL, "")

    @property
    def tracking(self) -> bool:
        """Whether CDI polls the tag by itself."""
        return self.schedule is not None

    @property
    def volume(self) -> str:
        """The volume's name: CDI calls it after the DataSource and the digest's first 12 hexadecimal digits."""
        return f"{self.data_source}-{volume_digits(self.digest or '')}"


def expected_of(
    variant: Variant, fleet: str, *, content: bytes, served: str | None, locked: LockedImage | None
) -> Expected:
    """Return what to expect of a variant.

    ``content`` is its rendered file, ``served`` what its tag is now, ``locked`` what the lock knows of the image.
    What the file says counts: a user's template may say more than the built-in one.
    """
    settings, rendered = variant.settings, read_manifest(content)
    labels = dict(rendered.labels) if rendered else cron_labels(variant, fleet)
    spec = rendered.spec if rendered else cron_spec(variant)
    return Expected(
        image=variant.image,
        data_source=variant.data_source,
        namespace=settings.namespace,
        cron=rendered.cron if rendered else cron_name(variant),
        spec=spec,
        labels=labels,
        annotations=rendered.annotations if rendered else cron_annotations(variant),
        digest=served if variant.tracking else variant.digest,
        schedule=settings.update.schedule if settings.update else None,
        storage_class=text(spec, *_STORAGE, "storageClassName") or None,
        content=content,
        known=frozenset(release.digest for release in locked.releases) if locked else frozenset(),
        source_labels=_without_owner(copied_labels(labels) | (dict(rendered.served.labels) if rendered else {})),
        source_annotations=rendered.served.annotations if rendered else {},
        architecture=variant.architecture,
        locked=locked,
        manifest=rendered,
        **storage_of(spec),
    )


def storage_of(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a cron's spec asks of its volumes, as the fields of ``Expected``."""
    size = text(spec, *_SIZE)
    try:
        wanted = in_bytes(size) if size else None
    except ValueError:
        wanted = None  # a user's template wrote it, and the API server refuses it
    modes = frozenset(mode for mode in items(spec, *_STORAGE, "accessModes") if isinstance(mode, str))
    return {"size": wanted, "access_modes": modes, "volume_mode": text(spec, *_STORAGE, "volumeMode")}


def _without_owner(labels: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in labels.items() if key != OWNER_LABEL}


@dataclass(frozen=True, slots=True)
class Beside:
    """A file of a cluster's folder that is no delivery's own, as it is rendered: its name, its bytes, its objects."""

    name: str
    content: bytes
    objects: tuple[Mapping[str, Any], ...]
    kind: str = field(init=False)
    """What such a file holds: ``pointer``, ``consumers`` and so on."""

    def __post_init__(self) -> None:
        found = parse(self.name)
        object.__setattr__(self, "kind", found[0] if found else "")

    def object(self, kind: str) -> Mapping[str, Any] | None:
        """Return its first object of a kind of the Kubernetes API."""
        return next((each for each in self.objects if each.get("kind") == kind), None)


@dataclass(frozen=True, slots=True)
class Case:
    """One delivery to be judged, as of ``now`` by the cluster's own clock.

    ``beside`` are the files that it needs on its cluster beside its own: second names that lead to it, its namespace,
    consumers' rights and what reaches the registry. ``missing_branch`` names the
    branch that clusters follow where the repository lacks it. ``managing`` are the cluster's crons, as
    ``crons_by_source`` gives them: worked out once for all of its deliveries.
    """

    cluster: str
    expected: Expected
    git: GitTruth
    observed: Observed
    now: datetime
    beside: tuple[Beside, ...] = ()
    missing_branch: str = ""
    managing: Managing | None = None


def crons_by_source(seen: Observation) -> Managing:
    """Return a cluster's DataImportCrons by namespace and name of the DataSource that they say they manage."""
    found: dict[tuple[str, str], list[CronView]] = {}
    for each in map(cron_view, seen.list(CRON)):
        found.setdefault((each.meta.namespace, each.managed_data_source), []).append(each)
    return found


def known_at(seen: Observed, now: datetime) -> datetime:
    """Return the time as of which a cluster is known, by its own clock as ``now`` is: that of its reading."""
    if not isinstance(seen, Observation):
        return now
    try:
        return min(now, seen.read_at + (seen.skew or timedelta()))
    except OverflowError:  # a snapshot may say any time and any skew, also such that no calendar has the sum
        return now


@dataclass(frozen=True, slots=True)
class Scene:
    """A case whose cluster could be read: what the links from the cron on are judged in."""

    case: Case
    seen: Observation

    @property
    def expected(self) -> Expected:
        """What the delivery's manifests claim."""
        return self.case.expected

    @property
    def now(self) -> datetime:
        """The time as of which the cluster is known, by its own clock: nothing has waited on since it was read."""
        return known_at(self.seen, self.case.now)

    def get(self, kind: str, name: str) -> Mapping[str, Any] | None:
        """Return an object of the delivery's namespace."""
        return self.seen.get(kind, self.expected.namespace, name)

    def unread(self, kind: str, link: Link) -> Finding | None:
        """Return what to say where a kind could not be listed in the delivery's namespace: neither absent nor sound."""
        return unread(self.seen, kind, self.expected.namespace, link)

    def cron(self) -> CronView | None:
        """Return the delivery's DataImportCron, by its expected name."""
        found = self.get(CRON, self.expected.cron)
        return cron_view(found) if found else None

    def managing(self) -> Sequence[CronView]:
        """Return the crons that say they manage the delivery's DataSource."""
        every = crons_by_source(self.seen) if self.case.managing is None else self.case.managing
        return every.get((self.expected.namespace, self.expected.data_source), ())

    def past(self) -> tuple[Past, ...]:
        """Return what Git said of the delivery, newest first."""
        return self.case.git.past(self.case.cluster, self.expected.data_source)
