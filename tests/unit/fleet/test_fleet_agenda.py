"""When clusters are read again while somebody waits."""

from __future__ import annotations

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.fleet.agenda import DEBOUNCE, POLLED, SPACING, WATCHED, Agenda, Pace

PACE = Pace(2, 10)


def read(agenda: Agenda, *clusters: str, at: float, pace: Pace | None = PACE, moved: bool = False) -> None:
    assert set(clusters) <= set(agenda.take(at, 99))
    for cluster in clusters:
        agenda.done(cluster, at, pace, moved=moved)


def test_every_cluster_is_due_at_once_and_taken_once() -> None:
    agenda = Agenda(["a", "b", "c"])
    assert (agenda.take(0, 2), agenda.reading) == (("a", "b"), 2)
    assert agenda.take(0, 9) == ("c",)
    assert (agenda.take(0, 9), agenda.next()) == ((), inf)


def test_a_settled_cluster_is_left_alone() -> None:
    agenda = Agenda(["a"])
    read(agenda, "a", at=1, pace=None)
    assert (agenda.next(), agenda.reading, agenda.ended("a")) == (inf, 0, 1)


def test_a_cluster_where_nothing_moves_is_read_ever_more_seldom() -> None:
    agenda, pauses, now = Agenda(["a"]), [], 0.0
    for _ in range(6):
        read(agenda, "a", at=now)
        pauses.append(agenda.next() - now)
        now = agenda.next()
    assert pauses == [2, 3, 4.5, 6.75, 10, 10]


def test_a_cluster_where_something_moved_is_read_soon_again() -> None:
    agenda = Agenda(["a"])
    read(agenda, "a", at=0)
    read(agenda, "a", at=2)
    read(agenda, "a", at=5, moved=True)
    assert agenda.next() == 7


def test_a_change_brings_the_next_reading_forward_after_the_burst() -> None:
    agenda = Agenda(["a"])
    read(agenda, "a", at=0)
    agenda.changed("a", 1)
    agenda.changed("a", 1.1)
    assert agenda.next() == 1 + DEBOUNCE


def test_a_settled_cluster_that_changes_is_read() -> None:
    agenda = Agenda(["a"])
    read(agenda, "a", at=0, pace=None)
    agenda.changed("a", 60)
    assert agenda.take(60 + DEBOUNCE, 9) == ("a",)


def test_a_cluster_that_always_changes_is_not_read_all_the_time() -> None:
    agenda = Agenda(["a"])
    read(agenda, "a", at=1)
    agenda.changed("a", 1)
    assert agenda.next() == 1 + SPACING


def test_a_change_while_a_cluster_is_read_means_another_reading() -> None:
    agenda = Agenda(["a"])
    agenda.take(0, 1)
    agenda.changed("a", 1)
    assert agenda.next() == inf
    agenda.done("a", 2, None, moved=True)
    assert agenda.next() == 2 + SPACING


def test_a_change_of_a_cluster_that_is_not_waited_for_is_nothing() -> None:
    agenda = Agenda(["a"])
    agenda.changed("b", 1)
    assert agenda.take(9, 9) == ("a",)


def test_what_is_due_for_longest_is_read_first() -> None:
    agenda = Agenda(["a", "b"])
    read(agenda, "a", "b", at=0)
    agenda.changed("b", 0.5)
    assert agenda.take(9, 1) == ("b",)


def test_a_watched_cluster_is_read_less_often_than_a_polled_one() -> None:
    assert (WATCHED.first, WATCHED.most) > (POLLED.first, POLLED.most)


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["change", "take", "done"]), st.floats(0, 5)), max_size=60
    )
)
def test_no_cluster_is_read_twice_at_a_time_and_no_change_is_forgotten(steps: list[tuple[str, str, float]]) -> None:
    agenda, now = Agenda("abc"), 0.0
    reading: set[str] = set()
    unseen: set[str] = set("abc")
    for cluster, step, pause in steps:
        now += pause
        if step == "change":
            agenda.changed(cluster, now)
            unseen.add(cluster)
        elif step == "take":
            taken = agenda.take(now, 1)
            assert not reading & set(taken)
            reading |= set(taken)
            unseen -= set(taken)
        elif cluster in reading:
            reading.remove(cluster)
            agenda.done(cluster, now, None, moved=False)
        assert agenda.reading == len(reading)
    for cluster in tuple(reading):
        agenda.done(cluster, now, None, moved=False)
    assert set(agenda.take(1e9, 9)) == unseen
