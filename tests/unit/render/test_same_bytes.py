"""The same input gives the same bytes whatever the surroundings of the process are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).parents[3]
DIGEST = """
import hashlib, sys
from pathlib import Path
from tests.unit.render.test_golden import FLEETS, tree_of
for fleet in FLEETS:
    files = hashlib.sha256()
    for path, content in tree_of(fleet):
        files.update(path.encode() + b"\\0" + content + b"\\0")
    print(fleet, files.hexdigest())
"""


def digests(**surroundings: str) -> str:
    environment = {"PATH": os.environ["PATH"], **surroundings}
    ran = subprocess.run(
        [sys.executable, "-c", DIGEST], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return ran.stdout


@pytest.fixture(scope="module")
def plain() -> str:
    return digests(PYTHONHASHSEED="0", LC_ALL="C", TZ="UTC")


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(1, 2**32 - 1),
    locale=st.sampled_from(["C", "C.UTF-8", "tr_TR.UTF-8", "de_DE.UTF-8", "ja_JP.eucJP"]),
    zone=st.sampled_from(["UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia"]),
)
def test_hash_seed_locale_and_time_zone_change_no_byte(plain: str, seed: int, locale: str, zone: str) -> None:
    assert digests(PYTHONHASHSEED=str(seed), LC_ALL=locale, TZ=zone) == plain
    assert len(plain.splitlines()) >= 10
