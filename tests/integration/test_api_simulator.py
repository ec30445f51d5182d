"""The benchmarks' API servers answer as a real one does, over TLS and without, each cluster below its own path."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest
import requests

from gitops_golden.fleet.kubeconfig import KubeconfigReader
from gitops_golden.fleet.observation import Observation
from gitops_golden.fleet.readers import Target
from tests.api_contract import NAMES, NAMESPACE, RULES, claim, data_source
from tests.benchmarks.apis import TOKEN, Apis, Held
from tests.benchmarks.converged import as_served
from tests.benchmarks.serving import HOST, identity, kubeconfig, serving

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.api_contract import Ask

CLUSTERS = ("one", "two")
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def servers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of several clusters' servers, and a kubeconfig for them."""
    folder = tmp_path_factory.mktemp("apis")
    context, authority = identity(folder) if request.param == "https" else (None, "")
    held = Held([as_served(make(name)) for make in (data_source, claim) for name in NAMES])
    ready, stop = Event(), Event()
    ports: list[int] = []

    async def serve(tls: ssl.SSLContext | None) -> None:
        async with serving(Apis(dict.fromkeys(CLUSTERS, held)), tls) as port:
            ports.append(port)
            ready.set()
            await asyncio.to_thread(stop.wait)

    thread = Thread(target=lambda: asyncio.run(serve(context)))
    thread.start()
    ready.wait(10)
    address = f"{request.param}://{HOST}:{ports[0]}"
    file = folder / "kubeconfig"
    file.write_text(kubeconfig({name: f"{address}/{name}" for name in CLUSTERS}, authority))
    yield address, file
    stop.set()
    thread.join()


@pytest.mark.parametrize("servers", ["http"], indirect=True)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_it_answers_as_an_api_server_does(servers: tuple[str, Path], rule: Callable[[Ask], None]) -> None:
    address, _ = servers

    def ask(path: str) -> requests.Response:
        token = TOKEN if path.startswith("/") else "wrong"
        path = path if path.startswith("/") else "/version"
        headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}
        return requests.get(f"{address}/one{path}", headers=headers, timeout=10)

    rule(ask)


@pytest.mark.parametrize("servers", ["http", "https"], indirect=True)
def test_each_cluster_is_read_as_what_it_is(servers: tuple[str, Path]) -> None:
    _, file = servers
    targets = [Target(name, name, frozenset({NAMESPACE})) for name in CLUSTERS]
    reader = KubeconfigReader(file, timeout=20, environment={})
    seen = {each.cluster: each for each in reader.read(targets, lambda: NOON)}
    for name in CLUSTERS:
        cluster = seen[name]
        assert isinstance(cluster, Observation), cluster
        assert cluster.server
        assert cluster.server.uid == f"uid-of-{name}"
        assert [each["metadata"]["name"] for each in cluster.list("PersistentVolumeClaim", NAMESPACE)] == list(NAMES)
        assert cluster.absent_kinds == {"HyperConverged"}
        assert not cluster.unread
