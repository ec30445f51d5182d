"""What every test may ask for: a real registry and control planes, started once, or existing ones."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.testbed import kubeconfig
from tests.testbed.binaries import find_binaries
from tests.testbed.cluster import Cluster, ExistingCluster, start_all
from tests.testbed.registry import ReachableRegistry, Registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.testbed.binaries import Binaries

E2E = Path(__file__).with_name("e2e")


def pytest_configure() -> None:
    # A busy machine makes no rule wrong: speed is measured in tests/benchmarks.
    settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("unhurried")


def pytest_addoption(parser: pytest.Parser) -> None:
    existing = parser.getgroup("existing clusters")
    existing.addoption("--contexts", default="", help="kubeconfig contexts of clusters with real CDI")
    existing.addoption("--registry", default="", help="URL of a registry that they can reach")
    parser.addoption("--update-golden", action="store_true", help="write expected output anew, to be read in review")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if E2E in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def update_golden(pytestconfig: pytest.Config) -> bool:
    """Whether expected output is to be written instead of compared."""
    return bool(pytestconfig.getoption("--update-golden"))


@pytest.fixture(scope="session")
def contexts(pytestconfig: pytest.Config) -> tuple[str, ...]:
    """Contexts of existing clusters; none means that the testbed starts its own."""
    return tuple(filter(None, pytestconfig.getoption("--contexts").split(",")))


@pytest.fixture(scope="session")
def testbed_only(contexts: tuple[str, ...]) -> None:
    """Skip what is about the testbed's own clusters where existing ones are named."""
    if contexts:
        pytest.skip("about the testbed's own clusters")


@pytest.fixture(scope="session")
def binaries(pytestconfig: pytest.Config) -> Binaries:
    """Servers to start; a build, which takes minutes, is told past pytest's capturing."""
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")

    def tell(line: str) -> None:
        with capture.global_and_fixture_disabled():
            print(f"\n{line}", file=sys.stderr, flush=True)

    return find_binaries(tell=tell)


@pytest.fixture(scope="session")
def registry(binaries: Binaries, pytestconfig: pytest.Config) -> Iterator[ReachableRegistry]:
    """One registry for all tests, who keep to repositories of their own."""
    url = pytestconfig.getoption("--registry")
    if url:
        existing = ReachableRegistry(url)
        yield existing
        existing.close()
    else:
        with Registry(binaries=binaries) as own:
            yield own


@pytest.fixture(scope="session")
def clusters(
    binaries: Binaries, contexts: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Cluster | ExistingCluster, ...]]:
    """Two clusters side by side, or the existing ones, for tests that clean up after themselves."""
    if contexts:
        file = Path(os.environ.get("KUBECONFIG") or Path.home() / ".kube" / "config")
        folder = tmp_path_factory.mktemp("kubeconfig")
        apis = [kubeconfig.connect(file, context, folder=folder) for context in contexts]
        yield tuple(ExistingCluster(context, file, api) for context, api in zip(contexts, apis, strict=True))
        for api in apis:
            api.close()
    else:
        own = tuple(Cluster(name, binaries=binaries) for name in ("east", "west"))
        start_all(own)
        yield own
        for cluster in own:
            cluster.stop()
