"""One cluster as a whole: could it be read, does Git hold what is no delivery's, are vendor images as asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_golden.fleet.observation import Unreachable
from gitops_golden.verify.access import may_be_judged
from gitops_golden.verify.beside import unpublished
from gitops_golden.verify.case import Case
from gitops_golden.verify.model import ClusterResult, Finding, Link, Verdict
from gitops_golden.verify.vendor import Vendor, not_replaced, vendor_images

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gitops_golden.fleet.observation import Observation, Observed
    from gitops_golden.plan.model import ClusterPlan
    from gitops_golden.verify.case import Beside
    from gitops_golden.verify.expectations import Expectations


def judge_cluster(held: ClusterPlan, expectations: Expectations, seen: Observed, now: datetime) -> ClusterResult:
    """Return how a cluster was read, with the first of what is wrong with it as a whole."""
    if isinstance(seen, Unreachable):
        silent = Finding(Verdict.UNREACHABLE, None, seen.reason, seen.message, since=seen.last_known)
        return ClusterResult(seen.cluster, seen.last_known, None, silent, answered=False)
    files = expectations.of_cluster(held)
    git = expectations.truth.git
    finding = unpublished(git, held.cluster.name, files) or _vendor(held, files, expectations, seen, now)
    server = seen.server.version if seen.server else None
    return ClusterResult(seen.cluster, seen.read_at, server, finding, not_judged=_not_judged(held, expectations, seen))


def _vendor(
    held: ClusterPlan, files: Sequence[Beside], expectations: Expectations, seen: Observation, now: datetime
) -> Finding | None:
    plan, name, git = held.holding.vendor, held.cluster.name, expectations.truth.git
    file = next((each for each in files if each.kind == "hyperconverged"), None)
    if plan is None or file is None:
        return None
    vendor = Vendor(name, plan, file, git, seen)
    if finding := vendor_images(vendor):
        return finding
    cases = (Case(name, expected, git, seen, now) for expected in expectations.replacing(plan))
    return next((finding for case in cases if (finding := not_replaced(vendor, case))), None)


def _not_judged(held: ClusterPlan, expectations: Expectations, seen: Observation) -> tuple[Link, ...]:
    """Return ``access`` where somebody is to have it and roles could not all be read."""
    wanted = any(
        file.kind == "consumers"
        for variant in held.variants
        for file in expectations.beside(held.holding, variant)
        if not may_be_judged(seen, variant.settings.namespace)
    )
    return (Link.ACCESS,) if wanted else ()
