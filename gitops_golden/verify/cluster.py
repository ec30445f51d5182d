"""One cluster as a whole: could it be read, does Git hold what is no delivery's, are vendor images as asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_golden.fleet.observation import Unreachable
from gitops_golden.verify.access import may_be_judged
from gitops_golden.verify.beside import unpublished
from gitops_golden.verify.case import Case, known_at
from gitops_golden.verify.model import ClusterResult, Link
from gitops_golden.verify.objective import in_time
from gitops_golden.verify.unseen import unreachable
from gitops_golden.verify.vendor import Vendor, not_replaced, vendor_images

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gitops_golden.fleet.observation import Observation, Observed
    from gitops_golden.plan.model import ClusterPlan
    from gitops_golden.verify.case import Beside
    from gitops_golden.verify.expectations import Expectations
    from gitops_golden.verify.model import Finding


def judge_cluster(held: ClusterPlan, expectations: Expectations, seen: Observed, now: datetime) -> ClusterResult:
    """Return how a cluster was read, with the first of what is wrong with it as a whole."""
    if isinstance(seen, Unreachable):
        silent = unreachable(seen)
        named = held.cluster
        return ClusterResult(
            seen.cluster, seen.last_known, None, silent, answered=False, labels=named.labels, where=named.where
        )
    files = expectations.of_cluster(held)
    git = expectations.truth.git
    finding = unpublished(git, held.cluster.name, files) or _vendor(held, files, expectations, seen, now)
    return ClusterResult(
        cluster=seen.cluster,
        read_at=seen.read_at,
        server=seen.server,
        finding=in_time(finding, expectations.truth.objective, known_at(seen, now)),
        not_judged=_not_judged(held, expectations, seen),
        source=seen.source,
        namespaces=tuple(sorted(seen.namespaces or ())),
        objects=len(seen.objects),
        unread=seen.unread,
        skew=seen.skew,
        labels=held.cluster.labels,
        where=held.cluster.where,
    )


def _vendor(
    held: ClusterPlan, files: Sequence[Beside], expectations: Expectations, seen: Observation, now: datetime
) -> Finding | None:
    plan, name, git = held.holding.vendor, held.cluster.name, expectations.truth.git
    file = next((each for each in files if each.kind == "hyperconverged"), None)
    if plan is None or file is None:
        return None
    vendor = Vendor(name, plan, file, git, seen, known_at(seen, now))
    if finding := vendor_images(vendor):
        return finding
    # Of an image whose digest is not known its delivery tells.
    known = (expected for expected in expectations.replacing(plan) if expected.digest)
    cases = (Case(name, expected, git, seen, now) for expected in known)
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
