"""``verify``: has every delivery converged? Else the first broken link."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitops_golden.cli.clusters_repository import clusters_repository
from gitops_golden.cli.ground import ground_of
from gitops_golden.cli.narrowing import narrowing_options, scope_of
from gitops_golden.cli.options import fleet_argument, repository_options
from gitops_golden.cli.printing import exit_code, hand_out, report_options
from gitops_golden.cli.verifying import Sources, reader_of, reading_options, truth_of, verified
from gitops_golden.cli.waiting import wait_for_convergence, waiting_options
from gitops_golden.cli.wiring import open_fleet
from gitops_golden.errors import InputError
from gitops_golden.plan.narrow import narrow

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from pathlib import Path

    from gitops_golden.cli.printing import Written
    from gitops_golden.plan.narrow import Narrowing


@click.command("verify")
@fleet_argument
@repository_options
@reading_options
@narrowing_options
@waiting_options
@report_options
def command(
    fleet: Path,
    repo: str,
    branch: str | None,
    *,
    kubeconfig: Path | None,
    snapshots: Path | None,
    at: datetime | None,
    timeout: float,
    narrowing: Narrowing,
    wait: timedelta | None,
    by: str | None,
    output: str,
    write: tuple[Written, ...],
    attest: Path | None,
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
      gitops-golden verify --repo ../clusters.git --kubeconfig fleet.kubeconfig --only image=rhel9 --clusters site=edge
      gitops-golden verify --repo ../clusters.git --kubeconfig f --wait 30m
      gitops-golden verify --repo ../clusters.git --kubeconfig f --write html=report.html --attest proof.json
    """
    sources = Sources(kubeconfig, snapshots, timeout)
    if wait is not None:
        if at is not None:
            raise InputError("--wait and --at exclude each other", remedy="who waits judges as of now")
        return wait_for_convergence(
            ground_of(fleet, repo, branch, narrowing),
            sources,
            span=wait,
            by=by,
            scope=scope_of(narrowing),
            hand_out=lambda report: hand_out(report, output, write, attest),
        )
    if by is not None:
        raise InputError("--by says how a wait is shown", remedy="name --wait, too")
    opened = open_fleet(fleet)
    plan = narrow(opened.plan, narrowing)
    reader = reader_of(sources, opened.policy, at)
    with clusters_repository(repo) as repository:
        truth = truth_of(
            opened,
            plan,
            repository,
            branch or opened.policy.delivery.branch,
            whole_clusters=narrowing.whole_clusters,
        )
        report = verified(plan, truth, reader, live=sources.live, at=at, scope=scope_of(narrowing))
    hand_out(report, output, write, attest)
    return exit_code(report, live=sources.live)
