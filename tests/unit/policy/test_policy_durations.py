"""Spans of time: what the policy and options take, and how they are told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.policy.durations import duration, span, validate


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("4h", timedelta(hours=4)),
        ("1h30m", timedelta(minutes=90)),
        ("90s", timedelta(seconds=90)),
        ("2d", timedelta(days=2)),
        ("1d2h3m4s", timedelta(days=1, hours=2, minutes=3, seconds=4)),
    ],
)
def test_a_span_of_time_is_the_sum_of_its_units(text: str, time: timedelta) -> None:
    assert duration(text) == time


@pytest.mark.parametrize(
    "text", ["", "0h", "0d0s", "4", "h", "4 h", "-4h", "4H", "1m2h", "1h1h", "1.5h", "4h\n", "\u0664h"]
)
def test_anything_else_is_no_span_of_time(text: str) -> None:
    assert validate(text)
    with pytest.raises(ValueError, match="such as 4h"):
        duration(text)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0 s"), (-5, "0 s"), (59, "59 s"), (60, "1 min"), (3_725, "1 h 2 min"), (3_605, "1 h"), (273_600, "3 d 4 h")],
)
def test_a_span_is_told_in_its_two_largest_units(seconds: int, told: str) -> None:
    assert span(timedelta(seconds=seconds)) == told


@given(st.integers(1, 9999), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_every_span_can_be_written(days: int, hours: int, minutes: int, seconds: int) -> None:
    expected = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    assert duration(f"{days}d{hours}h{minutes}m{seconds}s") == expected
