"""Live clusters for the verbs that read a few of them: through a kubeconfig's contexts, with progress."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gitops_golden.cli.terminal import progress
from gitops_golden.fleet.kubeconfig import KubeconfigReader
from gitops_golden.fleet.readers import Target
from gitops_golden.plan.vendor import observed_namespaces

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gitops_golden.fleet.observation import Observed
    from gitops_golden.plan.model import Plan


def namespaces_of(plan: Plan) -> dict[str, frozenset[str]]:
    """Return the namespaces that are ours on each cluster."""
    known = {id(holding): frozenset(observed_namespaces(holding)) for holding in plan.distinct()}
    return {held.cluster.name: known[id(held.holding)] for held in plan.clusters}


def read_contexts(
    plan: Plan, kubeconfig: Path | None, *, seconds: float, only: str | None = None
) -> Mapping[str, Observed]:
    """Read the plan's clusters, or one of them. Raises ``InputError`` if there is no usable kubeconfig."""
    namespaces = namespaces_of(plan)
    targets = [
        Target(held.cluster.name, held.cluster.context, namespaces[held.cluster.name])
        for held in (plan.receiving if only is None else plan.clusters)
        if only in (None, held.cluster.name)
    ]
    return read_targets(targets, kubeconfig, seconds=seconds)


def read_targets(targets: Sequence[Target], kubeconfig: Path | None, *, seconds: float) -> Mapping[str, Observed]:
    """Read clusters side by side. Raises ``InputError`` if there is no usable kubeconfig."""
    reader = KubeconfigReader(kubeconfig, timeout=seconds, environment=os.environ)
    observed: dict[str, Observed] = {}
    with progress("reading clusters", len(targets)) as step:
        for seen in reader.read(targets, _clock):
            observed[seen.cluster] = seen
            step()
    return {target.cluster: observed[target.cluster] for target in targets}


def _clock() -> datetime:
    return datetime.now(UTC)
