"""A kubeconfig is read as kubectl reads it, and its credentials reach no message."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gitops_golden.errors import InputError
from gitops_golden.fleet.contexts import kubeconfig_files, load_kubeconfig
from gitops_golden.fleet.failure import ClusterFailure

TOKEN = "s3cr3t-t0ken"  # made up


def config(server: str, *, name: str = "edge", user: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "clusters": [{"name": name, "cluster": {"server": server}}],
        "users": [{"name": name, "user": {"token": TOKEN} if user is None else user}],
    }


def written(file: Path, content: object) -> Path:
    file.parent.mkdir(exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def refusal(file: Path, context: str = "edge") -> str:
    with pytest.raises(ClusterFailure) as failure:
        load_kubeconfig((file,)).access(context)
    assert failure.value.reason == "NoContext"
    return failure.value.message


def test_a_named_file_wins_over_the_environment() -> None:
    assert kubeconfig_files(Path("a"), {"KUBECONFIG": "b"}) == (Path("a"),)


def test_the_environment_may_list_several_files() -> None:
    assert kubeconfig_files(None, {"KUBECONFIG": "a::b"}) == (Path("a"), Path("b"))


def test_without_either_it_is_the_one_in_the_home_folder() -> None:
    assert kubeconfig_files(None, {"HOME": "/home/me"}) == (Path("/home/me/.kube/config"),)


def test_of_a_name_in_two_files_the_first_is_taken(tmp_path: Path) -> None:
    one = written(tmp_path / "one", config("https://first:6443"))
    two = written(tmp_path / "two", config("https://second:6443"))
    access = load_kubeconfig((one, tmp_path / "missing", two)).access("edge")
    assert access.host == "first:6443"


def test_relative_files_start_at_the_file_that_names_them(tmp_path: Path) -> None:
    user = {"client-certificate": "me.crt", "client-key": "/keys/me.key"}
    file = written(tmp_path / "kube" / "config", config("https://edge", user=user))
    access = load_kubeconfig((file,)).access("edge")
    assert access.user["client-certificate"] == str(tmp_path / "kube" / "me.crt")
    assert access.user["client-key"] == "/keys/me.key"


def test_an_unknown_context_is_told_with_the_file(tmp_path: Path) -> None:
    file = written(tmp_path / "config", config("https://edge"))
    assert refusal(file, "core") == f"no context core in {file}"


@pytest.mark.parametrize(("list_", "missing"), [("clusters", "the cluster edge"), ("users", "the user edge")])
def test_a_context_that_names_what_is_not_there_says_so(tmp_path: Path, list_: str, missing: str) -> None:
    file = written(tmp_path / "config", {**config("https://edge"), list_: []})
    assert missing in refusal(file)


@pytest.mark.parametrize(
    "content", ["", "[]", "a: [", f"users: {{token: {TOKEN}", "\t- x", "when: 2026-99-99", "[" * 9999]
)
def test_what_is_no_kubeconfig_is_refused_without_quoting_it(tmp_path: Path, content: str) -> None:
    file = written(tmp_path / "config", content)
    with pytest.raises(InputError) as refusal:
        load_kubeconfig((file,))
    assert str(file) in str(refusal.value)
    assert TOKEN not in str(refusal.value)


def test_no_file_at_all_is_a_wrong_input_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--kubeconfig"):
        load_kubeconfig((tmp_path / "none",))


@pytest.mark.parametrize("broken", [None, 7, "edge", [None], [{"name": 7}], {"edge": {}}])
@pytest.mark.parametrize("list_", ["contexts", "clusters", "users"])
def test_lists_of_a_wrong_shape_hold_nothing(tmp_path: Path, list_: str, broken: object) -> None:
    file = written(tmp_path / "config", {**config("https://edge"), list_: broken})
    assert str(file) in refusal(file)


def test_what_reaches_a_cluster_does_not_show_its_credentials(tmp_path: Path) -> None:
    file = written(tmp_path / "config", config(f"https://me:{TOKEN}@edge:6443"))
    kubeconfig = load_kubeconfig((file,))
    access = kubeconfig.access("edge")
    assert TOKEN not in f"{access!r} {access.host} {kubeconfig!r}"


def test_a_malformed_address_has_a_host_to_show_all_the_same(tmp_path: Path) -> None:
    access = load_kubeconfig((written(tmp_path / "config", config("https://edge:port")),)).access("edge")
    assert access.host == "a malformed address"
