"""Author and committer, as git itself would find them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from gitops_golden.errors import InputError
from gitops_golden.git.identity import signatures
from gitops_golden.git.model import Signature

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=timezone(timedelta(hours=2)))


def no_config(_: str) -> None:
    return None


def test_nobody_known_is_this_tool() -> None:
    by = signatures({}, no_config, NOW)
    assert by.author == by.committer == Signature("gitops-golden", "gitops-golden@localhost", NOW)


def test_the_role_s_own_variable_beats_its_configuration_and_that_the_user_s() -> None:
    config = {"user.name": "U", "user.email": "u@x", "author.name": "A", "committer.email": "c@x"}
    by = signatures({"GIT_COMMITTER_NAME": "Env"}, config.get, NOW)
    assert (by.author.name, by.author.email) == ("A", "u@x")
    assert (by.committer.name, by.committer.email) == ("Env", "c@x")


def test_an_empty_variable_counts_as_none() -> None:
    assert signatures({"GIT_AUTHOR_NAME": " "}, no_config, NOW).author.name == "gitops-golden"


def test_what_would_break_the_header_is_left_out_of_names() -> None:
    assert signatures({"GIT_AUTHOR_NAME": "A <b>\nc"}, no_config, NOW).author.name == "A bc"


@pytest.mark.parametrize(
    ("text", "seconds", "offset"),
    [
        ("@1700000000 +0130", 1_700_000_000, 90),
        ("1700000000 -0500", 1_700_000_000, -300),
        ("2023-11-14T22:13:20+00:00", 1_700_000_000, 0),
        ("2023-11-15 00:13:20", 1_700_000_000, 120),
        ("Tue, 14 Nov 2023 22:13:20 +0000", 1_700_000_000, 0),
    ],
)
def test_each_date_format_of_git_is_read(text: str, seconds: int, offset: int) -> None:
    when = signatures({"GIT_AUTHOR_DATE": text}, no_config, NOW).author.when
    assert (when.timestamp(), when.utcoffset()) == (seconds, timedelta(minutes=offset))


def test_only_the_role_that_has_a_date_takes_it() -> None:
    by = signatures({"GIT_COMMITTER_DATE": "@0 +0000"}, no_config, NOW)
    assert (by.author.when, by.committer.when) == (NOW, datetime(1970, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("text", ["yesterday", "@1 +9999", "2023-13-01", "@999999999999 +0000"])
def test_a_date_that_is_none_is_told_with_its_variable(text: str) -> None:
    with pytest.raises(InputError, match="GIT_AUTHOR_DATE is no date"):
        signatures({"GIT_AUTHOR_DATE": text}, no_config, NOW)
