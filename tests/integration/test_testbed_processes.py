"""What the testbed starts ends with it, however that ends; what it didn't start is left alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.testbed.api import wait_until
from tests.testbed.ports import reserve
from tests.testbed.processes import Process, Scratch, StartError, alive, await_ready

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
FAMILY = ("/bin/sh", "-c", "sleep 300 & echo $!; wait")  # one that starts another, and tells its number
OWNER = """
import signal, sys, time
from pathlib import Path
from tests.testbed.processes import Process, Scratch

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it from birth
scratch = Scratch("testbed-owner")
process = Process(["/bin/sh", "-c", "sleep 300 & echo $!; wait"], log=scratch.path / "log")
while not (child := process.last_lines()):
    time.sleep(0.01)
print(scratch.path, process.pid, child, flush=True)
"""


def child_of(process: Process) -> int:
    return int(wait_until(process.last_lines))


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Process]:
    process = Process(FAMILY, log=tmp_path / "log")
    yield process
    process.stop()


def test_stop_ends_a_process_with_all_that_it_started(family: Process) -> None:
    child = child_of(family)
    family.stop()
    assert not family.running
    wait_until(lambda: not alive(family.pid) and not alive(child))


def test_what_a_process_started_ends_when_it_ends_by_itself(tmp_path: Path) -> None:
    process = Process(["/bin/sh", "-c", "sleep 300 & echo $!; exit 3"], log=tmp_path / "log")
    assert process.wait() == 3
    child = child_of(process)
    wait_until(lambda: not alive(child))


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, None])
def test_everything_ends_with_its_owner(tmp_path: Path, ending: signal.Signals | None) -> None:
    sleep = "time.sleep(300)" if ending else ""
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", OWNER + sleep],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as owner:
        assert owner.stdout
        folder, *pids = owner.stdout.readline().split()
        if ending:
            assert all(alive(int(pid)) for pid in pids)
            owner.send_signal(ending)
        try:
            owner.wait(10)
        finally:
            owner.kill()
    wait_until(lambda: not any(alive(int(pid)) for pid in pids), what="processes ended")
    wait_until(lambda: not Path(folder).exists(), what="data removed")


def test_everything_ends_after_a_test_that_failed(tmp_path: Path) -> None:
    (tmp_path / "test_failing.py").write_text(
        f"""
from pathlib import Path
from tests.testbed.processes import Process

def test_failing():
    process = Process(["/bin/sleep", "300"], log=Path({str(tmp_path)!r}) / "log")
    Path({str(tmp_path / "pid")!r}).write_text(str(process.pid))
    assert False
"""
    )
    pytest_run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    answer = subprocess.run(
        pytest_run, env=os.environ | {"PYTHONPATH": str(ROOT)}, cwd=tmp_path, capture_output=True, check=False
    )
    assert answer.returncode == 1
    pid = int((tmp_path / "pid").read_text())
    wait_until(lambda: not alive(pid))


def test_what_the_testbed_did_not_start_runs_on(tmp_path: Path) -> None:
    with subprocess.Popen(["/bin/sleep", "300"]) as stranger:
        process = Process(["/bin/sleep", "300"], log=tmp_path / "log")
        process.stop()
        process.stop()
        assert stranger.poll() is None
        stranger.kill()


def test_a_paused_process_is_not_taken_for_ended(family: Process) -> None:
    os.kill(family.pid, signal.SIGSTOP)
    os.kill(family.pid, signal.SIGCONT)
    child_of(family)
    assert family.running
    assert alive(family.pid)


def test_a_server_that_ends_while_starting_shows_its_last_lines(tmp_path: Path) -> None:
    process = Process(["/bin/sh", "-c", "echo the port is taken >&2; exit 1"], log=tmp_path / "log")
    with pytest.raises(StartError, match=r"sh ended while starting:\nthe port is taken"):
        await_ready(lambda: False, [process], seconds=10)
    process.stop()


def test_a_server_that_never_gets_ready_is_told_with_its_log(tmp_path: Path) -> None:
    process = Process(["/bin/sh", "-c", "echo waiting for a friend; sleep 300"], log=tmp_path / "log")
    with pytest.raises(StartError, match=r"(?s)sh not ready after 0\.5 s.*waiting for a friend"):
        await_ready(lambda: False, [process], seconds=0.5)
    process.stop()


def test_a_command_that_does_not_exist_is_named(tmp_path: Path) -> None:
    process = Process(["/nowhere/etcd"], log=tmp_path / "log")
    with pytest.raises(StartError, match="/nowhere/etcd: No such file"):
        await_ready(lambda: False, [process], seconds=10)
    process.stop()


def test_a_users_environment_reaches_no_server(tmp_path: Path) -> None:
    process = Process(["/usr/bin/env"], log=tmp_path / "log")
    process.wait()
    names = {line.partition("=")[0] for line in process.last_lines().splitlines()}
    assert names <= {"PATH", "HOME", "PWD", "LC_CTYPE"}  # Python's own start sets the last


def test_scratch_data_is_gone_after_its_block() -> None:
    with Scratch("testbed-block") as scratch:
        (scratch.path / "file").write_text("some")
    assert not scratch.path.exists()


def test_no_port_is_given_out_twice_at_a_time() -> None:
    with ThreadPoolExecutor(8) as pool:
        ports = list(pool.map(lambda _: reserve(), range(64)))
    assert len({port.number for port in ports}) == 64
    for port in ports:
        port.release()


def test_a_port_that_another_process_holds_is_not_given_out() -> None:
    script = "from tests.testbed.ports import reserve\nport = reserve()\nprint(port.number, flush=True)\ninput()"
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout
        taken = int(other.stdout.readline())
        with pytest.raises(OSError, match="no free port"):
            reserve(numbers=range(taken, taken + 1))
        other.communicate("\n")
    again = reserve(numbers=range(taken, taken + 1))
    again.release()
