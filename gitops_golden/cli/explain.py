"""``explain``: why does a delivery have this value?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitops_golden.cli.options import fleet_argument, output_option
from gitops_golden.cli.terminal import show, show_json, style
from gitops_golden.cli.wiring import open_fleet
from gitops_golden.errors import InputError
from gitops_golden.plan.compile import layers_of
from gitops_golden.policy.settings import trace
from gitops_golden.report.explanations import explanation_text, explanations_json

if TYPE_CHECKING:
    from pathlib import Path


@click.command("explain")
@fleet_argument
@click.option("--cluster", metavar="C", required=True, help="The cluster.")
@click.option("--image", metavar="I", help="The image. Default: every image that the cluster gets.")
@output_option("table", "json")
def command(fleet: Path, cluster: str, image: str | None, output: str) -> None:
    """Show every resolved setting of a delivery with the file and line it comes from, and what it overrode.

    Exits 0, or 2 if the policy is wrong or does not give the image to the cluster.

    \b
    Examples:
      gitops-golden explain --cluster edge-001
      gitops-golden explain fleet/ --cluster edge-001 --image rhel9
    """
    opened = open_fleet(fleet)
    held = next((held for held in opened.plan.clusters if held.cluster.name == cluster), None)
    if held is None:
        raise InputError(f"the policy has no cluster {cluster!r}", remedy="see `gitops-golden plan`")
    names = sorted({variant.image for variant in held.variants})
    if image is not None:
        opened.image(image)
        if image not in names:
            raise InputError(f"no placement gives {image} to {cluster}", remedy=f"it gets {', '.join(names) or 'none'}")
        names = [image]
    traces = {name: trace(layers_of(opened.policy, opened.image(name), held.cluster)) for name in names}
    if output == "json":
        show_json(explanations_json(opened.policy.name, cluster, traces))
        return
    texts = (explanation_text(cluster, name, resolved, style()) for name, resolved in traces.items())
    show("\n\n".join(texts) if names else f"{cluster} gets no image")
