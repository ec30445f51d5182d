"""A folder of snapshots: each cluster's by the name inside, and none that is missing, twofold, old or yet to come."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import process_time
from typing import TYPE_CHECKING

import pytest

from gitops_golden.errors import InputError
from gitops_golden.fleet import snapshot
from gitops_golden.fleet.observation import Observation, Server, Unreachable, recorded
from gitops_golden.fleet.readers import Target
from gitops_golden.fleet.snapshots import SnapshotReader

if TYPE_CHECKING:
    from pathlib import Path

    from gitops_golden.fleet.observation import Observed

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SEEN = Observation("edge-001", NOON, Server("v1.36.0", "8d5f"), (), skew=timedelta(seconds=3))


def read(folder: Path, *, now: datetime = NOON, oldest: timedelta | None = None) -> Observed:
    reader = SnapshotReader(folder, oldest=oldest)
    (seen,) = reader.read([Target("edge-001", "edge-001", frozenset())], lambda: now)
    return seen


def unreachable(folder: Path, *, now: datetime = NOON, oldest: timedelta | None = None) -> Unreachable:
    seen = read(folder, now=now, oldest=oldest)
    assert isinstance(seen, Unreachable)
    assert recorded(seen.reason)
    return seen


def as_written(folder: Path, name: str = "edge-001.json", seen: Observation = SEEN) -> Path:
    file = folder / name
    file.write_bytes(snapshot.write(seen))
    return file


def test_a_folder_gives_each_cluster_its_snapshot_by_the_name_inside(tmp_path: Path) -> None:
    file = as_written(tmp_path, "whatever.json")
    as_written(tmp_path, "edge-001.json", replace(SEEN, cluster="edge-002"))
    seen = read(tmp_path)
    assert seen == SEEN
    assert isinstance(seen, Observation)
    assert seen.source == str(file)


def test_the_name_is_found_wherever_it_stands(tmp_path: Path) -> None:
    document = json.loads(snapshot.write(SEEN))
    (tmp_path / "a.json").write_text(json.dumps(dict(reversed(document.items()))))
    assert read(tmp_path) == SEEN


def test_a_missing_snapshot_makes_its_cluster_unreachable(tmp_path: Path) -> None:
    for name in (".edge-001.json", "edge-001.json.bak"):
        as_written(tmp_path, name)
    (tmp_path / "edge-001.json").mkdir()
    assert unreachable(tmp_path).reason == "SnapshotMissing"


@pytest.mark.parametrize("cut", [1, 40, -3])
def test_an_unreadable_snapshot_makes_the_cluster_it_is_called_after_unreachable(tmp_path: Path, cut: int) -> None:
    file = as_written(tmp_path)
    file.write_bytes(file.read_bytes()[:cut])
    assert unreachable(tmp_path).reason == "SnapshotUnreadable"
    assert f"{file}:" in unreachable(tmp_path).message


def test_a_snapshot_that_says_two_names_is_nobodys(tmp_path: Path) -> None:
    document = json.loads(snapshot.write(SEEN))
    other = json.dumps(document | {"metadata": {"name": "edge-002"}})
    (tmp_path / "a.json").write_text(f'{{"metadata": {{"name": "edge-001"}}, {other[1:]}')
    assert unreachable(tmp_path).reason == "SnapshotUnreadable"
    assert "edge-002" in unreachable(tmp_path).message


def test_two_snapshots_of_one_cluster_are_none(tmp_path: Path) -> None:
    as_written(tmp_path, "a.json", replace(SEEN, read_at=NOON - timedelta(hours=1)))
    as_written(tmp_path, "b.json")
    found = unreachable(tmp_path)
    assert found.reason == "SnapshotTwice"
    assert "a.json" in found.message
    assert "b.json" in found.message
    assert found.last_known == NOON


def test_a_snapshot_from_the_time_to_come_is_not_believed(tmp_path: Path) -> None:
    as_written(tmp_path)
    assert unreachable(tmp_path, now=NOON - timedelta(hours=1)).reason == "SnapshotFromFuture"
    assert read(tmp_path, now=NOON - timedelta(minutes=4)) == SEEN


def test_a_snapshot_older_than_the_objective_proves_nothing(tmp_path: Path) -> None:
    as_written(tmp_path)
    hour = timedelta(hours=1)
    assert read(tmp_path, now=NOON + hour, oldest=hour) == SEEN
    stale = unreachable(tmp_path, now=NOON + hour + timedelta(seconds=1), oldest=hour)
    assert (stale.reason, stale.last_known) == ("SnapshotStale", NOON)
    assert "longer ago than the policy's objective of 1 h" in stale.message
    assert read(tmp_path, now=NOON + 1000 * hour) == SEEN


@pytest.mark.parametrize("listed", ['""      ', '"a",     ', '"a" , ', " "])
def test_no_beginning_of_a_file_takes_long_to_look_at(tmp_path: Path, listed: str) -> None:
    as_written(tmp_path)
    for number in range(5):
        (tmp_path / f"{number}.json").write_text('{"absentKinds": [' + listed * 400 + "x")
    began = process_time()
    assert read(tmp_path) == SEEN
    assert process_time() - began < 2


@pytest.mark.parametrize("now", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC)])
def test_any_time_can_be_judged_by(tmp_path: Path, now: datetime) -> None:
    as_written(tmp_path)
    assert isinstance(read(tmp_path, now=now), Unreachable | Observation)


def test_ages_are_as_of_the_time_that_is_judged_by(tmp_path: Path) -> None:
    as_written(tmp_path)
    hour = timedelta(hours=1)
    reader = SnapshotReader(tmp_path, oldest=hour, now=lambda: NOON)
    assert list(reader.read([Target("edge-001", "", frozenset())], lambda: NOON + 9 * hour)) == [SEEN]


def test_a_folder_that_is_not_there_is_a_wrong_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot list"):
        read(tmp_path / "none")


def test_what_keeps_an_api_server_from_answering_is_no_reason_of_a_snapshot() -> None:
    assert not any(map(recorded, ("Timeout", "NotObserved", "Forbidden", "SnapshotControllerDown")))


def test_a_folder_that_is_replaced_is_only_away(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "snapshots", tmp_path / "elsewhere"
    folder.mkdir()
    as_written(folder)
    reader, target = SnapshotReader(folder), Target("edge-001", "edge-001", frozenset())
    assert [*reader.read([target], lambda: NOON)] == [SEEN]
    folder.rename(elsewhere)
    (away,) = reader.read([target], lambda: NOON)
    assert isinstance(away, Unreachable)
    assert (away.reason, str(folder) in away.message) == ("SnapshotMissing", True)
    elsewhere.rename(folder)
    assert [*reader.read([target], lambda: NOON)] == [SEEN]
