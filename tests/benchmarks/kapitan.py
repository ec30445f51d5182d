"""Kapitan as a command: in an environment of its own, with the options that suit it best."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

REQUIREMENT: Final = "kapitan[reclass-rs]==0.36.3"


def installed(cache: Path) -> Path | None:
    """Return the command, installed into an environment in ``cache`` if it isn't there; None, told, if it can't be."""
    folder = cache / REQUIREMENT.replace("==", "-").replace("[", "-").replace("]", "")
    if not (folder / "complete").is_file():
        print(f"installing {REQUIREMENT} into {folder}, once", file=sys.stderr, flush=True)
        pip = (folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", REQUIREMENT)
        try:
            for step in ((sys.executable, "-m", "venv", "--clear", folder), pip):
                subprocess.run(step, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            words = (getattr(error, "stderr", "") or str(error)).strip().splitlines()[-1]
            print(f"Kapitan is left out: {REQUIREMENT} can't be installed into {folder}: {words}", flush=True)
            return None
        (folder / "complete").touch()
    return folder / "bin" / "kapitan"


def compile_command(kapitan: Path, project: Path) -> Sequence[str]:
    """Return the command line that compiles every target, on all processors, as is its default."""
    options = {"inventory-backend": "reclass-rs", "inventory-path": project / "inventory", "output-path": project}
    written = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    return (str(kapitan), "compile", "--quiet", *written, "--search-paths", str(project))
