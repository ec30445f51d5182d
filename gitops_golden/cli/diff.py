"""``diff``: what would publishing change?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitops_golden.cli.clusters_repository import clusters_repository, files_of, nothing_to_begin_with
from gitops_golden.cli.options import fleet_argument, output_option, repository_options
from gitops_golden.cli.terminal import show, show_json, style
from gitops_golden.cli.wiring import open_fleet
from gitops_golden.errors import FINDING
from gitops_golden.render.changes import changes
from gitops_golden.render.render import image_of
from gitops_golden.report.changes import changes_json, changes_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from gitops_golden.policy.model import DeliveryTarget
    from gitops_golden.render.changes import State


@click.command("diff")
@fleet_argument
@repository_options
@output_option("table", "json")
def command(fleet: Path, repo: str, branch: str | None, output: str) -> int:
    """Compare what policy and lock render with what the repository holds, in the terms of images.

    Exits 0 if there is nothing to publish, 1 with differences, 2 for wrong input, 3 if the repository cannot be read.

    \b
    Examples:
      gitops-golden diff --repo ../clusters.git
      gitops-golden diff fleet/ --repo https://git.example/clusters.git -o json
    """
    opened = open_fleet(fleet)
    wanted = files_of(opened.tree)
    target = opened.policy.delivery
    into = branch or target.branch
    with clusters_repository(repo) as repository:
        published = repository.published(opened.policy.name, into)
        found = changes(_states(files_of(published.tree), wanted, target))
        others = not nothing_to_begin_with(repository, opened.tree, into) and bool(
            repository.compare(opened.tree, into)
        )
    if output == "json":
        show_json(changes_json(opened.policy.name, found))
    elif others and not found:
        show(f"{opened.policy.name}: no delivery would change; namespaces or the list of our files would")
    else:
        show(changes_text(opened.policy.name, found, style()))
    return FINDING if found or others else 0


def _states(
    before: Mapping[str, bytes], after: Mapping[str, bytes], target: DeliveryTarget
) -> Iterator[tuple[str, str, State, State]]:
    """Yield every delivery's cluster, image and file before and after; a folder of another layout stands for itself."""
    for path in sorted({*before, *after}):
        image = image_of(path)
        if image is not None:
            cluster = target.cluster(path.rpartition("/")[0])
            yield cluster, image, before.get(path), after.get(path)
