"""The contract with CDI: in each scenario that was recorded on real CDI, the cluster does what was recorded.

On the testbed's own cluster that holds the stand-in to the truth; on existing clusters (``--contexts``) it holds real
CDI to what the product and its tests take for granted. There, what can't be arranged on somebody's cluster is skipped.
"""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.testbed.cdi.contract import differences
from tests.testbed.cdi.ground import Ground, existing_ground, prepare
from tests.testbed.cdi.player import Play
from tests.testbed.cdi.recordings import recorded, repertoire
from tests.testbed.cdi.scenarios.table import SCENARIOS
from tests.testbed.cdi.standin import StandIn
from tests.testbed.cluster import Cluster

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from tests.testbed.binaries import Binaries
    from tests.testbed.cdi.timeline import Timeline

AT_ONCE = 8


@pytest.fixture(scope="module")
def ground(request: pytest.FixtureRequest, contexts: tuple[str, ...], binaries: Binaries) -> Iterator[Ground]:
    """Where scenarios are played: the testbed's own cluster with the stand-in, or the first existing one."""
    if contexts:
        cluster = request.getfixturevalue("clusters")[0]
        yield existing_ground(cluster.api, request.getfixturevalue("registry"))
        return
    with Cluster("contract", binaries=binaries) as own:
        prepare(own.api)
        with StandIn(own.api) as stand_in:
            yield Ground(own.api, stand_in)


@pytest.fixture(scope="module")
def played(request: pytest.FixtureRequest, ground: Ground) -> Iterator[dict[str, Future[Timeline]]]:
    """Play all scenarios that are asked for, several at once, each in a namespace of its own."""
    asked = [
        str(item.callspec.params["scenario"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.function is test_the_cluster_does_what_cdi_was_recorded_to_do
    ]
    # a worker of pytest-xdist has been told of all tests and gets some: it plays what it comes to
    eager = [] if hasattr(request.config, "workerinput") else asked
    possible = [scenario for scenario in eager if not ground.lacks(SCENARIOS[scenario].needs)]
    with ThreadPoolExecutor(1) as alone, ThreadPoolExecutor(AT_ONCE) as pool:
        done = {name: alone.submit(play, ground, name) for name in possible if SCENARIOS[name].alone}
        alone.shutdown()
        yield done | {name: pool.submit(play, ground, name) for name in possible if name not in done}


def play(ground: Ground, scenario: str) -> Timeline:
    """Play one scenario to its end."""
    recording = recorded(scenario)
    namespace = f"contract-{scenario.replace('_', '-')}-{secrets.token_hex(2)}"
    steps = tuple(step.text for step in recording.steps)
    run = Play(
        ground.api, namespace, steps, stand_in=ground.stand_in, names=ground.names(scenario), patience=ground.patience
    )
    with run.recording():
        SCENARIOS[scenario].play(run, recording)
    return run.timeline()


@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_the_cluster_does_what_cdi_was_recorded_to_do(
    scenario: str, ground: Ground, played: dict[str, Future[Timeline]]
) -> None:
    needs = SCENARIOS[scenario].needs
    if ground.lacks(needs):
        pytest.skip(f"needs {needs}, which can't be had of real CDI on a cluster that is somebody's")
    now = played[scenario].result() if scenario in played else play(ground, scenario)
    found = compare(ground, scenario, now)
    if found:
        # The API server's controllers, CDI's and the player race each other, as they did when it was recorded: what is
        # wrong with a controller shows each time, so only what shows twice counts.
        found = compare(ground, scenario, play(ground, scenario))
    assert not found, "\n\n".join(found)


def compare(ground: Ground, scenario: str, now: Timeline) -> tuple[str, ...]:
    """Return where a play differs from the recording."""
    messages = ground.stand_in is not None
    return tuple(differences(recorded(scenario), now, repertoire=repertoire(), messages=messages))
