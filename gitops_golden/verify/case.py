"""One delivery to be judged: what it should be, what Git says of it, what its cluster holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from gitops_golden.fleet.observation import NOT_RECORDED
from gitops_golden.fleet.views import cron_view
from gitops_golden.render.cdi import OWNER_LABEL, cron_annotations, cron_labels, cron_name, cron_spec, volume_digits
from gitops_golden.render.manifests import read_manifest
from gitops_golden.render.names import parse
from gitops_golden.verify.metadata import copied_labels
from gitops_golden.verify.model import Finding, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gitops_golden.fleet.observation import Observation, Observed
    from gitops_golden.fleet.views import CronView
    from gitops_golden.plan.model import Variant
    from gitops_golden.render.manifests import Manifest
    from gitops_golden.verify.model import Link


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
    are all digests that the lock ever held for the image. ``source_labels`` and ``source_annotations`` are those of
    the DataSource, without its owner label; ``architecture`` is None where the image has one volume for all.
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

    @property
    def tracking(self) -> bool:
        """Whether CDI polls the tag by itself."""
        return self.schedule is not None

    @property
    def volume(self) -> str:
        """The volume's name: CDI calls it after the DataSource and the digest's first 12 hexadecimal digits."""
        return f"{self.data_source}-{volume_digits(self.digest or '')}"


def expected_of(variant: Variant, fleet: str, *, content: bytes, served: str | None, known: frozenset[str]) -> Expected:
    """Return what to expect of a variant. ``content`` is its rendered file, ``served`` what its tag is now.

    What the file says counts: a user's template may say more than the built-in one.
    """
    settings, rendered = variant.settings, read_manifest(content)
    labels = dict(rendered.labels) if rendered else cron_labels(variant, fleet)
    return Expected(
        image=variant.image,
        data_source=variant.data_source,
        namespace=settings.namespace,
        cron=rendered.cron if rendered else cron_name(variant),
        spec=rendered.spec if rendered else cron_spec(variant),
        labels=labels,
        annotations=rendered.annotations if rendered else cron_annotations(variant),
        digest=served if variant.tracking else variant.digest,
        schedule=settings.update.schedule if settings.update else None,
        storage_class=settings.storage_class,
        content=content,
        known=known,
        source_labels=_without_owner(copied_labels(labels) | (dict(rendered.served.labels) if rendered else {})),
        source_annotations=rendered.served.annotations if rendered else {},
        architecture=variant.architecture,
    )


def _without_owner(labels: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in labels.items() if key != OWNER_LABEL}


@dataclass(frozen=True, slots=True)
class Beside:
    """A file of a cluster's folder that is no delivery's own, as it is rendered: its name, its bytes, its objects."""

    name: str
    content: bytes
    objects: tuple[Mapping[str, Any], ...]

    @property
    def kind(self) -> str:
        """What such a file holds: ``pointer``, ``consumers`` and so on."""
        found = parse(self.name)
        return found[0] if found else ""

    def object(self, kind: str) -> Mapping[str, Any] | None:
        """Return its first object of a kind of the Kubernetes API."""
        return next((each for each in self.objects if each.get("kind") == kind), None)


@dataclass(frozen=True, slots=True)
class Case:
    """One delivery to be judged, as of ``now``.

    ``beside`` are the files that it needs on its cluster beside its own: second names that lead to it, its namespace,
    consumers' rights and what reaches the registry.
    """

    cluster: str
    expected: Expected
    git: GitTruth
    observed: Observed
    now: datetime
    beside: tuple[Beside, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """A case whose cluster could be read: what the links from the cron on are judged in."""

    case: Case
    seen: Observation

    @property
    def expected(self) -> Expected:
        """What the delivery's manifests claim."""
        return self.case.expected

    def get(self, kind: str, name: str) -> Mapping[str, Any] | None:
        """Return an object of the delivery's namespace."""
        return self.seen.get(kind, self.expected.namespace, name)

    def unread(self, kind: str, link: Link) -> Finding | None:
        """Return what to say where a kind could not be listed in the delivery's namespace: neither absent nor sound."""
        reason = self.seen.why_unread(kind, self.expected.namespace)
        if reason is None:
            return None
        what = f"{kind}s in {self.expected.namespace} could not be read: {reason}"
        remedy = "record the cluster again" if reason == NOT_RECORDED else "allow the verifier to list them"
        return Finding(Verdict.UNREACHABLE, link, reason, what, remedy)

    def cron(self) -> CronView | None:
        """Return the delivery's DataImportCron, by its expected name."""
        found = self.get("DataImportCron", self.expected.cron)
        return cron_view(found) if found else None

    def past(self) -> tuple[Past, ...]:
        """Return what Git said of the delivery, newest first."""
        return self.case.git.past(self.case.cluster, self.expected.data_source)
