"""Every odd fleet of the table, as its user meets it: the place, the exit code, and nothing written if refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.unit.policy.bad_fleets import REFUSED, WARNED
from tests.unit.policy.good_fleet import FLEET, LOCK, BadFleet

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.fleets import Ran
    from tests.testbed.gitrepos import Git

    Run = Callable[..., Ran]


def written(bad: BadFleet, folder: Path) -> str:
    """Write a fleet with its lock, and return the policy's path."""
    files = (("fleet.yaml", bad.fleet.encode()), ("fleet.lock.yaml", LOCK.encode()), *bad.files)
    for name, content in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return str(folder / "fleet.yaml")


def told(ran: Ran, bad: BadFleet, folder: Path, severity: str) -> bool:
    """Tell whether the place and the reason stand on one line of stderr, and nothing but findings around it."""
    lines = [line.replace(f"{folder}/", "") for line in ran.err.splitlines()]
    assert all(line.startswith(("error: ", "warning: ")) for line in lines), lines
    return any(line.startswith(f"{severity}: {bad.at}") and re.search(bad.says, line) for line in lines)


def test_the_fleet_that_the_table_varies_is_right(run: Run, bare: Git, tmp_path: Path) -> None:
    fleet = written(BadFleet("good", FLEET, "", ""), tmp_path / "fleet")
    for arguments in (("check", fleet), ("render", fleet, "--to", str(tmp_path / "out"))):
        ran = run(*arguments)
        assert (ran.code, ran.err) == (0, "")


@pytest.mark.parametrize("bad", REFUSED, ids=lambda bad: bad.name)
def test_a_fleet_that_cannot_be_ends_every_command_at_its_place(
    bad: BadFleet, run: Run, bare: Git, tmp_path: Path
) -> None:
    fleet = written(bad, tmp_path / "fleet")
    before = sorted((tmp_path / "fleet").rglob("*"))
    out = tmp_path / "out"
    commands = (("check",), ("render", "--to", str(out)), ("publish", "--repo", str(bare.folder)))
    for verb, *options in commands:
        ran = run(verb, fleet, *options)
        assert (ran.code, ran.out) == (bad.code, ""), ran.err
        assert told(ran, bad, tmp_path / "fleet", "error"), ran.err
    assert not out.exists()
    assert bare("for-each-ref") == ""
    assert sorted((tmp_path / "fleet").rglob("*")) == before


@pytest.mark.parametrize("bad", WARNED, ids=lambda bad: bad.name)
def test_a_fleet_that_looks_odd_is_warned_of_and_goes_on(bad: BadFleet, run: Run, tmp_path: Path) -> None:
    fleet = written(bad, tmp_path / "fleet")
    for arguments in (("check", fleet), ("render", fleet, "--to", str(tmp_path / "out"))):
        ran = run(*arguments)
        assert ran.code == 0, ran.err
        assert told(ran, bad, tmp_path / "fleet", "warning"), ran.err


def test_the_names_of_the_table_are_distinct() -> None:
    names = [bad.name for bad in (*REFUSED, *WARNED)]
    assert len(set(names)) == len(names)
