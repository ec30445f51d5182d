"""How-tos as programs: the files that a page shows are written, its commands are run, their output is what it shows.

A page's markers: ``<!-- file: NAME -->`` before a block that is a file, ``<!-- run -->`` before a ``console`` block, or
``<!-- run: exits 1 -->``. Commands run in a folder with the sample fleet's registry, and ``../clusters.git`` is empty.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.testbed.gitrepos import hermetic

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "howto"
_STEP = re.compile(
    r"<!-- (file: (?P<file>\S+)|run(?:: exits (?P<code>\d+))?) -->\n+```\w*\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_AT = "2026-11-21T12:00:00Z"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a page: a file to write, or commands to run; ``start`` and ``end`` are where its text stands."""

    file: str | None
    code: int
    text: str
    start: int
    end: int


def pages() -> tuple[Path, ...]:
    """Return every how-to that runs something."""
    return tuple(page for page in sorted(FOLDER.glob("*.md")) if "<!-- run" in page.read_text(encoding="utf-8"))


def steps(page: str) -> Iterator[Step]:
    """Yield a page's steps in order."""
    for found in _STEP.finditer(page):
        yield Step(found["file"], int(found["code"] or 0), found["text"], *found.span("text"))


def walk(page: str, scratch: Path) -> str:
    """Return the page with what its commands print when they are run; each must end as the page says."""
    folder = scratch / "fleet"
    shutil.copytree(ROOT / "sample-fleet" / "registry", folder / "registry")
    environment = {**hermetic(), "HOME": str(scratch), "COLUMNS": "100"}
    environment["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment |= {"GIT_AUTHOR_DATE": _AT, "GIT_COMMITTER_DATE": _AT}
    subprocess.run(
        ["git", "init", "--quiet", "--bare", "--initial-branch=main", str(scratch / "clusters.git")], check=True
    )
    parts, last = [], 0
    for step in steps(page):
        parts.append(page[last : step.start])
        last = step.end
        if step.file is not None:
            file = folder / step.file
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(step.text, encoding="utf-8")
            parts.append(step.text)
        else:
            parts.append(_shown(step, folder, environment))
    return "".join([*parts, page[last:]])


def _shown(step: Step, folder: Path, environment: dict[str, str]) -> str:
    commands = [line.removeprefix("$ ") for line in step.text.splitlines() if line.startswith("$ ")]
    assert commands, "a block to run has a command"
    text = ""
    for command in commands:
        done = subprocess.run(
            ["sh", "-c", f"{command} 2>&1"], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        expected = step.code if command is commands[-1] else 0
        assert done.returncode == expected, f"{command}: exit {done.returncode}\n{done.stdout}"
        text += f"$ {command}\n{done.stdout}"
    return text
