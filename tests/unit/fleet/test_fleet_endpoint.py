"""A kubeconfig's entry becomes what libcurl is told: nothing is shown or guessed, what is shared is read once."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pycurl
import pytest

from gitops_golden.fleet.contexts import Access
from gitops_golden.fleet.endpoint import Endpoints
from gitops_golden.fleet.failure import ClusterFailure
from tests.testbed.pki import Authority

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitops_golden.fleet.endpoint import Endpoint

TOKEN = "s3cr3t-t0ken"  # made up


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def access(server: str = "https://edge:6443", user: Mapping[str, Any] | None = None) -> Access:
    return Access("edge", {"server": server}, {"token": TOKEN} if user is None else user, Path())


def made(server: str = "https://edge:6443", user: Mapping[str, Any] | None = None, **cluster: Any) -> Endpoint:
    about = {key.replace("_", "-"): value for key, value in cluster.items()}
    whole = access(server, user)
    return Endpoints().of(replace(whole, cluster={**whole.cluster, **about}))


def option(endpoint: Endpoint, name: int) -> Any:
    return dict(endpoint.options).get(name)


def test_nothing_of_it_shows_the_credentials() -> None:
    assert TOKEN not in f"{made()!r} {made().shown}"


def test_a_token_is_a_header() -> None:
    assert f"authorization: Bearer {TOKEN}" in option(made(), pycurl.HTTPHEADER)


def test_a_server_is_proven_by_what_the_entry_names(tmp_path: Path) -> None:
    authority = Authority("edge")
    data = base64.b64encode(authority.certificate).decode()
    found = made(certificate_authority_data=data)
    assert Path(option(found, pycurl.CAINFO)).read_bytes() == authority.certificate
    assert (option(found, pycurl.SSL_VERIFYPEER), option(found, pycurl.SSL_VERIFYHOST)) == (1, 2)


def test_without_an_authority_those_of_the_system_are_trusted() -> None:
    assert Path(option(made(), pycurl.CAINFO)).is_file()


def test_only_who_says_so_goes_without_proof() -> None:
    found = made(insecure_skip_tls_verify=True)
    assert (option(found, pycurl.SSL_VERIFYPEER), option(found, pycurl.SSL_VERIFYHOST)) == (0, 0)


def test_another_name_is_what_the_certificate_has_to_say() -> None:
    found = made("https://10.0.0.1:6443/k8s", tls_server_name="edge.example")
    assert found.address == "https://edge.example:6443/k8s"
    assert option(found, pycurl.CONNECT_TO) == ["edge.example:6443:10.0.0.1:6443"]
    assert "Host: 10.0.0.1:6443" in option(found, pycurl.HTTPHEADER)


def test_a_proxy_is_the_kubeconfigs_before_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://outside:3128")
    assert option(made(), pycurl.PROXY) == "http://outside:3128"
    assert option(made(proxy_url="http://near:8080"), pycurl.PROXY) == "http://near:8080"


def test_no_proxy_is_told_so_that_none_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert option(made(), pycurl.PROXY) == ""
    monkeypatch.setenv("HTTPS_PROXY", "http://outside:3128")
    monkeypatch.setenv("NO_PROXY", "edge")
    found = made()
    assert (option(found, pycurl.PROXY), found.proxied) == ("", False)


def test_entries_that_differ_in_the_server_alone_are_read_once(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("first")
    endpoints, user = Endpoints(), {"tokenFile": str(token)}
    endpoints.of(access("https://one:6443", user))
    token.write_text("second")
    assert "authorization: Bearer first" in option(endpoints.of(access("https://two:6443", user)), pycurl.HTTPHEADER)
    assert "authorization: Bearer second" in option(Endpoints().of(access(user=user)), pycurl.HTTPHEADER)


@pytest.mark.parametrize("server", ["", "edge", "edge:6443", "ftp://edge", "https://", "https://edge:port"])
def test_an_address_of_no_api_server_is_unusable(server: str) -> None:
    with pytest.raises(ClusterFailure) as failure:
        made(server)
    assert failure.value.reason == "KubeconfigUnusable"


@pytest.mark.parametrize(
    "user",
    [
        {"token": f"{TOKEN}\nHost: other"},
        {"token": f"{TOKEN}é"},
        {"tokenFile": "/nowhere"},
        {"client-certificate": "/nowhere.crt", "client-key": "/nowhere.key"},
        {"client-certificate-data": "a"},
    ],
)
def test_credentials_that_cannot_be_used_are_not_quoted(user: dict[str, Any]) -> None:
    with pytest.raises(ClusterFailure) as failure:
        made(user=user)
    assert failure.value.reason == "KubeconfigUnusable"
    assert TOKEN not in failure.value.message


@pytest.mark.parametrize("key", ["username", "password", "as", "as-uid"])
def test_a_login_that_is_not_supported_is_refused_by_name(key: str) -> None:
    with pytest.raises(ClusterFailure) as failure:
        made(user={"token": TOKEN, key: "somebody"})
    assert failure.value.reason == "CredentialsUnsupported"
    assert key in failure.value.message
