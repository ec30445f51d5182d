"""``plan``: what will every cluster hold?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitops_golden.cli.narrowing import narrowing_options
from gitops_golden.cli.options import fleet_argument, output_option
from gitops_golden.cli.terminal import show, show_json, style
from gitops_golden.cli.wiring import open_fleet
from gitops_golden.plan.narrow import narrow
from gitops_golden.report.findings import finding_json
from gitops_golden.report.plans import plan_json, plan_text

if TYPE_CHECKING:
    from pathlib import Path

    from gitops_golden.plan.narrow import Narrowing


@click.command("plan")
@fleet_argument
@narrowing_options
@output_option("table", "wide", "json")
def command(fleet: Path, narrowing: Narrowing, output: str) -> None:
    """Show what every cluster is to hold by policy and lock: one row per distinct variant, or per delivery (-o wide).

    Works offline. Guardrails judge the whole plan, however little of it is shown. Exits 0, 1 if a guardrail denies it,
    or 2 if policy or lock is wrong.

    \b
    Examples:
      gitops-golden plan
      gitops-golden plan fleet/ -o wide
      gitops-golden plan --clusters site=edge
    """
    opened = open_fleet(fleet)
    plan = narrow(opened.plan, narrowing)
    findings = opened.findings
    if output == "json":
        show_json(plan_json(plan) | {"guardrails": [finding_json(finding) for finding in findings]})
    else:
        show(plan_text(plan, style(), wide=output == "wide"))
    opened.guard()
