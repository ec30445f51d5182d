"""The commands that work from policy and lock alone: check, explain, plan, render, schema, and options in general."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from gitops_golden.cli.main import VERBS, commands
from gitops_golden.cli.schema import SCHEMAS
from tests.integration.fleets import change

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import click

    from tests.integration.fleets import Ran

    Run = Callable[..., Ran]

GIB = 1024**3


def command(verb: str) -> click.Command:
    found = commands.get_command(commands.make_context("gitops-golden", [verb]), verb)
    assert found is not None
    return found


def test_a_right_policy_is_told_on_stdout_alone(run: Run, fleet: Path) -> None:
    ran = run("check")
    assert (ran.code, ran.out, ran.err) == (0, "acme is right: 4 images, 6 clusters, 21 deliveries\n", "")


def test_check_names_what_is_not_locked_yet(run: Run, fleet: Path) -> None:
    (fleet / "fleet.lock.yaml").unlink()
    ran = run("check")
    assert ran.code == 0
    assert "not locked yet: rhel9, ubuntu2404, win2022; run `gitops-golden lock`" in ran.out
    assert run("check", "-o", "json").json["unlocked"] == ["rhel9", "ubuntu2404", "win2022"]


def test_every_problem_of_a_policy_is_told_in_one_run_with_its_place(run: Run, fleet: Path) -> None:
    change(fleet / "fleet.yaml", "keep: 3", "kept: 3")
    change(fleet / "fleet.yaml", "images: [win2022]", "images: [win2023]")
    ran = run("check")
    assert (ran.code, ran.out) == (2, "")
    first, second = ran.err.splitlines()
    assert first.startswith("error: fleet.yaml:18:5: ")
    assert "keep" in first
    assert second.startswith("error: fleet.yaml:")
    assert "win2022" in second


def test_a_wrong_lock_is_wrong_input(run: Run, fleet: Path) -> None:
    change(fleet / "fleet.lock.yaml", "kind: FleetLock", "kind: Lock")
    ran = run("check")
    assert (ran.code, ran.out) == (2, "")
    assert "fleet.lock.yaml:3:7: " in ran.err


def test_what_a_message_quotes_does_not_drive_the_terminal(run: Run, fleet: Path) -> None:
    ran = run("check", "\x1b[2Jnone.yaml")
    assert ran.code == 2
    assert "\x1b" not in ran.err
    assert "\\x1b[2Jnone.yaml" in ran.err


def test_what_is_odd_is_a_warning_on_stderr_and_stops_nothing(run: Run, fleet: Path) -> None:
    change(fleet / "fleet.yaml", "{env: dev}", "{env: test}")
    ran = run("check")
    assert ran.code == 0
    assert ran.err == "warning: fleet.yaml:65:7: override 'development keeps one image' selects no cluster\n"


def test_a_folder_is_named_as_the_user_named_it(run: Run, fleet: Path) -> None:
    change(fleet / "fleet.yaml", "keep: 3", "kept: 3")
    assert f"error: {fleet}/fleet.yaml:18:5: " in run("check", str(fleet)).err


def test_explain_tells_where_a_value_comes_from_and_what_it_overrode(run: Run, fleet: Path) -> None:
    ran = run("explain", "--cluster", "dev-1", "--image", "rhel9", "-o", "json")
    (delivery,) = ran.json["deliveries"]
    keep = next(setting for setting in delivery["settings"] if setting["path"] == "keep")
    assert (keep["value"], keep["from"]) == (1, "override development keeps one image")
    assert keep["at"].startswith("fleet.yaml:")
    assert [(each["value"], each["from"]) for each in keep["overrode"]] == [(3, "defaults"), (3, "built-in")]
    assert "rhel9 on dev-1" in run("explain", "--cluster", "dev-1", "--image", "rhel9").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--cluster", "nowhere"), "no cluster 'nowhere'"),
        (("--cluster", "dev-1", "--image", "nothing"), "no image 'nothing'"),
        (("--cluster", "dev-1", "--image", "win2022"), "no placement gives win2022 to dev-1"),
    ],
)
def test_explain_refuses_what_is_not_delivered(run: Run, fleet: Path, arguments: tuple[str, ...], said: str) -> None:
    ran = run("explain", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_plan_has_every_delivery_for_machines_and_a_row_per_variant_for_people(run: Run, fleet: Path) -> None:
    deliveries = run("plan", "-o", "json").json["deliveries"]
    assert len(deliveries) == 21
    edge = next(each for each in deliveries if (each["cluster"], each["image"]) == ("edge-001", "rhel9"))
    assert edge["storage"] == {"size": "40Gi", "className": "local-nvme", "accessModes": [], "volumeMode": None}
    assert edge["bytes"] == {"first": 40 * GIB, "most": 120 * GIB}
    headline = "acme: 21 deliveries on 6 clusters in golden-images, 10 distinct variants; storage: 840Gi to 2.1Ti\n"
    assert run("plan").out.endswith(f"\n{headline}")
    rows = [line for line in run("plan", "-o", "wide").out.splitlines() if "   golden-images   " in line]
    assert len(rows) == 21


def test_render_writes_a_folder_per_cluster(run: Run, fleet: Path, tmp_path: Path) -> None:
    ran = run("render", "--to", str(tmp_path / "out"))
    assert (ran.code, ran.out) == (0, f"33 files for 6 clusters in {tmp_path / 'out'}\n")
    written = sorted(path.name for path in (tmp_path / "out" / "clusters" / "dev-1").iterdir())
    images = ["image-fedora.yaml", "image-rhel9.yaml", "image-ubuntu2404.yaml"]
    assert written == ["consumers-golden-images.yaml", *images, "namespace-golden-images.yaml"]


def test_render_does_nothing_unless_it_is_told_what(run: Run, fleet: Path) -> None:
    ran = run("render")
    assert (ran.code, ran.out) == (2, "")
    assert "--to DIR" in ran.err
    assert "--explain FILE" in ran.err


def test_render_refuses_a_folder_that_holds_something(run: Run, fleet: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "note").write_text("mine", encoding="utf-8")
    ran = run("render", "--to", str(out))
    assert (ran.code, ran.out) == (2, "")
    assert f"{out} is not empty" in ran.err
    assert [path.name for path in out.iterdir()] == ["note"]


def test_nothing_is_rendered_of_an_image_that_is_not_locked(run: Run, fleet: Path, tmp_path: Path) -> None:
    (fleet / "fleet.lock.yaml").unlink()
    ran = run("render", "--to", str(tmp_path / "out"))
    assert (ran.code, ran.out) == (2, "")
    assert "no release is locked for rhel9, ubuntu2404, win2022" in ran.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_printed_as_it_is_shipped(run: Run, name: str) -> None:
    ran = run("schema", name)
    assert (ran.code, ran.err) == (0, "")
    Draft202012Validator.check_schema(ran.json)


def test_an_unknown_verb_or_option_is_wrong_usage(run: Run) -> None:
    for arguments in (("chekc",), ("check", "--wrong"), ("schema", "everything"), ("explain",)):
        ran = run(*arguments)
        assert (ran.code, ran.out) == (2, "")
        assert "Traceback" not in ran.err
        assert ran.err


def test_an_option_may_come_from_the_environment(run: Run, fleet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITOPS_GOLDEN_CHECK_OUTPUT", "json")
    monkeypatch.setenv("GITOPS_GOLDEN_EXPLAIN_CLUSTER", "edge-001")
    assert json.loads(run("check").out)["kind"] == "Check"
    assert "rhel9 on edge-001" in run("explain").out


@pytest.mark.parametrize("verb", VERBS)
def test_the_variable_of_an_option_has_the_options_own_name(verb: str) -> None:
    for option in command(verb).params:
        if option.param_type_name == "option":
            longest = max(option.opts, key=len)
            assert option.name == longest.removeprefix("--").replace("-", "_")


def test_a_reader_who_goes_early_changes_no_exit_code(fleet: Path) -> None:
    command = [sys.executable, "-m", "gitops_golden", "schema", "policy"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        told = process.stderr.read()
    assert (process.returncode, told) == (0, b"")


def test_a_folder_that_cannot_be_written_is_left_without_half_of_the_manifests(
    fleet: Path, run: Callable[..., Ran]
) -> None:
    run("lock")
    (fleet / "file").write_text("in the way")
    ended = run("render", "--to", "file/manifests")
    assert ended.code == 2
    assert "file/manifests cannot be written" in ended.err
    assert not [each for each in fleet.iterdir() if each.name.startswith(".")]
