"""How far a wait has come, as lines and as a table."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from gitops_golden.report.progress import (
    FEW,
    Member,
    as_ending,
    as_line,
    as_table,
    best_label,
    progress_of,
    split,
)
from gitops_golden.verify.model import Finding, Link, Verdict
from gitops_golden.verify.waiting import Ended, Pending, Tally

if TYPE_CHECKING:
    from gitops_golden.report.progress import Progress

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
IMPORTING = Finding(Verdict.PROGRESSING, Link.IMPORT, "Importing", "42.0 %", since=NOW - timedelta(minutes=3))


def labelled(**labels: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(labels.items()))


def member(name: str, deliveries: int = 2, **labels: str) -> Member:
    return Member(name, labelled(**labels), deliveries)


def done(name: str, deliveries: int = 2) -> Tally:
    return Tally(name, Counter({Verdict.CONVERGED: deliveries}))


def importing(name: str, finding: Finding = IMPORTING) -> Tally:
    counts = Counter({Verdict.CONVERGED: 1, finding.verdict: 1})
    return Tally(name, counts, oldest=Pending(name, "rhel9", finding))


def progress(
    *members: Member, tallies: tuple[Tally, ...] = (), label: str = "", elapsed: float = 72, left: float = 1728
) -> Progress:
    known = {tally.cluster: tally for tally in tallies}
    spans = {"elapsed": timedelta(seconds=elapsed), "left": timedelta(seconds=left)}
    return progress_of(split(members, label), known, at=NOW, **spans)


def drawn(shown: Progress, *, rows: int = FEW, width: int = 100) -> list[str]:
    stream = StringIO()
    Console(file=stream, width=width, color_system=None).print(as_table(shown, rows))
    return [line.rstrip() for line in stream.getvalue().splitlines()]


FLEET = (member("a", site="edge"), member("b", site="edge"), member("c", site="hub"))
SOME = (done("a"), importing("b"))


def test_the_label_that_splits_most_evenly_is_chosen() -> None:
    fleet = [labelled(env="prod", site="a"), labelled(env="prod", site="b"), labelled(env="dev", site="b")]
    fleet.append(labelled(env="prod", site="a"))
    assert best_label(fleet) == "site"


def test_a_label_that_is_another_on_every_cluster_splits_nothing() -> None:
    fleet = [labelled(id=str(number), env="prod" if number % 2 else "dev") for number in range(FEW + 1)]
    assert best_label(fleet) == "env"


def test_without_a_label_that_splits_there_is_none() -> None:
    assert best_label([labelled(env="prod")] * 3) == ""
    assert best_label([]) == ""


def test_of_two_labels_that_tell_the_same_the_first_by_name_is_chosen() -> None:
    fleet = [labelled(zone=f"z{number % 3}", area=f"a{number % 3}") for number in range(9)]
    assert best_label(fleet) == "area"


def test_a_line_tells_what_is_there_what_is_not_and_how_long_it_may_take() -> None:
    shown = progress(*FLEET, tallies=SOME, label="site")
    assert as_line(shown) == (
        "1 min 12 s: 3 of 6 deliveries converged, 1 progressing, 2 not read yet; open by site: edge 1; "
        "oldest: rhel9 on b, import/Importing for 3 min; 28 min 48 s left"
    )


def test_a_line_before_anything_was_read_names_no_groups() -> None:
    assert as_line(progress(*FLEET, label="site", elapsed=0)) == (
        "0 s: 0 of 6 deliveries converged, 6 not read yet; 28 min 48 s left"
    )


def test_a_line_names_a_few_groups_alone() -> None:
    fleet = [member(f"c{number}", site=f"s{number}") for number in range(9)]
    tallies = tuple(importing(each.cluster) for each in fleet)
    assert "open by site: s0 1, s1 1, s2 1, s3 1 and 5 more;" in as_line(
        progress(*fleet, tallies=tallies, label="site")
    )


def test_a_cluster_with_a_finding_of_its_own_is_told() -> None:
    whole = Finding(Verdict.BROKEN, None, "VendorImagesPresent", "centos", since=NOW - timedelta(days=1))
    tally = Tally("a", Counter({Verdict.CONVERGED: 2}), oldest=Pending("a", "", whole), whole=True)
    line = as_line(progress(member("a"), tallies=(tally,)))
    assert "2 of 2 deliveries converged, 1 cluster with a finding of its own; oldest: a, cluster/VendorImages" in line


def test_time_alone_changes_nothing() -> None:
    assert progress(*FLEET, tallies=SOME) == progress(*FLEET, tallies=SOME, elapsed=99, left=1)
    assert progress(*FLEET, tallies=SOME) != progress(*FLEET, tallies=(done("a"), done("b")))


def test_a_table_has_a_row_for_each_group_and_one_for_all() -> None:
    lines = drawn(progress(*FLEET, tallies=SOME, label="site"))
    assert lines[0] == "waited 1 min 12 s, 28 min 48 s left, by site"
    assert [line.split()[0] for line in lines[1:4]] == ["edge", "hub", "all"]
    assert lines[1].endswith("3/4  75 %  1 progressing")
    assert lines[2].endswith("0/2   0 %  2 not read yet")
    assert lines[4:] == ["oldest: rhel9 on b, import/Importing for 3 min", "42.0 %"]


def test_a_fleet_that_is_not_split_has_one_row() -> None:
    assert len(drawn(progress(*FLEET, tallies=(done("a"), done("b"), done("c"))))) == 2


def test_a_table_has_no_more_rows_than_there_is_room_for() -> None:
    fleet = [member(f"c{number:02}", site=f"s{number:02}") for number in range(40)]
    tallies = (*(done(each.cluster) for each in fleet[:38]), importing("c38"), importing("c39"))
    lines = drawn(progress(*fleet, tallies=tallies, label="site"), rows=4)
    assert [line.split()[0] for line in lines[1:6]] == ["s00", "s38", "s39", "37", "all"]
    assert "74/74" in lines[4]


def test_what_a_cluster_says_neither_drives_a_terminal_nor_fills_it() -> None:
    hostile = Finding(Verdict.BROKEN, Link.IMPORT, "ImporterCrashing", "\x1b[2J[bold]" + "x" * 1_000_000)
    lines = drawn(progress(member("a"), tallies=(importing("a", hostile),)))
    assert lines[3].startswith("\\x1b[2J[bold]xxx")
    assert len(lines) < 8


def test_digests_are_cut_on_a_terminal() -> None:
    pinned = Finding(Verdict.BROKEN, Link.CRON, "DigestEdited", f"pins sha256:{'e' * 64}, not ours")
    assert drawn(progress(member("a"), tallies=(importing("a", pinned),)))[-1] == f"pins sha256:{'e' * 12}, not ours"


def test_an_end_says_why() -> None:
    shown = progress(*FLEET[:2], tallies=SOME)
    assert as_ending(Ended.CONVERGED, shown) == "converged after 1 min 12 s"
    assert as_ending(Ended.DEADLINE, shown) == (
        "not converged within 1 min 12 s; as far as it is known: 3 of 4 deliveries converged, 1 progressing"
    )
    assert as_ending(Ended.INTERRUPTED, shown).startswith("interrupted after 1 min 12 s; as far as it is known: 3 of 4")
    assert as_ending(Ended.SETTLED, shown).startswith("every cluster has converged after 1 min 12 s")


def test_an_early_end_names_what_no_waiting_mends() -> None:
    foreign = Pending("a", "rhel9", Finding(Verdict.BROKEN, Link.CRON, "ForeignCron", "another"))
    tallies = (Tally("a", Counter(), oldest=foreign, certain=foreign), Tally("b", Counter(), certain=foreign))
    shown = progress(member("a"), member("b"), tallies=tallies)
    assert as_ending(Ended.CERTAIN, shown) == (
        "ended after 1 min 12 s: no waiting mends rhel9 on a, cron/ForeignCron and 1 more"
    )


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 5), st.booleans()), max_size=12))
def test_every_delivery_is_counted_once(clusters: list[tuple[str, int, bool]]) -> None:
    members = [member(str(number), size, site=site) for number, (site, size, _) in enumerate(clusters)]
    tallies = tuple(done(str(number), size) for number, (_, size, read) in enumerate(clusters) if read)
    shown = progress(*members, tallies=tallies, label="site")
    assert shown.all.total == sum(size for _, size, _ in clusters)
    assert shown.all.unread == sum(size for _, size, read in clusters if not read)
