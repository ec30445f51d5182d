"""diff and publish on real repositories: what changes is told, then committed once, and removals are guarded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitops_golden.git.manifest import manifest_path
from tests.integration.fleets import change

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.fleets import Ran
    from tests.testbed.gitrepos import Git

    Run = Callable[..., Ran]

REPO = ("--repo", "../clusters.git")


def commits(git: Git, branch: str = "main") -> int:
    return len(git("rev-list", branch).split())


def test_diff_exits_1_until_everything_is_published(run: Run, fleet: Path, bare: Git) -> None:
    first = run("diff", *REPO)
    assert (first.code, first.err) == (1, "")
    assert first.out.endswith("acme: 21 deliveries would change\n")
    assert run("publish", *REPO).code == 0
    again = run("diff", *REPO)
    assert (again.code, again.out) == (0, "acme: nothing to publish\n")


def test_publishing_twice_makes_one_commit(run: Run, fleet: Path, bare: Git) -> None:
    first = run("publish", *REPO, "-m", "first light")
    assert (first.code, first.err) == (0, "")
    assert first.out == f"acme: 21 deliveries for 6 clusters in commit {bare('rev-parse', 'main')[:12]} on main\n"
    again = run("publish", *REPO)
    assert (again.code, again.out) == (0, "acme: main holds all 21 deliveries already, nothing to commit\n")
    assert commits(bare) == 1
    assert bare("log", "--format=%s").strip() == "first light"


def test_what_is_published_is_what_is_rendered_and_the_list_of_it(
    run: Run, fleet: Path, bare: Git, tmp_path: Path
) -> None:
    published = run("publish", *REPO, "-o", "json").json
    run("render", "--to", str(tmp_path / "out"))
    rendered = {
        str(path.relative_to(tmp_path / "out")): path.read_bytes()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }
    held = bare.files()
    assert set(held) - set(rendered) == {manifest_path("acme")}
    assert {path: held[path] for path in rendered} == rendered
    assert (published["commit"], published["files"]) == (bare("rev-parse", "main").strip(), len(rendered))
    assert run("publish", *REPO, "-o", "json").json["commit"] is None


def test_a_new_release_is_one_change_of_six_deliveries(run: Run, fleet: Path, bare: Git) -> None:
    run("publish", *REPO)
    assert run("lock").code == 0
    ran = run("diff", *REPO, "-o", "json")
    assert ran.code == 1
    (found,) = ran.json["changes"]
    assert (found["kind"], found["image"], len(found["clusters"])) == ("release", "rhel9", 6)
    assert found["before"] != found["after"]
    run("publish", *REPO)
    assert bare("diff", "--shortstat", "main~1", "main").strip() == "6 files changed, 6 insertions(+), 6 deletions(-)"


def test_diff_names_clusters_whatever_the_layout_of_the_repository(run: Run, fleet: Path, bare: Git) -> None:
    change(fleet / "fleet.yaml", "path: clusters/{cluster}", 'path: "fleet/{cluster}/golden"')
    found = run("diff", *REPO, "-o", "json").json["changes"]
    assert {cluster for each in found for cluster in each["clusters"]} == {
        *("dev-1", "dev-2", "edge-001", "prod-ap-1", "prod-eu-1", "prod-us-1")
    }


def test_a_change_of_the_list_alone_is_a_difference(run: Run, fleet: Path, bare: Git) -> None:
    run("publish", *REPO)
    bare.commit({"clusters/dev-1/namespace-golden-images.yaml": b"kind: Namespace\n"})
    ran = run("diff", *REPO)
    assert ran.code == 1
    assert "no delivery would change" in ran.out
    assert run("publish", *REPO).code == 0
    assert run("diff", *REPO).code == 0


def test_a_publish_that_would_remove_a_third_stops(run: Run, fleet: Path, bare: Git) -> None:
    run("publish", *REPO)
    change(fleet / "fleet.yaml", "clusters: {}", "clusters: {matchLabels: {env: prod}}")
    ran = run("publish", *REPO)
    assert (ran.code, ran.out) == (1, "")
    assert "this would remove 6 of 21 deliveries (29%, more than 20%)" in ran.err
    assert "--allow-removals" in ran.err
    assert commits(bare) == 1


def test_a_publish_that_removes_a_fifth_goes_on(run: Run, fleet: Path, bare: Git) -> None:
    run("publish", *REPO)
    names = [f"c{number}" for number in range(5)]
    write_following(fleet, names)
    run("publish", *REPO, "--allow-removals")
    write_following(fleet, names[1:])
    assert run("publish", *REPO).code == 0
    assert commits(bare) == 3


def write_following(fleet: Path, clusters: list[str]) -> None:
    """Write a policy with one image, which follows its tag and so needs no lock, for these clusters."""
    (fleet / "fleet.yaml").write_text(
        f"""\
