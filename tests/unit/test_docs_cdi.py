"""The table of CDI's rules is whole: every rule has its tests, every test its rule, what was never measured is told."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

import pytest

from tests import manual

E2E = manual.ROOT / "tests" / "e2e"
PAGE = manual.DOCS / "cdi.md"
RULES = {"DataImportCrons": 32, "DataSources": 9}
MARK = "from_code"


@dataclass(frozen=True, slots=True)
class Row:
    """A rule of the table."""

    number: int
    tests: tuple[str, ...]
    known_from: tuple[str, ...]


def rows(section: str) -> tuple[Row, ...]:
    """Return the rows under a heading."""
    text = PAGE.read_text(encoding="utf-8").partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    found = []
    for line in text.splitlines():
        if re.match(r"\| \d+ \|", line):
            number, _, tests, known = (cell.strip() for cell in line.strip("|").split("|"))
            found.append(Row(int(number), tuple(re.findall(r"`(\w+)`", tests)), tuple(known.split(", "))))
    return tuple(found)


def trap_tests() -> dict[str, bool]:
    """Return the tests of CDI's traps, and whether each has the mark of what was never measured."""
    found: dict[str, bool] = {}
    for file in sorted(E2E.glob("test_cdi_traps_*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                assert node.name not in found, f"{node.name} is there twice"
                found[node.name] = any(MARK in ast.unparse(decorator) for decorator in node.decorator_list)
    return found


@pytest.mark.parametrize("section", sorted(RULES))
def test_the_numbers_of_the_rules_are_complete(section: str) -> None:
    assert [row.number for row in rows(section)] == list(range(1, RULES[section] + 1))


def test_every_rule_has_tests_that_exist_and_every_test_has_one_rule() -> None:
    named = [name for section in RULES for row in rows(section) for name in row.tests]
    assert all(row.tests for section in RULES for row in rows(section))
    assert sorted(named) == sorted(trap_tests())


@pytest.mark.parametrize("section", sorted(RULES))
def test_what_was_read_in_cdis_source_and_never_measured_is_marked_in_test_and_table(section: str) -> None:
    marked = trap_tests()
    for row in rows(section):
        assert set(row.known_from) <= {"recordings", "source"}, row.number
        assert ("source" in row.known_from) == any(marked[name] for name in row.tests), row.number
