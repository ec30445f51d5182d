"""All deliveries of a fleet judged, the first broken link of each named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_golden.fleet.observation import Observation, Unreachable
from gitops_golden.verify.access import access
from gitops_golden.verify.before_cluster import git, lock, reach, registry
from gitops_golden.verify.case import Case, Scene
from gitops_golden.verify.cluster import judge_cluster
from gitops_golden.verify.cron import cron
from gitops_golden.verify.expectations import Expectations
from gitops_golden.verify.importing import importing
from gitops_golden.verify.model import DeliveryResult, Finding, ImageResult, Link, Report, Verdict
from gitops_golden.verify.pointing import pointing
from gitops_golden.verify.serving import datasource, served_digest, volume

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from gitops_golden.fleet.observation import Observed
    from gitops_golden.plan.model import Plan
    from gitops_golden.registry.update import TagState
    from gitops_golden.verify.case import Expected
    from gitops_golden.verify.expectations import Truth
    from gitops_golden.verify.model import ClusterResult

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


def judge_fleet(plan: Plan, truth: Truth, observed: Mapping[str, Observed], now: datetime) -> Report:
    """Return the report of a whole run. A cluster that nobody observed is unreachable, reason ``NotObserved``."""
    expectations = Expectations(plan.fleet, truth)
    deliveries: list[DeliveryResult] = []
    clusters: list[ClusterResult] = []
    for held in plan.receiving:
        name = held.cluster.name
        seen = observed.get(name) or Unreachable(name, "NotObserved", "nobody read this cluster")
        clusters.append(judge_cluster(held, expectations, seen, now))
        for variant in held.variants:
            expected = expectations.of(variant)
            case = Case(name, expected, truth.git, seen, now, expectations.beside(held.holding, variant))
            deliveries.append(_delivery(name, expected, seen, judge(case)))
    return Report(
        fleet=plan.fleet,
        at=now,
        commit=truth.commit,
        deliveries=tuple(deliveries),
        images=tuple(_images(plan, truth)),
        clusters=tuple(clusters),
    )


def _delivery(cluster: str, expected: Expected, seen: Observed, finding: Finding | None) -> DeliveryResult:
    actual = expected.digest if finding is None else None
    if finding and isinstance(seen, Observation):
        known = expected.known | ({expected.digest} if expected.digest else frozenset())
        actual = served_digest(seen, expected.namespace, expected.data_source, frozenset(known))
    return DeliveryResult(
        cluster, expected.image, expected.data_source, expected.architecture, expected.digest, actual, finding
    )


def _images(plan: Plan, truth: Truth) -> Iterable[ImageResult]:
    """Yield each delivered image's tag against the lock; a tracking image moves without it: only recorded."""
    variants = {variant.image: variant for variant in plan.variants()}
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
