"""Where the shipped templates and schemas are, in a wheel as in an editable checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Literal


def shipped(kind: Literal["templates", "policies"]) -> Path:
    """Return the folder of the shipped ``kind``: inside the package when installed, beside it when editable."""
    package = Path(__file__).resolve().parent
    installed = package / "shipped" / kind
    return installed if installed.is_dir() else package.parent / kind
