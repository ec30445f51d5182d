from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING

import pytest

from gitops_golden.errors import Location
from gitops_golden.policy.load import load
from gitops_golden.policy.model import Setting, Tracking
from gitops_golden.policy.selectors import EVERYTHING, Choice, Requirement, Selector
from gitops_golden.policy.settings import BUILT_INS
from tests.unit.policy.good_policy import GOOD, INVENTORY
from tests.unit.policy.reading import EDGE, HEAD, RHEL, document, leaves, write, wrong

if TYPE_CHECKING:
    from pathlib import Path

    from gitops_golden.policy.model import Policy


def meaning(policy: Policy) -> list[object]:
    """A policy without its places."""
    return [
        *((image.name, image.repository, image.tag, image.labels, leaves(image.layer)) for image in policy.images),
        *((cluster.name, cluster.labels, leaves(cluster.layer)) for cluster in policy.clusters),
        *((rule.name, rule.images, rule.clusters) for rule in policy.placements),
        *((rule.name, rule.images, rule.clusters, leaves(rule.layer)) for rule in policy.overrides),
    ]


def test_a_whole_policy_is_read(tmp_path: Path) -> None:
    policy = load(write(tmp_path, fleet_yaml=GOOD, inventory__core_yaml=INVENTORY) / "fleet.yaml").policy
    assert (policy.name, policy.folder, policy.where) == (
        "acme",
        tmp_path,
        Location(str(tmp_path / "fleet.yaml"), 1, 1),
    )
    assert (policy.registry.address, policy.registry.layout) == ("registry.acme.example:5000", tmp_path / "registry")
    assert (policy.registry.pull_secret, policy.registry.plain_http) == ("golden-registry", False)
    assert policy.delivery.folder("edge-001") == "clusters/edge-001"
    rhel, windows = policy.images
    assert (rhel.name, rhel.repository, rhel.tag, rhel.labels) == ("rhel9", "golden/rhel9", "9.6", (("os", "linux"),))
    assert leaves(rhel.layer) == {
        "preference.name": "rhel.9",
        "preference.kind": "VirtualMachineClusterPreference",
        "instancetype.name": "u1.medium",
    }
    assert leaves(windows.layer) == {"update": Tracking("0 2 * * *")}
    core, edge = policy.clusters
    assert (core.context, core.architecture, edge.context) == ("core-001", "amd64", "admin@edge-001")
    assert edge.labels == (("env", "prod"), ("site", "edge"))
    assert policy.placements[0].images == Choice(selector=Selector((Requirement("os", "In", ("linux",)),)))
    assert policy.overrides[0].images == Choice(names=frozenset({"rhel9"}))
    assert [os.path.relpath(file, tmp_path) for file, _ in policy.files] == ["fleet.yaml", "inventory/core.yaml"]


def test_a_setting_knows_its_place(tmp_path: Path) -> None:
    file = write(tmp_path, fleet_yaml=GOOD, inventory__core_yaml=INVENTORY) / "fleet.yaml"
    defaults = load(file).policy.defaults
    assert Setting("storage.size", "30Gi", Location(str(file), 19, 21)) in defaults.settings


def test_a_folder_of_documents_is_the_same_fleet_as_one_file(tmp_path: Path) -> None:
    one = write(
        tmp_path / "one",
        fleet_yaml=f"""{HEAD}
  images: [{{name: rhel9, repository: golden/rhel9, tag: '9.6', labels: {{os: linux}}}}]
  clusters: [{{name: edge, labels: {{site: edge}}}}]
  placements: [{{name: all, images: [rhel9], clusters: {{}}}}]
  overrides: [{{name: less, set: {{keep: 1}}}}]
""",
    )
    rules = document("Placement", "all", "{images: [rhel9], clusters: {}}") + document(
        "Override", "less", "{set: {keep: 1}}"
    )
    many = write(tmp_path / "many", a_yaml=rules, b_yaml=HEAD, c_yaml=RHEL + EDGE)
    single, folder = load(one).policy, load(many).policy
    assert meaning(single) == meaning(folder)
    assert folder.overrides[0].clusters == EVERYTHING


def test_a_folder_is_read_without_what_does_not_belong_to_it(tmp_path: Path) -> None:
    write(tmp_path, fleet_yaml=HEAD, fleet_lock_yaml="[", sub__x_yaml="[", README_md="[", _hidden_yaml="[", x_yml="[")
    (tmp_path / "folder.yaml").mkdir()
    loaded = load(tmp_path)
    assert len(loaded.policy.files) == 1
    assert [str(warning).replace(f"{tmp_path}/", "") for warning in loaded.warnings] == [
        "x.yml: the file is not read (name it *.yaml if it belongs to the policy)"
    ]


