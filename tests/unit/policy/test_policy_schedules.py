from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.policy.schedules import next_after, validate

SATURDAY = datetime(2026, 11, 21, 10, 30, 15, tzinfo=UTC)


def due(expression: str, moment: datetime = SATURDAY) -> str:
    return next_after(expression, moment).isoformat(sep=" ", timespec="minutes").removesuffix("+00:00")


@pytest.mark.parametrize(
    ("expression", "at"),
    [
        ("* * * * *", "2026-11-21 10:31"),
        ("0 2 * * *", "2026-11-22 02:00"),
        ("30 10 * * *", "2026-11-22 10:30"),
        ("*/15 * * * *", "2026-11-21 10:45"),
        ("5/20 * * * *", "2026-11-21 10:45"),
        ("1-5,40 10 * * ?", "2026-11-21 10:40"),
        ("0 0 * * MON", "2026-11-23 00:00"),
        ("0 0 * * sun-tue/2", "2026-11-22 00:00"),
        ("0 0 1 jan *", "2027-01-01 00:00"),
        ("0 0 29 2 *", "2028-02-29 00:00"),
        ("  0\t2 * *  * ", "2026-11-22 02:00"),
        ("@hourly", "2026-11-21 11:00"),
        ("@daily", "2026-11-22 00:00"),
        ("@midnight", "2026-11-22 00:00"),
        ("@weekly", "2026-11-22 00:00"),
        ("@monthly", "2026-12-01 00:00"),
        ("@yearly", "2027-01-01 00:00"),
        ("@annually", "2027-01-01 00:00"),
        ("@every 1h", "2026-11-21 11:30"),
        ("@every 1h30m", "2026-11-21 12:00"),
        ("@every 1.5h", "2026-11-21 12:00"),
    ],
)
def test_a_schedule_is_next_due(expression: str, at: str) -> None:
    assert validate(expression) is None
    assert due(expression) == at


def test_either_day_is_enough_where_both_are_restricted() -> None:
    assert due("0 0 25 * sun") == "2026-11-22 00:00"
    assert due("0 0 22-25 * wed") == "2026-11-22 00:00"


def test_all_days_written_out_are_a_restriction_and_a_star_is_none() -> None:
    assert due("0 0 1-31 * mon") == "2026-11-22 00:00"
    assert due("0 0 * * mon") == "2026-11-23 00:00"
    assert due("0 0 */1 * mon") == "2026-11-23 00:00"
    assert due("0 0 */2 * tue") == "2026-11-23 00:00"


def test_schedules_are_in_utc_wherever_the_moment_is_from() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert due("0 2 * * *", SATURDAY.astimezone(tokyo)) == "2026-11-22 02:00"


def test_the_next_leap_day_may_be_eight_years_away() -> None:
    assert due("0 0 29 2 *", datetime(2096, 3, 1, tzinfo=UTC)) == "2104-02-29 00:00"


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("", "has 0 fields"),
        ("* * * *", "has 4 fields"),
        ("0 * * * * *", "has 6 fields"),
        ("60 * * * *", "minute outside 0 to 59"),
        ("* 24 * * *", "hour outside 0 to 23"),
        ("* * 0 * *", "day of the month outside 1 to 31"),
        ("* * * 13 *", "month outside 1 to 12"),
        ("* * * * 7", "day of the week outside 0 to 6"),
        ("* * L * *", "'L' that is no number"),
        ("* * * * 1#2", "'1#2' that is no number or one of sun"),
        ("* * 15W * *", "no number"),
        ("*/0 * * * *", "step of 0"),
        ("*/x * * * *", "step 'x'"),
        ("5-1 * * * *", "ends before it begins"),
        ("1,,2 * * * *", "'' that is no number"),
        ("-1 * * * *", "no number"),
        ("\u0661 * * * *", "no number"),
        ("* * 31 2,4 *", "never due"),
        ("@reboot", "is none of @yearly"),
        ("@every", "is none of"),
        ("@every 1", "needs a duration"),
        ("@every -1h", "needs a duration"),
        ("@every 5s", "between a minute"),
        ("@every 999999999h", "between a minute"),
        ("TZ=Europe/Berlin 0 2 * * *", "time zone"),
        ("CRON_TZ=UTC 0 2 * * *", "time zone"),
        ("1," * 150 + "1 * * * *", "longer than 200"),
    ],
)
def test_a_wrong_schedule_is_told(expression: str, says: str) -> None:
    assert says in str(validate(expression))


FIELD = st.sampled_from(["*", "?", "*/2", "1", "1-3", "2,4", "3/2"])


@given(
    st.tuples(FIELD, FIELD, FIELD, FIELD, FIELD).map(" ".join),
    st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds UTC
)
def test_nothing_is_due_between_a_moment_and_the_next_time(expression: str, moment: datetime) -> None:
    after = next_after(expression, moment)
    assert after > moment
    assert (after.second, after.microsecond) == (0, 0)
    earlier = moment + (after - moment) / 2
    if earlier > moment:
        assert next_after(expression, earlier) == after or earlier == after
