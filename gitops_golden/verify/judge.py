"""All deliveries of a fleet judged, the first broken link of each named."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from gitops_golden.fleet.observation import Observation, Unreachable
from gitops_golden.verify.before_cluster import git, lock, reach, registry
from gitops_golden.verify.case import Case, Scene, expected_of
from gitops_golden.verify.cron import cron
from gitops_golden.verify.importing import importing
from gitops_golden.verify.model import (
    ClusterResult,
    DeliveryResult,
    Finding,
    ImageResult,
    Link,
    Report,
    Verdict,
)
from gitops_golden.verify.serving import datasource, served_digest, volume

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from gitops_golden.fleet.observation import Observed
    from gitops_golden.plan.model import Plan, Variant
    from gitops_golden.registry.lock import Lock
    from gitops_golden.registry.update import TagState
    from gitops_golden.verify.case import Expected, GitTruth

BEFORE: tuple[Callable[[Case], Finding | None], ...] = (registry, lock, git, reach)
"""The links that need no cluster, and reaching it."""
WITHIN: tuple[Callable[[Scene], Finding | None], ...] = (cron, importing, volume, datasource)
"""The links on the cluster, in chain order; each may rely on those before it."""


class Truth(NamedTuple):
    """What the fleet is judged by: what Git, lock and registry say."""

    git: GitTruth
    lock: Lock
    tags: Mapping[str, TagState]
    commit: str | None
    content: Callable[[Variant], bytes]


def judge(case: Case) -> Finding | None:
    """Return the first broken link of one delivery, or None if its chain holds from end to end."""
    for link in BEFORE:
        if finding := link(case):
            return finding
    assert isinstance(case.observed, Observation), "the last link before the cluster stopped otherwise"
    scene = Scene(case, case.observed)
    return next((finding for link in WITHIN if (finding := link(scene))), None)


def judge_fleet(plan: Plan, truth: Truth, observed: Mapping[str, Observed], now: datetime) -> Report:
    """Return the report of a whole run. A cluster that nobody observed is unreachable, reason ``NotObserved``."""
    memory = _Expectations(plan.fleet, truth)
    deliveries: list[DeliveryResult] = []
    clusters: list[ClusterResult] = []
    for held in plan.receiving:
        name = held.cluster.name
        seen = observed.get(name) or Unreachable(name, "NotObserved", "nobody read this cluster")
        clusters.append(_cluster(seen))
        for variant in held.variants:
            expected = memory.of(variant)
            finding = judge(Case(name, expected, truth.git, seen, now))
            deliveries.append(_delivery(name, expected, seen, finding))
    return Report(
        fleet=plan.fleet,
        at=now,
        commit=truth.commit,
        deliveries=tuple(deliveries),
        images=tuple(_images(plan, truth)),
        clusters=tuple(clusters),
    )


@dataclass(slots=True)
class _Expectations:
    """What variants claim, worked out once each."""

    fleet: str
    truth: Truth
    _known: dict[Variant, Expected] = field(default_factory=dict)

    def of(self, variant: Variant) -> Expected:
        expected = self._known.get(variant)
        if expected is None:
            state = self.truth.tags.get(variant.image)
            locked = self.truth.lock.image(variant.image)
            expected = self._known[variant] = expected_of(
                variant,
                self.fleet,
                content=self.truth.content(variant),
                served=state.served if state else None,
                known=frozenset(release.digest for release in locked.releases) if locked else frozenset(),
            )
        return expected


def _cluster(seen: Observed) -> ClusterResult:
    if isinstance(seen, Unreachable):
        finding = Finding(Verdict.UNREACHABLE, None, seen.reason, seen.message, since=seen.last_known)
        return ClusterResult(seen.cluster, seen.last_known, None, finding)
    return ClusterResult(seen.cluster, seen.read_at, seen.server.version if seen.server else None)


def _delivery(cluster: str, expected: Expected, seen: Observed, finding: Finding | None) -> DeliveryResult:
    actual = expected.digest if finding is None else None
    if finding and isinstance(seen, Observation):
        known = expected.known | ({expected.digest} if expected.digest else frozenset())
        actual = served_digest(seen, expected.namespace, expected.image, frozenset(known))
    return DeliveryResult(cluster, expected.image, expected.digest, actual, finding)


def _images(plan: Plan, truth: Truth) -> Iterable[ImageResult]:
    """Yield each delivered image's tag against the lock; a tracking image moves without it: only recorded."""
    variants = {variant.image: variant for delivery in plan.distinct() for variant in delivery}
    for image in plan.images:
        variant, state = variants.get(image.name), truth.tags.get(image.name)
        if variant is None or state is None:
            continue
        yield ImageResult(image.name, image.tag, state.locked, state.served, _tag(state, tracking=variant.tracking))


def _tag(state: TagState, *, tracking: bool) -> Finding | None:
    if state.state == "unreachable":
        return Finding(
            Verdict.UNREACHABLE,
            Link.REGISTRY,
            "RegistryUnreachable",
            state.message,
            "make the registry reachable and verify again",
        )
    if state.state == "gone":
        return Finding(
            Verdict.BROKEN,
            Link.REGISTRY,
            "TagGone",
            state.message,
            "push the tag again, or name another in the policy",
        )
    if state.state == "moved" and not tracking:
        return Finding(
            Verdict.BROKEN,
            Link.REGISTRY,
            "TagMoved",
            f"the tag is now {state.served}, the lock holds {state.locked}",
            "run `gitops-golden lock`, then `gitops-golden publish`",
        )
    return None
