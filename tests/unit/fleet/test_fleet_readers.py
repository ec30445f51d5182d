"""Two sources in one run: the living cluster before its record, which never stands in for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from gitops_golden.fleet.failure import ClusterFailure
from gitops_golden.fleet.observation import Observation, Unreachable
from gitops_golden.fleet.readers import Readers, Target

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gitops_golden.fleet.api import ApiServer
    from gitops_golden.fleet.observation import Observed
    from gitops_golden.fleet.readers import Clock

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MORNING = NOON - timedelta(hours=4)


@dataclass
class Source:
    """A source that has some clusters, and notes which it was asked for."""

    clusters: Mapping[str, Observed]
    asked: list[str] = field(default_factory=list)

    def knows(self, target: Target) -> bool:
        return target.cluster in self.clusters

    def connect(self, target: Target) -> ApiServer:
        raise ClusterFailure("ConnectionRefused", target.cluster)

    def read(self, targets: Sequence[Target], clock: Clock) -> Iterator[Observed]:
        for target in targets:
            self.asked.append(target.cluster)
            missing = Unreachable(target.cluster, "SnapshotMissing", "")
            yield self.clusters.get(target.cluster, missing)


def alive(cluster: str) -> Observation:
    return Observation(cluster, NOON, None, (), source="live")


def recorded(cluster: str) -> Observation:
    return Observation(cluster, MORNING, None, (), source="file")


def sick(cluster: str, last_known: datetime | None = None) -> Unreachable:
    return Unreachable(cluster, "Timeout", "not read", last_known)


def read(live: Source, snapshots: Source, *clusters: str) -> list[Observed]:
    targets = [Target(cluster, cluster, frozenset()) for cluster in clusters]
    return list(Readers(live, snapshots).read(targets, lambda: NOON))


def test_a_cluster_that_can_be_asked_is_not_looked_up() -> None:
    live, snapshots = Source({"a": alive("a")}), Source({"a": recorded("a")})
    assert read(live, snapshots, "a") == [alive("a")]
    assert snapshots.asked == []


def test_a_cluster_that_nobody_can_ask_is_as_it_was_recorded() -> None:
    live, snapshots = Source({"a": alive("a")}), Source({"b": recorded("b")})
    found = read(live, snapshots, "a", "b", "c")
    assert found == [alive("a"), recorded("b"), Unreachable("c", "SnapshotMissing", "")]
    assert live.asked == ["a"]


def test_a_failure_stays_one_and_the_record_tells_when_it_was_last_known() -> None:
    live = Source({"a": sick("a"), "b": sick("b"), "c": sick("c"), "d": alive("d")})
    stale = Unreachable("b", "SnapshotStale", "", MORNING)
    found = read(live, Source({"a": recorded("a"), "b": stale}), "a", "b", "c", "d")
    assert found == [alive("d"), sick("a", MORNING), sick("b", MORNING), sick("c")]


def test_what_was_read_is_handed_over_before_the_next_is_read() -> None:
    live = Source({name: alive(name) for name in "abc"})
    reading = Readers(live, Source({})).read([Target(name, name, frozenset()) for name in "abc"], lambda: NOON)
    next(reading)
    assert live.asked == ["a"]
