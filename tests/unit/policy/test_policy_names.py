from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitops_golden.policy import names, references

if TYPE_CHECKING:
    from gitops_golden.policy.fields import Check

RIGHT: tuple[tuple[Check, tuple[str, ...]], ...] = (
    (names.label_name, ("a", "a-b", "0", "a" * 63)),
    (names.subdomain, ("a", "a.b", "1.2.3", "a-b.c--d", "a." * 126 + "a")),
    (names.short_subdomain, ("rhel.9", "a" * 63)),
    (names.label_key, ("env", "a.b/c", "A_b.c", "kubernetes.io/os", "a" * 63, f"{'a.' * 126}a/b")),
    (names.label_value, ("", "a", "A", "9.6", "a_b-c.d", "a" * 63)),
    (names.free_text, ("a", "edge, wést {{ 7*7 }}", "arn:aws:eks:x:1:cluster/a", "a" * 253)),
    (names.architecture, ("amd64", "arm64", "s390x")),
    (references.address, ("a.b", "a:5000", "localhost", "localhost/x", "127.0.0.1:5000", "[::1]:5000", "A.b/c/d_e")),
    (references.mirror, ("a.b", "a:5000/c/d", "[::1]:5000/golden")),
    (references.repository, ("a", "a/b", "a.b_c__d-e--f/g", "a" * 255)),
    (references.tag, ("9.6", "_a", "A", "latest", "a" * 128)),
    (references.branch, ("main", "a/b", "release-1.x", "ü")),
    (references.folder, ("{cluster}", "clusters/{cluster}", "{cluster}/golden", "c-{cluster}", "a/b@c/{cluster}.d")),
)
WRONG: tuple[tuple[Check, tuple[str, ...]], ...] = (
    (names.label_name, ("", "A", "a.b", "-a", "a-", "a\n", "a" * 64, "ä", "\u0661")),
    (names.subdomain, ("", ".", "a..b", "a.", ".a", "-a.b", "a.-b", "a b", "a/b", "a.b\n", "a" * 254)),
    (names.short_subdomain, ("a" * 64, "A")),
    (names.label_key, ("", "/a", "a/", "a/b/c", "-a", "a-", "A/b", "a b", "a\n", "a" * 64, f"{'a' * 254}/b")),
    (names.label_value, ("-a", "a-", ".", "a b", "a/b", "ä", "a\n", "a" * 64)),
    (names.free_text, ("", " ", "a\nb", "a\0", "a\x1b[31m", "\u202e", "a" * 254)),
    (names.architecture, ("", "x86_64", "AMD64", "amd65")),
    (
        references.address,
        (
            *(
                "",
                "a",
                "acme/golden",
                "https://a.b",
                "me@a.b",
                "a.b:",
                "a.b:0",
                "a.b:65536",
                "a.b:0000080",
                "a.b:x",
                "a.b:1/",
                "a.b/A",
            ),
            *("-a.b", "a..b", "a.b/c:1", "a b.c", "a.b/../c", "a.b//c", "a.b\n", f"a.b/{'c' * 255}", "a:1:2", "[::1"),
        ),
    ),
    (
        references.mirror,
        ("", "a", "https://a.b", "me@a.b", "a.b/c:1", "a.b:5000/c:1", f"a.b/c@sha256:{'a' * 64}", "a.b/c@x", "a.b/C"),
    ),
    (references.repository, ("", "A", "/a", "a/", "a//b", "../a", "a:1", "a@b", "a..b", "a ", "a\n", "-a", "a" * 256)),
    (references.tag, ("", "-a", ".a", "a b", "a/b", "a:b", "a\n", "ä", "a" * 129)),
    (
        references.branch,
        (
            *("", "@", "HEAD", "-a", "a.", "/a", "a/", "a//b", ".a", "a/.b", "a.lock", "a.lock/b", "a..b", "a@{b"),
            *("a b", "a~", "a^", "a:", "a?", "a*", "a[", "a\\b", "a\x7f", "a\n", "a" * 201),
        ),
    ),
    (
        references.folder,
        (
            *(
                "",
                "a",
                "{cluster}/{cluster}",
                "{{cluster}}",
                "{x}/{cluster}",
                "/{cluster}",
                "{cluster}/",
                "a//{cluster}",
            ),
            *(
                "./{cluster}",
                "../{cluster}",
                "{cluster}/..",
                ".git/{cluster}",
                "a/.Git/{cluster}",
                "{cluster}/.gitmodules",
            ),
            *(".gitops-golden/{cluster}", ".{cluster}", "a b/{cluster}", "a\\{cluster}", "{cluster}\n", "a:{cluster}"),
            f"{'a' * 200}/{{cluster}}",
        ),
    ),
)


@pytest.mark.parametrize(("check", "text"), [(check, text) for check, texts in RIGHT for text in texts])
def test_a_right_name_is_accepted(check: Check, text: str) -> None:
    assert check(text) is None


@pytest.mark.parametrize(("check", "text"), [(check, text) for check, texts in WRONG for text in texts])
def test_a_wrong_name_is_refused_with_a_reason(check: Check, text: str) -> None:
    assert check(text)


@pytest.mark.parametrize(
    ("mirror", "says"),
    [
        ("a.b/golden:9.6", "holds a tag"),
        ("a.b:5000/golden:9.6", "holds a tag"),
        (f"a.b/golden@sha256:{'a' * 64}", "holds a digest"),
        (f"a.b/golden:9.6@sha256:{'a' * 64}", "holds a digest"),
        (f"a.b/golden/sha256:{'a' * 64}", "holds a digest"),
        ("me@a.b", "an account"),
        ("https://a.b", "has a scheme"),
    ],
)
def test_a_mirror_with_more_than_an_address_is_told_what_is_too_much(mirror: str, says: str) -> None:
    assert says in str(references.mirror(mirror))
