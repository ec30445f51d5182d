"""What a change means, as the command line tells it: plan, diff, explain and render --explain on a rich fleet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.fleets import change

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.fleets import Ran
    from tests.testbed.gitrepos import Git

    Run = Callable[..., Ran]

REPO = ("--repo", "../clusters.git")
POLICY = "fleet.yaml"


@pytest.fixture
def rich(fleet: Path) -> Path:
    """Give the fleet a channel, consumers, vendor images on one cluster, architectures and hashed schedules."""
    policy = fleet / POLICY
    change(policy, "  placements:\n", "  channels:\n    - {name: stable, image: rhel9}\n  placements:\n")
    change(policy, "  placements:\n", "  consumers: [{group: devs}]\n  placements:\n")
    change(policy, "  placements:\n", "  vendorImages: {keep: [fedora]}\n  placements:\n")
    change(policy, "site: edge}\n      set", "site: edge}\n      platform: openshift\n      set")
    change(policy, "preference: ubuntu\n", "preference: ubuntu\n      architectures: [amd64]\n")
    change(policy, "0 2 * * *", "H 2 * * *")
    return fleet


def others(ran: Ran) -> dict[tuple[str, str], dict[str, Any]]:
    return {(each["kind"], each["name"]): each for each in ran.json["others"]}


def test_a_channel_that_moves_is_one_change_of_one_name(run: Run, rich: Path, bare: Git) -> None:
    run("publish", *REPO)
    change(rich / POLICY, "{name: stable, image: rhel9}", "{name: stable, image: win2022}")
    change(rich / POLICY, "images: [win2022]\n      clusters:\n", "images: [win2022]\n      clusters: {}\n")
    text = (rich / POLICY).read_text(encoding="utf-8")
    start = text.index("        matchExpressions:")
    (rich / POLICY).write_text(text[:start] + text[text.index("\n  overrides:") :], encoding="utf-8")
    ran = run("diff", *REPO, "-o", "json")
    moved = others(ran)["pointer", "stable"]
    end = next(field for field in moved["fields"] if field["name"] == "points at")
    assert (moved["change"], end["before"], end["after"]) == ("change", "rhel9", "win2022")
    assert len(moved["clusters"]) == 6
    assert "channel stable" in run("diff", *REPO).out


def test_consumers_and_vendor_images_are_told_in_their_own_words(run: Run, rich: Path, bare: Git) -> None:
    run("publish", *REPO)
    change(rich / POLICY, "consumers: [{group: devs}]", "consumers: [{group: ops}]")
    change(rich / POLICY, "vendorImages: {keep: [fedora]}", "vendorImages: keep")
    ran = run("diff", *REPO)
    assert ran.code == 1
    assert "may clone at once: group ops" in ran.out
    assert "may not clone any more: group devs" in ran.out
    assert "the vendor's boot images are imported there" in ran.out
    assert ran.out.endswith("acme: no delivery would change, 7 other files would\n")


def test_a_new_namespace_is_remove_plus_add_with_what_stays_behind(run: Run, fleet: Path, bare: Git) -> None:
    run("publish", *REPO)
    change(fleet / POLICY, 'tag: "2022"\n', 'tag: "2022"\n      namespace: windows\n')
    found = run("diff", *REPO, "-o", "json").json
    assert [(each["kind"], each["namespace"]) for each in found["changes"]] == [
        ("add", "windows"),
        ("remove", "golden-images"),
    ]
    assert found["summary"]["deliveries"] == 3
    assert found["summary"]["storage"]["leftBehind"] == 3 * 3 * 80 * 1024**3
    assert {each["change"] for each in found["others"]} == {"add"}


def test_a_larger_disk_is_a_hand_over_for_later(run: Run, fleet: Path, bare: Git) -> None:
    run("publish", *REPO)
    change(fleet / POLICY, "size: 80Gi", "size: 90Gi")
    ran = run("diff", *REPO)
    assert "storage.size 80Gi → 90Gi: with the next release" in ran.out
    assert "win2022: up to 6 volumes on 3 clusters, 480Gi" in ran.out


def test_retention_none_warns_of_what_is_deleted(run: Run, fleet: Path, bare: Git) -> None:
    change(fleet / POLICY, "keep: 3\n", "keep: 3\n    retention: None\n")
    run("publish", *REPO)
    change(fleet / POLICY, "    - name: linux-everywhere\n      images: {matchLabels: {os: linux}}", LINUX)
    ran = run("diff", *REPO)
    assert "WARNING: retention is None: all volumes of fedora" in ran.out


LINUX = "    - name: linux-everywhere\n      images: [rhel9, ubuntu2404]"


def test_plan_tells_what_stands_beside_deliveries(run: Run, rich: Path) -> None:
    text = run("plan").out
    assert "channels: stable → rhel9 (6)" in text
    assert "names: ubuntu2404 → ubuntu2404-amd64 (6)" in text
    assert "vendor images, openshift (1 cluster): import off; fedora kept" in text
    assert "Secret golden-registry is not rendered and must exist in" in text
    plan = run("plan", "-o", "json").json
    assert [(each["name"], each["end"], each["channel"]) for each in plan["pointers"]] == [
        ("stable", "rhel9", True),
        ("ubuntu2404", "ubuntu2404-amd64", False),
    ]
    (vendor,) = plan["vendorImages"]
    assert (vendor["imports"], vendor["keep"], vendor["clusters"]) == (False, ["fedora"], ["edge-001"])
    needed = {each["namespace"]: len(each["clusters"]) for each in plan["secretsNeeded"]}
    assert needed == {"cdi": 5, "golden-images": 6, "openshift-cnv": 1}
    first, most = (sum(each["bytes"][end] for each in plan["deliveries"]) for end in ("first", "most"))
    assert plan["storage"] == {"first": first, "most": most}


def test_a_secret_that_is_rendered_need_not_be_made(run: Run, fleet: Path) -> None:
    change(fleet / POLICY, "pullSecret: golden-registry", "pullSecret: r\n    externalSecret: {store: vault, key: k}")
    assert "must exist" not in run("plan").out
    assert run("plan", "-o", "json").json["secretsNeeded"] == []


def test_explain_tells_what_a_hashed_schedule_comes_to_on_a_cluster(run: Run, rich: Path) -> None:
    command = ("explain", "--cluster", "edge-001", "--image", "fedora")
    (delivery,) = run(*command, "-o", "json").json["deliveries"]
    update = next(each for each in delivery["settings"] if each["path"] == "update")
    assert update["value"] == {"tracking": {"schedule": "H 2 * * *"}}
    here = update["here"]["tracking"]["schedule"]
    assert here.endswith(" 2 * * *")
    assert f"tracking H 2 * * *, here {here}" in run(*command).out
    planned = run("plan", "-o", "json").json["deliveries"]
    mine = next(each for each in planned if (each["cluster"], each["image"]) == ("edge-001", "fedora"))
    assert mine["update"] == {"tracking": {"schedule": here}}


def test_explain_tells_lists_truths_and_labels(run: Run, fleet: Path) -> None:
    more = "keep: 3\n    immediateBinding: true\n    metadata: {labels: {team: base}}\n"
    change(fleet / POLICY, "keep: 3\n", more)
    change(
        fleet / POLICY, "storage: {size: 30Gi}", "storage: {size: 30Gi, accessModes: [ReadWriteOnce, ReadWriteMany]}"
    )
    text = run("explain", "--cluster", "dev-1", "--image", "rhel9").out
    for path, value in (
        ("storage.accessModes", "ReadWriteOnce, ReadWriteMany"),
        ("immediateBinding", "true"),
        ("metadata.labels.team", "base"),
    ):
        assert any(line.split()[:1] == [path] and value in line for line in text.splitlines()), path


FILES = {
    "image-rhel9.yaml": (["cron.yaml.j2", "datasource.yaml.j2"], "image rhel9"),
    "image-ubuntu2404-amd64.yaml": (["cron.yaml.j2", "datasource.yaml.j2"], "placement linux-everywhere"),
    "pointer-stable.yaml": (["pointer.yaml.j2"], "channel stable"),
    "pointer-ubuntu2404.yaml": (["pointer.yaml.j2"], "image ubuntu2404"),
    "consumers-golden-images.yaml": (["consumers.yaml.j2"], "consumers"),
    "namespace-golden-images.yaml": (["namespace.yaml.j2"], "cluster edge-001"),
    "hyperconverged.yaml": (["hyperconverged.yaml.j2"], "vendorImages"),
    "pull-secret-openshift-cnv.yaml": (["pull-secret.yaml.j2"], "registry.externalSecret"),
}


@pytest.mark.parametrize("name", FILES)
def test_render_tells_which_templates_and_lines_made_a_file(run: Run, rich: Path, name: str) -> None:
    secret = "pullSecret: golden-registry\n    externalSecret: {store: vault, key: golden}"
    change(rich / POLICY, "pullSecret: golden-registry", secret)
    path = f"clusters/edge-001/{name}"
    ran = run("render", "--explain", path, "-o", "json")
    assert ran.code == 0, ran.err
    found = ran.json["explained"]
    templates, line = FILES[name]
    assert (found["path"], found["cluster"]) == (path, "edge-001")
    assert [(used["name"], used["builtIn"]) for used in found["templates"]] == [(each, True) for each in templates]
    told = {each["what"]: each["at"] for each in found["lines"]}
    assert told[line].startswith("fleet.yaml:")
    assert told["cluster edge-001"].startswith("fleet.yaml:")
    text = run("render", "--explain", path).out
    assert all(f"made by {each} (built in)" in text for each in templates)


def test_every_file_of_the_tree_can_be_explained(run: Run, rich: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("render", "--to", str(out)).code == 0
    edge = sorted((out / "clusters" / "edge-001").iterdir())
    assert len(edge) == 8
    for file in edge:
        ran = run("render", "--explain", str(file.relative_to(out)))
        assert (ran.code, ran.out.splitlines()[0]) == (0, str(file.relative_to(out)))


def test_a_delivery_is_explained_with_every_setting_and_the_lock(run: Run, fleet: Path) -> None:
    found = run("render", "--explain", "./clusters/edge-001/image-rhel9.yaml", "-o", "json").json["explained"]
    (delivery,) = found["deliveries"]
    settings = {each["path"]: each["at"] for each in delivery["settings"]}
    assert settings["storage.className"].startswith("fleet.yaml:")
    assert settings["pullMethod"] is None
    (lock,) = [each for each in found["lines"] if each["what"] == "lock"]
    assert (lock["at"], lock["value"][:7]) == ("fleet.lock.yaml", "sha256:")


def test_templates_of_the_users_are_named_by_their_files(run: Run, fleet: Path) -> None:
    note = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ NAME }}\n  namespace: golden-images\n"
    for name, text in {
        "pointer.yaml.j2": "{% include 'builtin/pointer.yaml.j2' %}",
        "cluster/note.yaml.j2": note.replace("NAME", "fleet"),
        "image/card.yaml.j2": note.replace("NAME", "spec.managedDataSource"),
    }.items():
        file = fleet / "templates" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    change(
        fleet / POLICY, "  defaults:\n", "  templates: templates\n  channels: [{name: s, image: rhel9}]\n  defaults:\n"
    )

    for name, template, images in (
        ("pointer-s", "pointer.yaml.j2", ["rhel9"]),
        ("extra-note", "cluster/note.yaml.j2", []),
        ("extra-card-rhel9", "image/card.yaml.j2", ["rhel9"]),
    ):
        ran = run("render", "--explain", f"clusters/dev-1/{name}.yaml", "-o", "json")
        assert ran.code == 0, ran.err
        found = ran.json["explained"]
        (used,) = found["templates"]
        assert (used["name"], used["builtIn"], used["file"]) == (template, False, f"templates/{template}")
        assert [each["image"] for each in found["deliveries"]] == images


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("clusters/edge-001/image-rhel.yaml", "clusters/edge-001/image-rhel9.yaml"),
        ("clusters/edge-01/image-rhel9.yaml", "clusters/edge-001/image-rhel9.yaml"),
        ("", "clusters/"),
        ("../fleet.yaml", "clusters/"),
    ],
)
def test_a_file_that_is_not_in_the_tree_is_refused_with_the_nearest(
    run: Run, fleet: Path, path: str, near: str
) -> None:
    ran = run("render", "--explain", path)
    assert (ran.code, ran.out) == (2, "")
    assert f"the tree has no file {path!r}" in ran.err
    assert near in ran.err


def test_to_and_explain_together_do_both(run: Run, fleet: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran = run("render", "--to", str(out), "--explain", "clusters/dev-1/image-rhel9.yaml", "-o", "json").json
    assert ran["written"] == {"folder": str(out), "files": 33, "clusters": 6}
    assert ran["explained"]["cluster"] == "dev-1"
    assert (out / "clusters" / "dev-1" / "image-rhel9.yaml").exists()
