"""What every verb prints for machines satisfies the JSON Schema that the tool prints for it, and nothing less does."""

from __future__ import annotations

import json
import shutil
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
from jsonschema import Draft202012Validator

from gitops_golden.changes.deliveries import Kind
from gitops_golden.changes.differences import Effect
from gitops_golden.changes.surroundings import Act
from gitops_golden.changes.volumes import Loss
from gitops_golden.cli.main import commands
from gitops_golden.cli.schema import PRINTED
from gitops_golden.fleet.observation import Observation, Server
from gitops_golden.fleet.snapshot import write
from gitops_golden.resources import shipped
from tests.integration.fleets import change, record
from tests.manual import command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.fleets import Ran
    from tests.testbed.gitrepos import Git

    Run = Callable[..., Ran]

GOLDEN = Path(__file__).parents[1] / "data" / "golden"
FLEETS = tuple(sorted(each.name for each in GOLDEN.iterdir()))
REPO = ("--repo", "../clusters.git")
NOW = datetime(2026, 11, 21, tzinfo=UTC)
POLICY = Path("fleet.yaml")
LOCK = Path("fleet.lock.yaml")
SCHEMA_OF = {
    ("check",): "check",
    ("explain",): "explain",
    ("lock",): "lock-changes",
    ("lock", "--check"): "lock-check",
    ("plan",): "plan",
    ("diff",): "diff",
    ("render",): "render",
    ("publish",): "publish",
    ("verify",): "report",
    ("merge",): "report",
    ("drift",): "drift",
}
NOT_ALWAYS_THERE = {"here", "preference", "instancetype"}
OPEN = {"labels", "annotations"}


def wrong(name: str, document: Any) -> list[str]:
    """Return what a schema finds wrong with a document."""
    schema = json.loads((shipped("policies") / f"{name}.schema.json").read_bytes())
    checker = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [f"{error.json_path}: {error.message}" for error in checker.iter_errors(document)]


def told(run: Run, *arguments: str, code: int = 0) -> Any:
    """Run a verb for machines, and return what it prints, which satisfies its schema."""
    ran = run(*arguments, "-o", "json")
    assert ran.code == code, ran
    document = json.loads(ran.out, parse_constant=pytest.fail)
    words = ("lock", "--check") if "--check" in arguments else arguments[:1]
    assert wrong(SCHEMA_OF[words], document) == []
    return document


