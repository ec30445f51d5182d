"""What ``--repo`` may say, and what messages show of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitops_golden.errors import InputError
from gitops_golden.git.location import Url, parse_location


@pytest.mark.parametrize(
    "text",
    [
        "https://git.example/fleet.git",
        "ssh://git@git.example/fleet",
        "file:///srv/fleet.git",
        "git@git.example:team/fleet.git",
        "git.example:fleet.git",
        "HTTP://git.example/x",
    ],
)
def test_urls_are_told_from_folders_as_git_does(text: str) -> None:
    assert parse_location(text) == Url(text)


@pytest.mark.parametrize("text", ["fleet.git", "./a:b", "/srv/fleet.git", "../x", "c:/fleet"])
def test_anything_else_is_a_folder(text: str) -> None:
    assert parse_location(text) == Path(text)


def test_a_folder_that_exists_wins_over_looking_like_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "host:fleet").mkdir()
    monkeypatch.chdir(tmp_path)
    assert parse_location("host:fleet") == Path("host:fleet")


@pytest.mark.parametrize("text", ["ext::sh -c id", "ftp://x/y", "", "a\nb", "javascript://x"])
def test_a_transport_that_is_not_ours_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_location(text)


def test_a_password_never_shows() -> None:
    url = Url("https://me:s3cret@git.example:8443/fleet.git?token=t0p")
    assert str(url) == "https://***@git.example:8443/fleet.git"
    assert url.redact(f"no access to {url.text} with s3cret") == f"no access to {url} with ***"


def test_a_token_in_the_place_of_the_user_never_shows() -> None:
    url = Url("HTTPS://t0ken@git.example/fleet.git")
    assert str(url) == "https://***@git.example/fleet.git"
    assert "t0ken" not in url.redact(f"no access to {url.text} with t0ken")


def test_the_user_of_ssh_is_no_secret() -> None:
    assert str(Url("ssh://git@git.example/fleet")) == "ssh://git@git.example/fleet"
