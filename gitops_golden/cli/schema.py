"""``schema``: the JSON Schemas of what people write and machines read."""

from __future__ import annotations

import click

from gitops_golden.cli.terminal import show
from gitops_golden.resources import shipped

SCHEMAS = ("policy", "lock", "snapshot", "report", "delivery")


@click.command("schema")
@click.argument("name", type=click.Choice(SCHEMAS))
def command(name: str) -> None:
    """Print the JSON Schema of the policy, the lock, a snapshot, the verify report, or a delivery as guardrails see it.

    \b
    Examples:
      gitops-golden schema policy > policy.schema.json
      gitops-golden schema report
    """
    show((shipped("policies") / f"{name}.schema.json").read_text(encoding="utf-8"))
