"""The manifest of our paths: what it says, and that nothing but what we wrote is believed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.errors import InputError
from gitops_golden.git.manifest import (
    Listing,
    listing_of,
    manifest_bytes,
    manifest_path,
    parse_manifest,
    tree_manifest,
)
from gitops_golden.git.paths import name_problem
from gitops_golden.render.tree import File, Folder, Tree

NAMES = st.text(max_size=12).filter(lambda name: not name_problem(name))
FOLDER = Folder.of([File("image-rhel9.yaml", b"digest: 1"), File("namespace.yaml", b"n")])


def tree_of(clusters: int, folder: Folder = FOLDER) -> Tree:
    return Tree.of("acme", ((f"clusters/edge-{number:04}", folder) for number in range(clusters)))


def signed(**changes: Any) -> bytes:
    """A manifest as a careful forger would make it: checksum and all."""
    fields: dict[str, Any] = {"fleet": "acme", "folders": [("clusters/edge-1", ("image-a.yaml",))]} | changes
    return manifest_bytes(Listing(fields["fleet"], tuple(fields["folders"])))


def test_each_path_of_the_tree_is_listed_once_and_none_beside() -> None:
    tree = tree_of(3)
    assert parse_manifest(tree_manifest(tree), fleet="acme").paths == tuple(path for path, _ in tree)


@given(st.dictionaries(NAMES.map(lambda name: f"clusters/{name}"), st.sets(NAMES, min_size=1, max_size=3)))
def test_any_listing_is_read_back_as_it_was_written(folders: dict[str, set[str]]) -> None:
    listing = Listing("acme", tuple((path, tuple(sorted(folders[path]))) for path in sorted(folders)))
    assert parse_manifest(manifest_bytes(listing), fleet="acme") == listing


def test_a_moved_digest_leaves_the_manifest_as_it_is() -> None:
    moved = Folder.of([File("image-rhel9.yaml", b"digest: 2"), File("namespace.yaml", b"n")])
    assert tree_manifest(tree_of(9)) == tree_manifest(tree_of(9, moved))


def test_folders_with_the_same_names_share_one_group_with_a_path_a_line() -> None:
    text = tree_manifest(tree_of(1000)).decode()
    assert text.count("image-rhel9.yaml") == 1
    assert len([line for line in text.splitlines() if "clusters/edge-" in line]) == 1000


def test_a_new_cluster_is_one_added_line_beside_the_checksum() -> None:
    before, after = (set(tree_manifest(tree_of(n)).decode().replace(",\n", "\n").splitlines()) for n in (8, 9))
    assert sorted(line.split(":")[0].strip() for line in after - before) == [
        '"checksum"',
        '"clusters/edge-0008"',
    ]


def test_an_empty_tree_lists_nothing() -> None:
    assert parse_manifest(tree_manifest(Tree("acme", ())), fleet="acme") == Listing("acme")


def test_a_path_added_by_hand_is_refused_with_a_way_back() -> None:
    document = json.loads(signed())
    document["groups"].append({"files": ["guide.md"], "folders": ["docs"]})
    with pytest.raises(InputError, match="changed by hand") as caught:
        parse_manifest(json.dumps(document, indent=1).encode() + b"\n", fleet="acme")
    problem = caught.value.problem
    assert str(problem.where) == ".gitops-golden/acme.json"
    assert "git log" in problem.remedy


@pytest.mark.parametrize(
    "folder",
    [
        "..",
        "../x",
        "a/../b",
        "/etc",
        "a//b",
        "a/",
        ".",
        "",
        ".git",
        "a/.GIT/hooks",
        ".git.",
        "git~1",
        "a\\b",
        ".gitops-golden",
        ".GitOps-Golden/x",
        "a\x00b",
        "a\nb",
        ".g\u200cit",
        "c:",
        "x" * 256,
        "y/" * 3000 + "y",
    ],
)
def test_a_folder_that_leads_astray_is_refused_even_with_a_right_checksum(folder: str) -> None:
    with pytest.raises(InputError, match="can't be ours"):
        parse_manifest(signed(folders=[(folder, ("image-a.yaml",))]), fleet="acme")


@pytest.mark.parametrize("name", ["../x", "a/b", "", "..", ".git", "a\x7f"])
def test_a_file_name_that_leads_astray_is_refused_even_with_a_right_checksum(name: str) -> None:
    with pytest.raises(InputError, match="can't be ours"):
        parse_manifest(signed(folders=[("clusters/a", (name,))]), fleet="acme")


def test_the_manifest_of_another_fleet_is_refused() -> None:
    with pytest.raises(InputError, match="belongs to fleet 'other'"):
        parse_manifest(signed(fleet="other"), fleet="acme")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b'"text"',
        b"{",
        b"\xff\xfe",
        b"[" * 200000,
        b'{"fleet": 1, "groups": []}',
        b'{"fleet": "acme"}',
        b'{"fleet": "acme", "groups": 3}',
        b'{"fleet": "acme", "groups": [{}]}',
        b'{"fleet": "acme", "groups": [{"files": "ab", "folders": ["x"]}]}',
        b'{"fleet": "acme", "groups": [{"files": [1], "folders": ["x"]}]}',
        b'{"fleet": "acme", "groups": [{"files": ["b", "a"], "folders": ["x"]}]}',
        b'{"fleet": "acme", "groups": [{"files": ["a"], "folders": ["x", "x"]}]}',
    ],
)
def test_what_is_no_manifest_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="can't be read"):
        parse_manifest(data, fleet="acme")


def test_a_small_manifest_that_multiplies_into_millions_of_paths_is_refused() -> None:
    many = [f"f{number:05}" for number in range(3000)]
    data = json.dumps({"fleet": "acme", "groups": [{"files": many, "folders": many}]}).encode()
    with pytest.raises(InputError, match="too many paths"):
        parse_manifest(data, fleet="acme")


def test_a_fleet_whose_name_is_no_file_name_has_no_manifest() -> None:
    with pytest.raises(InputError, match="can't name a file"):
        manifest_path("../acme")


def test_folders_that_share_an_object_share_their_names() -> None:
    listing = listing_of(tree_of(2))
    assert listing.folders[0][1] is listing.folders[1][1]
