"""Clocks differ by what an answer proves, and by nothing that its second and its way explain."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.fleet.skew import MOST, skew

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SHORT = st.timedeltas(timedelta(), timedelta(seconds=30))
AHEAD = st.timedeltas(timedelta(days=-400), timedelta(days=400))


def header(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


@given(start=SHORT, before=SHORT, after=SHORT, ahead=AHEAD)
def test_a_skew_is_never_overstated(start: timedelta, before: timedelta, after: timedelta, ahead: timedelta) -> None:
    asked = NOON + start
    written = asked + before
    found = skew(header(written + ahead), asked=asked, answered=written + after)
    assert found is not None
    assert abs(found) <= abs(ahead)
    assert found == timedelta() or (found > timedelta()) == (ahead > timedelta())
    assert abs(found) >= abs(ahead) - before - after - timedelta(seconds=1)


def test_a_clock_that_is_right_has_none() -> None:
    moment = NOON + timedelta(seconds=0.9)
    assert skew(header(moment), asked=moment, answered=moment) == timedelta()


def test_what_a_snapshot_could_not_say_is_no_skew() -> None:
    assert skew(header(NOON + MOST), asked=NOON, answered=NOON) == MOST
    assert skew("Fri, 31 Dec 9999 23:59:59 GMT", asked=NOON, answered=NOON) is None
    assert skew("Fri, 01 Jan 1600 00:00:00 GMT", asked=NOON, answered=NOON) is None


@pytest.mark.parametrize("date", ["", "noon", "Sat, 21 Nov 2026 99:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -2300"])
def test_a_header_that_tells_no_time_tells_none(date: str) -> None:
    assert skew(date, asked=NOON, answered=NOON) is None
