from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING

import pytest

from gitops_golden.errors import OutsideError
from gitops_golden.registry.client import RegistryClient
from gitops_golden.registry.credentials import Credentials, Found
from gitops_golden.registry.network import Network
from gitops_golden.registry.transport import Patience
from tests.integration.faulty_registry import FaultyRegistry, Reply
from tests.testbed.containerdisk import containerdisk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.faulty_registry import Request

DISK = containerdisk(b"disk")
CONFIG = DISK.blobs[0]
HASTY = Patience(tries=3, pause=0.01, longest_pause=2, connect=2, read=2)
ANNA = Found(Credentials("anna", "s3cret"))
BASIC = "Basic " + base64.b64encode(b"anna:s3cret").decode()
MANIFEST = Reply(
    headers={"Content-Type": DISK.manifest.media_type, "Docker-Content-Digest": DISK.digest},
    body=DISK.manifest.content,
)


def served(request: Request) -> Reply:
    """Answer as a sound registry with one image would."""
    if request.path == f"/v2/a/blobs/{CONFIG.digest}":
        return Reply(body=CONFIG.content)
    return MANIFEST if request.path.startswith("/v2/a/manifests/") else Reply(404)


def client_of(server: FaultyRegistry, found: Found = Found(), patience: Patience = HASTY) -> RegistryClient:  # noqa: B008 - frozen
    network = Network(ca_file=str(server.ca) if server.ca else None)
    return RegistryClient(server.address, network=network, plain_http=server.ca is None, found=found, patience=patience)


def refusal(script: Callable[[Request], Reply], *, patience: Patience = HASTY) -> OutsideError:
    with FaultyRegistry(script) as server, pytest.raises(OutsideError) as caught:
        client_of(server, patience=patience).resolve("a", "1")
    assert caught.value.problem.where
    assert str(caught.value.problem.where).startswith(f"{server.address}/a:1")
    return caught.value


def in_turn(*replies: Reply) -> Callable[[Request], Reply]:
    waiting = list(replies)
    return lambda request: waiting.pop(0) if waiting else served(request)


def test_a_server_without_the_digest_header_is_asked_for_the_manifest() -> None:
    def script(request: Request) -> Reply:
        reply = served(request)
        return Reply(reply.status, {"Content-Type": DISK.manifest.media_type}, reply.body)

    with FaultyRegistry(script) as server:
        assert client_of(server).digest("a", "1") == DISK.digest
        assert [request.method for request in server.requests] == ["HEAD", "GET"]
        assert client_of(server).resolve("a", "1").digest == DISK.digest


def test_a_server_that_knows_no_head_is_asked_for_the_manifest() -> None:
    with FaultyRegistry(lambda request: Reply(405) if request.method == "HEAD" else served(request)) as server:
        assert client_of(server).digest("a", "1") == DISK.digest


def test_a_digest_is_asked_for_by_get_where_a_server_knows_no_head() -> None:
    with FaultyRegistry(lambda request: Reply(405) if request.method == "HEAD" else served(request)) as server:
        assert client_of(server).holds("a", DISK.digest)
        assert [request.method for request in server.requests] == ["HEAD", "GET"]


@pytest.mark.parametrize("status", [401, 403, 500])
def test_a_registry_that_refuses_says_nothing_of_a_digest(status: int) -> None:
    with FaultyRegistry(lambda _: Reply(status)) as server, pytest.raises(OutsideError):
        client_of(server).holds("a", DISK.digest)


def test_a_head_alone_answers_a_digest() -> None:
    with FaultyRegistry(served) as server:
        assert client_of(server).digest("a", "1") == DISK.digest
        assert [request.method for request in server.requests] == ["HEAD"]
        assert server.requests[0].headers["accept"].count("application/vnd.") == 4


@pytest.mark.parametrize("lie", [f"sha256:{'0' * 64}", "sha256:../../x", "md5:0"])
def test_a_digest_header_that_its_bytes_deny_is_an_error(lie: str) -> None:
    lying = Reply(200, {**MANIFEST.headers, "Docker-Content-Digest": lie}, MANIFEST.body)
    error = refusal(lambda request: lying if "/manifests/" in request.path else served(request))
    assert "served other bytes than their digest says" in str(error)


