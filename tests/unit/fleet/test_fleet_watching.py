"""Following clusters, against a server that behaves as an API server does and as a bad one may."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING

import pytest

from gitops_golden.fleet.failure import ClusterFailure
from gitops_golden.fleet.readers import Target
from gitops_golden.fleet.watching import DECIDING, STRIKES, Watching

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CRONS, CLAIMS = ("DataImportCron", "golden"), ("PersistentVolumeClaim", "golden")
SECONDS = 5.0
SILENCE = 0.2


@dataclass
class Answer:
    """A watch: lines that a test sends, until it ends the answer or the connection."""

    status: int = 200
    since: str = ""
    lines: SimpleQueue[bytes | None] = field(default_factory=SimpleQueue)
    broken: bool = False

    def __iter__(self) -> Iterator[bytes]:
        while (line := self.lines.get()) is not None:
            yield line
        if self.broken:
            raise ClusterFailure("ConnectionLost", "broke off")

    def event(self, type_: str, version: str) -> None:
        self.lines.put(json.dumps({"type": type_, "object": {"metadata": {"resourceVersion": version}}}).encode())

    def close(self) -> None:
        self.lines.put(None)


@dataclass
class ApiServer:
    """Keeps what was asked for. ``status`` is what it answers to a watch."""

    status: int = 200
    refused: bool = False
    asked: list[tuple[str, Answer]] = field(default_factory=list)

    def connect(self, target: Target) -> ApiServer:
        if self.refused:
            raise ClusterFailure("CredentialsFailed", "no token")
        return self

    def stream(self, path: str, *, quiet: float, **query: str | int) -> Answer:
        answer = Answer(self.status, str(query["resourceVersion"]))
        self.asked.append((path, answer))
        if self.status != 200:
            answer.close()
        return answer

    def awaited(self, number: int) -> list[Answer]:
        until(lambda: len(self.asked) >= number)
        return [answer for _, answer in self.asked]


@dataclass
class Heard:
    """What was told so far."""

    names: SimpleQueue[str] = field(default_factory=SimpleQueue)

    def next(self) -> str:
        return self.names.get(timeout=SECONDS)

    def nothing_more(self) -> bool:
        time.sleep(SILENCE)
        return self.names.empty()


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def target(name: str = "edge") -> Target:
    return Target(name, name, frozenset({"golden"}))


@pytest.fixture
def server() -> ApiServer:
    return ApiServer()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def watching(server: ApiServer, heard: Heard) -> Iterator[Watching]:
    following = Watching(server.connect, heard.names.put, most=4)
    yield following
    following.close()


def test_each_kind_that_decides_is_watched_from_where_its_list_ended(watching: Watching, server: ApiServer) -> None:
    versions = {CRONS: "7", CLAIMS: "8", ("StorageClass", ""): "9", ("Role", "golden"): "9"}
    assert watching.follow(target(), versions)
    server.awaited(2)
    assert {(path, answer.since) for path, answer in server.asked} == {
        ("/apis/cdi.kubevirt.io/v1beta1/namespaces/golden/dataimportcrons", "7"),
        ("/api/v1/namespaces/golden/persistentvolumeclaims", "8"),
    }


@pytest.mark.parametrize("type_", ["ADDED", "MODIFIED", "DELETED"])
def test_a_change_is_told(watching: Watching, server: ApiServer, heard: Heard, type_: str) -> None:
    watching.follow(target(), {CRONS: "7"})
    (answer,) = server.awaited(1)
    answer.event(type_, "8")
    assert heard.next() == "edge"


def test_a_bookmark_is_no_change(watching: Watching, server: ApiServer, heard: Heard) -> None:
    watching.follow(target(), {CRONS: "7"})
    (answer,) = server.awaited(1)
    answer.event("BOOKMARK", "8")
    assert heard.nothing_more()


def test_a_cluster_is_followed_once(watching: Watching, server: ApiServer) -> None:
    assert watching.follow(target(), {CRONS: "7"})
    server.awaited(1)
    assert watching.follow(target(), {CRONS: "9"})
    assert watching.follow(target(), {CRONS: "9", CLAIMS: "9"})
    assert [answer.since for answer in server.awaited(2)] == ["7", "9"]


def test_a_connection_that_breaks_is_told_and_followed_anew(
    watching: Watching, server: ApiServer, heard: Heard
) -> None:
    watching.follow(target(), {CRONS: "7"})
    (answer,) = server.awaited(1)
    answer.broken = True
    answer.close()
    assert heard.next() == "edge"
    assert watching.follow(target(), {CRONS: "12"})
    assert server.awaited(2)[1].since == "12"


def test_a_version_that_is_too_old_is_told_so_that_the_cluster_is_read(
    watching: Watching, server: ApiServer, heard: Heard
) -> None:
    watching.follow(target(), {CRONS: "7"})
    (answer,) = server.awaited(1)
    answer.lines.put(b'{"type":"ERROR","object":{"kind":"Status","code":410}}')
    assert heard.next() == "edge"


@pytest.mark.parametrize("status", [400, 403, 405])
def test_a_server_that_does_not_let_us_watch_is_told_once_and_left_in_peace(
    watching: Watching, server: ApiServer, heard: Heard, status: int
) -> None:
    server.status = status
    watching.follow(target(), {CRONS: "7", CLAIMS: "7"})
    assert heard.next() == "edge"
    assert not watching.follow(target(), {CRONS: "8"})
    assert heard.nothing_more()


@pytest.mark.parametrize("status", [401, 404, 410, 429, 500, 503])
def test_watches_that_break_at_once_are_given_up_after_a_few_starts(
    watching: Watching, server: ApiServer, heard: Heard, status: int
) -> None:
    server.status = status
    for _ in range(STRIKES):
        assert watching.follow(target(), {CRONS: "7"})
        assert heard.next() == "edge"
    assert not watching.follow(target(), {CRONS: "7"})


def test_many_watches_that_break_in_one_moment_count_once(watching: Watching, server: ApiServer, heard: Heard) -> None:
    versions = {(kind, "golden"): "7" for kind in DECIDING[:4]}
    watching.follow(target(), versions)
    for answer in server.awaited(4):
        answer.close()
    assert [heard.next() for _ in range(4)] == ["edge"] * 4
    assert watching.follow(target(), versions)


def test_a_cluster_that_cannot_be_connected_to_is_told(watching: Watching, server: ApiServer, heard: Heard) -> None:
    server.refused = True
    assert watching.follow(target(), {CRONS: "7"})
    assert heard.next() == "edge"


def test_no_more_is_watched_than_there_is_room_for(watching: Watching, server: ApiServer) -> None:
    three = {(kind, "golden"): "7" for kind in DECIDING[:3]}
    assert watching.follow(target("a"), three)
    assert not watching.follow(target("b"), three)
    watching.leave("a")
    assert watching.follow(target("b"), three)


def test_a_cluster_that_was_left_tells_nothing(watching: Watching, server: ApiServer, heard: Heard) -> None:
    watching.follow(target(), {CRONS: "7"})
    (answer,) = server.awaited(1)
    watching.leave("edge")
    until(lambda: threading.active_count() == 1 or answer.lines.empty())
    assert heard.nothing_more()


def test_what_was_read_from_a_file_cannot_be_followed(watching: Watching) -> None:
    assert not watching.follow(target(), {})


def test_a_line_that_is_no_event_means_a_new_reading(watching: Watching, server: ApiServer, heard: Heard) -> None:
    watching.follow(target(), {CRONS: "7"})
    (answer,) = server.awaited(1)
    answer.lines.put(b"<html>")
    assert heard.next() == "edge"
