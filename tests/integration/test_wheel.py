"""The wheel, in an environment that has nothing of the checkout: templates and schemas inside, and it renders."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from gitops_golden import __version__
from gitops_golden.cli.schema import SCHEMAS

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "data" / "golden" / "everyday"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def tool(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into a new environment, which borrows the dependencies of this one and nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    site = next((folder / "lib").glob("python*")) / "site-packages"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--quiet",
        "--disable-pip-version-check",
        "--python",
        str(folder / "bin" / "python"),
    ]
    subprocess.run([*pip, "install", "--no-index", "--no-deps", str(wheel)], check=True, capture_output=True)
    borrowed = Path(sysconfig.get_path("purelib"))
    dependencies = site.parent / "borrowed"
    dependencies.mkdir()
    for entry in borrowed.iterdir():
        if "gitops_golden" not in entry.name and entry.suffix != ".pth":
            (dependencies / entry.name).symlink_to(entry)
    (site / "borrowed.pth").write_text(f"{dependencies}\n", encoding="utf-8")
    return folder / "bin" / "gitops-golden"


def test_templates_and_schemas_are_inside_and_nothing_of_the_tests_is(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for kind in ("templates", "policies"):
        for file in (each for each in (ROOT / kind).rglob("*") if each.is_file()):
            assert f"gitops_golden/shipped/{file.relative_to(ROOT).as_posix()}" in names
    assert {name.split("/")[0] for name in names} == {"gitops_golden", f"gitops_golden-{__version__}.dist-info"}
    assert "gitops_golden/py.typed" in names


def test_an_installed_wheel_renders_what_was_reviewed(tool: Path, tmp_path: Path) -> None:
    target = tmp_path / "manifests"
    subprocess.run(
        [str(tool), "render", str(GOLDEN), "--to", str(target)], check=True, cwd=tmp_path, capture_output=True
    )
    reviewed = GOLDEN / "tree"
    rendered = {each.relative_to(target): each.read_bytes() for each in target.rglob("*") if each.is_file()}
    assert rendered == {each.relative_to(reviewed): each.read_bytes() for each in reviewed.rglob("*") if each.is_file()}


@pytest.mark.parametrize("name", SCHEMAS)
def test_an_installed_wheel_prints_its_schemas(tool: Path, name: str, tmp_path: Path) -> None:
    shown = subprocess.run([str(tool), "schema", name], check=True, cwd=tmp_path, capture_output=True).stdout
    assert shown == (ROOT / "policies" / f"{name}.schema.json").read_bytes()


def test_a_damaged_installation_is_a_bug_with_its_traceback_in_a_file_that_is_named(
    wheel: Path, tmp_path: Path
) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "damaged")
    (tmp_path / "damaged" / "gitops_golden" / "shipped" / "policies" / "lock.schema.json").unlink()
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "damaged"), "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "gitops_golden", "schema", "lock"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (70, "")
    (log,) = tmp_path.glob("gitops-golden-*.log")
    assert done.stderr == f"error: this is a bug of gitops-golden; please report it with {log}\n"
    text = log.read_text(encoding="utf-8")
    assert text.startswith(f"gitops-golden {__version__}\nTraceback ")
    assert "FileNotFoundError" in text