def test_a_config_that_its_digest_denies_is_an_error() -> None:
    error = refusal(lambda request: Reply(body=b"{}") if "/blobs/" in request.path else served(request))
    assert "served other bytes" in str(error)


def test_a_transient_failure_is_tried_again() -> None:
    for status in (429, 502, 503, 504):
        with FaultyRegistry(in_turn(Reply(status), Reply(status))) as server:
            assert client_of(server).digest("a", "1") == DISK.digest
            assert len(server.requests) == 3


def test_retry_after_is_waited_for() -> None:
    with FaultyRegistry(in_turn(Reply(429, {"Retry-After": "1"}))) as server:
        started = time.monotonic()
        assert client_of(server).digest("a", "1") == DISK.digest
        assert time.monotonic() - started >= 1


def test_a_long_retry_after_is_told_instead_of_waited_for() -> None:
    with FaultyRegistry(lambda _: Reply(429, {"Retry-After": "3600"})) as server:
        with pytest.raises(OutsideError, match="429") as caught:
            client_of(server).digest("a", "1")
        assert len(server.requests) == 1
    assert "run the command again in 3600 s" in caught.value.problem.remedy


def test_tries_are_bounded() -> None:
    with FaultyRegistry(lambda _: Reply(503)) as server:
        with pytest.raises(OutsideError, match=r"the registry failed, still after several tries \(503\)"):
            client_of(server).digest("a", "1")
        assert len(server.requests) == HASTY.tries


@pytest.mark.parametrize(
    ("status", "says"),
    [(401, "wants other credentials"), (403, "forbids"), (404, "does not hold"), (418, "unexpected"), (500, "failed")],
)
def test_a_refusal_is_final_and_has_its_own_sentence(status: int, says: str) -> None:
    with FaultyRegistry(lambda _: Reply(status)) as server:
        with pytest.raises(OutsideError, match=says):
            client_of(server).digest("a", "1")
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (Reply(200, {"Content-Type": "text/html; charset=utf-8"}, b"<html>log in</html>"), "a web page came"),
        (Reply(200, {"Content-Type": "application/json"}, b"[" * 100_000), "nested too deep"),
        (Reply(200, {}, b"\xff"), "is not UTF-8"),
        (Reply(200, {}, b""), "is no JSON"),
        (Reply(200, {}, b"x" * (4 * 1024 * 1024 + 1)), "more than 4096 KiB"),
        (Reply(200, {"Content-Encoding": "gzip"}, b"x"), "compresses its answer"),
        (Reply(200, {}, b"{}", length=100), "the answer was cut short"),
        (Reply(302, {"Location": "/v2/a/manifests/1"}), "redirects"),
        (Reply(302, {"Location": "http://[::"}), "redirects to what is no URL"),
        (Reply(302, {"Location": "/elsewhere"}, b"x" * 5_000_000), "more than 4096 KiB"),
        (Reply(302, {"Location": "file:///etc/passwd"}), "refused to go on without TLS"),
    ],
)
def test_nonsense_is_the_registrys_failure_and_no_bug_of_ours(reply: Reply, says: str) -> None:
    assert says in str(refusal(lambda _: reply))


def test_an_answer_that_does_not_come_is_told() -> None:
    def script(_: Request) -> Reply:
        time.sleep(1)
        return Reply()

    assert "no answer in time" in str(refusal(script, patience=Patience(tries=1, read=0.2)))


def test_an_index_is_followed_no_deeper_than_its_platforms() -> None:
    link = {"mediaType": "application/vnd.oci.image.index.v1+json", "digest": DISK.digest, "size": 1}
    index = json.dumps({"manifests": [link | {"platform": {"os": "linux", "architecture": "amd64"}}]}).encode()
    error = refusal(lambda request: served(request) if "sha256" in request.path else Reply(200, {}, index))
    assert "calls itself" in str(error)


