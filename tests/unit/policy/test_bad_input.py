"""Every wrong policy of the table is refused with what, where and what to do, quickly, and leaves no trace."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest

from gitops_golden.errors import InputErrors
from gitops_golden.policy.load import load
from tests.unit.policy.bad_policies import BAD
from tests.unit.policy.good_policy import GOOD, INVENTORY, BadPolicy, write

if TYPE_CHECKING:
    from pathlib import Path


def state(folder: Path) -> list[tuple[str, int, int]]:
    return sorted(
        (str(path), path.lstat().st_mtime_ns, path.lstat().st_size) for path in folder.rglob("*") if path.name != "loop"
    )


def test_the_policy_that_the_table_varies_is_good(tmp_path: Path) -> None:
    fleet = tmp_path / "fleet"
    write(
        BadPolicy("good", (("fleet.yaml", GOOD.encode()), ("inventory/core.yaml", INVENTORY.encode())), "", ""), fleet
    )
    loaded = load(fleet / "fleet.yaml")
    assert [cluster.name for cluster in loaded.policy.clusters] == ["core-001", "edge-001"]
    assert loaded.warnings == ()


def test_the_names_of_the_table_are_distinct() -> None:
    assert len({bad.name for bad in BAD}) == len(BAD)


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
def test_a_wrong_policy_is_refused_at_its_place(bad: BadPolicy, tmp_path: Path) -> None:
    fleet = tmp_path / "fleet"
    write(bad, fleet)
    before = state(tmp_path)
    start = time.process_time()
    with pytest.raises(InputErrors) as caught:
        load(fleet / "fleet.yaml")
    assert time.process_time() - start < 2
    lines = [str(problem).replace(f"{fleet}/", "") for problem in caught.value.problems]
    assert any(line.startswith(bad.at) and re.search(bad.says, line) for line in lines), lines
    assert all(problem.where and problem.severity == "error" for problem in caught.value.problems)
    assert all(len(line) < 500 and line.isprintable() for line in lines), lines
    assert state(tmp_path) == before


def test_free_text_that_looks_like_a_template_stays_itself(tmp_path: Path) -> None:
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(
        GOOD.replace("edge keeps less", "'{{ 7*7 }} {% raw %} ${HOME}'").replace("inventory/*", "none/*"),
        encoding="utf-8",
    )
    assert load(fleet).policy.overrides[0].name == "{{ 7*7 }} {% raw %} ${HOME}"
