"""Publishing through a URL: served by git's own HTTP backend, or by ``file://``."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from gitops_golden.errors import OutsideError
from gitops_golden.git.repository import open_repository
from gitops_golden.render.tree import File, Folder, Tree
from tests.testbed.gitrepos import Git, served

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gitops_golden.git.manifest import Listing
    from gitops_golden.git.model import Commit

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def tree_of(digest: str = "one", fleet: str = "acme") -> Tree:
    folder = Folder.of([File("image-rhel9.yaml", digest.encode())])
    return Tree.of(fleet, ((f"{fleet}/edge-{number}", folder) for number in range(3)))


def publish(
    url: str,
    tree: Tree,
    scratch: Path,
    *,
    environ: dict[str, str] | None = None,
    approve: Callable[[Listing], None] | None = None,
) -> Commit | None:
    with open_repository(url, scratch=scratch / "scratch", environ=environ or {}) as repository:
        by = repository.signatures(NOW)
        return repository.commit(tree, branch="main", message=tree.fleet, by=by, approve=approve)


def ours(git: Git) -> dict[str, bytes]:
    return {path: data for path, data in git.files().items() if not path.startswith(".gitops-golden/")}


@pytest.fixture
def bare(tmp_path: Path) -> Git:
    git = Git.made(tmp_path / "served" / "fleet.git")
    git("config", "http.receivepack", "true")
    return git


def hook(git: Git, script: str) -> None:
    path = git.folder / "hooks" / "pre-receive"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_an_empty_remote_gets_the_branch(bare: Git, tmp_path: Path) -> None:
    with served(tmp_path / "served") as url:
        commit = publish(f"{url}/fleet.git", tree_of(), tmp_path)
        assert commit
        assert publish(f"{url}/fleet.git", tree_of(), tmp_path) is None
    assert bare("rev-list", "main").split() == [commit.id]
    assert ours(bare) == dict(tree_of())
    assert bare.sound()


def test_a_file_url_is_pushed_to_as_well(bare: Git, tmp_path: Path) -> None:
    bare.commit({"README": b"theirs"})
    publish(f"file://{bare.folder}", tree_of(), tmp_path)
    assert ours(bare) == dict(tree_of()) | {"README": b"theirs"}


def test_the_clone_is_gone_afterwards(bare: Git, tmp_path: Path) -> None:
    publish(f"file://{bare.folder}", tree_of(), tmp_path)
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_commit_that_came_in_between_is_built_upon(bare: Git, tmp_path: Path) -> None:
    bare.commit({"README": b"1"})
    seen: list[int] = []

    def someone_else_first(_: Listing) -> None:
        seen.append(1)
        if len(seen) == 1:
            bare.commit({"README": b"2"})

    with served(tmp_path / "served") as url:
        publish(f"{url}/fleet.git", tree_of(), tmp_path, approve=someone_else_first)
    assert len(seen) == 2
    assert ours(bare) == dict(tree_of()) | {"README": b"2"}
    assert bare("log", "--format=%s", "main").split() == ["acme", "theirs", "theirs"]


def test_a_branch_that_moves_each_time_is_given_up_on(bare: Git, tmp_path: Path) -> None:
    bare.commit({"README": b"1"})
    url = f"file://{bare.folder}"

    def always_someone_else(_: Listing) -> None:
        bare.commit({"README": os.urandom(8)})

    with pytest.raises(OutsideError, match="moved or was locked"):
        publish(url, tree_of(), tmp_path, approve=always_someone_else)
    assert set(ours(bare)) == {"README"}


def test_a_refused_push_tells_the_server_s_words(bare: Git, tmp_path: Path) -> None:
    hook(bare, "echo 'only robots with a ticket' >&2; exit 1")
    with served(tmp_path / "served") as url, pytest.raises(OutsideError, match="hook declined") as caught:
        publish(f"{url}/fleet.git", tree_of(), tmp_path)
    assert "only robots with a ticket" in str(caught.value)
    assert bare("for-each-ref") == ""


def test_a_server_that_is_not_there_is_an_outside_failure_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match="fetching from") as caught:
        publish("http://me:s3cret@127.0.0.1:1/fleet.git", tree_of(), tmp_path)
    assert "s3cret" not in str(caught.value)
    assert "git ls-remote" in caught.value.problem.remedy


def test_a_repository_that_the_server_lacks_is_an_outside_failure(bare: Git, tmp_path: Path) -> None:
    del bare
    with served(tmp_path / "served") as url, pytest.raises(OutsideError, match="404"):
        publish(f"{url}/other.git", tree_of(), tmp_path)


def test_credentials_come_from_git_s_helpers(bare: Git, tmp_path: Path) -> None:
    helper = "!f() { test \"$1\" = get && printf 'username=me\\npassword=s3cret\\n'; }; f"
    environ = {
        "PATH": os.environ["PATH"],
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "credential.helper",
        "GIT_CONFIG_VALUE_0": helper,
    }
    with served(tmp_path / "served", login=("me", "s3cret")) as url:
        assert publish(f"{url}/fleet.git", tree_of(), tmp_path, environ=environ)
    assert ours(bare) == dict(tree_of())


def test_credentials_in_the_url_are_used(bare: Git, tmp_path: Path) -> None:
    with served(tmp_path / "served", login=("me", "s3cret")) as url:
        assert publish(url.replace("//", "//me:s3cret@") + "/fleet.git", tree_of(), tmp_path)
    assert ours(bare) == dict(tree_of())


def test_credentials_that_are_refused_are_not_tried_for_ever(bare: Git, tmp_path: Path) -> None:
    del bare
    with (
        served(tmp_path / "served", login=("me", "s3cret")) as url,
        pytest.raises(OutsideError, match="credentials") as caught,
    ):
        publish(f"{url}/fleet.git", tree_of(), tmp_path, environ={"PATH": os.environ["PATH"], "HOME": "/nowhere"})
    assert caught.value.exit_code == 3


def test_what_a_remote_holds_is_read_without_touching_it(bare: Git, tmp_path: Path) -> None:
    publish(f"file://{bare.folder}", tree_of(), tmp_path)
    with open_repository(f"file://{bare.folder}", scratch=tmp_path, environ={}) as repository:
        assert repository.published("acme", "main").tree == tree_of()
        assert repository.head("other") is None
