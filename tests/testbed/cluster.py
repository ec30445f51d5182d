"""Control planes for tests: real etcd, kube-apiserver and kube-controller-manager, any number side by side.

No kubelet, no scheduler, no cloud: what those would do, a test or a stand-in does through the API.
"""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import requests

from tests.testbed import kubeconfig
from tests.testbed.api import Api, ApiError, path
from tests.testbed.binaries import find_binaries
from tests.testbed.pki import Authority, signing_pair
from tests.testbed.ports import HOST, reserve
from tests.testbed.processes import Process, Scratch, await_ready

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.binaries import Binaries

READY_SECONDS = 90.0
CONTROLLERS = (
    "persistentvolume-binder-controller",
    "persistentvolumeclaim-protection-controller",
    "persistentvolume-protection-controller",
    "garbage-collector-controller",
    "namespace-controller",
)


class Cluster:
    """A control plane; ``start`` and ``stop`` it, or use it as a context manager.

    ``kubeconfig`` holds an administrator's context, called as the cluster; ``api`` has the same rights.
    """

    def __init__(self, name: str, *, data: Path | None = None, binaries: Binaries | None = None) -> None:
        """Prepare a cluster. ``data`` is an empty folder, which stays; without it there is one that goes."""
        self.name = name
        self._binaries = binaries or find_binaries()
        self._scratch = None if data else Scratch(f"gitops-golden-{name}")
        self.data = data or self._scratch_path()
        self._ports = tuple(reserve() for _ in range(3))
        self._etcd, self._peer, self._secure = (port.number for port in self._ports)
        self._processes: dict[str, Process] = {}
        self._authority = Authority(f"{name} ca")
        self._token = secrets.token_hex(16)
        self.server = f"https://{HOST}:{self._secure}"
        self._write_files()
        self.kubeconfig = self.kubeconfig_for("admin", ("system:masters",), file="kubeconfig")
        self.api = Api(self.server, ca=self.data / "ca.crt", token=self._token)

    @property
    def pids(self) -> tuple[int, ...]:
        """The numbers of the processes that run for it now."""
        return tuple(process.pid for process in self._processes.values() if process.running)

    def start(self) -> Self:
        """Start all of it; return once it answers. Raises StartError, and then nothing of it runs."""
        try:
            self._start_etcd()
            self.start_api_server()
            self._run("kube-controller-manager", *self._controller_manager_flags())
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End all of it and let go of its data. It can't be started again."""
        self.api.close()
        for name in ("kube-controller-manager", "kube-apiserver", "etcd"):
            self._end(name)
        for port in self._ports:
            port.release()
        self._ports = ()
        if self._scratch:
            self._scratch.remove()

    def start_api_server(self) -> None:
        """Start the API server, at the same address as before if it was stopped; return once it is ready."""
        process = self._run("kube-apiserver", *self._api_server_flags())
        await_ready(self._serves, [process], seconds=READY_SECONDS)

    def stop_api_server(self) -> None:
        """Refuse connections until ``start_api_server``; the cluster's objects are kept."""
        self._end("kube-apiserver")

    def kubeconfig_for(self, user: str, groups: tuple[str, ...] = (), *, file: str = "") -> Path:
        """Write a kubeconfig of ``user``, who has the rights that RBAC gives; return its path."""
        pair = self._authority.client(user, groups)
        certificate, key = pair.write(self.data, f"user-{user.replace(':', '-')}")
        entry = {"client-certificate": str(certificate), "client-key": str(key)}
        place = self.data / (file or f"{user.replace(':', '-')}.kubeconfig")
        return kubeconfig.write(place, name=self.name, server=self.server, ca=self.data / "ca.crt", user=entry)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _scratch_path(self) -> Path:
        assert self._scratch is not None
        return self._scratch.path

    def _write_files(self) -> None:
        (self.data / "ca.crt").write_bytes(self._authority.certificate)
        # a CA of its own: with the users' CA, any user's certificate could speak for anyone
        (self.data / "front-proxy-ca.crt").write_bytes(Authority("front proxy ca").certificate)
        self._authority.server("kubernetes", (HOST, "10.0.0.1")).write(self.data, "server")
        signing_pair().write(self.data, "service-accounts")
        (self.data / "tokens.csv").write_text(f"{self._token},admin,admin,system:masters\n")

    def _run(self, name: str, *flags: str) -> Process:
        process = Process([self._binaries.path(name), *flags], log=self.data / f"{name}.log")
        self._processes[name] = process
        return process

    def _end(self, name: str) -> None:
        process = self._processes.pop(name, None)
        if process:
            process.stop()

    def _start_etcd(self) -> None:
        process = self._run("etcd", *self._etcd_flags())
        with requests.Session() as session:
            session.trust_env = False
            # an API server that meets no etcd waits a second before it tries again
            await_ready(lambda: _healthy(session, self._etcd), [process], seconds=READY_SECONDS)

    def _serves(self) -> bool:
        try:
            self.api.send("GET", "/readyz")
            self.api.get(path("v1", "namespaces", name="default"))
        except ApiError:
            return False
        return True

    def _etcd_flags(self) -> tuple[str, ...]:
        client, peer = f"http://{HOST}:{self._etcd}", f"http://{HOST}:{self._peer}"
        return (
            f"--name={self.name}",
            f"--data-dir={self.data / 'etcd'}",
            "--unsafe-no-fsync",
            "--heartbeat-interval=10",
            "--election-timeout=100",
            "--log-level=error",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster={self.name}={peer}",
        )

    def _api_server_flags(self) -> tuple[str, ...]:
        return (
            f"--etcd-servers=http://{HOST}:{self._etcd}",
            f"--bind-address={HOST}",
            f"--advertise-address={HOST}",
            f"--secure-port={self._secure}",
            f"--tls-cert-file={self.data / 'server.crt'}",
            f"--tls-private-key-file={self.data / 'server.key'}",
            f"--client-ca-file={self.data / 'ca.crt'}",
            f"--requestheader-client-ca-file={self.data / 'front-proxy-ca.crt'}",
            "--requestheader-allowed-names=front-proxy-client",
            "--requestheader-username-headers=X-Remote-User",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={self.data / 'service-accounts.crt'}",
            f"--service-account-signing-key-file={self.data / 'service-accounts.key'}",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--authorization-mode=RBAC",
            f"--token-auth-file={self.data / 'tokens.csv'}",
            "--disable-admission-plugins=ServiceAccount",
            "--endpoint-reconciler-type=none",
            "--allow-privileged=true",
        )

    def _controller_manager_flags(self) -> tuple[str, ...]:
        return (
            f"--kubeconfig={self.kubeconfig}",
            "--leader-elect=false",
            "--secure-port=0",
            f"--service-account-private-key-file={self.data / 'service-accounts.key'}",
            f"--root-ca-file={self.data / 'ca.crt'}",
            f"--controllers={','.join(CONTROLLERS)}",
        )


@dataclass(frozen=True, slots=True)
class ExistingCluster:
    """A cluster that was there before the tests, called as the context that reaches it; never stopped."""

    name: str
    kubeconfig: Path
    api: Api


def start_all(clusters: tuple[Cluster, ...]) -> None:
    """Start several at once. If one fails, none runs and its StartError is raised."""
    with ThreadPoolExecutor(len(clusters)) as pool:
        starts = [pool.submit(cluster.start) for cluster in clusters]
    failures = [start.exception() for start in starts]
    for failure in filter(None, failures):
        for cluster, failed in zip(clusters, failures, strict=True):
            if not failed:
                cluster.stop()
        raise failure


def _healthy(session: requests.Session, port: int) -> bool:
    try:
        return session.get(f"http://{HOST}:{port}/health", timeout=5).ok
    except requests.RequestException:
        return False
