"""Every cluster looked at for drift, one by one: what was read of one need not be kept beside the next."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from gitops_golden.drift.cleanup import RIVALS, cleanup, removable
from gitops_golden.drift.edited import edited
from gitops_golden.drift.git_says import GitSays
from gitops_golden.drift.model import ClusterDrift, Drift, DriftReport, Somebodys, What
from gitops_golden.drift.needed import READ, needed
from gitops_golden.drift.nobodys import nobodys
from gitops_golden.drift.place import Place
from gitops_golden.drift.storage import classes, imports, orphans
from gitops_golden.drift.vendors import unread as vendors_unread
from gitops_golden.drift.vendors import vendors
from gitops_golden.fleet.kinds import RIGHTS
from gitops_golden.fleet.observation import Unreachable, Unread
from gitops_golden.render.cdi import volume_digits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from gitops_golden.drift.git_says import PublishedTruth
    from gitops_golden.drift.needed import Spot
    from gitops_golden.fleet.observation import Observed
    from gitops_golden.plan.model import ClusterPlan, Plan
    from gitops_golden.registry.lock import Lock

ORDER = {what: place for place, what in enumerate(What)}


class Drifts:
    """Finds drift against what the branch's head says; the lock tells which digests may be gone back to.

    ``whole``: clusters are looked at as a whole, not for some images alone. ``steps``: what would clean them up is
    worked out, too.
    """

    def __init__(
        self, plan: Plan, truth: PublishedTruth, lock: Lock, *, whole: bool = True, steps: bool = False
    ) -> None:
        self._plan = plan
        self._git = GitSays(truth)
        self._locked = frozenset(volume_digits(release.digest) for image in lock.images for release in image.releases)
        self._whole = whole
        self._steps = steps

    @property
    def unreadable(self) -> tuple[str, ...]:
        """The files of the branch that are no manifests; clusters were compared with what those were before."""
        return tuple(sorted(self._git.unreadable))

    def cluster(self, held: ClusterPlan, seen: Observed) -> ClusterDrift:
        """Return what one cluster holds otherwise than Git says."""
        name, context = held.cluster.name, held.cluster.context
        if isinstance(seen, Unreachable):
            return ClusterDrift(name, context, seen.last_known, reason=seen.reason, message=seen.message)
        place = Place(self._plan.fleet, held, self._git, self._git.claims(name), seen, self._whole)
        strays, asked_about = tuple(nobodys(place)), self._asked_about(held)
        told = (*edited(place), *strays, *vendors(place), *classes(place))
        # What is not asked about is not cleaned up either, so it holds what it holds.
        found = [each for each in told if isinstance(each, Drift) and asked_about(each)]
        gone = self._gone(place, found)
        needs = cache(lambda: needed(place, self._locked, gone))
        idle = gone.union((each.namespace, each.name) for each in found if each.what is What.RETIRED_CRON)
        found += (*imports(place, needs, gone), *orphans(place, needs, idle))
        drifts = tuple(sorted(filter(asked_about, found), key=_order))
        return ClusterDrift(
            cluster=name,
            context=context,
            read_at=seen.read_at,
            source=seen.source,
            drifts=drifts,
            others=tuple(each for each in strays if isinstance(each, Somebodys)),
            unread=tuple(_unread(place)),
            steps=cleanup(place, drifts, needs()) if self._steps and drifts else (),
        )

    def report(self, found: Mapping[str, ClusterDrift], *, at: datetime, commit: str | None) -> DriftReport:
        """Return the report of a whole run in the plan's order. A cluster that nobody looked at was not observed."""
        clusters = (found.get(held.cluster.name) or self.cluster(held, _nobody(held)) for held in self._plan.receiving)
        return DriftReport(self._plan.fleet, at, commit, tuple(clusters))

    def _gone(self, place: Place, found: Sequence[Drift]) -> frozenset[Spot]:
        """Return the crons that cleaning up deletes before all else: they hold and ask for nothing any more."""
        if not any(each.what in RIVALS for each in found):
            return frozenset()
        return removable(place, found, needed(place, self._locked, frozenset()))

    def _asked_about(self, held: ClusterPlan) -> Callable[[Drift], bool]:
        if self._whole:
            return lambda _: True
        names = {variant.data_source for variant in held.variants}
        names |= {pointer.name for pointer in held.holding.pointers}
        return lambda drift: drift.data_source in names


def _order(drift: Drift) -> tuple[int, str, str, str]:
    return ORDER[drift.what], drift.namespace, drift.name, drift.who or ""


def _unread(place: Place) -> Iterator[Unread]:
    """Yield what could not be read of all that drift is looked for in, kind by kind and namespace by namespace."""
    kinds = (*READ, *RIGHTS)
    for namespace in sorted(place.ours):
        for kind in kinds:
            if reason := place.seen.why_unread(kind, namespace):
                yield Unread(kind, namespace, reason)
    yield from vendors_unread(place)


def _nobody(held: ClusterPlan) -> Unreachable:
    return Unreachable(held.cluster.name, "NotObserved", "nobody read this cluster")
