"""Before anything is published: whose templates would go from clusters' HyperConverged.

The list of templates is one value, so writing ours takes away what a cluster's admin has in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops_golden.fleet.kinds import HYPER_CONVERGED
from gitops_golden.fleet.observation import Unreachable
from gitops_golden.render.names import file_name
from gitops_golden.verify.beside import beside
from gitops_golden.verify.vendor import Vendor, unnamed_templates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gitops_golden.fleet.observation import Observed
    from gitops_golden.plan.model import ClusterPlan, Holding, Plan
    from gitops_golden.render.tree import Folder
    from gitops_golden.verify.case import Beside, GitTruth


@dataclass(frozen=True, slots=True)
class Loss:
    """The templates, by name and sorted, that a cluster's list would lose."""

    cluster: str
    templates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unseen:
    """A cluster whose list could not be looked at, and why not."""

    cluster: str
    why: str


@dataclass(frozen=True, slots=True)
class NewList:
    """A cluster whose list would be told otherwise than the branch has it now, and the file that tells it."""

    held: ClusterPlan
    file: Beside


def new_lists(plan: Plan, folder: Callable[[Holding], Folder], git: GitTruth) -> tuple[NewList, ...]:
    """Return the lists that a publish would write or change. What the branch holds already is not its doing."""
    files: dict[int, Beside | None] = {}
    found = []
    for held in plan.clusters:
        key = id(held.holding)
        if key not in files:
            files[key] = _file(held.holding, folder)
        file = files[key]
        if file is not None and git.file(held.cluster.name, file.name) != file.content:
            found.append(NewList(held, file))
    return tuple(found)


def losses(
    lists: Iterable[NewList], git: GitTruth, observed: Mapping[str, Observed]
) -> tuple[tuple[Loss, ...], tuple[Unseen, ...]]:
    """Return what clusters would lose, and those of which that cannot be told."""
    lost, unseen = [], []
    for new in lists:
        name, plan = new.held.cluster.name, new.held.holding.vendor
        seen = observed.get(name) or Unreachable(name, "NotObserved", "nobody read this cluster")
        assert plan is not None, "else there is no list"
        if isinstance(seen, Unreachable):
            unseen.append(Unseen(name, seen.message))
        elif reason := seen.why_unread(HYPER_CONVERGED):
            unseen.append(Unseen(name, f"{HYPER_CONVERGED}s could not be read: {reason}"))
        elif templates := unnamed_templates(Vendor(name, plan, new.file, git, seen)):
            lost.append(Loss(name, templates))
    return tuple(lost), tuple(unseen)


def _file(holding: Holding, folder: Callable[[Holding], Folder]) -> Beside | None:
    if holding.vendor is None or not holding.vendor.lists:
        return None
    name = file_name("hyperconverged")
    return next((beside(file) for file in folder(holding).files if file.name == name), None)
