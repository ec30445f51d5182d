"""Live reading: the clusters that a kubeconfig's contexts reach, side by side, each within its time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops_golden.fleet.contexts import kubeconfig_files, load_kubeconfig
from gitops_golden.fleet.credentials import resolved
from gitops_golden.fleet.failure import ClusterFailure
from gitops_golden.fleet.observation import Unreachable
from gitops_golden.fleet.together import together

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    from gitops_golden.fleet.contexts import Kubeconfig
    from gitops_golden.fleet.observation import Observed

# Of a cluster's time: what is slow then says itself what it was, before the whole is given up.
_OWN_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Target:
    """A cluster to read: its name in the policy, its kubeconfig context, and the namespaces that are ours."""

    cluster: str
    context: str
    namespaces: frozenset[str]


class KubeconfigReader:
    """Reads clusters through the contexts of a kubeconfig.

    ``kubeconfig`` names a file; without one, ``environment`` says where it is, as it does for kubectl, and is
    what credential plugins run in. ``timeout`` is in seconds and for all of one cluster: however much it
    holds, and however it fails, it is answered for by then. Raises InputError if there is no usable
    kubeconfig.
    """

    def __init__(self, kubeconfig: Path | None, *, timeout: float, environment: Mapping[str, str]) -> None:
        self._kubeconfig: Kubeconfig = load_kubeconfig(kubeconfig_files(kubeconfig, environment))
        self._timeout = timeout
        self._environment = environment

    def read(self, cluster: str, context: str, namespaces: Collection[str], now: datetime) -> Observed:
        """Return what one cluster holds, read at ``now`` (UTC), or why it cannot be read."""
        return self.read_all([Target(cluster, context, frozenset(namespaces))], now)[cluster]

    def read_all(
        self,
        targets: Iterable[Target],
        now: datetime,
        *,
        parallel: int = 16,
        progress: Callable[[Observed], None] | None = None,
    ) -> Mapping[str, Observed]:
        """Return what each cluster holds, by its name, reading up to ``parallel`` of them at a time.

        ``progress`` is called in this thread with each cluster as it ends.
        """
        by_name = {target.cluster: target for target in targets}
        jobs = {name: self._job(target, now) for name, target in by_name.items()}
        observed: dict[str, Observed] = {}
        for name, result in together(jobs, seconds=self._timeout, parallel=parallel):
            late = Unreachable(name, "Timeout", f"not read within {self._timeout:g} s")
            observed[name] = result or late
            if progress:
                progress(observed[name])
        return {name: observed[name] for name in by_name}

    def _job(self, target: Target, now: datetime) -> Callable[[], Observed]:
        # Here and not in the job: of a package that threads import side by side they find half.
        from gitops_golden.fleet.live import observe  # noqa: PLC0415 - the kubernetes client is slow to import

        def job() -> Observed:
            seconds = self._timeout * _OWN_SHARE
            deadline = time.monotonic() + seconds
            try:
                access = self._kubeconfig.access(target.context)
                access = resolved(access, self._environment, seconds=seconds)
                return observe(target.cluster, access, target.namespaces, now=now, deadline=deadline)
            except ClusterFailure as failure:
                return Unreachable(target.cluster, failure.reason, failure.message)

        return job
