"""The how-to of guardrails is true: its example runs as shown, and it lists what is built in."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from gitops_golden.cli.main import main
from gitops_golden.policy.guardrails import built_in_files
from tests import manual

if TYPE_CHECKING:
    from pathlib import Path

PAGE = manual.DOCS / "howto" / "guardrails.md"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    return [code for found, code in FENCE.findall(PAGE.read_text(encoding="utf-8")) if found == language]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str]:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    printed = capsys.readouterr()
    return ended.value.code, printed.out + printed.err


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the sample fleet with the page's schema beside it, as the current folder."""
    shutil.copytree(manual.ROOT / "sample-fleet", tmp_path / "fleet", ignore=shutil.ignore_patterns("snapshots"))
    monkeypatch.chdir(tmp_path / "fleet")
    (schema,) = blocks("json")
    (tmp_path / "fleet" / "policies").mkdir()
    (tmp_path / "fleet" / "policies" / "prod.schema.json").write_text(schema, encoding="utf-8")
    return tmp_path / "fleet"


def extend(fleet: Path, guardrails: str) -> None:
    with (fleet / "fleet.yaml").open("a", encoding="utf-8") as policy:
        policy.write(f"\n{guardrails}")


def test_the_pages_rule_refuses_what_the_page_shows(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    extend(fleet, blocks("yaml")[0])
    command, _, shown = blocks("console")[0].partition("\n")
    assert command == "$ gitops-golden check"
    assert run(capsys, "check") == (1, shown)


def test_the_pages_rule_lets_pass_what_satisfies_it(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = fleet / "fleet.yaml"
    text = policy.read_text(encoding="utf-8")
    policy.write_text(re.sub(r" *update: .*\n", "", text), encoding="utf-8")
    extend(fleet, blocks("yaml")[0])
    code, _ = run(capsys, "check")
    assert code == 0


def test_the_pages_switches_are_right(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    extend(fleet, blocks("yaml")[1])
    assert run(capsys, "check") == (0, "acme is right: 4 images, 6 clusters, 21 deliveries\n")


def test_the_page_lists_what_is_built_in(*, update_golden: bool) -> None:
    rows = "".join(built_in_rows())
    generated = f"\n| Name | Mode | What it asks for | Why |\n| --- | --- | --- | --- |\n{rows}\n"
    if update_golden:
        PAGE.write_text(manual.with_block(PAGE.read_text(encoding="utf-8"), "built-in", generated), encoding="utf-8")
    assert manual.block(PAGE.read_text(encoding="utf-8"), "built-in") == generated


def built_in_rows() -> list[str]:
    rows = []
    for name, file in built_in_files().items():
        schema = json.loads(file.read_bytes())
        rows.append(f"| `{name}` | {schema['x-mode']} | {schema['title']} | {schema['description']} |\n")
    return rows
