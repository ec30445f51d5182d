"""``publish``: one commit to the repository that the clusters follow."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from gitops_golden.cli.before_publishing import (
    UnnamedTemplatesError,
    lost_templates,
    problems_of,
    source,
    source_options,
)
from gitops_golden.cli.clusters_repository import clusters_repository, files_of, nothing_to_begin_with
from gitops_golden.cli.options import fleet_argument, output_option, repository_options
from gitops_golden.cli.terminal import show, show_json, warn
from gitops_golden.cli.wiring import open_fleet
from gitops_golden.errors import FindingError, Problem
from gitops_golden.git.removals import removals
from gitops_golden.report.words import API_VERSION, counted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gitops_golden.cli.before_publishing import Source
    from gitops_golden.cli.wiring import Fleet
    from gitops_golden.git.manifest import Listing
    from gitops_golden.git.model import Commit
    from gitops_golden.git.repository import Repository
    from gitops_golden.render.tree import Tree

MOST_REMOVED = 0.2
"""The share of deliveries that a publish may remove without being told to."""


class TooManyRemovalsError(FindingError):
    """A publish would take more away than anyone means by accident."""


@click.command("publish")
@fleet_argument
@repository_options
@click.option("--message", "-m", metavar="TEXT", help="The commit's message. Default: what the tree is of.")
@click.option("--allow-removals", is_flag=True, help="Remove more than a fifth of the fleet's deliveries.")
@click.option("--allow-template-loss", is_flag=True, help="Take away admins' templates that the policy does not name.")
@source_options
@output_option("table", "json")
def command(
    fleet: Path,
    repo: str,
    branch: str | None,
    *,
    message: str | None,
    allow_removals: bool,
    allow_template_loss: bool,
    kubeconfig: Path | None,
    snapshots: Path | None,
    timeout: float,
    output: str,
) -> None:
    """Commit the manifests of every cluster, pushed if the repository is a URL.

    It is one commit; with nothing to change there is none. Only files that an earlier publish of this fleet made are
    ever changed or removed. A publish that would remove more than 20 % of the deliveries stops, because an empty
    inventory must not wipe a fleet.

    With --kubeconfig or --snapshots it looks at clusters first whose list of boot images in HyperConverged it changes,
    and stops if an admin's templates are there that the policy does not name: they would be lost. A cluster that cannot
    be read is a warning.

    Exits 0, 1 if it stopped for one of these or a guardrail denies what is planned, 2 for wrong input, 3 if Git failed.

    \b
    Examples:
      gitops-golden publish --repo ../clusters.git
      gitops-golden publish fleet/ --repo https://git.example/clusters.git --branch staging
      gitops-golden publish --repo ../clusters.git --allow-removals
      gitops-golden publish --repo ../clusters.git --kubeconfig fleet.kubeconfig
    """
    clusters_in = source(kubeconfig, snapshots, timeout)
    opened = open_fleet(fleet)
    tree = opened.tree
    into = branch or opened.policy.delivery.branch
    deliveries = counted(opened.plan.size, "delivery", "deliveries")
    clusters = counted(len(tree.folders), "cluster")
    with clusters_repository(repo) as repository:
        if clusters_in:
            _keep_templates(opened, repository, into, clusters_in, allowed=allow_template_loss)
        commit = _commit(
            repository,
            tree,
            branch=into,
            message=message or f"Publish {tree.fleet}: {deliveries} for {clusters}\n",
            approve=None if allow_removals else _guard(tree),
        )
    if output == "json":
        show_json(_as_json(tree, into, commit))
    elif commit is None:
        show(f"{tree.fleet}: {into} holds all {deliveries} already, nothing to commit")
    else:
        show(f"{tree.fleet}: {deliveries} for {clusters} in commit {commit.id[:12]} on {into}")


def _keep_templates(opened: Fleet, repository: Repository, branch: str, where: Source, *, allowed: bool) -> None:
    """Stop a publish that would take away what admins have in HyperConverged, unless that is meant."""
    found, warnings = lost_templates(opened, repository, branch, where)
    warn(warnings)
    problems = problems_of(found, opened)
    if problems and not allowed:
        raise UnnamedTemplatesError(problems)
    warn(problems)


def _commit(
    repository: Repository, tree: Tree, *, branch: str, message: str, approve: Callable[[Listing], None] | None
) -> Commit | None:
    if nothing_to_begin_with(repository, tree, branch):
        return None
    by = repository.signatures(datetime.now(UTC))
    return repository.commit(tree, branch=branch, message=message, by=by, approve=approve)


def _as_json(tree: Tree, branch: str, commit: Commit | None) -> dict[str, object]:
    return {
        "apiVersion": API_VERSION,
        "kind": "Publication",
        "metadata": {"name": tree.fleet},
        "branch": branch,
        "commit": commit.id if commit else None,
        "files": len(files_of(tree)),
    }


def _guard(tree: Tree) -> Callable[[Listing], None]:
    """Return what stops a publish that removes too much of what is there."""

    def approve(listing: Listing) -> None:
        counts = removals(tree, listing)
        if counts.share > MOST_REMOVED:
            present = counted(counts.present, "delivery", "deliveries")
            what = f"this would remove {counts.going:,} of {present} ({counts.share:.0%}, more than {MOST_REMOVED:.0%})"
            remedy = "if that is meant, publish with --allow-removals; else look at inventory and placements"
            raise TooManyRemovalsError([Problem(what, remedy=remedy)])

    return approve
