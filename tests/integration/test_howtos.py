"""Every how-to works as it stands, word for word; ``make golden`` writes the output anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.howto import pages, walk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_a_how_to_works_as_it_stands(page: Path, tmp_path: Path, *, update_golden: bool) -> None:
    text = page.read_text(encoding="utf-8")
    now = walk(text, tmp_path)
    if update_golden:
        page.write_text(now, encoding="utf-8")
    assert page.read_text(encoding="utf-8") == now
