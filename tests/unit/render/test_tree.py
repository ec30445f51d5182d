"""Trees: the promises that their readers rely on."""

from __future__ import annotations

import pytest

from gitops_golden.render.tree import File, Folder, Tree

A_FOLDER = Folder((File("image-a.yaml", b"a"),))


def test_a_folder_of_files_in_any_order_is_sorted() -> None:
    folder = Folder.of([File("b", b"2"), File("a", b"1")])
    assert folder == Folder((File("a", b"1"), File("b", b"2")))
    assert folder.names == ("a", "b")


@pytest.mark.parametrize("names", [("b", "a"), ("a", "a")])
def test_a_folder_out_of_order_or_with_a_name_twice_cannot_be_made(names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="twice or out of order"):
        Folder(tuple(File(name, b"") for name in names))


def test_a_tree_gives_every_path_with_its_bytes() -> None:
    tree = Tree.of("acme", [("clusters/b", A_FOLDER), ("clusters/a", A_FOLDER)])
    assert list(tree) == [("clusters/a/image-a.yaml", b"a"), ("clusters/b/image-a.yaml", b"a")]


def test_trees_with_equal_content_are_equal() -> None:
    same = Folder((File("image-a.yaml", b"a"),))
    assert Tree("acme", (("c", A_FOLDER),)) == Tree("acme", (("c", same),))


@pytest.mark.parametrize("paths", [("b", "a"), ("a", "a")])
def test_a_tree_out_of_order_or_with_a_folder_twice_cannot_be_made(paths: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="twice or out of order"):
        Tree("acme", tuple((path, A_FOLDER) for path in paths))


def test_a_folder_inside_another_is_refused_even_with_names_between_them() -> None:
    with pytest.raises(ValueError, match="'a' has another one inside it"):
        Tree.of("acme", [("a", A_FOLDER), ("a-b", A_FOLDER), ("a/c", A_FOLDER)])
