"""Jobs side by side: none holds up another, and what one raises is not lost."""

from __future__ import annotations

import time
from threading import Event, Lock

import pytest

from gitops_golden.fleet.together import together


def test_every_job_gives_its_result() -> None:
    jobs = {str(number): lambda number=number: number for number in range(50)}
    assert dict(together(jobs, seconds=30, parallel=4)) == {str(number): number for number in range(50)}


def test_no_more_than_asked_for_run_at_a_time() -> None:
    lock, running, most = Lock(), 0, 0

    def job() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.01)
        with lock:
            running -= 1

    assert len(list(together(dict.fromkeys("abcdefgh", job), seconds=30, parallel=3))) == 8
    assert most <= 3


def test_a_job_that_hangs_is_given_up_and_delays_nobody() -> None:
    never = Event()
    jobs = {"sick": never.wait, **dict.fromkeys("abc", lambda: True)}
    start = time.monotonic()
    ended = list(together(jobs, seconds=0.5, parallel=2))
    assert ended[-1] == ("sick", None)
    assert {name for name, result in ended if result} == set("abc")
    assert time.monotonic() - start < 5
    never.set()


def test_what_a_job_raises_is_raised_to_who_asked() -> None:
    with pytest.raises(ZeroDivisionError):
        dict(together({"a": lambda: 1 // 0}, seconds=30, parallel=1))


def test_no_jobs_end_at_once() -> None:
    assert dict(together({}, seconds=30, parallel=1)) == {}
