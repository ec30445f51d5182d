from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from gitops_golden.errors import InputError
from gitops_golden.registry.credentials import Credentials, find

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = "registry.acme.example:5000"
ANNA = Credentials("anna", "s3cret:with colon")


def auth(account: Credentials = ANNA) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{account.username}:{account.password}".encode()).decode()}


def write(path: Path, **content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def test_without_any_file_the_user_is_anonymous(tmp_path: Path) -> None:
    found = find(ADDRESS, {"XDG_RUNTIME_DIR": str(tmp_path)}, tmp_path)
    assert (found.credentials, found.note) == (None, "")


def test_docker_keeps_accounts_in_the_home_folder(tmp_path: Path) -> None:
    write(tmp_path / ".docker" / "config.json", auths={ADDRESS: auth()})
    assert find(ADDRESS, {}, tmp_path).credentials == ANNA


def test_docker_config_names_another_folder(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere" / "config.json", auths={ADDRESS: auth()})
    assert find(ADDRESS, {"DOCKER_CONFIG": str(tmp_path / "elsewhere")}, tmp_path).credentials == ANNA


def test_podmans_file_comes_before_dockers(tmp_path: Path) -> None:
    write(tmp_path / ".docker" / "config.json", auths={ADDRESS: auth(Credentials("docker", "x"))})
    write(tmp_path / "run" / "containers" / "auth.json", auths={ADDRESS: auth()})
    environ = {"XDG_RUNTIME_DIR": str(tmp_path / "run")}
    assert find(ADDRESS, environ, tmp_path).credentials == ANNA


def test_registry_auth_file_is_read_alone(tmp_path: Path) -> None:
    write(tmp_path / ".docker" / "config.json", auths={ADDRESS: auth()})
    named = write(tmp_path / "auth.json", auths={})
    assert find(ADDRESS, {"REGISTRY_AUTH_FILE": str(named)}, tmp_path).credentials is None
    with pytest.raises(InputError, match="REGISTRY_AUTH_FILE names does not exist"):
        find(ADDRESS, {"REGISTRY_AUTH_FILE": str(tmp_path / "gone.json")}, tmp_path)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("quay.io/acme/prod", "quay.io"),
        ("quay.io/acme/prod", "quay.io/acme"),
        ("quay.io", "https://quay.io"),
        ("quay.io", "https://quay.io/v2/"),
        ("docker.io/acme", "https://index.docker.io/v1/"),
    ],
)
def test_hosts_are_found_however_the_tools_write_them(tmp_path: Path, address: str, key: str) -> None:
    write(tmp_path / ".docker" / "config.json", auths={key: auth()})
    assert find(address, {}, tmp_path).credentials == ANNA


def test_the_nearest_prefix_wins(tmp_path: Path) -> None:
    other = auth(Credentials("other", "x"))
    write(tmp_path / ".docker" / "config.json", auths={"quay.io": other, "quay.io/acme": auth()})
    assert find("quay.io/acme/prod", {}, tmp_path).credentials == ANNA
    assert find("quay.io/acmexyz", {}, tmp_path).credentials == Credentials("other", "x")


def test_another_hosts_account_is_never_taken(tmp_path: Path) -> None:
    write(tmp_path / ".docker" / "config.json", auths={f"evil-{ADDRESS}": auth(), f"{ADDRESS}.evil": auth()})
    assert find(ADDRESS, {}, tmp_path).credentials is None


@pytest.mark.parametrize(
    "content",
    [
        {"auths": {ADDRESS: {}}, "credsStore": "desktop"},
        {"auths": {}, "credHelpers": {ADDRESS: "ecr-login"}},
        {"credsStore": "desktop"},
    ],
)
def test_a_credential_helper_is_named_and_the_user_stays_anonymous(tmp_path: Path, content: dict[str, Any]) -> None:
    write(tmp_path / ".docker" / "config.json", **content)
    found = find(ADDRESS, {}, tmp_path)
    assert found.credentials is None
    assert "credential helper, which is not supported yet" in found.note


def test_an_identity_token_is_not_supported_yet(tmp_path: Path) -> None:
    write(tmp_path / ".docker" / "config.json", auths={ADDRESS: {"identitytoken": "x"}})
    assert "not supported yet" in find(ADDRESS, {}, tmp_path).note


@pytest.mark.parametrize("value", ["!!!", "YW5uYQ==", "/w==", "\x00"])
def test_an_auth_that_is_no_account_is_refused_without_being_shown(tmp_path: Path, value: str) -> None:
    write(tmp_path / ".docker" / "config.json", auths={ADDRESS: {"auth": value}})
    with pytest.raises(InputError, match="auth is not base64 of user:password") as caught:
        find(ADDRESS, {}, tmp_path)
    assert value not in str(caught.value)


def test_a_malformed_file_is_told_by_place(tmp_path: Path) -> None:
    file = tmp_path / ".docker" / "config.json"
    write(file)
    file.write_text("{\n auths")
    with pytest.raises(InputError, match=f"{file}:2:2: is no JSON"):
        find(ADDRESS, {}, tmp_path)


def test_an_accounts_secret_is_in_no_repr() -> None:
    assert "s3cret" not in repr(ANNA)
    assert base64.b64decode(ANNA.basic.removeprefix("Basic ")).decode() == "anna:s3cret:with colon"
