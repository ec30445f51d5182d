"""H in a schedule: every cluster keeps its value, the fleet is spread evenly, and few manifests come of it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.policy.schedules import SLOTS, hashed, next_after, slot_of, spread, validate

FLEET = tuple(f"edge-{number:05}" for number in range(10_000))
MIDNIGHT = datetime(2026, 11, 21, tzinfo=UTC)
MOST_SCHEDULES = 64
MOST_SHARES = 3


@pytest.mark.parametrize(
    ("expression", "first", "last"),
    [
        ("H 2 * * *", "0 2 * * *", "59 2 * * *"),
        ("H H * * *", "0 0 * * *", "59 23 * * *"),
        ("H/15 * * * *", "0-59/15 * * * *", "14-59/15 * * * *"),
        ("H(10-19) 2 * * *", "10 2 * * *", "19 2 * * *"),
        ("H(0-29)/10 * * * *", "0-29/10 * * * *", "9-29/10 * * * *"),
        ("0 H(0-5) * * *", "0 0 * * *", "0 5 * * *"),
        ("0 H/6 * * *", "0 0-23/6 * * *", "0 5-23/6 * * *"),
        ("0 0 H * *", "0 0 1 * *", "0 0 28 * *"),
        ("0 0 H(1-31) * *", "0 0 1 * *", "0 0 31 * *"),
        ("0 0 1 H *", "0 0 1 1 *", "0 0 1 12 *"),
        ("0 0 * * H", "0 0 * * 0", "0 0 * * 6"),
        ("H(7-7) 2 * * *", "7 2 * * *", "7 2 * * *"),
        ("H/99 2 * * *", "0-59/60 2 * * *", "59-59/60 2 * * *"),
        ("H,H(30-39) 2 * * THU", "0,30 2 * * THU", "59,39 2 * * THU"),
        ("0 2 * mar thu", "0 2 * mar thu", "0 2 * mar thu"),
        ("@daily", "@daily", "@daily"),
    ],
)
def test_h_is_a_value_from_the_first_to_the_last_of_its_field(expression: str, first: str, last: str) -> None:
    assert validate(expression) is None
    assert (spread(expression, 0), spread(expression, SLOTS - 1)) == (first, last)


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("H 2 * *", "has 4 fields"),
        ("H", "has 1 fields"),
        ("@H", "has 1 fields"),
        ("@every H", "has 2 fields"),
        ("H2 2 * * *", "has a minute 'H2': write H, H/STEP, H(FIRST-LAST) or H(FIRST-LAST)/STEP"),
        ("*/H 2 * * *", "has a minute '*/H'"),
        ("H-5 2 * * *", "has a minute 'H-5'"),
        ("H(5) 2 * * *", "has a minute 'H(5)'"),
        ("H(0-5 2 * * *", "has a minute 'H(0-5'"),
        ("H/0 2 * * *", "a step of 0 in its minute"),
        ("H/ 2 * * *", "has a minute 'H/'"),
        ("H(5-0) 2 * * *", "its minute outside 0 to 59"),
        ("H(0-60) 2 * * *", "its minute outside 0 to 59"),
        ("0 H(0-24) * * *", "hour outside 0 to 23"),
        ("0 0 H(0-5) * *", "its day of the month outside 1 to 31"),
        ("0 0 * * H(0-7)", "its day of the week outside 0 to 6"),
        ("60 H * * *", "minute outside 0 to 59"),
        ("h 2 * * *", "'h' that is no number"),
        ("TZ=UTC H 2 * * *", "time zone"),
        ("0 0 H(30-31) 2 *", "never due"),
        ("0 0 31 H *", "never due"),
        ("0 0 H(1-31) H(2-2) *", "never due"),
    ],
)
def test_an_h_that_means_nothing_is_told(expression: str, says: str) -> None:
    assert says in str(validate(expression))


def test_a_cluster_keeps_its_slot_in_every_release() -> None:
    assert [slot_of(name) for name in ("edge-001", "prod-eu-1", "a.dotted.cluster", "0")] == [9, 7, 16, 0]


@pytest.mark.parametrize("expression", ["H 2 * * *", "H H * * *", "H/15 * * * *", "H/7 * * * *", "H H(1-5) * * H"])
def test_no_minute_of_the_hour_gets_three_times_its_share_of_ten_thousand_clusters(expression: str) -> None:
    schedules = Counter(spread(expression, slot_of(cluster)) for cluster in FLEET)
    assert len(schedules) <= MOST_SCHEDULES
    due = Counter[int]()
    for schedule, clusters in schedules.items():
        for minute in minutes(schedule):
            due[minute] += clusters
    assert max(due.values()) < MOST_SHARES * due.total() / 60


@pytest.mark.parametrize(("expression", "slots"), [("H 2 * * *", 60), ("H H * * *", 60), ("H/15 * * * *", 60)])
def test_no_minute_of_the_day_in_use_gets_three_times_its_share(expression: str, slots: int) -> None:
    schedules = Counter(spread(expression, slot_of(cluster)) for cluster in FLEET)
    due = Counter[datetime]()
    for schedule, clusters in schedules.items():
        moment = next_after(schedule, MIDNIGHT - timedelta(seconds=1))
        while moment < MIDNIGHT + timedelta(days=1):
            due[moment] += clusters
            moment = next_after(schedule, moment)
    assert len(due) >= slots
    assert max(due.values()) < MOST_SHARES * due.total() / len(due)


def minutes(schedule: str) -> set[int]:
    """The minutes of an hour in which a schedule is ever due, found by asking for a day's times."""
    field = f"{schedule.split(maxsplit=1)[0]} * * * *"
    moment, found = MIDNIGHT, set()
    while (moment := next_after(field, moment)) <= MIDNIGHT + timedelta(hours=1):
        found.add(moment.minute)
    return found


