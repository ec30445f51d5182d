"""What the package needs is declared: nothing comes only because something else happens to need it."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
OURS = "gitops_golden"


def imported() -> Iterator[str]:
    for file in (ROOT / OURS).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {re.split(r"[<>=!~ ;\[]", each, maxsplit=1)[0].partition(".")[0].lower() for each in project["dependencies"]}


def test_every_package_that_is_imported_is_declared_and_the_reverse() -> None:
    roots = {name.partition(".")[0] for name in imported()}
    assert roots - {OURS} - sys.stdlib_module_names == declared()
