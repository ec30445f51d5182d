"""Every way that a kubeconfig has to let its user in, at one real API server: each is a cluster of the policy."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests import manual
from tests.e2e.at_rest import bearer, bind, policy, prepare, write_images
from tests.e2e.contexts import BEYOND, LOGIN, SECRETS, USER, every_context
from tests.testbed.cluster import Cluster
from tests.testbed.faults import Front
from tests.testbed.fleet import Fleet
from tests.testbed.gitrepos import hermetic
from tests.testbed.ports import HOST
from tests.testbed.tunnel import Tunnel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.e2e.contexts import Contexts
    from tests.testbed.binaries import Binaries
    from tests.testbed.fleet import Ran

pytestmark = pytest.mark.usefixtures("testbed_only")

SECONDS = 10.0
"""What each context is given."""
READ = ""
"""The outcome of a context through which the cluster could be read; else it is the reason why not."""
OUTCOMES: Mapping[str, str] = {
    "certificate-files": READ,
    "certificate-data": READ,
    "token": READ,
    "token-file": READ,
    "token-file-wins": READ,
    "authority-file": READ,
    "not-verified": READ,
    "server-name": READ,
    "through-proxy": READ,
    "through-proxy-with-login": READ,
    "behind-proxy": READ,
    "plugin-v1": READ,
    "plugin-v1beta1": READ,
    "plugin-relative": READ,
    "plugin-environment": READ,
    "plugin-certificate": READ,
    "plugin-cluster-info": READ,
    "plugin-whispers": READ,
    "nobody": "Forbidden",
    "token-unknown": "Unauthorized",
    "token-forges-header": "KubeconfigUnusable",
    "token-file-missing": "KubeconfigUnusable",
    "certificate-expired": "Unauthorized",
    "certificate-of-another": "Unauthorized",
    "certificate-broken": "KubeconfigUnusable",
    "key-missing": "KubeconfigUnusable",
    "other-server-name": "TlsFailed",
    "password": "CredentialsUnsupported",
    "auth-provider": "CredentialsUnsupported",
    "as-another": "CredentialsUnsupported",
    "proxy-refuses": "ProxyFailed",
    "proxy-wants-login": "ProxyFailed",
    "plugin-fails": "CredentialsFailed",
    "plugin-hangs": "CredentialsFailed",
    "plugin-leaves-child": "CredentialsFailed",
    "plugin-garbage": "CredentialsFailed",
    "plugin-without-end": "CredentialsFailed",
    "plugin-empty": "CredentialsFailed",
    "plugin-missing": "CredentialsFailed",
    "plugin-other-version": "CredentialsFailed",
    "no-context": "NoContext",
}


@dataclass(frozen=True)
class World:
    """The contexts, and a fleet in which each is a cluster."""

    fleet: Fleet
    contexts: Contexts
    proxy: Tunnel

    def run(self, *arguments: str, expect: int, **environment: str) -> Ran:
        """Run the tool on the contexts, and see that it tells nothing secret and leaves nothing."""
        file, usual = str(self.fleet.kubeconfig), self.fleet.environment
        self.fleet.environment = {**usual, **environment}
        try:
            ran = self.fleet.run(*arguments, "--kubeconfig", file, "--timeout", str(SECONDS), expect=expect)
        finally:
            self.fleet.environment = usual
        known = (self.contexts.token, *SECRETS, "PRIVATE KEY", *self.keys())
        assert [secret for secret in known if secret in ran.out + ran.err] == []
        assert "site-packages" not in ran.err, "a library warns in our place"
        assert self.left() == []
        return ran

    def left(self) -> list[Path]:
        """Return the files that runs have left where temporary ones are put."""
        return list((self.fleet.folder / "tmp").iterdir())

    def keys(self) -> list[str]:
        """Return a piece of each private key that stands in the kubeconfig."""
        found = (user.get("client-key-data") for user in self.contexts.users.values())
        return [key[100:140] for key in found if key]


@pytest.fixture(scope="module")
def cluster(binaries: Binaries, testbed_only: None) -> Iterator[Cluster]:
    with Cluster("alpha", binaries=binaries) as own:
        prepare(own)
        yield own


@pytest.fixture(scope="module")
def world(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("credentials")
    (folder / "tmp").mkdir()
    token = bearer(cluster.api, USER)
    bind(cluster.api, USER, "cluster-admin")
    host, _, port = cluster.server.removeprefix("https://").rpartition(":")
    with (
        Front(cluster.server, ca=cluster.data / "ca.crt", folder=folder / "front") as another,
        Tunnel(names={BEYOND: (host, int(port))}) as proxy,
        Tunnel(login=LOGIN) as guarded,
    ):
        another.present(another.authority.server("another", ()))
        contexts = every_context(folder, cluster, token, another, proxy, guarded)
        environment = {"PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}", "TMPDIR": str(folder / "tmp")}
        fleet = Fleet(folder, {}, contexts.file, environment)
        write_images(fleet)
        fleet.write({"fleet.yaml": policy([*OUTCOMES])}, "a policy")
        fleet.lock()
        fleet.publish()
        yield World(fleet, contexts, proxy)


@pytest.fixture(scope="module")
def seen(world: World) -> Mapping[str, Mapping[str, Any]]:
    """What one run over all contexts said of each."""
    start = time.monotonic()
    ran = world.run("verify", "--repo", str(world.fleet.published.folder), "-o", "json", expect=1)
    assert time.monotonic() - start < 3 * SECONDS
    return {each["cluster"]: each for each in json.loads(ran.out)["clusters"]}


@pytest.mark.parametrize("name", OUTCOMES)
def test_a_context_is_read_or_says_why_not(seen: Mapping[str, Mapping[str, Any]], name: str) -> None:
    found = seen[name]
    reasons = {found.get("reason", READ), *(each["reason"] for each in found["unread"])}
    assert reasons - {READ} == {OUTCOMES[name]} - {READ}
    assert found["answered"] == (OUTCOMES[name] in (READ, "Forbidden"))


def test_every_reason_is_in_the_manual() -> None:
    page = (manual.DOCS / "verify.md").read_text(encoding="utf-8")
    assert set(OUTCOMES.values()) - {READ} <= set(manual.table_words(page, "Reason"))


def test_a_plugin_is_given_its_clusters_share_of_time_and_no_more(seen: Mapping[str, Mapping[str, Any]]) -> None:
    assert "did not answer within" in seen["plugin-hangs"]["message"]
    assert "did not answer within" in seen["plugin-leaves-child"]["message"]
    assert "answered without end" in seen["plugin-without-end"]["message"]


def test_what_a_plugin_says_in_its_defence_is_not_repeated(seen: Mapping[str, Mapping[str, Any]]) -> None:
    assert "exited with 3" in seen["plugin-fails"]["message"]


def test_a_proxy_opens_a_tunnel_to_what_it_alone_can_find(world: World, seen: Mapping[str, Mapping[str, Any]]) -> None:
    assert {seen["behind-proxy"]["answered"], BEYOND in world.proxy.opened} == {True}


def test_a_snapshot_needs_the_same_credentials(world: World, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    world.run("snapshot", "--cluster", "plugin-certificate", "--to", str(good), expect=0)
    refused = world.run("snapshot", "--cluster", "token-unknown", "--to", str(bad), expect=3)
    assert "Unauthorized" in refused.err
    assert [good.exists(), bad.exists()] == [True, False]


def test_a_wait_that_is_cut_off_leaves_no_key_behind(world: World) -> None:
    command = ["verify", "--repo", str(world.fleet.published.folder), "--only", "cluster=certificate-data"]
    command += ["--kubeconfig", str(world.fleet.kubeconfig), "--wait", "1m"]
    with subprocess.Popen(
        [sys.executable, "-m", "gitops_golden", *command],
        cwd=world.fleet.policy.folder,
        env=os.environ | hermetic() | dict(world.fleet.environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        assert any("progressing" in line for line in process.stderr)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 128 + signal.SIGTERM
    assert world.left() == []


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({"HTTPS_PROXY": f"http://{HOST}:1"}, 3),
        ({"HTTPS_PROXY": f"http://{HOST}:1", "NO_PROXY": f"example.com,{HOST}"}, 0),
        ({"HTTPS_PROXY": f"http://{HOST}:1", "NO_PROXY": "127.0.0.0/8"}, 0),
        ({"HTTP_PROXY": f"http://{HOST}:1"}, 0),
    ],
    ids=["a proxy that refuses", "excepted by name", "excepted by network", "a proxy for plain HTTP"],
)
def test_the_environments_proxy_is_used_unless_it_is_excepted(
    world: World, tmp_path: Path, environment: dict[str, str], code: int
) -> None:
    ran = world.run("snapshot", "--cluster", "token", "--to", str(tmp_path / "file"), expect=code, **environment)
    assert ("ProxyFailed" in ran.err) == (code == 3)


def test_the_kubeconfigs_own_proxy_wins_over_the_environments(world: World, tmp_path: Path) -> None:
    to, elsewhere = str(tmp_path / "file"), f"http://{HOST}:1"
    world.run("snapshot", "--cluster", "through-proxy", "--to", to, expect=0, HTTPS_PROXY=elsewhere)
