"""Who may clone, and what clusters trust the registry by."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.errors import InputError
from gitops_golden.policy.access import ca_bundle
from gitops_golden.policy.model import EVERY_USER, CaBundle, ExternalSecret, Subject
from tests.testbed.pki import Authority
from tests.unit.policy.reading import read, refused

FILE = Path("ca.pem")
FIRST, SECOND = (Authority(name).certificate.decode() for name in ("first", "second"))
KEY = Authority("third").server("a", ()).key.decode()
BODY = "".join(FIRST.splitlines()[1:-1])


def test_everybody_may_clone_unless_the_policy_says_otherwise(tmp_path: Path) -> None:
    assert read(tmp_path, "images: []").consumers == EVERY_USER == (Subject("Group", "system:authenticated"),)
    assert read(tmp_path, "consumers: []").consumers == ()


def test_consumers_are_sorted_and_each_once(tmp_path: Path) -> None:
    spec = "consumers: [{user: b}, {group: 'a:b'}, {serviceAccount: vms/importer}, {user: b}, {user: a}]"
    assert read(tmp_path, spec).consumers == (
        Subject("Group", "a:b"),
        Subject("ServiceAccount", "importer", "vms"),
        Subject("User", "a"),
        Subject("User", "b"),
    )


@pytest.mark.parametrize(
    ("consumers", "says"),
    [
        ("[{}]", "6:15: a consumer is one of group, user or serviceAccount"),
        ("[{user: a, group: b}]", "6:15: a consumer is one of group, user or serviceAccount"),
        ("[jane]", "6:15: A consumer must be a map"),
        ("[{groups: a}]", "6:16: unknown field groups in a consumer (did you mean group?)"),
        ("[{serviceAccount: importer}]", '6:32: serviceAccount "importer" is written NAMESPACE/NAME'),
        ("[{serviceAccount: a/b/c}]", '6:32: serviceAccount "a/b/c" may hold'),
        ("[{serviceAccount: A/b}]", '6:32: serviceAccount "A/b" may hold'),
        ("[{user: }]", "6:22: user is empty"),
        ("{user: jane}", "6:14: consumers must be a list"),
    ],
)
def test_a_consumer_that_is_nobody_is_told(consumers: str, says: str, tmp_path: Path) -> None:
    assert any(line.startswith(f"fleet.yaml:{says}") for line in refused(tmp_path, f"consumers: {consumers}"))


def test_a_bundle_is_its_certificates_without_remarks() -> None:
    text = f"# Főtanúsítvány\n{FIRST}\nsubject=CN = second\n\n{SECOND}the end"
    assert ca_bundle(text.encode(), FILE) == CaBundle(FILE, FIRST + SECOND)


@pytest.mark.parametrize(
    "text",
    [
        FIRST.replace("\n", "\r\n"),
        FIRST.rstrip("\n"),
        f"\ufeff{FIRST}",
        "".join(f"    {line}  \n" for line in FIRST.splitlines()),
    ],
    ids=["windows", "no last newline", "byte order mark", "indented"],
)
def test_a_bundle_is_the_same_however_its_lines_end_and_begin(text: str) -> None:
    assert ca_bundle(text.encode(), FILE).certificates == FIRST


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds no complete certificate"),
        ("registry.example", "holds no complete certificate"),
        (FIRST[: len(FIRST) // 2], "holds no complete certificate"),
        (FIRST + FIRST[: len(FIRST) // 2], "holds no complete certificate"),
        (FIRST.replace("END CERTIFICATE", "END PRIVATE KEY"), "holds no complete certificate"),
        (FIRST.replace(BODY[:64], f"{BODY[:63]}é"), "holds no complete certificate"),
        (FIRST.replace(BODY[:64], "A" * 64), "holds a certificate that can't be read"),
        (FIRST.replace(BODY[-20:], ""), "holds a certificate that can't be read"),
        (KEY, "holds a private key in line 1"),
        (f"# ours\n{FIRST}{KEY}", f"holds a private key in line {2 + len(FIRST.splitlines())}"),
        (KEY.replace("PRIVATE", "ENCRYPTED PRIVATE"), "holds a private key"),
        (KEY.replace("PRIVATE", "RSA PRIVATE"), "holds a private key"),
        (KEY.replace("\n", "\r\n"), "holds a private key"),
        (FIRST.replace("CERTIFICATE", "CERTIFICATE REQUEST"), "holds a block that is no certificate in line 1"),
        (FIRST.replace("CERTIFICATE", "X509 CRL"), "holds a block that is no certificate in line 1"),
        (FIRST * 3000, "more than the 1,000,000 of a ConfigMap"),
    ],
)
def test_a_bundle_of_anything_else_is_refused(text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        ca_bundle(text.encode(), FILE)


def test_a_certificate_that_is_not_in_pem_is_told_to_be_converted() -> None:
    with pytest.raises(InputError, match="no text of PEM blocks"):
        ca_bundle(b"\x30\x82\x03\xe8", FILE)


def test_a_refused_private_key_is_to_be_taken_out_of_gits_history_and_never_shown() -> None:
    with pytest.raises(InputError) as caught:
        ca_bundle(KEY.encode(), FILE)
    assert "history" in str(caught.value)
    assert KEY.splitlines()[1] not in str(caught.value)


@given(st.text() | st.lists(st.sampled_from([FIRST, SECOND, KEY, "-----", "BEGIN", "\n", "é"])).map("".join))
def test_whatever_a_bundle_is_only_certificates_come_out_of_it(text: str) -> None:
    try:
        found = ca_bundle(text.encode("utf-8", "surrogatepass"), FILE).certificates
    except InputError:
        return
    assert found.replace(FIRST, "").replace(SECOND, "") == ""


def test_a_bundle_is_named_beside_the_policy(tmp_path: Path) -> None:
    bundle = read(tmp_path, registry="caBundle: ca/a.pem", ca__a_pem=FIRST).registry.ca_bundle
    assert bundle == CaBundle(tmp_path / "ca" / "a.pem", FIRST)
    assert read(tmp_path).registry.ca_bundle is None


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("../a.pem", 'registry.caBundle "../a.pem" leads out of the policy\'s folder'),
        ("b.pem", 'registry.caBundle "b.pem" does not exist'),
        (".", 'registry.caBundle "." is no file'),
        ("key.pem", "registry.caBundle holds a private key in line 1"),
        ("[a.pem]", "registry.caBundle must be text"),
    ],
)
def test_a_bundle_that_is_refused_is_told_where_the_policy_names_it(name: str, says: str, tmp_path: Path) -> None:
    (told,) = refused(tmp_path, registry=f"caBundle: {name}", a_pem=FIRST, key_pem=KEY)
    assert told.startswith(f"fleet.yaml:5:58: {says}")


def test_an_external_secret_makes_the_pull_secret(tmp_path: Path) -> None:
    secret = "externalSecret: {store: vault, key: golden/registry"
    registry = read(tmp_path, registry=f"pullSecret: golden, {secret}}}").registry
    assert registry.external_secret == ExternalSecret("vault", "golden/registry", "ClusterSecretStore")
    other = read(tmp_path, registry=f"pullSecret: golden, {secret}, storeKind: SecretStore}}").registry
    assert other.external_secret == ExternalSecret("vault", "golden/registry", "SecretStore")
    (told,) = refused(tmp_path, registry=f"{secret}}}")
    assert "there is no registry.pullSecret (name the Secret in registry.pullSecret)" in told


@pytest.mark.parametrize(
    ("secret", "says"),
    [
        ("{store: vault}", "registry.externalSecret has no key"),
        ("{key: a}", "registry.externalSecret has no store"),
        ("{store: Vault, key: a}", 'registry.externalSecret.store "Vault" may hold'),
        ("{store: vault, key: a, storeKind: Vault}", 'registry.externalSecret.storeKind "Vault" is unknown'),
        ("{store: vault, key: a, password: b}", "unknown field registry.externalSecret.password"),
        ("vault", "registry.externalSecret must be a map"),
    ],
)
def test_a_wrong_external_secret_is_told(secret: str, says: str, tmp_path: Path) -> None:
    assert any(says in line for line in refused(tmp_path, registry=f"pullSecret: a, externalSecret: {secret}"))
