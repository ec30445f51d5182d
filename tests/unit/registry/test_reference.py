from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.registry import reference

HEX = "0123456789abcdef"
DIGESTS = st.text(HEX, min_size=64, max_size=64).map("sha256:{}".format)


@given(DIGESTS)
def test_sixty_four_lower_case_hex_digits_are_a_sha256_digest(digest: str) -> None:
    assert reference.is_digest(digest)
    assert not reference.is_digest(digest[:-1])
    assert not reference.is_digest(f"{digest}\n")
    assert not reference.is_digest(digest.replace("sha256", "SHA256"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sha256:",
        "sha256:../../../../etc/passwd",
        f"sha256:{'A' * 64}",
        f"md5:{'a' * 32}",
        f"sha512:{'a' * 64}",
        f"sha512:{'a' * 128}",
        f"sha256:{'a' * 63}\N{FULLWIDTH DIGIT ONE}",
        f" sha256:{'a' * 64}",
    ],
)
def test_what_is_no_digest_is_refused(text: str) -> None:
    assert not reference.is_digest(text)


@given(st.binary())
def test_bytes_match_their_own_digest_and_no_other(data: bytes) -> None:
    digest = reference.digest_of(data)
    assert reference.is_digest(digest)
    assert reference.matches(digest, data)
    assert not reference.matches(digest, data + b"x")


def test_an_unknown_algorithm_matches_nothing() -> None:
    assert not reference.matches(f"md5:{hashlib.md5(b'').hexdigest()}", b"")


@pytest.mark.parametrize("text", ["a", "golden/rhel9", "a__b/c--d/e.f", "0/1", "a" * 255])
def test_repositories_of_the_distribution_spec_are_accepted(text: str) -> None:
    assert reference.is_repository(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "a/",
        "/a",
        "a//b",
        "..",
        "a/..",
        "a/../b",
        "A",
        "a:b",
        "a@b",
        "a b",
        "a_.b",
        "-a",
        "a\n",
        "a" * 256,
    ],
)
def test_no_repository_climbs_out_or_carries_a_tag(text: str) -> None:
    assert not reference.is_repository(text)


@given(st.text(alphabet="./_-a0", max_size=6))
def test_no_repository_has_an_empty_or_dotted_step(text: str) -> None:
    assert not (reference.is_repository(text) and {"", ".", ".."} & set(text.split("/")))


@pytest.mark.parametrize(("text", "right"), [("9.6", True), ("_a", True), ("a" * 128, True), ("-a", False)])
def test_tags_follow_the_distribution_spec(text: str, *, right: bool) -> None:
    assert reference.is_tag(text) is right


@pytest.mark.parametrize("text", ["", ".", "..", "a/b", "a" * 129, "a\n", "ä", "a b", "a?b", "a#b", "a%2e"])
def test_what_would_change_a_url_or_a_path_is_no_tag(text: str) -> None:
    assert not reference.is_tag(text)


@pytest.mark.parametrize("text", ["linux/amd64", "linux/arm64/v8", "unknown"])
def test_platforms_are_os_architecture_and_variant(text: str) -> None:
    assert reference.is_platform(text)


@pytest.mark.parametrize("text", ["linux", "linux/", "Linux/amd64", "a/b/c/d", "linux/amd64\n", "linux/{{7}}"])
def test_other_texts_are_no_platforms(text: str) -> None:
    assert not reference.is_platform(text)


@pytest.mark.parametrize(
    ("address", "host", "name"),
    [
        ("registry.acme.example:5000", "registry.acme.example:5000", "golden/rhel9"),
        ("quay.io/acme/prod", "quay.io", "acme/prod/golden/rhel9"),
        ("quay.io/", "quay.io", "golden/rhel9"),
    ],
)
def test_an_address_splits_into_host_and_prefix(address: str, host: str, name: str) -> None:
    split = reference.split(address)
    assert (split.host, split.name("golden/rhel9")) == (host, name)