def test_a_foreign_document_is_skipped_with_a_warning_whatever_is_in_it(tmp_path: Path) -> None:
    write(tmp_path, fleet_yaml=HEAD, k_yaml="apiVersion: v1\nkind: Secret\na: &x !t {}\nb: *x\n" + RHEL)
    loaded = load(tmp_path)
    assert [image.name for image in loaded.policy.images] == ["rhel9"]
    assert "k.yaml:1:13: a document of apiVersion v1 is skipped" in str(loaded.warnings[0])
    assert loaded.warnings[0].severity == "warning"


def test_a_foreign_api_version_is_told_without_what_a_terminal_obeys(tmp_path: Path) -> None:
    write(tmp_path, fleet_yaml=HEAD, k_yaml='apiVersion: "\\e[31m"\n')
    assert str(load(tmp_path).warnings[0]).isprintable()


def test_a_file_reached_twice_is_read_once(tmp_path: Path) -> None:
    fleet = HEAD + "  inventory: ['*.yaml', edge.yaml, ./edge.yaml, link.yaml]\n"
    write(tmp_path, fleet_yaml=fleet, edge_yaml=EDGE)
    (tmp_path / "link.yaml").symlink_to("edge.yaml")
    for path in (tmp_path, tmp_path / "fleet.yaml"):
        assert [cluster.name for cluster in load(path).policy.clusters] == ["edge"]


def test_an_inventory_may_be_json_or_documents_of_clusters(tmp_path: Path) -> None:
    inventory = {"apiVersion": "gitops-golden/v1alpha1", "kind": "Inventory", "clusters": [{"name": "a", "labels": {}}]}
    fleet = HEAD + "  inventory: ['clusters/**/*', missing/*.json]\n"
    write(tmp_path, fleet_yaml=fleet, clusters__a_json=json.dumps(inventory, indent="\t"), clusters__x__b_yaml=EDGE)
    write(tmp_path, clusters___hidden="[")
    loaded = load(tmp_path)
    assert [cluster.name for cluster in loaded.policy.clusters] == ["a", "edge"]
    assert [warning.what for warning in loaded.warnings] == ['"missing/*.json" matches no file']


def test_a_name_twice_tells_both_places_across_files(tmp_path: Path) -> None:
    write(tmp_path, a_yaml=HEAD + "  images: [{name: rhel9, repository: r, tag: t}]\n", b_yaml=RHEL)
    assert wrong(tmp_path) == ['b.yaml:4:18: there are two images named "rhel9" (the first is at a.yaml:6:19)']


def test_problems_of_every_file_are_told_in_one_run(tmp_path: Path) -> None:
    fleet = HEAD + "  inventory: [i.yaml, gone.yaml]\n  images: [{name: A, repository: r, tag: t}]\n"
    write(tmp_path, a_yaml=fleet, b_yaml="a: [", c_yaml=RHEL.replace("tag", "tug"), i_yaml=INVENTORY + "    a: *b\n")
    assert [line.split(": ")[0] for line in wrong(tmp_path)] == [
        "a.yaml:6:23",
        "a.yaml:7:19",
        "b.yaml:2:1",
        "c.yaml:5:7",
        "c.yaml:5:34",
        "i.yaml:6:8",
    ]


def test_names_are_not_looked_up_where_a_file_that_may_hold_them_is_broken(tmp_path: Path) -> None:
    rules = "  inventory: [i.yaml]\n  placements: [{name: p, images: [rhel9], clusters: [edge]}]\n"
    write(tmp_path, fleet_yaml=HEAD + rules, i_yaml="a: [")
    assert wrong(tmp_path / "fleet.yaml") == [
        'fleet.yaml:7:35: no image is named "rhel9" (add it to images, or take it away)',
        "i.yaml:2:1: not YAML: a value was expected (complete or remove what is open here)",
    ]  # fmt: skip


def test_a_thing_that_is_wrong_otherwise_is_still_known_by_name(tmp_path: Path) -> None:
    write(tmp_path, fleet_yaml=HEAD + "  placements: [{name: p, images: [rhel9, Bad], clusters: {}}]\n", c_yaml=EDGE)
    write(tmp_path, r_yaml=RHEL.replace("9.6", "").replace("''", "9") + RHEL.replace("rhel9}", "Bad}"))
    assert not [line for line in wrong(tmp_path) if "is named" in line]


