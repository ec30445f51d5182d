"""Guardrails from the command line: what denies stops what would write, and nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gitops_golden.resources import shipped
from tests.integration.fleets import change

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.fleets import Ran
    from tests.testbed.gitrepos import Git

    Run = Callable[..., Ran]

REPO = ("--repo", "../clusters.git")
LARGE = {"properties": {"storage": {"properties": {"bytes": {"minimum": 50 * 2**30}}}}}
MOST = "dev-1, dev-2, edge-001 and 3 more"
FINDINGS = (
    f"fleet.yaml:19:21: guardrail large: fedora on {MOST}: storage.size is 30Gi, less than 50Gi",
    f"fleet.yaml:19:21: guardrail large: ubuntu2404 on {MOST}: storage.size is 30Gi, less than 50Gi",
    f"fleet.yaml:26:23: guardrail large: rhel9 on {MOST}: storage.size is 40Gi, less than 50Gi",
)


def guard(fleet: Path, *guardrails: dict[str, Any], schema: Any = LARGE) -> None:
    (fleet / "large.schema.json").write_text(json.dumps(schema, indent=1), encoding="utf-8")
    with (fleet / "fleet.yaml").open("a", encoding="utf-8") as policy:
        policy.write(f"  guardrails: {json.dumps(guardrails)}\n")


DENY = {"name": "large", "schema": "large.schema.json"}
EVERY_ERROR = "".join(f"error: {each}\n" for each in FINDINGS)


def test_check_tells_every_delivery_that_is_denied_at_its_line_and_exits_1(run: Run, fleet: Path) -> None:
    guard(fleet, DENY)
    ran = run("check")
    assert (ran.code, ran.out, ran.err) == (1, "", EVERY_ERROR)


def test_check_lists_findings_for_machines(run: Run, fleet: Path) -> None:
    guard(fleet, DENY | {"images": ["rhel9"], "clusters": ["dev-1"]})
    ran = run("check", "-o", "json")
    assert ran.code == 1
    assert ran.json["guardrails"] == [
        {
            "guardrail": "large",
            "mode": "deny",
            "image": "rhel9",
            "dataSource": "rhel9",
            "clusters": ["dev-1"],
            "path": "storage.bytes",
            "message": "storage.size is 40Gi, less than 50Gi",
            "advice": "",
            "at": "fleet.yaml:26:23",
        }
    ]
    assert run("plan", "-o", "json").json["guardrails"] == ran.json["guardrails"]


def test_what_only_warns_stops_nothing(run: Run, fleet: Path, bare: Git, tmp_path: Path) -> None:
    guard(fleet, DENY | {"mode": "warn"})
    warned = EVERY_ERROR.replace("error: ", "warning: ")
    for arguments in (("check",), ("plan",), ("render", "--to", str(tmp_path / "out")), ("publish", *REPO)):
        ran = run(*arguments)
        assert (ran.code, ran.err) == (0, warned)
        assert ran.out
    assert run("check", "-o", "json").json["guardrails"][0]["mode"] == "warn"


def test_plan_shows_what_is_denied_and_exits_1(run: Run, fleet: Path) -> None:
    shown = run("plan").out
    guard(fleet, DENY)
    ran = run("plan")
    assert (ran.code, ran.out, ran.err) == (1, shown, EVERY_ERROR)


def test_render_diff_and_publish_write_nothing_of_what_is_denied(
    run: Run, fleet: Path, bare: Git, tmp_path: Path
) -> None:
    guard(fleet, DENY)
    out = tmp_path / "out"
    for arguments in (("render", "--to", str(out)), ("diff", *REPO), ("publish", *REPO)):
        ran = run(*arguments)
        assert (ran.code, ran.out, ran.err) == (1, "", EVERY_ERROR)
    assert not out.exists()
    assert bare("for-each-ref") == ""


def test_lock_and_verify_are_not_concerned(run: Run, fleet: Path, bare: Git) -> None:
    before = run("verify", *REPO, "--snapshots", ".")
    guard(fleet, DENY)
    assert run("lock").code == 0
    assert run("lock", "--check").code == 0
    after = run("verify", *REPO, "--snapshots", ".")
    assert "guardrail" not in after.err
    assert after.code == before.code


def test_a_built_in_guardrail_warns_and_is_switched_off_by_its_name(run: Run, fleet: Path) -> None:
    change(fleet / "fleet.yaml", "    keep: 3\n", "    keep: 3\n    retention: None\n")
    ran = run("check")
    assert ran.code == 0
    assert ran.err.startswith("warning: fleet.yaml:19:16: guardrail retention-none: fedora on ")
    guard(fleet, {"name": "retention-none", "mode": "off"})
    assert run("check").err == ""


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "nothing"}, "large.schema.json:2:10: type is nothing"),
        ({"properties": {"image": {"pattern": "("}}}, "large.schema.json:4:15: properties.image.pattern is ("),
        ({"$ref": "https://example.com/a.json"}, "large.schema.json:2:10: $ref https://example.com/a.json leads out"),
        ([], "large.schema.json:1:1: a guardrail's schema must be a map"),
    ],
)
def test_a_broken_schema_is_wrong_input_at_its_own_line(run: Run, fleet: Path, schema: Any, said: str) -> None:
    guard(fleet, DENY, schema=schema)
    for verb in ("check", "plan"):
        ran = run(verb)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith(f"error: {said}")


def test_what_a_template_of_the_users_breaks_is_denied_at_the_template(run: Run, fleet: Path) -> None:
    built_in = (shipped("templates") / "cron.yaml.j2").read_text(encoding="utf-8")
    before, _, rest = built_in.partition("{%- if cron.annotations %}")
    (fleet / "templates").mkdir()
    (fleet / "templates" / "cron.yaml.j2").write_text(f"{before}\nspec:{rest.partition('spec:')[2]}", encoding="utf-8")
    with (fleet / "fleet.yaml").open("a", encoding="utf-8") as policy:
        policy.write("  templates: templates\n")
    ran = run("check")
    assert (ran.code, ran.out) == (1, "")
    first, *rest_of_them = ran.err.splitlines()
    assert first.startswith("error: templates/cron.yaml.j2: guardrail nothing-to-import: rhel9 on dev-1, dev-2, ")
    # The image that follows its tag needs no digest.
    assert len(rest_of_them) == 2


@pytest.mark.parametrize(
    ("guardrail", "before", "after"),
    [
        ("digest-in-url", "{{ source.url }}", f'{{{{ source.url ~ "@sha256:{"a" * 64}" }}}}'),
        ("retention-unknown", "{{ spec.retentionPolicy }}", "Keep"),
    ],
)
def test_what_cdi_admits_and_breaks_on_is_denied_in_a_users_template_until_switched_off(
    run: Run, fleet: Path, guardrail: str, before: str, after: str
) -> None:
    text = (shipped("templates") / "cron.yaml.j2").read_text(encoding="utf-8")
    assert before in text
    (fleet / "templates").mkdir()
    (fleet / "templates" / "cron.yaml.j2").write_text(text.replace(before, after), encoding="utf-8")
    with (fleet / "fleet.yaml").open("a", encoding="utf-8") as policy:
        policy.write("  templates: templates\n")
    ran = run("check")
    assert ran.code == 1
    assert f"templates/cron.yaml.j2: guardrail {guardrail}: " in ran.err
    with (fleet / "fleet.yaml").open("a", encoding="utf-8") as policy:
        policy.write(f"  guardrails: [{{name: {guardrail}, mode: off}}]\n")
    ran = run("check")
    assert (ran.code, ran.err) == (0, "")


def test_a_guardrail_with_a_misspelt_property_is_told(run: Run, fleet: Path) -> None:
    guard(fleet, DENY, schema={"properties": {"storge": {}}})
    ran = run("check")
    assert (ran.code, ran.err) == (
        0,
        "warning: large.schema.json:3:3: no delivery has storge (did you mean storage?)\n",
    )


def test_a_fleet_that_is_not_locked_yet_is_judged_all_the_same(run: Run, fleet: Path) -> None:
    (fleet / "fleet.lock.yaml").unlink()
    assert run("check").code == 0
    guard(fleet, DENY)
    ran = run("check")
    assert (ran.code, ran.err) == (1, EVERY_ERROR)
