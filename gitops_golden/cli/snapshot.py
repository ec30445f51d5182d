"""``snapshot``: one cluster recorded."""

from __future__ import annotations

from pathlib import Path

import click

from gitops_golden.cli.observe import read_contexts
from gitops_golden.cli.options import fleet_argument, kubeconfig_option, timeout_option
from gitops_golden.cli.terminal import show
from gitops_golden.cli.wiring import open_fleet
from gitops_golden.errors import InputError, OutsideError
from gitops_golden.files import write_file
from gitops_golden.fleet.observation import Unreachable
from gitops_golden.fleet.snapshot import write
from gitops_golden.report.words import counted


@click.command("snapshot")
@fleet_argument
@click.option("--cluster", metavar="C", required=True, help="The cluster's name in the policy.")
@click.option(
    "--to",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The file to write.",
)
@kubeconfig_option("Where its context is. Default: as kubectl finds it.")
@timeout_option
def command(fleet: Path, *, cluster: str, to: Path, kubeconfig: Path | None, timeout: float) -> None:
    """Record what one cluster holds of the fleet's images, for a verifier that cannot reach it.

    No Secret is ever read. `verify --snapshots` gives the same verdict as reading the cluster live. Exits 0, 2 for
    wrong input, 3 if the cluster could not be read; then nothing is written.

    \b
    Examples:
      gitops-golden snapshot --cluster edge-001 --to snapshots/edge-001.json
      gitops-golden snapshot fleet/ --cluster edge-001 --to edge-001.json --kubeconfig edge.kubeconfig
    """
    plan = open_fleet(fleet).plan
    if all(held.cluster.name != cluster for held in plan.clusters):
        raise InputError(f"the policy has no cluster {cluster!r}", remedy="see `gitops-golden plan`")
    seen = read_contexts(plan, kubeconfig, seconds=timeout, only=cluster)[cluster]
    if isinstance(seen, Unreachable):
        raise OutsideError(f"{cluster} could not be read ({seen.reason}): {seen.message}")
    data = write(seen)
    try:
        write_file(to, data)
    except OSError as error:
        raise InputError(f"{to} cannot be written: {error.strerror}", remedy="name another file") from error
    gaps = f", {counted(len(seen.unread), 'kind')} not readable" if seen.unread else ""
    show(f"{counted(len(seen.objects), 'object')} of {cluster} in {to}{gaps}")
