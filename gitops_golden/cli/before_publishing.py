"""What ``publish`` and ``diff`` look for on clusters beforehand, if they are told where clusters are read.

That is one thing yet: templates of cluster admins that a new list in HyperConverged would take away.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gitops_golden.cli.observe import read_targets
from gitops_golden.cli.options import kubeconfig_option, timeout_option
from gitops_golden.errors import FindingError, InputError, Problem
from gitops_golden.fleet.readers import Target
from gitops_golden.report.words import clean, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gitops_golden.cli.wiring import Fleet
    from gitops_golden.fleet.observation import Observed
    from gitops_golden.git.repository import Repository
    from gitops_golden.verify.admins_templates import Loss, NewList


class UnnamedTemplatesError(FindingError):
    """A publish would take templates away that somebody else put there: one finding for each set of them."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where clusters are read: live through a kubeconfig, from a folder of snapshots, or nowhere."""

    kubeconfig: Path | None
    snapshots: Path | None
    timeout: float

    def read(self, clusters: Sequence[NewList], now: datetime) -> Mapping[str, Observed]:
        """Return what clusters hold as a whole, by name. Raises ``InputError`` for a source that cannot be read."""
        about = (new.held.cluster for new in clusters)
        # No namespace: HyperConverged is listed for the whole cluster.
        targets = [Target(cluster.name, cluster.context, frozenset()) for cluster in about]
        if self.snapshots is not None:
            from gitops_golden.fleet.snapshots import SnapshotReader  # noqa: PLC0415 -- only where one is named

            return {seen.cluster: seen for seen in SnapshotReader(self.snapshots).read(targets, lambda: now)}
        return read_targets(targets, self.kubeconfig, seconds=self.timeout)


def source_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--kubeconfig``, ``--snapshots`` and ``--timeout``: where to look at clusters first. See ``source``."""
    function = timeout_option(function)
    function = click.option(
        "--snapshots",
        metavar="DIR",
        type=click.Path(path_type=Path, file_okay=False),
        help="The same in recorded clusters in this folder.",
    )(function)
    return kubeconfig_option(
        "Look for admins' templates in HyperConverged on live clusters, each through its context in this file."
    )(function)


def source(kubeconfig: Path | None, snapshots: Path | None, timeout: float) -> Source | None:
    """Return the source that the options name, if they do. Raises ``InputError`` if they name two."""
    if kubeconfig is None and snapshots is None:
        return None
    if kubeconfig is not None and snapshots is not None:
        raise InputError("two sources for the clusters", remedy="either --kubeconfig F or --snapshots DIR")
    return Source(kubeconfig, snapshots, timeout)


def lost_templates(
    opened: Fleet, repository: Repository, branch: str, where: Source
) -> tuple[tuple[Loss, ...], tuple[Problem, ...]]:
    """Return what a publish would take from lists in HyperConverged, and a warning per cluster where none can tell.

    Only clusters whose list the publish changes are read.
    """
    from gitops_golden.cli.repository_truth import RepositoryTruth  # noqa: PLC0415 -- only where clusters are read
    from gitops_golden.verify.admins_templates import losses, new_lists  # noqa: PLC0415 -- as above

    truth = RepositoryTruth(repository.standing(branch), opened.plan)
    new = new_lists(opened.plan, opened.renderer.folder, truth)
    if not new:
        return (), ()
    found, unseen = losses(new, truth, where.read(new, datetime.now(UTC)))
    warnings = tuple(
        Problem(f"whether {each.cluster} has templates that would be lost is not known: {each.why}", severity="warning")
        for each in unseen
    )
    return found, warnings


def problems_of(found: Iterable[Loss], opened: Fleet) -> tuple[Problem, ...]:
    """Return what is to be said of losses: once for each set of templates, at what the policy says of vendor images."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for loss in found:
        alike.setdefault(loss.templates, []).append(loss.cluster)
    said = opened.policy.vendor_images
    return tuple(
        Problem(
            f"the list in HyperConverged on {listed(clusters)} holds {clean(', '.join(templates))}, "
            "which the policy does not name and which the list in the policy takes away",
            said.where if said else None,
            "copy them to vendorImages.templates; if they are to go, publish with --allow-template-loss",
        )
        for templates, clusters in sorted(alike.items())
    )
