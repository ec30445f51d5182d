"""Live reading: the clusters that a kubeconfig's contexts reach, side by side, each within its time."""

from __future__ import annotations

import time
from functools import partial
from math import inf
from typing import TYPE_CHECKING

from gitops_golden.fleet.contexts import kubeconfig_files, load_kubeconfig
from gitops_golden.fleet.credentials import resolved
from gitops_golden.fleet.failure import ClusterFailure
from gitops_golden.fleet.observation import Unreachable
from gitops_golden.fleet.together import together

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from gitops_golden.fleet.api import ApiServer
    from gitops_golden.fleet.contexts import Access, Kubeconfig
    from gitops_golden.fleet.observation import Observed
    from gitops_golden.fleet.readers import Clock, Target

# Of a cluster's time: what is slow then says itself what it was, before the whole is given up.
_OWN_SHARE = 0.9


class KubeconfigReader:
    """Reads clusters through the contexts of a kubeconfig.

    ``kubeconfig`` names a file; without one, ``environment`` says where it is, as it does for kubectl, and is
    what credential plugins run in. ``timeout`` is in seconds and for all of one cluster: however much it
    holds, and however it fails, it is answered for by then. Up to ``parallel`` clusters are read at a time. Raises
    InputError if there is no usable kubeconfig.
    """

    def __init__(
        self, kubeconfig: Path | None, *, timeout: float, environment: Mapping[str, str], parallel: int = 16
    ) -> None:
        self._kubeconfig: Kubeconfig = load_kubeconfig(kubeconfig_files(kubeconfig, environment))
        self._timeout = timeout
        self._environment = environment
        self._parallel = parallel

    def knows(self, target: Target) -> bool:
        """Whether the kubeconfig has the cluster's context."""
        return target.context in self._kubeconfig.contexts

    def read(self, targets: Sequence[Target], clock: Clock) -> Iterator[Observed]:
        """Yield each cluster once, as soon as it was read; ``Unreachable`` if it could not be.

        ``read_at`` is when its reading began: what it held may be younger, never older.
        """
        # Here, before any thread: of a package that threads import side by side they find half.
        from gitops_golden.fleet.endpoint import Endpoints  # noqa: PLC0415 - the kubernetes client is slow to import
        from gitops_golden.fleet.live import observe  # noqa: PLC0415 - as above

        endpoints = Endpoints()

        def job(target: Target) -> Observed:
            seconds = self._timeout * _OWN_SHARE
            deadline = time.monotonic() + seconds
            try:
                endpoint = endpoints.of(self._access(target, seconds))
                return observe(target, endpoint, clock=clock, deadline=deadline)
            except ClusterFailure as failure:
                return Unreachable(target.cluster, failure.reason, failure.message)

        jobs = {target.cluster: partial(job, target) for target in targets}
        for name, result in together(jobs, seconds=self._timeout, parallel=self._parallel):
            yield result or Unreachable(name, "Timeout", f"not read within {self._timeout:g} s")

    def connect(self, target: Target) -> ApiServer:
        """Return a way to follow what changes on a cluster, open until it is closed. Raises ClusterFailure."""
        from gitops_golden.fleet.api import ApiServer  # noqa: PLC0415 - as in read
        from gitops_golden.fleet.endpoint import Endpoints  # noqa: PLC0415 - as in read

        return ApiServer(Endpoints().of(self._access(target, self._timeout)), deadline=inf)

    def _access(self, target: Target, seconds: float) -> Access:
        return resolved(self._kubeconfig.access(target.context), self._environment, seconds=seconds)
