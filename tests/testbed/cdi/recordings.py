"""The recordings of real CDI in tests/data/cdi, as the contract reads them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.testbed.cdi.contract import states_of
from tests.testbed.cdi.player import NAMESPACE
from tests.testbed.cdi.scenarios.table import SCENARIOS
from tests.testbed.cdi.timeline import read, renamed

if TYPE_CHECKING:
    from tests.testbed.cdi.timeline import Timeline

FOLDER = Path(__file__).parents[2] / "data" / "cdi"


def recorded(scenario: str) -> Timeline:
    """Return the recording of a scenario, its namespace called as in what is played."""
    namespace = f"golden-{scenario.replace('_', '-')}"
    return renamed(read(FOLDER / f"{scenario}.jsonl"), {namespace: NAMESPACE})


def repertoire() -> frozenset[str]:
    """Return every state that a recording holds, for the contract's rule 3."""
    return frozenset().union(*(states_of(recorded(scenario)) for scenario in SCENARIOS))
