"""``verify --wait`` from the command line: what it says while it waits, what ends it, what it refuses."""

from __future__ import annotations

import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from gitops_golden.render.cdi import DIGEST_ANNOTATION
from gitops_golden.verify.closing import LOOKED
from tests.integration.fleets import change, edit, record
from tests.testbed.waiting import CALL, Waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.integration.fleets import Ran
    from tests.testbed.gitrepos import Git

    Run = Callable[..., Ran]
    Start = Callable[..., Waiting]

REPO = ("--repo", "../clusters.git")
VERIFY = ("verify", *REPO, "--snapshots", "recorded")
EDITED = {DIGEST_ANNOTATION: f"sha256:{'e' * 64}"}
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
SOON = 10.0
"""Seconds that even a busy machine needs for nothing in particular."""


@pytest.fixture
def recorded(run: Run, fleet: Path, bare: Git) -> Path:
    """Return snapshots of clusters of which all but one have converged on what is published."""
    run("lock")
    assert run("publish", *REPO).code == 0
    images = run("verify", *REPO, "--snapshots", ".", "-o", "json").json["images"]
    record(fleet / "recorded", bare.files(), {each["image"]: each["served"] for each in images}, at=datetime.now(UTC))
    edit(fleet / "recorded" / "dev-1.json", "DataImportCron", "rhel9-", **EDITED)
    return fleet / "recorded"


@pytest.fixture
def start(fleet: Path, tmp_path: Path) -> Iterator[Start]:
    """Return what starts a wait, which ends with the test at the latest."""
    with ExitStack() as stack:

        def starting(*arguments: str) -> Waiting:
            return stack.enter_context(Waiting(tmp_path / "printed", (*VERIFY[1:], *arguments), fleet))

        yield starting


def converge(recorded: Path) -> None:
    """Put the snapshot of a cluster that has converged in place of the edited one, as a site sends it."""
    converged = (recorded / "dev-2.json").read_text().replace("dev-2", "dev-1")
    (recorded / ".new").write_text(converged)
    (recorded / ".new").replace(recorded / "dev-1.json")


def test_a_snapshot_that_is_sent_meanwhile_is_read(start: Start, recorded: Path) -> None:
    waiting = start("--wait", "60s", "-o", "json")
    waiting.says("20 of 21 deliveries converged")
    converge(recorded)
    sent = time.monotonic()
    ended = waiting.ended()
    assert (ended.code, ended.report["summary"]["converged"]) == (0, 21)
    assert ended.at - sent < SOON


def test_a_snapshot_that_was_missing_is_waited_for(start: Start, recorded: Path) -> None:
    (recorded / "dev-1.json").rename(recorded.parent / "dev-1.json")
    waiting = start("--wait", "60s", "-o", "json")
    waiting.says("unreachable")
    converge(recorded)
    assert waiting.ended().code == 0


def test_a_snapshot_that_is_missing_in_the_end_is_named(start: Start, recorded: Path) -> None:
    (recorded / "dev-1.json").unlink()
    waiting = start("--wait", "60s", "-o", "json")
    waiting.says("unreachable")
    waiting.send(signal.SIGINT)
    ended = waiting.ended()
    assert ended.code == 130
    assert ended.err.splitlines()[-1] == "warning: dev-1: no snapshot of it in recorded"


def test_plain_lines_tell_what_is_open_and_the_result_stands_alone(start: Start, recorded: Path) -> None:
    ended = start("--wait", "5s", "-o", "json").ended()
    assert ended.code == 1
    first, *_, last = ended.err.splitlines()
    assert first == "0 s: 0 of 21 deliveries converged, 21 not read yet; 5 s left"
    assert "20 of 21 deliveries converged, 1 broken; open by site: berlin 1; oldest: rhel9 on dev-1" in ended.err
    assert last == "not converged within 5 s; as far as it is known: 20 of 21 deliveries converged, 1 broken"
    assert "\x1b" not in ended.err
    assert len(ended.err.splitlines()) <= 4
    assert ended.report["kind"] == "VerifyReport"


