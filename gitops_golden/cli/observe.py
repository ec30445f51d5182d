"""Live clusters for the verbs that read them: through a kubeconfig's contexts, with progress."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gitops_golden.cli.terminal import progress

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from gitops_golden.fleet.observation import Observed
    from gitops_golden.plan.model import Plan


def namespaces_of(plan: Plan) -> dict[str, frozenset[str]]:
    """Return the namespaces that are ours on each cluster."""
    known: dict[int, frozenset[str]] = {}
    for held in plan.clusters:
        if id(held.variants) not in known:
            known[id(held.variants)] = frozenset(variant.settings.namespace for variant in held.variants)
    return {held.cluster.name: known[id(held.variants)] for held in plan.clusters}


def read_contexts(
    plan: Plan, kubeconfig: Path | None, *, now: datetime, seconds: float, only: str | None = None
) -> Mapping[str, Observed]:
    """Read the plan's clusters, or one of them. Raises ``InputError`` if there is no usable kubeconfig."""
    from gitops_golden.fleet.kubeconfig import KubeconfigReader, Target  # noqa: PLC0415 -- costs half a second

    namespaces = namespaces_of(plan)
    targets = [
        Target(held.cluster.name, held.cluster.context, namespaces[held.cluster.name])
        for held in (plan.receiving if only is None else plan.clusters)
        if only in (None, held.cluster.name)
    ]
    reader = KubeconfigReader(kubeconfig, timeout=seconds, environment=os.environ)
    with progress("reading clusters", len(targets)) as step:
        return reader.read_all(targets, now, progress=lambda _: step())
