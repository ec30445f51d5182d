"""Deliveries that a publish would take away."""

from __future__ import annotations

from gitops_golden.git.manifest import Listing, listing_of
from gitops_golden.git.removals import Removals, removals
from gitops_golden.render.tree import File, Folder, Tree

BOTH = Folder.of(File(name, b"") for name in ("image-a.yaml", "image-b.yaml", "namespace.yaml"))
ONE = Folder.of(File(name, b"") for name in ("image-a.yaml", "namespace.yaml"))
NOW = Tree.of("acme", ((f"clusters/{number}", BOTH) for number in range(5)))


def test_nothing_in_git_means_nothing_to_lose() -> None:
    assert removals(NOW, Listing("acme")) == Removals(0, 0)
    assert Removals(0, 0).share == 0


def test_an_empty_plan_takes_every_delivery_away() -> None:
    assert removals(Tree("acme", ()), listing_of(NOW)) == Removals(10, 10)


def test_only_image_files_count() -> None:
    fewer = Tree.of("acme", [("clusters/0", ONE), *NOW.folders[1:]])
    assert removals(fewer, listing_of(NOW)) == Removals(1, 10)
    assert removals(fewer, listing_of(NOW)).share == 0.1


def test_new_deliveries_do_not_make_up_for_lost_ones() -> None:
    other = Tree.of("acme", ((f"clusters/new-{number}", BOTH) for number in range(50)))
    assert removals(other, listing_of(NOW)) == Removals(10, 10)
