"""All deliveries of a fleet judged, cluster by cluster, the first broken link of each named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops_golden.fleet.observation import Observation, Unreachable
from gitops_golden.verify.access import access
from gitops_golden.verify.before_cluster import git, lock, reach, registry
from gitops_golden.verify.case import Case, Scene, crons_by_source, known_at
from gitops_golden.verify.cluster import judge_cluster
from gitops_golden.verify.cron import cron
from gitops_golden.verify.expectations import Expectations
from gitops_golden.verify.importing import importing
from gitops_golden.verify.model import DeliveryResult, Report
from gitops_golden.verify.objective import in_time, since_asked
from gitops_golden.verify.pointing import pointing
from gitops_golden.verify.serving import boot_source, datasource, served_digest
from gitops_golden.verify.tags import image_results
from gitops_golden.verify.volumes import volume

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from gitops_golden.fleet.observation import Observed
    from gitops_golden.plan.model import ClusterPlan, Plan, Variant
    from gitops_golden.verify.case import Managing
    from gitops_golden.verify.expectations import Truth
    from gitops_golden.verify.model import ClusterResult, Finding, ImageResult, Scope

BEFORE: tuple[Callable[[Case], Finding | None], ...] = (registry, lock, git, reach)
"""The links that need no cluster, and reaching it."""
WITHIN: tuple[Callable[[Scene], Finding | None], ...] = (cron, importing, volume, datasource, pointing, access)
"""The links on the cluster, in chain order; each may rely on those before it."""


def judge(case: Case) -> Finding | None:
    """Return the first broken link of one delivery, or None if its chain holds from end to end."""
    for link in BEFORE:
        if finding := link(case):
            return finding
    assert isinstance(case.observed, Observation), "the last link before the cluster stopped otherwise"
    scene = Scene(case, case.observed)
    return next((finding for link in WITHIN if (finding := link(scene))), None)


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found on one cluster: of itself, and of each of its deliveries."""

    result: ClusterResult
    deliveries: tuple[DeliveryResult, ...]


class Judge:
    """Judges a fleet cluster by cluster, as of ``now``: what was read of one need not be kept beside the next."""

    def __init__(self, plan: Plan, truth: Truth, now: datetime, expectations: Expectations | None = None) -> None:
        """Take what clusters are to hold, and what that is judged by."""
        self._plan = plan
        self._truth = truth
        self._now = now
        self._expectations = expectations or Expectations(plan.fleet, truth)

    def at(self, now: datetime) -> Judge:
        """Return one that judges by the same, as of another time: what is claimed is worked out once."""
        return Judge(self._plan, self._truth, now, self._expectations)

    def images(self) -> tuple[ImageResult, ...]:
        """Return what is true of each image wherever it is."""
        return tuple(image_results(self._plan, self._truth.tags))

    def cluster(self, held: ClusterPlan, seen: Observed) -> Judged:
        """Return the verdicts on one cluster. Times that it tells are judged by its own clock, where that is known."""
        now = self._now
        if isinstance(seen, Observation) and seen.skew:
            now += seen.skew
        managing = crons_by_source(seen) if isinstance(seen, Observation) else None
        found = (self._delivery(held, variant, seen, now=now, managing=managing) for variant in held.variants)
        return Judged(judge_cluster(held, self._expectations, seen, now), tuple(found))

    def report(self, judged: Mapping[str, Judged], scope: Scope | None = None) -> Report:
        """Return the report of a whole run in the plan's order. A cluster that nobody judged was not observed."""
        found = [judged.get(held.cluster.name) or self.cluster(held, _nobody(held)) for held in self._plan.receiving]
        return Report(
            fleet=self._plan.fleet,
            at=self._now,
            basis=self._truth.basis,
            deliveries=tuple(delivery for each in found for delivery in each.deliveries),
            images=self.images(),
            clusters=tuple(each.result for each in found),
            objective=self._truth.objective,
            scope=scope,
        )

    def _delivery(
        self, held: ClusterPlan, variant: Variant, seen: Observed, *, now: datetime, managing: Managing | None
    ) -> DeliveryResult:
        name, truth = held.cluster.name, self._truth
        expected = self._expectations.of(variant)
        case = Case(
            cluster=name,
            expected=expected,
            git=truth.git,
            observed=seen,
            now=now,
            beside=self._expectations.beside(held.holding, variant),
            missing_branch="" if truth.basis.commit else truth.basis.branch,
            managing=managing,
        )
        finding = judge(case)
        actual = expected.digest if finding is None else None
        source = None
        if isinstance(seen, Observation):
            source = boot_source(seen, expected.namespace, expected.data_source)
            if finding and source:
                known = expected.known | ({expected.digest} if expected.digest else frozenset())
                actual = served_digest(seen, source, known)
                finding = since_asked(finding, case) if truth.objective and actual != expected.digest else finding
        return DeliveryResult(
            cluster=name,
            image=expected.image,
            data_source=expected.data_source,
            architecture=expected.architecture,
            expected=expected.digest,
            actual=actual,
            finding=in_time(finding, truth.objective, known_at(seen, now)),
            boot_source=source,
        )


def _nobody(held: ClusterPlan) -> Unreachable:
    return Unreachable(held.cluster.name, "NotObserved", "nobody read this cluster")
