"""What is known of a fleet so far while somebody waits for it: each cluster's last verdicts, all by the same truth.

Reads nothing; what an observation means is verify's to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_golden.cli.verifying import targets_of
from gitops_golden.errors import InputError
from gitops_golden.report.progress import Member, best_label, split
from gitops_golden.verify.judge import Judge
from gitops_golden.verify.waiting import outlook, tally

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from gitops_golden.fleet.observation import Observed
    from gitops_golden.plan.model import Plan
    from gitops_golden.report.progress import Split
    from gitops_golden.verify.expectations import Truth
    from gitops_golden.verify.judge import Judged
    from gitops_golden.verify.model import Report, Scope
    from gitops_golden.verify.waiting import Outlook, Tally


class Known:
    """A fleet judged cluster by cluster. ``open`` are the clusters of which something has not converged."""

    def __init__(self, plan: Plan, truth: Truth, at: datetime, *, by: str | None) -> None:
        """Know nothing yet. ``by`` is the label that progress is shown by.

        Raises ``InputError`` if no cluster has it.
        """
        self._plan = plan
        self._truth = truth
        self._judge = Judge(plan, truth, at)
        self._held = {held.cluster.name: held for held in plan.receiving}
        self._judged: dict[str, Judged] = {}
        self._images = self._judge.images()
        self.targets = {target.cluster: target for target in targets_of(plan)}
        self.split = _split(plan, by)
        self.tallies: dict[str, Tally] = {}
        self.open: set[str] = set()

    def take(self, seen: Observed, at: datetime) -> bool:
        """Judge what was read of a cluster, as of a time; whether its verdicts are others than before."""
        name = seen.cluster
        before = self._judged.get(name)
        judged = self._judged[name] = self._judge.at(at).cluster(self._held[name], seen)
        self.tallies[name] = tally(judged)
        if self.tallies[name].converged:
            self.open.discard(name)
        else:
            self.open.add(name)
        return before is None or tuple(_reasons(judged)) != tuple(_reasons(before))

    def retagged(self, plan: Plan, truth: Truth, at: datetime) -> bool:
        """Whether nothing has changed but tags that no cluster follows; then what is known goes on to count."""
        if plan is not self._plan or truth.basis != self._truth.basis:
            return False
        followed = {variant.image for variant in plan.variants() if variant.tracking}
        if any(truth.tags.get(image) != self._truth.tags.get(image) for image in followed):
            return False
        self._truth, self._judge = truth, Judge(plan, truth, at)
        self._images = self._judge.images()
        return True

    @property
    def complete(self) -> bool:
        """Whether every cluster has been read, however that went."""
        return len(self._judged) == len(self._held)

    @property
    def certain(self) -> list[str]:
        """The clusters on which something is broken that no waiting mends."""
        return sorted(name for name in self.open if self.tallies[name].certain)

    def outlook(self) -> Outlook:
        """Return what waiting can still bring, once it is ``complete``."""
        return outlook((self.tallies[name] for name in self.open), self._images)

    def sources(self) -> Iterator[tuple[str, str]]:
        """Yield each cluster that was judged with what it was read from; empty where that failed."""
        for name, judged in self._judged.items():
            yield name, judged.result.source

    def report(self, at: datetime, scope: Scope | None) -> Report:
        """Return the report of what is known; a cluster that nobody has read yet is told as such."""
        return self._judge.at(at).report(self._judged, scope)


def _reasons(judged: Judged) -> Iterator[str]:
    for finding in (judged.result.finding, *(delivery.finding for delivery in judged.deliveries)):
        yield finding.reason if finding else ""


def _split(plan: Plan, by: str | None) -> Split:
    members = [Member(held.cluster.name, held.cluster.labels, len(held.variants)) for held in plan.receiving]
    labels = sorted({key for member in members for key, _ in member.labels})
    if by is not None and by not in labels:
        has = f"they have {', '.join(labels)}" if labels else "they have none"
        raise InputError(f"no cluster has the label {by!r}", remedy=f"for --by, name one that clusters have: {has}")
    return split(members, best_label(member.labels for member in members) if by is None else by)
