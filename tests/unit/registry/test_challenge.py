from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.errors import InputError, OutsideError
from gitops_golden.registry.challenge import Challenge, parse_challenges, parse_token, token_url

REALM = "https://auth.example/token"


@pytest.mark.parametrize(
    ("header", "challenges"),
    [
        ("", ()),
        ('Basic realm="acme registry"', (Challenge("basic", "acme registry"),)),
        ("basic", (Challenge("basic"),)),
        (
            f'Bearer realm="{REALM}",service="registry.example",scope="repository:a:pull"',
            (Challenge("bearer", REALM, "registry.example"),),
        ),
        (f"BEARER Realm={REALM} , Service=x", (Challenge("bearer", REALM, "x"),)),
        (
            f'Basic realm="a, Bearer b=\\"c\\"", Bearer realm="{REALM}"',
            (Challenge("basic", 'a, Bearer b="c"'), Challenge("bearer", REALM)),
        ),
    ],
)
def test_challenges_are_read_in_their_order(header: str, challenges: tuple[Challenge, ...]) -> None:
    assert parse_challenges(header) == challenges


@given(st.text(max_size=200))
def test_no_header_makes_reading_fail(header: str) -> None:
    parse_challenges(header)


def test_a_token_is_asked_for_pulling_one_repository_whatever_the_challenge_says() -> None:
    url = token_url(Challenge("bearer", REALM, "a&b"), "golden/rhel9", plain_host=None)
    assert url == f"{REALM}?service=a%26b&scope=repository%3Agolden%2Frhel9%3Apull"


def test_a_realm_keeps_its_own_query() -> None:
    url = token_url(Challenge("bearer", f"{REALM}?account=x"), "a", plain_host=None)
    assert url == f"{REALM}?account=x&scope=repository%3Aa%3Apull"


@pytest.mark.parametrize(
    "realm",
    ["", "token", "http://auth.example/token", "file:///etc/passwd", "https://u:p@auth.example/", "https://[", "//x"],
)
def test_a_token_service_without_tls_is_refused(realm: str) -> None:
    with pytest.raises(OutsideError, match="token service that is not reached over TLS"):
        token_url(Challenge("bearer", realm), "a", plain_host=None)


def test_a_plain_registry_may_be_its_own_plain_token_service_alone() -> None:
    host = "registry.example:5000"
    assert token_url(Challenge("bearer", f"http://{host}/t"), "a", plain_host=host).startswith(f"http://{host}/t?")
    with pytest.raises(OutsideError):
        token_url(Challenge("bearer", "http://other.example/t"), "a", plain_host=host)


@pytest.mark.parametrize("data", [b'{"token": "abc.def"}', b'{"access_token": "abc.def", "token": ""}'])
def test_a_token_is_taken_from_either_field(data: bytes) -> None:
    assert parse_token(data, "token") == "abc.def"


@pytest.mark.parametrize("data", [b"{}", b'{"token": "a\\r\\nX-Evil: 1"}', b'{"token": " "}', b'{"token": 1}', b"<"])
def test_what_may_not_stand_in_a_header_is_no_token(data: bytes) -> None:
    with pytest.raises(InputError):
        parse_token(data, "token")
