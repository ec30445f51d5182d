"""What verify and its kin share: the truth to judge by, the clusters to read, the options that name both."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from gitops_golden.cli.basis import basis_of
from gitops_golden.cli.observe import namespaces_of
from gitops_golden.cli.options import Moment, kubeconfig_option, timeout_option
from gitops_golden.cli.repository_truth import RepositoryTruth
from gitops_golden.cli.terminal import progress, tell
from gitops_golden.errors import InputError
from gitops_golden.fleet.kinds import HYPER_CONVERGED
from gitops_golden.fleet.kubeconfig import KubeconfigReader
from gitops_golden.fleet.observation import Unreachable, recorded
from gitops_golden.fleet.readers import Readers, Target
from gitops_golden.fleet.snapshots import SnapshotReader
from gitops_golden.registry.source import open_registry
from gitops_golden.registry.update import check
from gitops_golden.verify.expectations import Truth
from gitops_golden.verify.judge import Judge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gitops_golden.cli.wiring import Fleet
    from gitops_golden.fleet.observation import Observed
    from gitops_golden.fleet.readers import Reader
    from gitops_golden.git.repository import Repository
    from gitops_golden.plan.model import ClusterPlan, Plan
    from gitops_golden.policy.model import Policy
    from gitops_golden.registry.update import TagState
    from gitops_golden.verify.model import Report, Scope


UNASKED = frozenset({HYPER_CONVERGED})
"""What tells of the vendor's images alone: of no use where the policy says nothing of them."""
MANY = 500
"""Snapshots that take longer than a second to read."""


class Sources(NamedTuple):
    """Where clusters are read: contexts of a kubeconfig, recorded ones of a folder, or both; ``timeout`` in seconds."""

    kubeconfig: Path | None
    snapshots: Path | None
    timeout: float

    @property
    def live(self) -> bool:
        """Whether clusters are asked over the network."""
        return self.kubeconfig is not None


def reading_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--kubeconfig``, ``--snapshots``, ``--timeout`` and ``--at``: which clusters are read, and as of when."""
    kind = click.Path(path_type=Path, file_okay=False)
    function = click.option("--at", metavar="TIME", type=Moment(), help="Judge ages as of this time. Default: now.")(
        timeout_option(function)
    )
    function = click.option(
        "--snapshots",
        metavar="DIR",
        type=kind,
        help="Read recorded clusters from this folder; with --kubeconfig, those that it has no context for.",
    )(function)
    return kubeconfig_option("Read live clusters, each through its context in this file.")(function)


def clock() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


def truth_of(opened: Fleet, plan: Plan, repository: Repository, branch: str, *, whole_clusters: bool = True) -> Truth:
    """Return what a fleet is judged by now; ``plan`` may be narrower than the fleet's own.

    ``whole_clusters``: it has all that its clusters are to hold, so that they can be judged as a whole.
    """
    policy, renderer = opened.policy, opened.renderer
    standing = repository.standing(branch)
    commit = standing.commit
    return Truth(
        git=RepositoryTruth(standing, plan),
        lock=opened.lock,
        tags=tags_of(opened, plan),
        basis=basis_of(policy, opened.lock, branch, commit.id if commit else None),
        content=lambda variant: renderer.image(variant).content,
        folder=renderer.folder,
        added=renderer.added if whole_clusters else lambda _: (),
        objective=policy.objective.converge if policy.objective else None,
    )


def tags_of(opened: Fleet, plan: Plan) -> Mapping[str, TagState]:
    """Return where the tag of each image that clusters are to hold stands against the lock now."""
    releases = open_registry(opened.policy.registry, environ=os.environ, home=Path.home())
    wanted = {variant.image for variant in plan.variants()}
    states = check(opened.policy, opened.lock, releases, only=wanted, digests=True)
    return {state.image: state for state in states}


def reader_of(sources: Sources, policy: Policy, at: datetime | None = None) -> Reader:
    """Return what reads clusters; snapshots are as old as they were ``at`` a time.

    Raises ``InputError`` if none is named, or there is no usable kubeconfig.
    """
    kubeconfig, snapshots = sources.kubeconfig, sources.snapshots
    oldest = policy.objective.converge if policy.objective else None
    live = kubeconfig and KubeconfigReader(kubeconfig, timeout=sources.timeout, environment=os.environ)
    recorded = snapshots and SnapshotReader(snapshots, oldest=oldest, now=(lambda: at) if at else None)
    if live and recorded:
        return Readers(live, recorded)
    found = live or recorded
    if not found:
        raise InputError("name the clusters' source", remedy="--kubeconfig F, --snapshots DIR, or both")
    return found


def targets_of(plan: Plan) -> list[Target]:
    """Return the clusters that are to hold anything, as readers take them."""
    namespaces = namespaces_of(plan)
    return [
        Target(
            held.cluster.name,
            held.cluster.context,
            namespaces[held.cluster.name],
            needless=frozenset() if held.holding.vendor else UNASKED,
        )
        for held in plan.receiving
    ]


def observed(plan: Plan, reader: Reader, *, live: bool) -> Iterator[tuple[ClusterPlan, Observed]]:
    """Yield each cluster that is to hold anything with what it holds, as soon as it was read.

    Tells of snapshots that cannot be used.
    """
    held = {each.cluster.name: each for each in plan.receiving}
    # Snapshots are read in no time, unless there are very many.
    shown = live or len(held) > MANY
    with progress("reading clusters", len(held), shown=shown) as step:
        for seen in reader.read(targets_of(plan), clock):
            if isinstance(seen, Unreachable) and recorded(seen.reason):
                tell(f"warning: {seen.cluster}: {seen.message}")
            yield held[seen.cluster], seen
            step()


def verified(
    plan: Plan, truth: Truth, reader: Reader, *, live: bool, at: datetime | None = None, scope: Scope | None = None
) -> Report:
    """Read every cluster and judge it as soon as it was read; as of now unless ``at`` says otherwise."""
    judge = Judge(plan, truth, at or clock())
    judged = {held.cluster.name: judge.cluster(held, seen) for held, seen in observed(plan, reader, live=live)}
    return judge.report(judged, scope)