def test_progress_is_told_by_the_label_that_is_asked_for(start: Start, recorded: Path) -> None:
    start("--wait", "60s", "--by", "env").says("open by env: dev 1;")


def test_what_is_narrowed_is_waited_for_alone(start: Start, recorded: Path) -> None:
    ended = start("--wait", "30s", "--only", "cluster=dev-2", "-o", "json").ended()
    assert (ended.code, ended.report["summary"]["deliveries"]) == (0, 3)
    assert ended.report["scope"]["clusters"] == ["dev-2"]


def test_a_publish_meanwhile_is_judged(run: Run, start: Start, fleet: Path, recorded: Path, bare: Git) -> None:
    waiting = start("--wait", "60s", "-o", "json")
    waiting.says("20 of 21 deliveries converged")
    change(fleet / "fleet.yaml", "storage: {size: 80Gi}", "storage: {size: 90Gi}")
    assert run("publish", *REPO).code == 0
    waiting.says("17 of 21 deliveries converged")
    waiting.send(signal.SIGINT)
    ended = waiting.ended()
    assert ended.report["commit"] == bare("rev-parse", "main").strip()
    found = {each["reason"] for each in ended.report["deliveries"] if each["image"] == "win2022"}
    assert found == {"NotSynced"}


def test_a_policy_that_cannot_be_read_when_the_branch_moves_is_told_and_waited_past(
    start: Start, fleet: Path, recorded: Path, bare: Git
) -> None:
    waiting = start("--wait", "60s", "-o", "json")
    waiting.says("20 of 21 deliveries converged")
    policy = fleet / "fleet.yaml"
    whole = policy.read_text()
    policy.write_text(whole[: len(whole) // 2] + "\n  : [")
    moved = bare("commit-tree", "main^{tree}", "-p", "main", "-m", "nothing").strip()
    bare("update-ref", "refs/heads/main", moved)
    waiting.says("going on with what was read before")
    policy.write_text(whole)
    converge(recorded)
    ended = waiting.ended()
    assert (ended.code, ended.report["commit"]) == (0, moved)


def test_a_repository_that_is_gone_in_the_end_leaves_nothing_proven(start: Start, recorded: Path, bare: Git) -> None:
    waiting = start("--wait", "9s", "-o", "json")
    waiting.says("20 of 21 deliveries converged")
    bare.folder.rename(bare.folder.with_name("elsewhere"))
    waiting.says("going on with what was read before")
    # Only what was seen in Git longer ago than that proves nothing.
    time.sleep(LOOKED)
    converge(recorded)
    ended = waiting.ended()
    assert (ended.code, ended.report["summary"]["converged"]) == (3, 21)
    assert "there is no repository at" in ended.err


def test_a_moved_tag_fails_a_wait_that_ends_once_the_clusters_have_converged(
    run: Run, start: Start, fleet: Path, recorded: Path, bare: Git
) -> None:
    lock = fleet / "fleet.lock.yaml"
    known = DIGEST.findall(lock.read_text().partition("  rhel9:")[2])
    held = next(line.split()[-1] for line in lock.read_text().partition("  rhel9:")[2].splitlines() if " all: " in line)
    other = next(digest for digest in known[:2] if digest != held)
    change(lock, f"all: {held}", f"all: {other}")
    assert run("publish", *REPO).code == 0
    tags = {each["image"]: each["served"] for each in run(*VERIFY, "-o", "json").json["images"]}
    shutil.rmtree(recorded)
    record(recorded, bare.files(), tags, at=datetime.now(UTC))
    converged = (recorded / "dev-1.json").read_text()
    edit(recorded / "dev-1.json", "DataImportCron", "rhel9-", **EDITED)
    waiting = start("--wait", "60s", "-o", "json")
    waiting.says("20 of 21 deliveries converged")
    (recorded / "dev-1.json").write_text(converged)
    ended = waiting.ended()
    assert (ended.code, ended.report["summary"]["converged"]) == (1, 21)
    assert [each["reason"] for each in ended.report["images"] if "reason" in each] == ["TagMoved"]
    assert "every cluster has converged" in ended.err


@pytest.mark.parametrize("label", ["rack", "", "SITE"])
def test_a_label_that_no_cluster_has_is_wrong_usage(run: Run, recorded: Path, label: str) -> None:
    ran = run(*VERIFY, "--wait", "1m", "--by", label)
    assert (ran.code, ran.out) == (2, "")
    assert f"no cluster has the label {label!r} (for --by, name one that clusters have: they have env" in ran.err


@pytest.mark.parametrize("span", ["0s", "soon", "30", "-5m", "1.5h", ""])
def test_a_span_that_is_none_is_wrong_usage(run: Run, fleet: Path, span: str) -> None:
    ran = run(*VERIFY, f"--wait={span}")
    assert (ran.code, ran.out) == (2, "")
    assert "--wait" in ran.err


def test_who_waits_cannot_judge_as_of_another_time(run: Run, fleet: Path) -> None:
    ran = run(*VERIFY, "--wait", "1m", "--at", "2026-11-21T10:00:00Z")
    assert (ran.code, ran.out) == (2, "")
    assert "--wait and --at exclude each other" in ran.err


def test_how_a_wait_is_shown_means_nothing_without_one(run: Run, fleet: Path) -> None:
    assert run(*VERIFY, "--by", "site").code == 2


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_second_interrupt_ends_at_once(
    start: Start, recorded: Path, number: signal.Signals, code: int, tmp_path: Path
) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        while os.write(writing, b"x" * 4096):
            pass
    except BlockingIOError:
        os.set_blocking(writing, True)
    command = (sys.executable, "-c", CALL, *VERIFY, "--wait", "60s")
    with (
        (tmp_path / "err").open("wb") as err,
        os.fdopen(reading, "rb"),
        os.fdopen(writing, "wb") as full,
        subprocess.Popen(command, stdout=full, stderr=err) as process,
    ):
        until(lambda: "20 of 21" in (tmp_path / "err").read_text())
        process.send_signal(number)
        # Nobody takes the result: in the middle of handing it out, it does not end by itself.
        until(lambda: "interrupted after" in (tmp_path / "err").read_text())
        process.send_signal(number)
        assert process.wait(SOON) == code


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_an_interrupt_that_is_ignored_from_birth_goes_on_to_be(recorded: Path, tmp_path: Path) -> None:
    ignoring = CALL.replace("signal.default_int_handler", "signal.SIG_IGN")
    command = (sys.executable, "-c", ignoring, *VERIFY, "--wait", "4s")
    with (
        (tmp_path / "err").open("wb") as err,
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=err) as process,
    ):
        until(lambda: "20 of 21" in (tmp_path / "err").read_text())
        process.send_signal(signal.SIGINT)
        assert process.wait(SOON) == 1
    assert "interrupted" not in (tmp_path / "err").read_text()


def test_a_terminal_sees_a_table_in_its_place_and_gets_its_cursor_back(recorded: Path) -> None:
    ours, theirs = pty.openpty()
    command = (sys.executable, "-c", CALL, *VERIFY, "--wait", "2s", "-o", "json")
    with os.fdopen(ours, "rb", buffering=0) as screen:
        with os.fdopen(theirs, "wb") as terminal:
            environment = os.environ | {"TERM": "xterm", "COLUMNS": "100", "LINES": "30"}
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=terminal, env=environment) as process:
                out, _ = process.communicate(timeout=60)
        shown = b""
        try:
            while part := screen.read(65536):
                shown += part
        except OSError:
            # How Linux tells that nobody writes to it any more.
            pass
    text = shown.decode()
    assert process.returncode == 1
    assert out.startswith(b"{")
    assert ", by site" in text
    assert "oldest: " in text
    assert "1 broken" in text
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")
    assert text.rstrip().endswith("20 of 21 deliveries converged, 1 broken")
