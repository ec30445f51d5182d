"""What tests of the command line ask for: a runner, a copy of the sample fleet, a repository for its clusters."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from gitops_golden.cli.main import main
from tests.integration.fleets import Ran, copy_sample
from tests.testbed.gitrepos import Git

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the sample fleet, which is the current folder; nothing of the machine's user is near."""
    folder = copy_sample(tmp_path / "fleet")
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("TMPDIR", str(home))
    for name in ("REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "DOCKER_CONFIG", "KUBECONFIG", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def bare(tmp_path: Path) -> Git:
    """Return the empty repository that clusters are to follow: ``../clusters.git`` as the fleet sees it."""
    return Git.made(tmp_path / "clusters.git")


@pytest.fixture
def refused() -> Iterator[str]:
    """Address a port that is taken and where nobody listens, so that nobody else can begin to."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Return what runs a command line to its end, as a shell would."""

    def runner(*arguments: str) -> Ran:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        printed = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Ran(ended.value.code, printed.out, printed.err)

    return runner
