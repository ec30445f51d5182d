"""``schema``: the JSON Schemas of what people write and machines read."""

from __future__ import annotations

from typing import Final

import click

from gitops_golden.cli.terminal import show
from gitops_golden.resources import shipped

FILES: Final = ("policy", "lock", "snapshot", "delivery")
"""What people and commands write, and a delivery as guardrails see it."""
PRINTED: Final = (
    *("check", "explain", "lock-changes", "lock-check", "plan", "diff", "render", "publish"),
    *("report", "drift"),
)
"""What commands print for machines."""
SCHEMAS: Final = (*FILES, *PRINTED)


@click.command("schema")
@click.argument("name", type=click.Choice(SCHEMAS), metavar="NAME")
def command(name: str) -> None:
    """Print the JSON Schema of a file, or of what a command prints with -o json.

    \b
    Files:
      policy        a policy, or one document of its folder
      lock          fleet.lock.yaml
      snapshot      what `snapshot` writes
      delivery      a planned delivery, as guardrails see it
    What commands print with -o json:
      check, explain, plan, diff, render, publish
      lock-changes  of `lock`
      lock-check    of `lock --check`
      report        of `verify`
      drift         of `drift`

    \b
    Examples:
      gitops-golden schema policy > policy.schema.json
      gitops-golden schema report
    """
    show((shipped("policies") / f"{name}.schema.json").read_text(encoding="utf-8"))
