"""Publishing into real repositories on this machine, with the git program as the judge."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from gitops_golden.errors import InputError, OutsideError
from gitops_golden.git.manifest import listing_of, manifest_path, tree_manifest
from gitops_golden.git.repository import open_repository
from gitops_golden.render.tree import File, Folder, Tree
from tests.testbed.gitrepos import Git

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gitops_golden.git.manifest import Listing
    from gitops_golden.git.model import Commit

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
PERSON = {
    "GIT_AUTHOR_NAME": "Ann",
    "GIT_AUTHOR_EMAIL": "ann@acme.example",
    "GIT_COMMITTER_NAME": "CI",
    "GIT_COMMITTER_EMAIL": "ci@acme.example",
}


def tree_of(clusters: int = 3, digest: str = "one", fleet: str = "acme", path: str = "clusters") -> Tree:
    folder = Folder.of([File("image-rhel9.yaml", digest.encode()), File("namespace.yaml", b"kind: Namespace\n")])
    return Tree.of(fleet, ((f"{path}/edge-{number}", folder) for number in range(clusters)))


def with_manifest(tree: Tree) -> dict[str, bytes]:
    return dict(tree) | {manifest_path(tree.fleet): tree_manifest(tree)}


def publish(
    git: Git,
    tree: Tree,
    *,
    branch: str = "main",
    message: str = "publish",
    approve: Callable[[Listing], None] | None = None,
) -> Commit | None:
    with open_repository(str(git.folder), scratch=git.folder / "unused", environ=PERSON) as repository:
        by = repository.signatures(NOW)
        return repository.commit(tree, branch=branch, message=message, by=by, approve=approve)


@pytest.fixture
def bare(tmp_path: Path) -> Git:
    return Git.made(tmp_path / "fleet.git")


@pytest.fixture
def checkout(tmp_path: Path) -> Git:
    git = Git.made(tmp_path / "fleet", bare=False)
    git.commit({"README": b"theirs"})
    git("reset", "-q", "--hard")
    return git


def test_an_empty_repository_gets_the_tree_as_its_first_commit(bare: Git) -> None:
    commit = publish(bare, tree_of(), message="first\n")
    assert commit
    assert bare.files() == with_manifest(tree_of())
    log = bare("log", "--format=%H %an <%ae> %cn <%ce> %aI %s", "main").strip()
    assert log == (f"{commit.id} Ann <ann@acme.example> CI <ci@acme.example> 2026-01-31T12:00:00+00:00 first")
    assert bare.sound()


def test_nothing_to_change_makes_no_commit(bare: Git) -> None:
    first = publish(bare, tree_of())
    assert publish(bare, tree_of()) is None
    assert first
    assert bare("rev-list", "main").split() == [first.id]


def test_files_that_are_not_ours_stay_as_they_are(bare: Git) -> None:
    theirs = {"README": b"r", "clusters/edge-0/theirs.yaml": b"t", "clusters/other/x": b"x", "a/b/c": b"c"}
    bare.commit(theirs)
    publish(bare, tree_of(3))
    publish(bare, tree_of(2, "two"))
    assert bare.files() == theirs | with_manifest(tree_of(2, "two"))
    assert bare("rev-list", "--count", "main").strip() == "3"


def test_what_the_tree_no_longer_has_is_removed_with_its_folder(bare: Git) -> None:
    publish(bare, tree_of(3))
    publish(bare, Tree("acme", ()))
    assert set(bare.files()) == {".gitops-golden/acme.json"}


def test_another_branch_leaves_the_first_alone(bare: Git) -> None:
    before = bare.commit({"README": b"r"})
    publish(bare, tree_of(), branch="env/prod")
    assert bare("rev-parse", "main").strip() == before
    assert bare.files("env/prod") == with_manifest(tree_of())


def test_two_fleets_share_a_repository(bare: Git) -> None:
    one, two = tree_of(path="one"), tree_of(fleet="two", path="two")
    publish(bare, one)
    publish(bare, two)
    publish(bare, Tree("acme", ()))
    assert bare.files() == with_manifest(two) | with_manifest(Tree("acme", ()))


def test_a_foreign_file_in_the_way_stops_the_publish_and_is_named(bare: Git) -> None:
    before = bare.commit({"clusters/edge-1/image-rhel9.yaml": b"mine"})
    with pytest.raises(InputError, match=r"clusters/edge-1/image-rhel9\.yaml: .*isn't ours"):
        publish(bare, tree_of())
    assert bare("rev-parse", "main").strip() == before


def test_a_file_with_our_bytes_becomes_ours(bare: Git) -> None:
    bare.commit(dict(tree_of()))
    assert publish(bare, tree_of())
    assert publish(bare, Tree("acme", ()))
    assert set(bare.files()) == {".gitops-golden/acme.json"}


def test_a_manifest_changed_by_hand_stops_the_publish(bare: Git) -> None:
    publish(bare, tree_of())
    edited = tree_manifest(tree_of()).replace(b"clusters/edge-1", b"docs/everyone")
    before = bare.commit({manifest_path("acme"): edited, "docs/everyone/namespace.yaml": b"precious"})
    with pytest.raises(InputError, match="changed by hand"):
        publish(bare, Tree("acme", ()))
    assert bare("rev-parse", "main").strip() == before


def test_a_link_in_the_place_of_the_manifest_is_not_followed(bare: Git) -> None:
    stream = b"commit refs/heads/main\ncommitter a <a@b> 0 +0000\ndata 1\nx\n"
    stream += b"M 120000 inline .gitops-golden/acme.json\ndata 6\n../etc\n"
    bare("fast-import", "--quiet", stdin=stream)
    with pytest.raises(InputError, match="no plain file"):
        publish(bare, tree_of())


def test_a_link_in_the_place_of_a_cluster_s_folder_is_not_followed(bare: Git) -> None:
    stream = b"commit refs/heads/main\ncommitter a <a@b> 0 +0000\ndata 1\nx\n"
    stream += b"M 120000 inline clusters/edge-1\ndata 8\n../other\n"
    bare("fast-import", "--quiet", stdin=stream)
    with pytest.raises(InputError, match="clusters/edge-1: "):
        publish(bare, tree_of())


def test_a_commit_in_between_becomes_the_base_and_is_approved_anew(bare: Git) -> None:
    seen: list[int] = []

    def someone_else_first(listing: Listing) -> None:
        seen.append(len(listing.folders))
        if len(seen) == 1:
            publish(bare, tree_of(5, "theirs"), message="theirs")

    publish(bare, tree_of(3, "ours"), message="ours", approve=someone_else_first)
    assert seen == [0, 5]
    assert bare.files() == with_manifest(tree_of(3, "ours"))
    assert bare("log", "--format=%s", "main").split() == ["ours", "theirs"]


def test_a_publish_that_is_not_approved_leaves_nothing(bare: Git) -> None:
    def refuse(_: Listing) -> None:
        raise InputError("too many removals")

    with pytest.raises(InputError, match="too many"):
        publish(bare, tree_of(), approve=refuse)
    assert bare("for-each-ref") == ""
    assert bare("count-objects").startswith("0 objects")


def test_publishers_side_by_side_lose_nobody_s_commit(bare: Git) -> None:
    failures: list[Exception] = []

    def publisher(fleet: str) -> None:
        for digest in ("one", "two", "three"):
            try:
                publish(bare, tree_of(2, digest, fleet, fleet), message=fleet)
            except OutsideError as error:
                failures.append(error)

    fleets = ["a", "b", "c"]
    threads = [threading.Thread(target=publisher, args=(fleet,)) for fleet in fleets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert sorted(bare("log", "--first-parent", "--format=%s", "main").split()) == sorted(fleets * 3)
    expected = [with_manifest(tree_of(2, "three", fleet, fleet)) for fleet in fleets]
    assert bare.files() == expected[0] | expected[1] | expected[2]
    assert bare.sound()


def test_a_lock_that_nobody_lets_go_of_ends_in_a_clear_failure(bare: Git) -> None:
    publish(bare, tree_of())
    (bare.folder / "refs/heads/main.lock").touch()
    with pytest.raises(OutsideError, match="nothing was published") as caught:
        publish(bare, tree_of(1))
    assert ".lock" in caught.value.problem.remedy


def test_a_fleet_stores_exactly_its_distinct_objects(bare: Git) -> None:
    variants = [
        Folder.of(File(f"image-{image:02}.yaml", f"{variant} {image}".encode()) for image in range(20))
        for variant in range(30)
    ]
    tree = Tree.of("acme", ((f"clusters/edge-{n:04}", variants[n % 30]) for n in range(2000)))
    publish(bare, tree)
    counted = dict(line.split(": ") for line in bare("count-objects", "-v").splitlines())
    # 600 files, 30 folders, clusters/, the manifest and its folder, the root; the commit alone is loose.
    assert (counted["in-pack"], counted["count"], counted["garbage"]) == (str(600 + 30 + 1 + 2 + 1), "1", "0")
    assert bare.sound()
    assert bare("ls-tree", "-r", "--name-only", "main", "clusters").count("\n") == 40_000


def test_a_few_new_objects_make_no_pack(bare: Git) -> None:
    publish(bare, tree_of())
    assert "packs: 0" in bare("count-objects", "-v")


def test_files_of_any_size_are_stored_whole(bare: Git) -> None:
    sizes = [0, 1, 15, 16, 127, 128, 2047, 2048, 300_000, *range(1000, 1100)]
    tree = Tree.of("acme", [("a", Folder.of(File(f"image-{size}.yaml", b"x" * size) for size in sizes))])
    publish(bare, tree)
    assert bare.files() == with_manifest(tree)
    assert bare.sound()


def test_what_was_published_is_read_back_as_the_tree_with_equal_folders_as_one(bare: Git) -> None:
    commit = publish(bare, tree_of())
    with open_repository(str(bare.folder), scratch=bare.folder, environ={}) as repository:
        published = repository.published("acme", "main")
        assert (published.commit, published.tree) == (commit, tree_of())
        assert published.listing == listing_of(tree_of())
        assert len({id(folder) for _, folder in published.tree.folders}) == 1
        assert repository.published("acme", "nowhere").commit is None
        assert repository.head("main") == commit
        assert commit
        assert commit.when == NOW


def test_a_listed_file_that_somebody_removed_is_missing_and_comes_back(bare: Git) -> None:
    publish(bare, tree_of())
    work = bare.clone(bare.folder.parent / "work")
    work("rm", "-q", "-r", "clusters/edge-0", "clusters/edge-1/namespace.yaml")
    work("commit", "-q", "-m", "oops")
    work("push", "-q")
    with open_repository(str(bare.folder), scratch=bare.folder, environ={}) as repository:
        tree = dict(repository.published("acme", "main").tree.folders)
        assert (sorted(tree), tree["clusters/edge-1"].names) == (
            ["clusters/edge-1", "clusters/edge-2"],
            ("image-rhel9.yaml",),
        )
        comparison = repository.compare(tree_of(), "main")
    assert comparison.added == (
        "clusters/edge-0/image-rhel9.yaml",
        "clusters/edge-0/namespace.yaml",
        "clusters/edge-1/namespace.yaml",
    )
    publish(bare, tree_of())
    assert bare.files() == with_manifest(tree_of())


def test_comparing_stores_nothing(bare: Git) -> None:
    publish(bare, tree_of())
    before = bare("count-objects", "-v")
    with open_repository(str(bare.folder), scratch=bare.folder, environ={}) as repository:
        comparison = repository.compare(tree_of(2, "two"), "main")
    assert comparison.changed == (
        ".gitops-golden/acme.json",
        "clusters/edge-0/image-rhel9.yaml",
        "clusters/edge-1/image-rhel9.yaml",
    )
    assert comparison.removed == ("clusters/edge-2/image-rhel9.yaml", "clusters/edge-2/namespace.yaml")
    assert bare("count-objects", "-v") == before


def test_a_checked_out_branch_takes_its_work_tree_along(checkout: Git) -> None:
    publish(checkout, tree_of(3))
    (checkout.folder / "notes").write_text("untracked")
    publish(checkout, tree_of(2, "two"))
    assert checkout("status", "--porcelain") == "?? notes\n"
    assert (checkout.folder / "clusters/edge-0/image-rhel9.yaml").read_text() == "two"
    assert not (checkout.folder / "clusters/edge-2").exists()


def test_a_new_repository_with_a_work_tree_gets_its_files(tmp_path: Path) -> None:
    git = Git.made(tmp_path / "new", bare=False)
    publish(git, tree_of())
    assert git("status", "--porcelain") == ""
    assert (git.folder / "clusters/edge-0/namespace.yaml").is_file()


@pytest.mark.parametrize("staged", [True, False])
def test_a_change_of_ours_by_hand_stops_the_publish(checkout: Git, *, staged: bool) -> None:
    publish(checkout, tree_of())
    edited = checkout.folder / "clusters/edge-1/image-rhel9.yaml"
    edited.write_text("by hand")
    if staged:
        checkout("add", "-A")
    before = checkout("rev-parse", "main"), checkout("status", "--porcelain")
    with pytest.raises(InputError, match=r"clusters/edge-1/image-rhel9\.yaml: "):
        publish(checkout, tree_of(3, "two"))
    assert (checkout("rev-parse", "main"), checkout("status", "--porcelain")) == before
    assert edited.read_text() == "by hand"


def test_changes_elsewhere_in_the_work_tree_are_kept(checkout: Git) -> None:
    (checkout.folder / "README").write_text("in progress")
    publish(checkout, tree_of())
    assert checkout("status", "--porcelain") == " M README\n"


@pytest.mark.parametrize("ignored", [True, False])
def test_an_untracked_file_in_the_way_is_not_overwritten(checkout: Git, *, ignored: bool) -> None:
    there = checkout.folder / "clusters/edge-1/image-rhel9.yaml"
    there.parent.mkdir(parents=True)
    there.write_text("precious")
    if ignored:
        (checkout.folder / ".git/info/exclude").write_text("clusters/\n")
    before = checkout("rev-parse", "main")
    with pytest.raises(InputError):
        publish(checkout, tree_of())
    assert there.read_text() == "precious"
    assert not (checkout.folder / "clusters/edge-0").exists()
    assert checkout("rev-parse", "main") == before


def test_a_work_tree_is_put_back_when_the_branch_could_not_be_moved(checkout: Git) -> None:
    publish(checkout, tree_of())
    (checkout.folder / ".git/refs/heads/main.lock").touch()
    with pytest.raises(OutsideError):
        publish(checkout, tree_of(1, "two"))
    (checkout.folder / ".git/refs/heads/main.lock").unlink()
    assert checkout("status", "--porcelain") == ""
    assert (checkout.folder / "clusters/edge-2/namespace.yaml").is_file()


def test_a_new_work_tree_is_empty_again_when_the_branch_could_not_be_made(tmp_path: Path) -> None:
    git = Git.made(tmp_path / "new", bare=False)
    (git.folder / ".git/refs/heads/main.lock").touch()
    with pytest.raises(OutsideError):
        publish(git, tree_of())
    assert git("status", "--porcelain") == ""
    assert [path.name for path in git.folder.iterdir()] == [".git"]


def test_a_branch_that_is_not_checked_out_leaves_the_work_tree_alone(checkout: Git) -> None:
    (checkout.folder / "README").write_text("in progress")
    publish(checkout, tree_of(), branch="other")
    assert checkout("status", "--porcelain") == " M README\n"


def test_a_branch_checked_out_in_a_linked_work_tree_is_refused(checkout: Git) -> None:
    linked = checkout.folder.parent / "linked"
    checkout("worktree", "add", "-q", "-b", "other", str(linked))
    with pytest.raises(InputError, match="another work tree"):
        publish(checkout, tree_of(), branch="other")
    with pytest.raises(InputError, match="another work tree"):
        publish(Git(linked), tree_of(), branch="main")
    publish(Git(linked), tree_of(30), branch="other")
    assert Git(linked)("status", "--porcelain") == ""
    assert checkout.sound()


def test_a_merge_under_way_stops_the_publish(checkout: Git) -> None:
    (checkout.folder / ".git/MERGE_HEAD").write_text(checkout("rev-parse", "main"))
    with pytest.raises(InputError, match="middle of a merge"):
        publish(checkout, tree_of())


def test_a_folder_that_is_no_repository_is_told_with_a_remedy(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(InputError) as caught:
            publish(Git(folder), tree_of())
        assert "git init --bare" in caught.value.problem.remedy


@pytest.mark.parametrize("branch", ["", "a..b", "x.lock", "a b", "../x"])
def test_a_branch_that_git_would_not_name_so_is_refused(bare: Git, branch: str) -> None:
    with pytest.raises(InputError, match="name of a branch"):
        publish(bare, tree_of(), branch=branch)
