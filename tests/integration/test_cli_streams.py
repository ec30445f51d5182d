"""Where results go: other encodings, closed and full streams, narrow terminals, no place for temporary files."""

from __future__ import annotations

import json
import os
import pty
import resource
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.integration.fleets import change

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.fleets import Ran
    from tests.testbed.gitrepos import Git

    Run = Callable[..., Ran]

GOLDEN = (sys.executable, "-m", "gitops_golden")
FULL = Path("/dev/full")


def on_a_terminal(*arguments: str, **environ: str) -> str:
    """Return what a command prints where stdout is a terminal."""
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as screen:
        with os.fdopen(theirs, "wb") as stdout:
            subprocess.run((*GOLDEN, *arguments), stdout=stdout, env=os.environ | environ, check=False)
        shown = b""
        try:
            while part := screen.read(65536):
                shown += part
        except OSError:
            # How Linux tells that nobody writes to it any more.
            pass
    return shown.decode()


def test_a_result_is_shown_in_an_encoding_without_lines(fleet: Path) -> None:
    ran = subprocess.run(
        (*GOLDEN, "plan"), capture_output=True, env=os.environ | {"PYTHONIOENCODING": "latin-1"}, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert b"rhel9" in ran.stdout


@pytest.mark.parametrize("verb", [("plan",), ("check",), ("schema", "policy"), ("lock", "--check")])
def test_a_closed_stdout_changes_no_exit_code(fleet: Path, verb: tuple[str, ...]) -> None:
    whole = subprocess.run((*GOLDEN, *verb), capture_output=True, check=False)
    shell = subprocess.run(("sh", "-c", '"$@" >&-', "sh", *GOLDEN, *verb), stderr=subprocess.PIPE, check=False)
    assert (shell.returncode, shell.stderr) == (whole.returncode, b"")


@pytest.mark.skipif(not FULL.exists(), reason="Linux alone has it")
@pytest.mark.parametrize("verb", [("plan",), ("schema", "policy"), ("check", "-o", "json")])
def test_a_result_that_cannot_be_written_is_no_bug(fleet: Path, verb: tuple[str, ...]) -> None:
    with FULL.open("wb") as full:
        ran = subprocess.run((*GOLDEN, *verb), stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ran.returncode == 3
    assert ran.stderr == "error: the result cannot be written: No space left on device\n"


def test_no_place_for_temporary_files_is_a_failure_outside(fleet: Path, bare: Git) -> None:
    def no_file_can_grow() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    ran = subprocess.run(
        (*GOLDEN, "diff", "--repo", str(bare.folder)),
        capture_output=True,
        text=True,
        preexec_fn=no_file_can_grow,
        check=False,
    )
    assert ran.returncode == 3
    assert ran.stderr.startswith("error: no temporary folder can be made: ")


def test_no_color_is_honoured_on_a_terminal(fleet: Path) -> None:
    assert "\x1b[" in on_a_terminal("plan", TERM="xterm", NO_COLOR="", COLUMNS="200")
    assert "\x1b[" not in on_a_terminal("plan", TERM="xterm", NO_COLOR="1", COLUMNS="200")
    assert "\x1b[" not in on_a_terminal("plan", TERM="dumb", NO_COLOR="", COLUMNS="200")


def test_a_narrow_terminal_is_told_which_clusters(fleet: Path) -> None:
    shown = on_a_terminal("plan", TERM="dumb", COLUMNS="60")
    assert "clusters: prod-ap-1, prod-eu-1" in " ".join(shown.split())
    assert max(len(line) for line in shown.splitlines()) <= 60


def test_what_a_cluster_says_is_json_whatever_it_is(run: Run, fleet: Path, bare: Git) -> None:
    run("publish", "--repo", str(bare.folder))
    snapshots = fleet / "snapshots"
    snapshots.mkdir()
    gap = {"kind": "DataImportCron", "namespace": "golden-images", "reason": "\u2028\x9b31m"}
    document = {
        "apiVersion": "gitops-golden/v1alpha1",
        "kind": "ClusterSnapshot",
        "metadata": {"name": "dev-1"},
        "readAt": "2026-11-21T10:00:00Z",
        "objects": [],
        "unread": [gap],
    }
    (snapshots / "dev-1.json").write_text(json.dumps(document), encoding="utf-8")
    ran = subprocess.run(
        (*GOLDEN, "verify", "--repo", str(bare.folder), "--snapshots", "snapshots", "-o", "json"),
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 1
    assert ran.stdout.isascii()
    assert any(each.get("reason") == gap["reason"] for each in json.loads(ran.stdout)["deliveries"])


def test_what_is_told_beside_the_result_forges_no_line_and_is_no_command_to_a_ci_system(
    run: Run, fleet: Path, bare: Git
) -> None:
    run("publish", "--repo", str(bare.folder))
    snapshots = fleet / "snapshots"
    snapshots.mkdir()
    head = '{"apiVersion": "gitops-golden/v1alpha1", "kind": "ClusterSnapshot", "metadata": {"name": "dev-1"}, '
    for name in ("a\n::error::forged", "a ##vso[task.complete]\x1b[31m"):
        (snapshots / f"{name}.json").write_text(head, encoding="utf-8")
    told = run("verify", "--repo", str(bare.folder), "--snapshots", "snapshots").err
    assert "dev-1: " in told
    assert not any(line.startswith("::") for line in told.splitlines())
    assert "##" not in told
    assert "\x1b" not in told


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "1969-12-31", "9000-01-01", "9999-12-31T23:59:59-14:00"])
def test_a_time_beyond_the_calendar_is_wrong_usage(run: Run, fleet: Path, at: str) -> None:
    ran = run("verify", "--repo", "none", "--snapshots", "none", "--at", at)
    assert ran.code == 2
    assert "is no time such as" in ran.err


@pytest.mark.parametrize("seconds", ["nan", "inf", "1e300", "0", "-1"])
def test_a_wait_that_no_clock_counts_is_wrong_usage(run: Run, fleet: Path, seconds: str) -> None:
    ran = run("snapshot", "--cluster", "edge-001", "--to", "x.json", "--timeout", seconds)
    assert ran.code == 2
    assert "--timeout" in ran.err


@pytest.mark.parametrize("branch", ["HEAD", "-x", "x\udcff", "a..b", "x.lock"])
def test_a_name_that_git_gives_to_no_branch_is_wrong_usage(run: Run, fleet: Path, bare: Git, branch: str) -> None:
    ran = run("publish", "--repo", str(bare.folder), f"--branch={branch}")
    assert ran.code == 2
    assert "can't be the name of a branch" in ran.err


def test_a_registry_that_cannot_be_asked_is_not_told_as_a_moved_tag(run: Run, fleet: Path) -> None:
    change(fleet / "fleet.yaml", "layout: registry", "layout: gone")
    ran = run("lock", "--check")
    assert ran.code == 3
    assert ran.out.endswith("\nnothing can be said of 3 images\n")


@pytest.mark.parametrize(
    "verb", [("lock",), ("lock", "--check"), ("verify", "--repo", "../clusters.git", "--snapshots", ".")]
)
def test_ctrl_c_ends_a_command_that_waits_for_a_silent_registry(fleet: Path, bare: Git, verb: tuple[str, ...]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        change(fleet / "fleet.yaml", "registry.acme.example:5000", address)
        change(fleet / "fleet.yaml", "    layout: registry ", "    plainHTTP: true ")
        # A shell's background jobs ignore the signal from birth, and so would what they start.
        start = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)"
        call = f"{start}; from gitops_golden.cli.main import main; main(sys.argv[1:])"
        command = (sys.executable, "-c", call, *verb)
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            connection, _ = silent.accept()
            with connection:
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (130, b"")
    assert err.endswith(b"interrupted\n")