@st.composite
def fields(draw: st.DrawFn, low: int, high: int) -> str:
    first = draw(st.integers(low, high))
    last = draw(st.integers(first, high))
    span = draw(st.sampled_from(["", f"({first}-{last})"]))
    step = draw(st.sampled_from(["", "/1", f"/{draw(st.integers(1, 99))}"]))
    return draw(st.sampled_from([f"H{span}{step}", f"H{span}{step}", "*", str(first), f"H,{first}-{last}"]))


EXPRESSION = st.tuples(fields(0, 59), fields(0, 23), fields(1, 28), fields(1, 12), fields(0, 6)).map(" ".join)


@given(EXPRESSION, st.integers(0, SLOTS - 1))
def test_whatever_h_stands_in_every_cluster_has_a_schedule_that_is_due(expression: str, slot: int) -> None:
    assert validate(expression) is None
    schedule = spread(expression, slot)
    assert not hashed(schedule)
    assert validate(schedule) is None
    assert next_after(schedule, MIDNIGHT) > MIDNIGHT


@given(EXPRESSION)
def test_a_fleet_has_at_most_as_many_schedules_as_slots(expression: str) -> None:
    assert len({spread(expression, slot) for slot in range(SLOTS)}) <= SLOTS <= MOST_SCHEDULES


@given(st.text(alphabet="H0159(-)/,* @L", max_size=24) | EXPRESSION, st.integers(0, SLOTS - 1))
def test_what_is_accepted_has_a_next_time_on_every_cluster(expression: str, slot: int) -> None:
    if validate(expression) is None:
        assert next_after(spread(expression, slot), MIDNIGHT) > MIDNIGHT


@given(st.integers(0, 59).flatmap(lambda low: st.tuples(st.just(low), st.integers(low, 59))))
def test_a_range_is_filled_evenly_and_never_left(bounds: tuple[int, int]) -> None:
    low, high = bounds
    values = [int(spread(f"H({low}-{high}) * * * *", slot).split(maxsplit=1)[0]) for slot in range(SLOTS)]
    assert set(values) == set(range(low, high + 1))
    assert all(before <= after for before, after in pairwise(values))
    uses = Counter(values).values()
    assert max(uses) - min(uses) <= 1