def test_credentials_go_to_the_registrys_own_origin_alone(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with FaultyRegistry(lambda _: Reply(body=CONFIG.content), folder=elsewhere) as other:

        def script(request: Request) -> Reply:
            if request.headers.get("authorization") != BASIC:
                return Reply(401, {"WWW-Authenticate": 'Basic realm="x"'})
            if "/blobs/" in request.path:
                return Reply(307, {"Location": f"https://{other.address}/blob?signature=s1gned"})
            return served(request)

        with FaultyRegistry(script, folder=tmp_path) as server:
            assert server.ca
            assert other.ca
            both = tmp_path / "both.crt"
            both.write_bytes(server.ca.read_bytes() + other.ca.read_bytes())
            client = RegistryClient(server.address, network=Network(ca_file=str(both)), found=ANNA, patience=HASTY)
            assert client.resolve("a", "1").digest == DISK.digest
        assert [request.path for request in other.requests] == ["/blob?signature=s1gned"]
        assert all("authorization" not in request.headers for request in other.requests)


def test_a_registry_with_tls_may_not_lead_away_from_it(tmp_path: Path) -> None:
    with (
        FaultyRegistry(served) as plain,
        FaultyRegistry(
            lambda request: Reply(307, {"Location": f"http://{plain.address}{request.path}?token=t0ken"}),
            folder=tmp_path,
        ) as server,
    ):
        with pytest.raises(OutsideError, match="refused to go on without TLS") as caught:
            client_of(server, ANNA).digest("a", "1")
        assert not plain.requests
    assert "t0ken" not in str(caught.value)


def test_credentials_never_go_over_plain_http() -> None:
    with FaultyRegistry(lambda _: Reply(401, {"WWW-Authenticate": 'Basic realm="x"'})) as server:
        with pytest.raises(OutsideError, match="401") as caught:
            client_of(server, ANNA).digest("a", "1")
        assert all("authorization" not in request.headers for request in server.requests)
    assert "credentials are never sent over plain HTTP" in caught.value.problem.remedy


@pytest.mark.parametrize("found", [Found(), ANNA])
def test_a_token_service_is_asked_for_each_repository_once(tmp_path: Path, found: Found) -> None:
    def script(request: Request) -> Reply:
        if request.path.startswith("/token"):
            return Reply(body=json.dumps({"token": "t0ken"}).encode())
        if request.headers.get("authorization") == "Bearer t0ken":
            return served(request)
        realm = f'Bearer realm="https://{request.headers["host"]}/token",service="x"'
        return Reply(401, {"WWW-Authenticate": realm})

    with FaultyRegistry(script, folder=tmp_path) as server:
        client = client_of(server, found)
        assert client.resolve("a", "1").digest == client.digest("a", "1") == DISK.digest
        asked = [request for request in server.requests if request.path.startswith("/token")]
    assert [request.path for request in asked] == ["/token?service=x&scope=repository%3Aa%3Apull"]
    assert asked[0].headers.get("authorization") == (BASIC if found.credentials else None)


def test_a_token_that_is_not_taken_is_asked_for_no_more_than_once_a_request(tmp_path: Path) -> None:
    def script(request: Request) -> Reply:
        if request.path.startswith("/token"):
            return Reply(body=b'{"token": "t0ken"}')
        return Reply(401, {"WWW-Authenticate": f'Bearer realm="https://{request.headers["host"]}/token"'})

    with FaultyRegistry(script, folder=tmp_path) as server:
        with pytest.raises(OutsideError, match="401") as caught:
            client_of(server, ANNA).digest("a", "1")
        assert len(server.requests) == 3
    assert "t0ken" not in str(caught.value)


def test_a_token_service_without_tls_gets_no_credentials(tmp_path: Path) -> None:
    with (
        FaultyRegistry(lambda _: Reply(body=b'{"token": "t"}')) as plain,
        FaultyRegistry(
            lambda _: Reply(401, {"WWW-Authenticate": f'Bearer realm="http://{plain.address}/token"'}),
            folder=tmp_path,
        ) as server,
    ):
        with pytest.raises(OutsideError, match="token service that is not reached over TLS"):
            client_of(server, ANNA).digest("a", "1")
        assert not plain.requests


def test_an_unknown_host_is_told() -> None:
    client = RegistryClient("registry.invalid", network=Network(), patience=Patience(tries=1))
    with pytest.raises(OutsideError, match="the host's name is unknown"):
        client.digest("a", "1")


def test_a_proxy_that_is_not_there_is_told_without_its_password() -> None:
    network = Network((("https", "http://anna:s3cret@127.0.0.1:9"),))
    client = RegistryClient("registry.invalid", network=network, patience=HASTY)
    with pytest.raises(OutsideError, match="the proxy refuses or cannot be reached") as caught:
        client.digest("a", "1")
    assert "s3cret" not in str(caught.value)
