"""Live clusters for the verbs that read them: through a kubeconfig's contexts, with progress."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gitops_golden.cli.terminal import progress
from gitops_golden.plan.vendor import observed_namespaces

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from gitops_golden.fleet.kubeconfig import Target
    from gitops_golden.fleet.observation import Observed
    from gitops_golden.plan.model import Plan


def namespaces_of(plan: Plan) -> dict[str, frozenset[str]]:
    """Return the namespaces that are ours on each cluster."""
    known = {id(holding): frozenset(observed_namespaces(holding)) for holding in plan.distinct()}
    return {held.cluster.name: known[id(held.holding)] for held in plan.clusters}


def read_contexts(
    plan: Plan, kubeconfig: Path | None, *, now: datetime, seconds: float, only: str | None = None
) -> Mapping[str, Observed]:
    """Read the plan's clusters, or one of them. Raises ``InputError`` if there is no usable kubeconfig."""
    from gitops_golden.fleet.kubeconfig import Target  # noqa: PLC0415 -- costs half a second

    namespaces = namespaces_of(plan)
    targets = [
        Target(held.cluster.name, held.cluster.context, namespaces[held.cluster.name])
        for held in (plan.receiving if only is None else plan.clusters)
        if only in (None, held.cluster.name)
    ]
    return read_targets(targets, kubeconfig, now=now, seconds=seconds)


def read_targets(
    targets: Sequence[Target], kubeconfig: Path | None, *, now: datetime, seconds: float
) -> Mapping[str, Observed]:
    """Read clusters side by side. Raises ``InputError`` if there is no usable kubeconfig."""
    from gitops_golden.fleet.kubeconfig import KubeconfigReader  # noqa: PLC0415 -- costs half a second

    reader = KubeconfigReader(kubeconfig, timeout=seconds, environment=os.environ)
    with progress("reading clusters", len(targets)) as step:
        return reader.read_all(targets, now, progress=lambda _: step())
