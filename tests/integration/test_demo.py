"""The demo as a user runs it, and the README's excerpt of it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.testbed.gitrepos import hermetic

ROOT = Path(__file__).parents[2]
MARK = "<!-- excerpt -->\n"
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> str:
    return run_demo(tmp_path_factory.mktemp("demo"))


def run_demo(scratch: Path, sample: Path = ROOT / "sample-fleet", code: int = 0) -> str:
    environment = {name: value for name, value in hermetic().items() if not name.endswith(("_NAME", "_EMAIL"))}
    environment["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment |= {"TMPDIR": str(scratch), "HOME": str(scratch)}
    done = subprocess.run(["sh", str(sample / "demo.sh")], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert list(scratch.iterdir()) == [], "the scratch copy is gone afterwards"
    return done.stdout


def verdicts(output: str) -> list[str]:
    start = output.index("$ gitops-golden verify")
    end = output.index("\n\n# What do clusters hold")
    return output[start:end].rstrip().splitlines()


def test_the_demo_runs_twice_and_leaves_the_checkout_clean(demo: str, tmp_path: Path) -> None:
    before = {each: each.read_bytes() for each in (ROOT / "sample-fleet").rglob("*") if each.is_file()}
    assert run_demo(tmp_path) == demo
    assert before == {each: each.read_bytes() for each in (ROOT / "sample-fleet").rglob("*") if each.is_file()}


def test_the_demo_shows_each_command_before_its_output(demo: str) -> None:
    shown = [line.split()[2] for line in demo.splitlines() if line.startswith("$ gitops-golden ")]
    assert shown == ["check", "publish", "lock", "lock", "plan", "diff", "publish", "verify", "drift"]


def test_the_demos_verdict_names_the_cluster_that_is_behind_and_the_one_that_was_edited(demo: str) -> None:
    text = "\n".join(verdicts(demo))
    assert "cron/NotSynced: rhel9 on prod-ap-1" in text
    assert "cron/DigestEdited: ubuntu2404 on prod-us-1" in text
    assert "1 broken, 1 progressing, 19 converged" in text


def test_the_demo_stops_at_an_exit_code_that_it_does_not_expect(tmp_path: Path) -> None:
    sample = tmp_path / "sample"
    subprocess.run(["cp", "-R", str(ROOT / "sample-fleet"), str(sample)], check=True)
    (sample / "fleet.yaml").write_text("not a policy\n")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    assert "publish" not in run_demo(scratch, sample, code=1)


def test_the_readmes_excerpt_is_what_the_demo_shows(demo: str, *, update_golden: bool) -> None:
    readme = ROOT / "README.md"
    before, _, after = readme.read_text(encoding="utf-8").split(MARK)
    excerpt = "".join(f"    {line}\n" if line else "\n" for line in verdicts(demo))
    if update_golden:
        readme.write_text(f"{before}{MARK}{excerpt}{MARK}{after}", encoding="utf-8")
    assert readme.read_text(encoding="utf-8") == f"{before}{MARK}{excerpt}{MARK}{after}"


@pytest.mark.parametrize("page", ["diff", "drift", "lock", "plan", "verify"])
def test_a_pages_examples_are_what_the_demo_shows(demo: str, page: str, *, update_golden: bool) -> None:
    file = ROOT / "docs" / "commands" / f"{page}.md"
    shown = {command(block): block for block in blocks(demo)}

    def as_shown(example: re.Match[str]) -> str:
        block = shown.get(command(example[1]))
        return f"```console\n{block}```" if block else example[0]

    text = file.read_text(encoding="utf-8")
    current = CONSOLE.sub(as_shown, text)
    if update_golden:
        file.write_text(current, encoding="utf-8")
    assert any(command(example) in shown for example in CONSOLE.findall(text))
    assert file.read_text(encoding="utf-8") == current


def blocks(demo: str) -> list[str]:
    """Return each command of the demo with what it printed."""
    parts = re.split(r"^# .*\n", demo.partition("\nThat was the whole path")[0], flags=re.MULTILINE)
    return [f"{part.strip()}\n" for part in parts if part.strip()]


def command(block: str) -> tuple[str, ...]:
    """Return what a command is told apart by: verb and flags, not when it was run."""
    words = block.splitlines()[0].split()
    return tuple(word for word in words if word.isalpha() or word.startswith("--"))
