"""``drift``: what do clusters hold that Git doesn't say, and the reverse; since when, and by whom?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitops_golden.cli.clusters_repository import clusters_repository
from gitops_golden.cli.narrowing import narrowing_options
from gitops_golden.cli.options import fleet_argument, output_option, repository_options
from gitops_golden.cli.repository_truth import RepositoryTruth
from gitops_golden.cli.terminal import show, show_json, style, tell
from gitops_golden.cli.verifying import Sources, clock, observed, reader_of, reading_options
from gitops_golden.cli.wiring import open_fleet
from gitops_golden.drift.judge import Drifts
from gitops_golden.errors import FINDING, OUTSIDE_FAILED, InputError
from gitops_golden.plan.narrow import narrow

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from gitops_golden.drift.model import DriftReport
    from gitops_golden.plan.narrow import Narrowing


@click.command("drift")
@fleet_argument
@repository_options
@reading_options
@narrowing_options
@click.option("--commands", is_flag=True, help="Print a shell script that would clean up, and why; nothing is run.")
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
    narrowing: Narrowing,
    commands: bool,
    output: str,
) -> int:
    """Compare clusters with the branch they follow: what was edited, removed, left behind, or made by somebody else?

    Each difference is told with its object, who made it, since when, and what to do; storage that nobody answers for
    with its size. The policy's own changes that are not published yet are no drift: `diff` tells those. Exits 0 if
    there is none, 1 if there is some or a cluster could not be read, 2 for wrong input, 3 if clusters
    were read live and none answered, or Git failed.

    \b
    Examples:
      gitops-golden drift --repo ../clusters.git --kubeconfig ~/.kube/config
      gitops-golden drift --repo ../clusters.git --snapshots snapshots/ -o json
      gitops-golden drift --repo ../clusters.git --kubeconfig fleet.kubeconfig --commands > clean-up.sh
    """
    if commands and output != "table":
        raise InputError("--commands prints a script", remedy="leave -o out")
    opened = open_fleet(fleet)
    plan = narrow(opened.plan, narrowing)
    sources = Sources(kubeconfig, snapshots, timeout)
    reader = reader_of(sources, opened.policy, at=at)
    branch = branch or opened.policy.delivery.branch
    with clusters_repository(repo) as repository:
        standing = repository.standing(branch)
        truth = RepositoryTruth(standing, plan)
        if truth.empty and plan.receiving:
            # Else all that clusters hold would be nobody's.
            what = f"branch {branch!r} holds nothing of the fleet {plan.fleet}, so there is nothing to compare with"
            raise InputError(what, remedy="name the branch that clusters follow, or run `gitops-golden publish`")
        drifts = Drifts(plan, truth, opened.lock, whole=narrowing.whole_clusters, steps=commands)
        found = {
            held.cluster.name: drifts.cluster(held, seen) for held, seen in observed(plan, reader, live=sources.live)
        }
        report = drifts.report(found, at=at or clock(), commit=standing.commit.id if standing.commit else None)
    for file in drifts.unreadable:
        tell(f"warning: {file} on {branch} is no manifest: what it was before is taken to be meant; verify tells more")
    _print(report, "script" if commands else output)
    return _exit_code(report, live=sources.live)


def _print(report: DriftReport, output: str) -> None:
    if output == "json":
        from gitops_golden.report.drift_json import as_json  # noqa: PLC0415 -- rich, which text needs, costs 50 ms

        show_json(as_json(report))
    elif output == "script":
        from gitops_golden.report.drift_script import as_script  # noqa: PLC0415 -- as above

        show(as_script(report))
    else:
        from gitops_golden.report.drift import as_text  # noqa: PLC0415 -- as above

        show(as_text(report, style(), wide=output == "wide"))


def _exit_code(report: DriftReport, *, live: bool) -> int:
    # As in verify: a recording that is missing is a cluster's finding, no failure of the outside.
    if live and report.clusters and not any(cluster.answered for cluster in report.clusters):
        return OUTSIDE_FAILED
    return FINDING if report.drifted else 0
