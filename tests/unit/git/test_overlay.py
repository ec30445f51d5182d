"""Our tree over an existing one: judged against plain dictionaries of paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.errors import InputError
from gitops_golden.git.manifest import Listing, listing_of, manifest_path, tree_manifest
from gitops_golden.git.objects import FILE, TREE, object_id, tree_bytes, tree_entries
from gitops_golden.git.overlay import FolderChange, overlay
from gitops_golden.render.tree import File, Folder, Tree

if TYPE_CHECKING:
    from gitops_golden.git.objects import Entries
    from gitops_golden.git.overlay import Overlay

Files: TypeAlias = dict[str, bytes]

FOLDERS = ("clusters/a", "clusters/a-b", "clusters/b", "deep/er/c")
CONTENT = st.sampled_from([b"1", b"2"])
FOREIGN = st.dictionaries(
    st.sampled_from([f"{folder}/{name}" for folder in FOLDERS for name in ("x", "y", "z/inner")] + ["README"]),
    CONTENT,
)
OURS = st.dictionaries(st.sampled_from(FOLDERS), st.dictionaries(st.sampled_from(["x", "y", "w"]), CONTENT, min_size=1))


class Memory:
    """Objects in a dictionary."""

    def __init__(self) -> None:
        self.objects: dict[bytes, tuple[bytes, bytes]] = {}

    def tree(self, oid: bytes) -> Entries:
        return tree_entries(self.objects[oid][1])

    def put(self, kind: bytes, data: bytes) -> bytes:
        oid = object_id(kind, data)
        self.objects[oid] = kind, data
        return oid

    def put_files(self, files: Files) -> bytes:
        entries: Entries = {}
        for name in {path.split("/")[0] for path in files}:
            below = {path[len(name) + 1 :]: files[path] for path in files if path.startswith(f"{name}/")}
            if below:
                entries[name.encode()] = TREE, self.put_files(below)
            else:
                entries[name.encode()] = FILE, self.put(b"blob", files[name])
        return self.put(b"tree", tree_bytes(entries))

    def files(self, oid: bytes, prefix: str = "") -> Files:
        found: Files = {}
        for name, (mode, child) in self.tree(oid).items():
            path = prefix + name.decode()
            if mode == TREE:
                found |= self.files(child, f"{path}/")
            else:
                found[path] = self.objects[child][1]
        return found


def tree_of(folders: dict[str, Files]) -> Tree:
    made = ((path, Folder.of(File(*item) for item in files.items())) for path, files in folders.items())
    return Tree.of("acme", made)


def laid_over(memory: Memory, tree: Tree, before: Tree, existing: Files) -> tuple[Overlay, Files]:
    result = overlay(tree, listing_of(before), memory.put_files(existing), memory.tree)
    memory.objects |= result.objects
    return result, memory.files(result.root)


def with_manifest(tree: Tree) -> Files:
    return dict(tree) | {manifest_path("acme"): tree_manifest(tree)}


@given(FOREIGN, OURS, OURS)
def test_the_result_is_what_is_not_ours_plus_the_tree(
    foreign: Files, old: dict[str, Files], new: dict[str, Files]
) -> None:
    before, tree = tree_of(old), tree_of(new)
    existing = foreign | with_manifest(before)
    left = {path: data for path, data in existing.items() if path not in with_manifest(before)}
    wanted = with_manifest(tree)
    result, files = laid_over(Memory(), tree, before, existing)
    in_the_way = {path for path in wanted if path in left and left[path] != wanted[path]}
    assert set(result.comparison.foreign) == in_the_way
    if in_the_way:
        return
    assert files == left | wanted
    assert set(result.comparison.added) == set(wanted) - set(existing)
    assert set(result.comparison.removed) == set(existing) - set(left) - set(wanted)
    assert set(result.comparison.changed) == {
        path for path in wanted if path in existing and existing[path] != wanted[path]
    }


@given(FOREIGN, OURS)
def test_laying_a_tree_twice_changes_nothing_the_second_time(foreign: Files, new: dict[str, Files]) -> None:
    tree, memory = tree_of(new), Memory()
    existing = {path: data for path, data in foreign.items() if path not in dict(tree)}
    first, files = laid_over(memory, tree, Tree("acme", ()), existing)
    second, _ = laid_over(memory, tree, tree, files)
    assert second.root == first.root
    assert not second.comparison


def test_clusters_with_one_folder_store_it_once() -> None:
    folder = Folder.of(File(f"image-{number}.yaml", b"%d" % number) for number in range(20))
    tree = Tree.of("acme", ((f"clusters/{number}", folder) for number in range(500)))
    result = overlay(tree, Listing("acme"), None, Memory().tree)
    # Files and folder, clusters/, the root, and the manifest with its folder.
    assert len(result.objects) == 20 + 1 + 1 + 1 + 2
    assert len({id(change) for _, change in result.comparison.folders}) == 2


@pytest.mark.parametrize("mode", [b"120000", b"160000"])
def test_a_link_or_submodule_where_a_folder_of_ours_must_go_is_foreign(mode: bytes) -> None:
    memory = Memory()
    elsewhere = memory.put(b"blob", b"../secrets")
    root = memory.put(b"tree", tree_bytes({b"clusters": (mode, elsewhere)}))
    result = overlay(tree_of({"clusters/a": {"x": b"1"}}), Listing("acme"), root, memory.tree)
    assert result.comparison.foreign == ("clusters",)


@pytest.mark.parametrize("mode", [b"120000", b"160000", b"100755"])
def test_what_replaced_a_file_of_ours_is_replaced_in_turn(mode: bytes) -> None:
    memory = Memory()
    tree = tree_of({"a": {"x": b"1"}})
    folder = memory.put(b"tree", tree_bytes({b"x": (mode, memory.put(b"blob", b"1"))}))
    root = memory.put(b"tree", tree_bytes({b"a": (TREE, folder)}))
    result = overlay(tree, listing_of(tree), root, memory.tree)
    assert result.comparison.changed == ("a/x",)


def test_a_folder_put_in_the_place_of_a_file_of_ours_stays() -> None:
    ours = tree_of({"a": {"x": b"1"}})
    existing = {"a/x/theirs": b"2"}
    wanted, files = laid_over(Memory(), Tree("acme", ()), ours, existing)
    assert not wanted.comparison.removed
    assert files["a/x/theirs"] == b"2"
    again, _ = laid_over(Memory(), ours, ours, existing)
    assert again.comparison.foreign == ("a/x",)


def test_a_name_that_differs_in_case_is_another_file() -> None:
    tree = tree_of({"clusters/a": {"x": b"1"}})
    result, files = laid_over(Memory(), tree, Tree("acme", ()), {"Clusters/A/X": b"2", "clusters/a/X": b"3"})
    assert not result.comparison.foreign
    assert (files["Clusters/A/X"], files["clusters/a/X"], files["clusters/a/x"]) == (b"2", b"3", b"1")


def test_a_new_delivery_path_moves_everything() -> None:
    old, new = tree_of({"clusters/a": {"x": b"1"}}), tree_of({"clusters/a/golden": {"x": b"1"}})
    result, files = laid_over(Memory(), new, old, with_manifest(old) | {"clusters/a/theirs": b"2"})
    assert files == with_manifest(new) | {"clusters/a/theirs": b"2"}
    assert ("clusters/a", FolderChange(removed=("x",))) in result.comparison.folders


@pytest.mark.parametrize("path", ["../a", ".git/hooks", "", ".gitops-golden/a", "/etc"])
def test_a_tree_that_leads_astray_is_refused(path: str) -> None:
    with pytest.raises(InputError, match=r"delivery\.path"):
        overlay(tree_of({path: {"x": b"1"}}), Listing("acme"), None, Memory().tree)


def test_a_file_that_git_cannot_hold_is_refused() -> None:
    with pytest.raises(InputError, match="belongs to Git"):
        overlay(tree_of({"a": {".git": b"1"}}), Listing("acme"), None, Memory().tree)