def test_null_in_settings_goes_back_to_the_built_in(tmp_path: Path) -> None:
    words = ("pullMethod", "garbageCollect", "retention", "immediateBinding", "architectures", "registry", "metadata")
    nulls = "namespace: ~, update: ~, keep: ~, storage: ~, preference: ~, instancetype: {kind: ~}"
    write(tmp_path, fleet_yaml=f"{HEAD}  defaults: {{{nulls}, {': ~, '.join(words)}: ~}}\n")
    paths = {path for path, _ in BUILT_INS} - {"instancetype.name"}
    assert leaves(load(tmp_path).policy.defaults) == dict.fromkeys({*paths, "metadata.labels", "metadata.annotations"})


def test_sizes_are_kept_in_one_form(tmp_path: Path) -> None:
    write(tmp_path, fleet_yaml=HEAD + "  defaults: {storage: {size: 1024Mi}}\n")
    assert leaves(load(tmp_path).policy.defaults) == {"storage.size": "1Gi"}


def test_equal_labels_are_one_object_whatever_their_order(tmp_path: Path) -> None:
    clusters = "  clusters: [{name: a, labels: {x: '1', y: b}}, {name: b, labels: {y: b, x: '1'}}]\n"
    write(tmp_path, fleet_yaml=HEAD + clusters)
    first, second = load(tmp_path).policy.clusters
    assert first.labels is second.labels


def test_a_label_seen_quoted_does_not_excuse_the_plain_number(tmp_path: Path) -> None:
    clusters = "  clusters: [{name: a, labels: {x: '1'}}, {name: b, labels: {x: 1}}]\n"
    assert wrong(write(tmp_path, fleet_yaml=HEAD + clusters)) == [
        'fleet.yaml:6:65: labels.x must be text, but 1 is a number (quote it: "1")'
    ]


def test_a_policy_that_is_not_there_is_told(tmp_path: Path) -> None:
    for path, says in (("nothing", "does not exist"), ("fleet.yaml", "no FleetPolicy"), (".", "no FleetPolicy")):
        write(tmp_path, fleet_yaml="")
        assert says in wrong(tmp_path / path)[0]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fleet.yaml")
    assert wrong(tmp_path / "fleet.yaml") == ["fleet.yaml: this is no regular file"]
    assert wrong(tmp_path) == [
        'fleet.yaml: "fleet.yaml" is no file (name files; "FOLDER/*.yaml" means those in a folder)'
    ]


def test_a_link_out_of_the_folder_is_no_part_of_the_policy(tmp_path: Path) -> None:
    write(tmp_path, fleet__fleet_yaml=HEAD, outside_yaml=RHEL)
    (tmp_path / "fleet" / "rhel.yaml").symlink_to("../outside.yaml")
    assert wrong(tmp_path / "fleet") == [
        'rhel.yaml: "rhel.yaml" leads out of the policy\'s folder (name what lies beside the policy)'
    ]


def test_a_fleet_folder_may_itself_be_a_link(tmp_path: Path) -> None:
    write(tmp_path, fleet__fleet_yaml=HEAD + "  inventory: [i.yaml]\n", fleet__i_yaml=EDGE)
    (tmp_path / "link").symlink_to("fleet")
    assert [cluster.name for cluster in load(tmp_path / "link").policy.clusters] == ["edge"]
    assert len(load(tmp_path / "link" / "fleet.yaml").policy.clusters) == 1


def test_thousands_of_unknown_names_are_told_in_time(tmp_path: Path) -> None:
    clusters = "".join(f"    - {{name: edge-{number:05}}}\n" for number in range(5000))
    lost = ", ".join(f"core-{number:05}" for number in range(5000))
    rules = f"  placements: [{{name: p, images: [], clusters: [{lost}]}}]\n"
    write(tmp_path, fleet_yaml=f"{HEAD}  clusters:\n{clusters}{rules}")
    start = time.process_time()
    assert len(wrong(tmp_path)) == 5000
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("kind: FleetPolcy", 'fleet.yaml:2:7: kind "FleetPolcy" is unknown (did you mean FleetPolicy?)'),
        ("kind: [FleetPolicy]", "fleet.yaml:2:7: kind must be text, not a list (known are FleetPolicy, "),
        ("metadata: {name: acme}", "fleet.yaml:1:1: the document has no kind "),
    ],
)
def test_a_document_of_no_kind_is_not_told_a_second_time_as_a_policy_that_is_missing(
    head: str, told: str, tmp_path: Path
) -> None:
    (line,) = wrong(write(tmp_path, fleet_yaml=f"apiVersion: gitops-golden/v1alpha1\n{head}\n") / "fleet.yaml")
    assert line.startswith(told)
