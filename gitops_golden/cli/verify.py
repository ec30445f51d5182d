"""``verify``: has every delivery converged? Else the first broken link."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitops_golden.cli.clusters_repository import clusters_repository
from gitops_golden.cli.observe import read_contexts
from gitops_golden.cli.options import (
    Moment,
    fleet_argument,
    kubeconfig_option,
    output_option,
    repository_options,
    timeout_option,
)
from gitops_golden.cli.repository_truth import RepositoryTruth
from gitops_golden.cli.terminal import show, show_json, style, tell
from gitops_golden.cli.wiring import open_fleet
from gitops_golden.errors import FINDING, OUTSIDE_FAILED, InputError
from gitops_golden.fleet.observation import Unreachable
from gitops_golden.registry.source import open_registry
from gitops_golden.registry.update import check
from gitops_golden.report.verification import as_json, as_text
from gitops_golden.verify.expectations import Truth
from gitops_golden.verify.judge import judge_fleet
from gitops_golden.verify.model import Link, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitops_golden.cli.wiring import Fleet
    from gitops_golden.fleet.observation import Observed
    from gitops_golden.git.repository import Repository
    from gitops_golden.verify.model import Report


@click.command("verify")
@fleet_argument
@repository_options
@kubeconfig_option("Read live clusters, each through its context in this file.")
@click.option(
    "--snapshots",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Read recorded clusters from this folder.",
)
@click.option("--at", metavar="TIME", type=Moment(), help="Judge ages as of this time. Default: now.")
@timeout_option
@output_option("table", "wide", "json")
def command(
    fleet: Path,
    repo: str,
    branch: str | None,
    *,
    kubeconfig: Path | None,
    snapshots: Path | None,
    at: datetime | None,
    timeout: float,
    output: str,
) -> int:
    """Judge every delivery: is what consumers are given the digest that the registry, the lock and Git hold?

    The chain goes registry, lock, git, cron, import, volume, datasource, access. A delivery that has not converged is
    told with its first broken link, the evidence and what to do; so is a cluster whose vendor images are not as the
    policy has them. Exits 0 if all have converged, 1 if not, 2 for wrong input, 3 if nothing can be said: Git failed,
    no cluster answered, or the registry was unreachable and nothing else is wrong.

    \b
    Examples:
      gitops-golden verify --repo ../clusters.git --kubeconfig ~/.kube/config
      gitops-golden verify --repo ../clusters.git --snapshots snapshots/ --at 2026-11-21T10:00:00Z
      gitops-golden verify --repo ../clusters.git --kubeconfig fleet.kubeconfig -o json
    """
    if (kubeconfig is None) == (snapshots is None):
        raise InputError("name the clusters' source", remedy="either --kubeconfig F or --snapshots DIR")
    opened = open_fleet(fleet)
    now = at or datetime.now(UTC)
    with clusters_repository(repo) as repository:
        truth = _truth(opened, repository, branch or opened.policy.delivery.branch)
        if snapshots is not None:
            observed = _read_snapshots(opened, snapshots, now)
        else:
            observed = read_contexts(opened.plan, kubeconfig, now=now, seconds=timeout)
        report = judge_fleet(opened.plan, truth, observed, now)
    if output == "json":
        show_json(as_json(report))
    else:
        show(as_text(report, style(), wide=output == "wide"))
    return _exit_code(report, live=snapshots is None)


def _truth(opened: Fleet, repository: Repository, branch: str) -> Truth:
    policy = opened.policy
    releases = open_registry(policy.registry, environ=os.environ, home=Path.home())
    states = check(policy, opened.lock, releases)
    renderer = opened.renderer
    head = repository.head(branch)
    return Truth(
        git=RepositoryTruth(repository, opened.plan, branch),
        lock=opened.lock,
        tags={state.image: state for state in states},
        commit=head.id if head else None,
        content=lambda variant: renderer.image(variant).content,
        folder=renderer.folder,
        added=renderer.added,
    )


def _read_snapshots(opened: Fleet, folder: Path, now: datetime) -> Mapping[str, Observed]:
    from gitops_golden.fleet.snapshot import read_folder  # noqa: PLC0415 -- live reading needs none of it

    observed = read_folder(folder, (held.cluster.name for held in opened.plan.receiving), now=now)
    for seen in observed.values():
        if isinstance(seen, Unreachable):
            tell(f"warning: {seen.cluster}: {seen.message}")
    return observed


def _exit_code(report: Report, *, live: bool) -> int:
    if report.converged:
        return 0
    if live and report.clusters and not any(cluster.answered for cluster in report.clusters):
        return OUTSIDE_FAILED
    only_registry = all(
        finding.verdict is Verdict.UNREACHABLE and finding.link is Link.REGISTRY for finding in report.findings()
    )
    return OUTSIDE_FAILED if only_registry else FINDING