@pytest.fixture(params=FLEETS)
def golden(request: pytest.FixtureRequest, fleet: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a golden fleet as the current folder, whose registry is a folder that holds nothing."""
    folder = fleet.parent / "golden"
    shutil.copytree(GOLDEN / request.param, folder, ignore=shutil.ignore_patterns("tree"))
    text = (folder / POLICY).read_text(encoding="utf-8")
    text = text.replace("registry: {address: ", "registry: {layout: empty, address: ")
    text = text.replace("registry:\n    address: ", "registry:\n    layout: empty\n    address: ")
    assert "layout: empty" in text
    (folder / POLICY).write_text(text, encoding="utf-8")
    (folder / "empty").mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_whatever_is_printed_for_machines_has_a_schema() -> None:
    verbs = {verb for verb in commands.list_commands(click.Context(commands)) if prints_json(command(verb))}
    assert verbs == {words[0] for words in SCHEMA_OF}
    assert set(SCHEMA_OF.values()) == set(PRINTED)


def prints_json(verb: click.Command) -> bool:
    return any(isinstance(option.type, click.Choice) and "json" in option.type.choices for option in verb.params)


def test_what_is_told_of_every_golden_fleet_satisfies_its_schema(run: Run, golden: Path) -> None:
    told(run, "check")
    plan = told(run, "plan")
    for cluster in {each["cluster"] for each in plan["deliveries"]}:
        assert told(run, "explain", "--cluster", cluster)["deliveries"]
    written = told(run, "render", "--to", "out")["written"]
    files = [path.relative_to("out") for path in sorted(Path("out").rglob("*.yaml"))]
    assert written["files"] == len(files)
    one_of_each_kind = {path.name.partition("-")[0]: str(path) for path in files}
    for path in one_of_each_kind.values():
        assert told(run, "render", "--explain", path)["explained"]["path"] == path


def test_what_is_told_of_golden_fleets_in_a_repository_satisfies_its_schema(run: Run, golden: Path, bare: Git) -> None:
    added = told(run, "diff", *REPO, code=1)
    assert {each["kind"] for each in added["changes"]} == {"add"}
    published = told(run, "publish", *REPO)
    assert published["commit"] == bare("rev-parse", published["branch"]).strip()
    assert told(run, "publish", *REPO)["commit"] is None
    assert told(run, "diff", *REPO)["changes"] == []
    tracked = {each["dataSource"]: f"sha256:{'d' * 64}" for each in told(run, "plan")["deliveries"]}
    record(golden / "seen", bare.files(published["branch"]), tracked, at=NOW)
    seen = run("verify", *REPO, "--snapshots", "seen", "-o", "json").json
    assert seen["deliveries"]
    assert wrong("report", seen) == []


@pytest.fixture
def guarded(fleet: Path) -> Path:
    """Give the sample fleet guardrails that find something, one that denies and one that warns."""
    small = {"properties": {"storage": {"properties": {"bytes": {"maximum": 2**30}}}}}
    (fleet / "small.schema.json").write_text(json.dumps(small), encoding="utf-8")
    with (fleet / POLICY).open("a", encoding="utf-8") as policy:
        policy.write("  guardrails:\n    - {name: small, schema: small.schema.json, images: [rhel9]}\n")
        policy.write("    - {name: smaller, schema: small.schema.json, mode: warn}\n")
    return fleet


@pytest.mark.parametrize("verb", ["check", "plan"])
def test_what_guardrails_find_satisfies_the_schemas(run: Run, guarded: Path, verb: str) -> None:
    assert {each["mode"] for each in told(run, verb, code=1)["guardrails"]} == {"deny", "warn"}


@pytest.mark.parametrize("verb", ["check", "plan"])
def test_a_fleet_without_a_lock_satisfies_the_schemas(run: Run, fleet: Path, verb: str) -> None:
    LOCK.unlink()
    told(run, verb)


def test_every_change_of_a_lock_satisfies_the_schema(run: Run, fleet: Path) -> None:
    change(LOCK, 'tag: "24.04"', 'tag: "24"')
    change(POLICY, "- name: fedora", "- name: fedora-next")
    found = told(run, "lock")
    assert {each["change"] for each in found["images"]} == {"added", "moved", "retagged", "unchanged", "retired"}
    assert told(run, "lock")["changed"] is False


def test_every_state_of_a_tag_satisfies_the_schema(run: Run, fleet: Path, refused: str) -> None:
    change(POLICY, "- name: ubuntu2404", "- name: ubuntu")
    change(POLICY, 'tag: "2022"', 'tag: "2023"')
    states = {each["state"] for each in told(run, "lock", "--check", code=1)["images"]}
    change(POLICY, "address: registry.acme.example:5000 ", f"address: {refused}\n    plainHTTP: true ")
    change(POLICY, "    layout: registry ", "    #")
    states |= {each["state"] for each in told(run, "lock", "--check", "--image", "rhel9", code=3)["images"]}
    assert states == {"moved", "unlocked", "gone", "unreachable"}


def test_a_tag_that_is_as_locked_satisfies_the_schema(run: Run, fleet: Path) -> None:
    run("lock")
    assert {each["state"] for each in told(run, "lock", "--check")["images"]} == {"current"}


BEFORE = """\
  vendorImages: {keep: [fedora]}
  consumers: [{group: devs}]
  channels: [{name: stable, image: rhel9}, {name: gone, image: rhel9}]
  placements:
"""
AFTER = """\
  vendorImages: keep
  consumers: [{group: ops}]
  channels: [{name: stable, image: ubuntu2404}, {name: come, image: rhel9}]
  placements:
"""
BY_HAND = (
    ("dev-1/image-rhel9.yaml", b"importsToKeep: 1", b"importsToKeep: .nan"),
    ("dev-2/image-rhel9.yaml", b"importsToKeep: 1", b"importsToKeep: [1, {a: .inf}]"),
    ("dev-1/image-ubuntu2404.yaml", b"spec:\n  source:", b"{"),
    ("dev-2/image-ubuntu2404.yaml", b'"sha256:', b'"none of ours:'),
    ("dev-1/namespace-golden-images.yaml", b"kind: Namespace", b"kind: Namespace # as it should be"),
    ("dev-2/pointer-stable.yaml", b'name: "rhel9"', b"name: {a: .nan}"),
    ("prod-us-1/pointer-stable.yaml", b'name: "rhel9"', b"name: .nan"),
)


@pytest.fixture
def changed(run: Run, fleet: Path, bare: Git) -> Path:
    """Publish a fleet, then change it in every way that there is, and edit its files by hand."""
    change(POLICY, "  placements:\n", BEFORE)
    change(POLICY, "site: edge}\n      set", "site: edge}\n      platform: openshift\n      set")
    for guest in ("preference: windows.2k22", "preference: fedora"):
        change(POLICY, guest, f"{guest}\n      retention: None")
    assert run("publish", *REPO).code == 0
    change(POLICY, BEFORE, AFTER)
    assert run("lock", "--image", "rhel9").code == 0
    change(POLICY, "set: {keep: 1}", "set: {keep: 1, storage: {className: fast}}")
    change(POLICY, "preference: ubuntu\n", "preference: ubuntu.24\n")
    change(POLICY, "preference: fedora\n", "preference: fedora\n      namespace: moved\n")
    change(
        POLICY, "storage: {size: 80Gi}", "storage: {size: 90Gi, accessModes: [ReadWriteMany]}\n      pullMethod: node"
    )
    held = bare.files()
    assert all(held[f"clusters/{path}"].count(was) == 1 for path, was, _ in BY_HAND)
    bare.commit({f"clusters/{path}": held[f"clusters/{path}"].replace(was, now) for path, was, now in BY_HAND})
    return fleet


def test_every_change_of_a_repository_satisfies_the_schema(run: Run, changed: Path) -> None:
    found = told(run, "diff", *REPO, code=1)
    assert {each["kind"] for each in found["changes"]} == set(Kind)
    assert {each["change"] for each in found["others"]} == set(Act)
    assert {field["effect"] for each in found["changes"] for field in each["fields"]} == set(Effect)
    assert [1, '{"a": Infinity}'] in [field["before"] for each in found["changes"] for field in each["fields"]]
    assert "nan" in [field["before"] for each in found["others"] for field in each["fields"]]
    assert {each["volumes"]["deleted"] for each in found["changes"]} == set(Loss)


def test_templates_that_would_be_lost_satisfy_the_schema(run: Run, changed: Path) -> None:
    change(POLICY, "vendorImages: keep", "vendorImages: {keep: [centos-stream9]}")
    theirs = {
        "apiVersion": "hco.kubevirt.io/v1",
        "kind": "HyperConverged",
        "metadata": {"name": "kubevirt-hyperconverged", "namespace": "openshift-cnv"},
        "spec": {"workloadSources": {"dataImportCronTemplates": [{"metadata": {"name": "debian"}, "spec": {}}]}},
    }
    (changed / "seen").mkdir()
    seen = Observation("edge-001", NOW, Server("v1.36.0", "uid"), (theirs,))
    (changed / "seen" / "edge-001.json").write_bytes(write(seen))
    found = told(run, "diff", *REPO, "--snapshots", "seen", code=1)
    assert found["lostTemplates"] == [{"cluster": "edge-001", "templates": ["debian"]}]


@pytest.mark.parametrize(
    "words",
    [
        ("check",),
        ("plan",),
        ("explain", "--cluster", "edge-001"),
        ("lock", "--check"),
        ("diff", *REPO),
        ("render", "--to", "out", "--explain", "clusters/edge-001/image-rhel9.yaml"),
        ("publish", *REPO),
        ("lock",),
    ],
    ids=" ".join,
)
def test_no_field_may_be_missing_and_none_may_be_more(run: Run, changed: Path, words: tuple[str, ...]) -> None:
    name = SCHEMA_OF[words if words[1:] == ("--check",) else words[:1]]
    document = run(*words, "-o", "json").json
    for path in samples(document):
        for broken in (more(document, path), *fewer(document, path)):
            assert wrong(name, broken), (path, broken)


def samples(document: Any) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of every map whose fields are ours, of a list's items the first alone."""
    if isinstance(document, dict):
        yield ()
    children = document.items() if isinstance(document, dict) else enumerate(document[:1])
    for key, value in children:
        if isinstance(value, dict | list) and key not in OPEN:
            yield from ((key, *rest) for rest in samples(value))


def more(document: Any, path: tuple[str | int, ...]) -> Any:
    changed, found = reached(document, path)
    found["unheard-of"] = None
    return changed


def fewer(document: Any, path: tuple[str | int, ...]) -> Iterator[Any]:
    for key in reached(document, path)[1]:
        if key not in NOT_ALWAYS_THERE:
            changed, found = reached(document, path)
            del found[key]
            yield changed


def reached(document: Any, path: tuple[str | int, ...]) -> tuple[Any, Any]:
    """Return a copy of a document, and what is at a path of it."""
    changed = found = deepcopy(document)
    for key in path:
        found = found[key]
    return changed, found
