"""``diff``: what would publishing change?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitops_golden.changes.deliveries import changes
from gitops_golden.changes.surroundings import surroundings
from gitops_golden.cli.before_publishing import lost_templates, problems_of, source, source_options
from gitops_golden.cli.clusters_repository import clusters_repository, files_of, nothing_to_begin_with
from gitops_golden.cli.options import fleet_argument, output_option, repository_options
from gitops_golden.cli.terminal import show, show_json, style, warn
from gitops_golden.cli.wiring import open_fleet
from gitops_golden.errors import FINDING
from gitops_golden.render.names import parse
from gitops_golden.report.changes import changes_json, changes_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from gitops_golden.changes.alike import State
    from gitops_golden.policy.model import DeliveryTarget
    from gitops_golden.render.names import Kind
    from gitops_golden.verify.admins_templates import Loss


@click.command("diff")
@fleet_argument
@repository_options
@source_options
@output_option("table", "json")
def command(
    fleet: Path,
    repo: str,
    branch: str | None,
    *,
    kubeconfig: Path | None,
    snapshots: Path | None,
    timeout: float,
    output: str,
) -> int:
    """Compare what policy and lock render with what the repository holds, in the terms of images.

    It tells when each change takes effect, what storage it costs and what stays behind on clusters. With --kubeconfig
    or --snapshots also which templates of admins would be lost from HyperConverged, for which publish stops.

    Exits 0 if there is nothing to publish, 1 with differences or if a guardrail denies what is planned, 2 for wrong
    input, 3 if the repository cannot be read.

    \b
    Examples:
      gitops-golden diff --repo ../clusters.git
      gitops-golden diff fleet/ --repo https://git.example/clusters.git -o json
      gitops-golden diff --repo ../clusters.git --snapshots snapshots/
    """
    clusters_in = source(kubeconfig, snapshots, timeout)
    opened = open_fleet(fleet)
    wanted = files_of(opened.tree)
    target = opened.policy.delivery
    into = branch or target.branch
    with clusters_repository(repo) as repository:
        published = repository.published(opened.policy.name, into)
        before = files_of(published.tree)
        found = changes(_deliveries(before, wanted, target))
        others = surroundings(_other_files(before, wanted, target))
        listing = not nothing_to_begin_with(repository, opened.tree, into) and bool(
            repository.compare(opened.tree, into)
        )
        lost, warnings = lost_templates(opened, repository, into, clusters_in) if clusters_in else (None, ())
    warn(warnings)
    if output == "json":
        show_json(changes_json(opened.policy.name, found, others) | {"lostTemplates": _as_json(lost)})
    elif listing and not found and not others:
        show(f"{opened.policy.name}: no file would change, only the list of our files")
    else:
        show(changes_text(opened.policy.name, found, others, style()))
        for problem in problems_of(lost or (), opened):
            show(f"\npublish stops: {problem}")
    return FINDING if found or others or listing else 0


def _as_json(lost: Sequence[Loss] | None) -> list[dict[str, object]] | None:
    """Return what would be lost; None where nobody looked."""
    return None if lost is None else [{"cluster": each.cluster, "templates": list(each.templates)} for each in lost]


def _deliveries(
    before: Mapping[str, bytes], after: Mapping[str, bytes], target: DeliveryTarget
) -> Iterator[tuple[str, str, State, State]]:
    """Yield every delivery's cluster, DataSource and file before and after."""
    for cluster, (kind, name), old, new in _files(before, after, target):
        if kind == "image":
            yield cluster, name, old, new


def _other_files(
    before: Mapping[str, bytes], after: Mapping[str, bytes], target: DeliveryTarget
) -> Iterator[tuple[str, tuple[Kind, str], State, State]]:
    """Yield cluster, kind and name of every other file, before and after."""
    return (file for file in _files(before, after, target) if file[1][0] != "image")


def _files(
    before: Mapping[str, bytes], after: Mapping[str, bytes], target: DeliveryTarget
) -> Iterator[tuple[str, tuple[Kind, str], State, State]]:
    """Yield every file that differs; a folder of another layout stands for its cluster itself."""
    for path in sorted({*before, *after}):
        old, new = before.get(path), after.get(path)
        if old != new:
            # A name that no version of ours gives is that of some file all the same.
            what = parse(path) or ("extra", path.rpartition("/")[2])
            yield target.cluster(path.rpartition("/")[0]), what, old, new
