"""``check``: is the policy right?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitops_golden.cli.options import fleet_argument, output_option
from gitops_golden.cli.terminal import show, show_json
from gitops_golden.cli.wiring import open_fleet
from gitops_golden.report.findings import finding_json
from gitops_golden.report.words import API_VERSION, counted

if TYPE_CHECKING:
    from pathlib import Path


@click.command("check")
@fleet_argument
@output_option("table", "json")
def command(fleet: Path, output: str) -> None:
    """Check the policy, its inventory and the lock: every problem at its file, line and column.

    Works offline: neither registry, repository nor cluster is opened. Exits 0 if the policy is right, 1 if a guardrail
    denies what is planned, 2 if the policy is wrong.

    \b
    Examples:
      gitops-golden check
      gitops-golden check fleet/acme.yaml
    """
    opened = open_fleet(fleet)
    plan = opened.plan
    if opened.policy.templates:
        # What a template of the policy's writes shows only when it is rendered, and its mistakes even before.
        _ = opened.renderer if plan.unlocked() else opened.unguarded
    if output == "json":
        show_json(
            {
                "apiVersion": API_VERSION,
                "kind": "Check",
                "metadata": {"name": plan.fleet},
                "images": len(plan.images),
                "clusters": len(plan.clusters),
                "deliveries": plan.size,
                "unlocked": list(plan.unlocked()),
                "guardrails": [finding_json(finding) for finding in opened.findings],
            }
        )
        opened.guard()
        return
    opened.guard()
    counts = (
        counted(len(plan.images), "image"),
        counted(len(plan.clusters), "cluster"),
        counted(plan.size, "delivery", "deliveries"),
    )
    show(f"{plan.fleet} is right: {', '.join(counts)}")
    if plan.unlocked():
        show(f"not locked yet: {', '.join(plan.unlocked())}; run `gitops-golden lock`")
