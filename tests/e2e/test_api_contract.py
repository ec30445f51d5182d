"""What the reads of a cluster rely on holds for a real API server: the same rules as for the benchmarks' simulator."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest
import requests

from tests.api_contract import NAMES, NAMESPACE, RULES, claim, data_source
from tests.testbed.api import path
from tests.testbed.cdi.install import install
from tests.testbed.cluster import Cluster

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.api_contract import Ask
    from tests.testbed.binaries import Binaries


@pytest.fixture(scope="module")
def cluster(binaries: Binaries, contexts: tuple[str, ...]) -> Iterator[Cluster]:
    if contexts:
        pytest.skip("needs a cluster of its own")
    with Cluster("contract", binaries=binaries) as own:
        install(own.api)
        own.api.create(path("v1", "namespaces"), {"metadata": {"name": NAMESPACE}})
        for name in NAMES:
            own.api.create(path("cdi.kubevirt.io/v1beta1", "datasources", NAMESPACE), data_source(name))
            own.api.create(path("v1", "persistentvolumeclaims", NAMESPACE), claim(name))
        yield own


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_real_api_server_answers_so(cluster: Cluster, rule: Callable[[Ask], None]) -> None:
    config = json.loads(cluster.kubeconfig.read_text())
    user, about = config["users"][0]["user"], config["clusters"][0]["cluster"]
    authority = cluster.kubeconfig.parent / "authority.crt"
    authority.write_bytes(base64.b64decode(about["certificate-authority-data"]))

    def ask(place: str) -> requests.Response:
        headers = {"Accept-Encoding": "identity"}
        if not place.startswith("/"):
            headers["Authorization"] = "Bearer wrong"
            return requests.get(f"{cluster.server}/version", headers=headers, verify=str(authority), timeout=10)
        own = (user["client-certificate"], user["client-key"])
        return requests.get(f"{cluster.server}{place}", headers=headers, cert=own, verify=str(authority), timeout=10)

    rule(ask)
