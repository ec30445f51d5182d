"""What several end-to-end tests ask for: a ground on which CDI's traps are played, a fleet whose links are broken."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.e2e.cdi_traps import opened
from tests.e2e.linked import opened as linked
from tests.testbed.cdi.ground import existing_ground, prepare
from tests.testbed.cdi.images import RegistryImages
from tests.testbed.cdi.install import make_default
from tests.testbed.cdi.standin import StandIn
from tests.testbed.cluster import Cluster

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.cdi_traps import Site
    from tests.e2e.links import Pair
    from tests.testbed.binaries import Binaries
    from tests.testbed.cdi.ground import Ground
    from tests.testbed.registry import ReachableRegistry


@pytest.fixture(scope="session")
def trap_ground(
    request: pytest.FixtureRequest, contexts: tuple[str, ...], binaries: Binaries, registry: ReachableRegistry
) -> Iterator[Ground]:
    """A cluster with the stand-in, which fetches from a real registry; or the first existing one."""
    if contexts:
        yield existing_ground(request.getfixturevalue("clusters")[0].api, registry)
        return
    with Cluster("traps", binaries=binaries) as own:
        prepare(own.api)
        make_default(own.api, "fast")
        with StandIn(own.api, images=RegistryImages(own.api)) as stand_in:
            yield replace(existing_ground(own.api, registry), stand_in=stand_in)


@pytest.fixture
def site(trap_ground: Ground, registry: ReachableRegistry, tmp_path: Path) -> Iterator[Site]:
    """A namespace to deliver to."""
    with opened(trap_ground, registry, tmp_path) as own:
        yield own


@pytest.fixture
def stand_in(trap_ground: Ground) -> StandIn:
    """The stand-in, for what can't be arranged on somebody's cluster."""
    if trap_ground.stand_in is None:
        pytest.skip("holds imports, moves defaults or runs a registry of its own, which an existing cluster is spared")
    return trap_ground.stand_in


@pytest.fixture(scope="session")
def linked_pair(
    request: pytest.FixtureRequest,
    contexts: tuple[str, ...],
    binaries: Binaries,
    registry: ReachableRegistry,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Pair]:
    """A fleet of two clusters that has converged: the testbed's own, or the first two existing ones."""
    existing = request.getfixturevalue("clusters") if contexts else ()
    with linked(tmp_path_factory.mktemp("links"), binaries, existing, registry) as own:
        yield own


@pytest.fixture
def pair(linked_pair: Pair) -> Iterator[Pair]:
    """The fleet, at rest; after a test that failed it is brought back there."""
    linked_pair.at_rest = ""
    yield linked_pair
    if not linked_pair.at_rest:
        linked_pair.rescue()


@pytest.fixture
def stood_in(contexts: tuple[str, ...]) -> None:
    """Skip what is done to CDI, storage classes or a registry of our own, which an existing cluster is spared."""
    if contexts:
        pytest.skip("done to CDI, to storage or to a registry of our own, which an existing cluster is spared")