apiVersion: gitops-golden/v1alpha1
kind: FleetPolicy
metadata: {{name: acme}}
spec:
  registry: {{address: "registry.acme.example:5000"}}
  defaults: {{storage: {{size: 1Gi}}, update: {{tracking: {{schedule: "0 2 * * *"}}}}}}
  images: [{{name: rhel9, repository: golden/rhel9, tag: "9"}}]
  clusters: [{", ".join(f"{{name: {name}}}" for name in clusters)}]
  placements: [{{name: everywhere, images: [rhel9], clusters: {{}}}}]
""",
        encoding="utf-8",
    )


def test_removals_that_are_meant_are_made(run: Run, fleet: Path, bare: Git) -> None:
    run("publish", *REPO)
    change(fleet / "fleet.yaml", "clusters: {}", "clusters: {matchLabels: {env: prod}}")
    assert run("publish", *REPO, "--allow-removals").code == 0
    assert not any(path.startswith("clusters/dev-") for path in bare.files())


def test_an_empty_inventory_does_not_wipe_a_fleet(run: Run, fleet: Path, bare: Git) -> None:
    run("publish", *REPO)
    (fleet / "inventory" / "data-centres.yaml").write_text(
        "apiVersion: gitops-golden/v1alpha1\nkind: Inventory\nclusters: []\n", encoding="utf-8"
    )
    ran = run("publish", *REPO)
    assert (ran.code, commits(bare)) == (1, 1)
    assert "18 of 21 deliveries" in ran.err


def test_files_of_others_stay_as_they_are(run: Run, fleet: Path, bare: Git) -> None:
    theirs = {"README.md": b"ours\n", "clusters/dev-1/extra.yaml": b"a: b\n"}
    bare.commit(theirs)
    assert run("publish", *REPO).code == 0
    assert {path: bare.files()[path] for path in theirs} == theirs


def test_a_file_in_the_way_is_named_and_nothing_is_committed(run: Run, fleet: Path, bare: Git) -> None:
    bare.commit({"clusters/dev-1/image-rhel9.yaml": b"theirs\n"})
    ran = run("publish", *REPO)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: clusters/dev-1/image-rhel9.yaml: a file that isn't ours")
    assert commits(bare) == 1


def test_a_branch_may_be_named(run: Run, fleet: Path, bare: Git) -> None:
    assert run("publish", *REPO, "--branch", "staging").code == 0
    assert commits(bare, "staging") == 1
    assert run("diff", *REPO, "--branch", "staging").code == 0
    assert run("diff", *REPO).code == 1


def test_the_repository_may_come_from_the_environment(
    run: Run, fleet: Path, bare: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITOPS_GOLDEN_PUBLISH_REPO", "../clusters.git")
    monkeypatch.setenv("GITOPS_GOLDEN_DIFF_REPO", "../clusters.git")
    assert run("publish").code == 0
    assert run("diff").code == 0


@pytest.mark.parametrize("verb", ["diff", "publish"])
def test_no_repository_is_wrong_input_and_one_out_of_reach_an_outside_that_failed(
    run: Run, fleet: Path, verb: str
) -> None:
    missing = run(verb, "--repo", "../nowhere.git")
    assert (missing.code, missing.out) == (2, "")
    assert "git init --bare" in missing.err
    refused = run(verb, "--repo", "http://127.0.0.1:9/clusters.git")
    assert (refused.code, refused.out) == (3, "")
    assert "Traceback" not in refused.err


def test_a_fleet_without_clusters_begins_no_repository(run: Run, fleet: Path, bare: Git) -> None:
    (fleet / "inventory" / "data-centres.yaml").unlink()
    change(fleet / "fleet.yaml", "  inventory: [inventory/*.yaml]\n", "")
    change(fleet / "fleet.yaml", "    - name: edge-001\n      labels: {env: prod, site: edge}\n", "")
    change(fleet / "fleet.yaml", "      set: {storage: {className: local-nvme}}\n", "")
    change(fleet / "fleet.yaml", "  clusters:\n\n", "  clusters: []\n")
    assert run("diff", *REPO).code == 0
    assert run("publish", *REPO).code == 0
    assert not bare("for-each-ref")
