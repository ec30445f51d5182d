"""verify of some images, clusters or shards, and merge of what it printed, from the command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from gitops_golden.render.cdi import DIGEST_ANNOTATION
from tests.integration.fleets import change, edit, record

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.fleets import Ran
    from tests.testbed.gitrepos import Git

    Run = Callable[..., Ran]

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
REPO = ("--repo", "../clusters.git")
VERIFY = ("verify", *REPO, "--snapshots", "recorded", "--at", f"{NOW:%Y-%m-%dT%H:%M:%SZ}")
SHARDS = 3


@pytest.fixture
def recorded(run: Run, fleet: Path, bare: Git) -> Path:
    """Return snapshots of a fleet in which one cluster was edited and all others have converged."""
    run("lock")
    assert run("publish", *REPO).code == 0
    images = run("verify", *REPO, "--snapshots", ".", "-o", "json").json["images"]
    record(fleet / "recorded", bare.files(), {each["image"]: each["served"] for each in images}, at=NOW)
    edit(fleet / "recorded/prod-eu-1.json", "DataImportCron", "rhel9-", **{DIGEST_ANNOTATION: f"sha256:{'e' * 64}"})
    return fleet / "recorded"


@pytest.fixture
def shards(run: Run, recorded: Path) -> tuple[str, ...]:
    """Return the reports of all shards, as files."""
    return tuple(verified(run, number) for number in range(1, SHARDS + 1))


def verified(run: Run, number: int) -> str:
    file = f"shard-{number}.json"
    assert run(*VERIFY, "--shard", f"{number}/{SHARDS}", "--write", f"json={file}").code in {0, 1}
    return file


def read(file: str) -> Any:
    return json.loads(Path(file).read_text(encoding="utf-8"))


def write(file: str, report: Any) -> None:
    Path(file).write_text(json.dumps(report), encoding="utf-8")


def held(report: Any) -> set[tuple[str, str]]:
    return {(each["cluster"], each["image"]) for each in report["deliveries"]}


def test_the_shards_reports_merged_are_the_fleets(run: Run, shards: tuple[str, ...]) -> None:
    whole = run(*VERIFY, "-o", "json")
    merged = run("merge", *shards, "-o", "json")
    assert (merged.code, merged.json) == (whole.code, whole.json)
    assert merged.code == 1
    assert [read(file)["scope"]["shard"] for file in shards] == ["1/3", "2/3", "3/3"]


@pytest.mark.parametrize("form", ["table", "wide", "json"])
def test_a_merged_report_is_told_in_every_format_as_verify_tells_it(
    run: Run, shards: tuple[str, ...], form: str
) -> None:
    assert run("merge", *reversed(shards), "-o", form).out == run(*VERIFY, "-o", form).out


def test_a_merged_report_satisfies_the_schema_of_reports(run: Run, shards: tuple[str, ...]) -> None:
    checker = Draft202012Validator(run("schema", "report").json, format_checker=Draft202012Validator.FORMAT_CHECKER)
    for options in ((), ("--partial",)):
        merged = run("merge", *shards[len(options) :], *options, "-o", "json").json
        assert [error.message for error in checker.iter_errors(merged)] == []


def test_a_missing_shard_is_named_and_may_be_left_out(run: Run, shards: tuple[str, ...]) -> None:
    first, _, third = shards
    refused = run("merge", first, third)
    assert (refused.code, refused.out) == (2, "")
    assert "error: of 3 shards 2 is missing" in refused.err
    partial = run("merge", first, third, "--partial", "-o", "json")
    assert partial.code in {0, 1}
    assert partial.json["scope"] == {"images": [], "clusters": [], "selector": None, "shard": "1,3/3"}
    assert held(partial.json) == held(read(first)) | held(read(third))


def test_reports_of_different_commits_are_named_and_may_be_mixed(run: Run, shards: tuple[str, ...]) -> None:
    change(Path("fleet.yaml"), "storage: {size: 80Gi}", "storage: {size: 90Gi}")
    verified(run, 2)
    refused = run("merge", *shards)
    assert (refused.code, refused.out) == (2, "")
    assert "error: the reports differ: judged by main " in refused.err
    assert ": shard-2.json" in refused.err
    mixed = run("merge", *shards, "--allow-mixed", "-o", "json").json
    assert [each["policy"]["sha256"] for each in mixed["mixed"]] == [read("shard-2.json")["basis"]["policy"]["sha256"]]


def test_every_file_that_is_no_report_is_named(run: Run, shards: tuple[str, ...]) -> None:
    Path("broken.json").write_text("{", encoding="utf-8")
    edited = read(shards[0])
    edited["deliveries"][0]["verdict"] = "fine"
    write("edited.json", edited)
    refused = run("merge", shards[1], "broken.json", "edited.json", "nowhere.json", ".")
    assert (refused.code, refused.out) == (2, "")
    assert "error: broken.json:1:2: no JSON: " in refused.err
    assert "error: edited.json: deliveries[0]: link, message, " in refused.err
    assert "error: nowhere.json: cannot be read: No such file or directory" in refused.err
    assert "error: .: cannot be read: Is a directory" in refused.err


def test_one_report_alone_is_handed_out_in_another_format(run: Run, recorded: Path) -> None:
    assert run(*VERIFY, "--write", "json=all.json").code == 1
    again = run("merge", "all.json", "--write", "json=again.json")
    assert (again.code, again.err) == (1, "")
    assert read("again.json") == read("all.json")


def test_a_merged_fleet_of_which_no_cluster_answered_says_nothing(run: Run, shards: tuple[str, ...]) -> None:
    for file in shards:
        report = read(file)
        silent = {"link": None, "reason": "Timeout", "message": "no answer", "remedy": "", "since": None}
        for result in (*report["clusters"], *report["deliveries"]):
            result |= silent | {"verdict": "unreachable", "overdue": False}  # noqa: PLW2901 -- changed where it is
        for result in report["clusters"]:
            result["answered"] = False
        total = len(report["deliveries"])
        report["summary"] |= {
            "converged": 0,
            "broken": 0,
            "unreachable": total,
            "clusterFindings": 0,
        }
        write(file, report)
    assert run("merge", *shards).code == 3


def test_an_empty_shard_is_a_part_of_the_fleet_like_any_other(run: Run, recorded: Path) -> None:
    files = []
    for number in range(1, 17):
        files.append(f"part-{number}.json")
        assert run(*VERIFY, "--shard", f"{number}/16", "--write", f"json={files[-1]}").code in {0, 1}
    assert min(len(read(file)["clusters"]) for file in files) == 0
    assert run("merge", *files, "-o", "json").json == run(*VERIFY, "-o", "json").json


# verify, narrowed -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "clusters", "images"),
    [
        (("--only", "image=rhel9,fedora"), None, {"rhel9", "fedora"}),
        (("--only", "image=rhel9", "--only", "image=fedora"), None, {"rhel9", "fedora"}),
        (("--only", "cluster=dev-1,edge-001"), {"dev-1", "edge-001"}, None),
        (("--clusters", "env in (prod),site!=edge"), {"prod-ap-1", "prod-eu-1", "prod-us-1"}, None),
        (("--clusters", "env=dev", "--only", "image=rhel9", "--only", "cluster=dev-2"), {"dev-2"}, {"rhel9"}),
    ],
)
def test_a_narrowed_report_is_that_part_of_the_whole_one_and_says_so(
    run: Run, recorded: Path, options: tuple[str, ...], clusters: set[str] | None, images: set[str] | None
) -> None:
    whole = run(*VERIFY, "-o", "json").json
    found = run(*VERIFY, *options, "-o", "json").json
    assert found["deliveries"] == [
        each
        for each in whole["deliveries"]
        if (clusters is None or each["cluster"] in clusters) and (images is None or each["image"] in images)
    ]
    assert found["deliveries"]
    assert found["scope"] is not None
    assert whole["scope"] is None
    assert "not the whole fleet" in run(*VERIFY, *options).out


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_selector_leaves_the_whole_fleet(run: Run, recorded: Path, blank: str) -> None:
    assert run(*VERIFY, "--clusters", blank, "-o", "json").json["scope"] is None


def test_of_some_images_only_these_are_asked_for_at_the_registry(run: Run, recorded: Path) -> None:
    found = run(*VERIFY, "--only", "image=rhel9", "-o", "json").json
    assert [each["image"] for each in found["images"]] == ["rhel9"]


def test_what_templates_add_to_whole_clusters_is_not_asked_for_with_some_images(
    run: Run, fleet: Path, bare: Git
) -> None:
    (fleet / "templates" / "cluster").mkdir(parents=True)
    (fleet / "templates" / "cluster" / "about.yaml.j2").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: about, namespace: golden-images}\n"
        "data:\n  images: {{ 'n' ~ (deliveries | length) }}\n",
        encoding="utf-8",
    )
    with (fleet / "fleet.yaml").open("a", encoding="utf-8") as policy:
        policy.write("  templates: templates\n")
    run("lock")
    assert run("publish", *REPO).code == 0
    record(fleet / "recorded", bare.files(), {"fedora": f"sha256:{'f' * 64}"}, at=NOW)
    whole = run(*VERIFY, "-o", "json").json
    some = run(*VERIFY, "--only", "image=rhel9", "-o", "json").json
    assert [whole["summary"]["clusterFindings"], some["summary"]["clusterFindings"]] == [0, 0]
    assert some["summary"]["converged"] == some["summary"]["deliveries"] == 6


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--only", "rhel9"), "'rhel9' is not image=NAME[,NAME] or cluster=NAME[,NAME]"),
        (("--only", "image="), "'image=' is not image=NAME[,NAME]"),
        (("--only", "image=rhel"), "error: the policy has no image 'rhel' (did you mean rhel9?)"),
        (("--clusters", "env in prod"), "error: the selector 'env in prod' has, at character 8, 'prod' where '('"),
        (
            ("--clusters", "env=moon"),
            "error: the selector 'env=moon' matches no cluster (their labels are env=dev|prod",
        ),
        (("--shard", "0/3"), "'0/3' is no shard such as 3/16"),
        (("--shard", "4/3"), "'4/3' is no shard such as 3/16"),
        (("--shard", "1"), "'1' is no shard such as 3/16"),
    ],
)
def test_a_narrowing_that_means_nothing_is_wrong_usage(
    run: Run, recorded: Path, options: tuple[str, ...], said: str
) -> None:
    refused = run(*VERIFY, *options)
    assert (refused.code, refused.out) == (2, "")
    assert said in refused.err
