"""Every moment of every recording judged as of its own time, against the table of what is to be said of it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import TYPE_CHECKING

import pytest

from gitops_golden.fleet.kinds import CLAIM, NAMESPACED, SNAPSHOT
from gitops_golden.fleet.storage_views import volume_view
from gitops_golden.fleet.views import data_source_view, data_volume_view
from tests.recordings import FOLDER
from tests.unit.verify.replay_table import Row, because, facts, recorded_as, since, stories, telling, waits
from tests.unit.verify.replaying import Replayed
from tests.unit.verify.world import outcome

if TYPE_CHECKING:
    from tests.unit.verify.replay_table import Told

READ = tuple(kind.name for kind in NAMESPACED if not kind.group.startswith("rbac"))
"""The kinds in the order in which they are read: what CDI says last is read first, so that the rest is no older."""
FACT = re.compile(r"\b(?:DIC|DataSource) [0-9]+")


@pytest.mark.parametrize("story", stories())
def test_each_moment_of_a_recording_is_judged_as_the_table_says(story: str) -> None:
    wanted, found = [], []
    for number, told in enumerate(telling(story)):
        when = f"{number} {told.moment.at:%M:%S.%f} {told.moment.told}"
        replayed = Replayed(story, told)
        finding = replayed.finding()
        wanted.append((when, told.row.said, replayed.since(), told.row.served))
        found.append((when, outcome(finding), finding and finding.since, replayed.served()))
    assert found == wanted


@pytest.mark.parametrize("story", stories())
def test_what_still_waits_when_it_is_late_is_told_as_the_table_says(story: str) -> None:
    wanted, found = [], []
    for told in telling(story):
        if not told.last or told.row.said not in waits():
            continue
        replayed, wait = Replayed(story, told), waits()[told.row.said]
        promised = replayed.finding(later=timedelta(minutes=2), objective=timedelta(minutes=1))
        alone = replayed.finding(later=timedelta(minutes=11))
        wanted.append((told.row.begins, wait.late, wait.alone))
        found.append((told.row.begins, outcome(promised), outcome(alone)))
    assert found == wanted


@pytest.mark.parametrize("story", stories())
def test_only_what_is_bound_imported_and_ready_has_converged(story: str) -> None:
    for told in telling(story):
        replayed = Replayed(story, told)
        source = data_source_view(replayed.of("DataSource", replayed.expected.data_source))
        if told.row.said == "converged":
            volume = volume_view(replayed.of(SNAPSHOT) or replayed.of(CLAIM))
            assert source.ready
            assert volume.ready
            assert {each.name for each in source.sources} == {replayed.expected.volume}
            assert data_volume_view(replayed.of("DataVolume")).phase in {"", "Succeeded"}
            assert replayed.served() == replayed.expected.digest
        if not source.ready:
            assert replayed.served() is None


@pytest.mark.parametrize("story", stories())
def test_a_kind_that_may_not_be_read_makes_nothing_converge_and_breaks_nothing(story: str) -> None:
    for told in telling(story):
        if told.last:
            for kind in READ:
                said = outcome(Replayed(story, told).finding(unread=kind))
                assert said == told.row.said or said.startswith(("unreachable", "progressing")), (told.row, kind)


@pytest.mark.parametrize("story", stories())
def test_a_reading_that_takes_a_while_calls_nothing_broken_or_converged_that_never_was(story: str) -> None:
    every = list(telling(story))
    for first, pace in product(range(len(every)), (1, 2, 5)):
        at = [min(first + pace * place, len(every) - 1) for place in range(len(READ))]
        meanwhile = every[first : at[-1] + 1]
        if meanwhile[0].asked == meanwhile[-1].asked and _has_cron(meanwhile[0]) <= _has_cron(meanwhile[-1]):
            kinds = zip(READ, at, strict=True)
            seen = tuple(each for kind, place in kinds for each in every[place].moment.objects if each["kind"] == kind)
            told = every[first]._replace(moment=replace(meanwhile[-1].moment, objects=seen))
            said = outcome(Replayed(story, told).finding())
            assert said.startswith("progressing") or said in {each.row.said for each in meanwhile}, (first, at)


def _has_cron(told: Told) -> bool:
    name = told.asked[0][1].cron
    return any(each["kind"] == "DataImportCron" and each["metadata"]["name"] == name for each in told.moment.objects)


def test_every_recording_is_told_and_every_verdict_rests_on_what_is_known() -> None:
    assert {recorded_as(story) for story in stories()} == {file.stem for file in FOLDER.glob("*.jsonl")}
    said = Counter(told.row.said for story in stories() for told in telling(story))
    assert said.total() >= 400
    assert said.keys() == because().keys() == {"converged", *since()}
    assert {each for each in said if each.startswith("progressing")} == waits().keys()
    rows = (entry for story in stories().values() for entry in story if isinstance(entry, Row))
    reasons = " ".join((*because().values(), *(row.why for row in rows)))
    assert set(FACT.findall(reasons)) == facts()
