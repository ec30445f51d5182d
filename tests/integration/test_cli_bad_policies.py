"""Every wrong policy of the table, as its user meets it: exit code 2, the place on stderr, nothing written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.policy.bad_policies import BAD
from tests.unit.policy.good_policy import write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.fleets import Ran
    from tests.unit.policy.good_policy import BadPolicy


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
def test_a_wrong_policy_ends_with_2_and_its_place(bad: BadPolicy, run: Callable[..., Ran], tmp_path: Path) -> None:
    folder = tmp_path / "fleet"
    write(bad, folder)
    before = sorted(tmp_path.rglob("*"))
    ran = run("lock", str(folder / "fleet.yaml"))
    assert (ran.code, ran.out) == (2, "")
    assert f"error: {folder}/{bad.at}" in ran.err
    assert all(line.startswith(("error: ", "warning: ")) for line in ran.err.splitlines())
    assert sorted(tmp_path.rglob("*")) == before
