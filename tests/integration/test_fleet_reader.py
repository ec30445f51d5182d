"""The live reader against API servers that are sick, in ways a healthy one can't be made to be."""

from __future__ import annotations

import gzip
import json
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread, Timer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from gitops_golden.fleet.failure import ClusterFailure
from gitops_golden.fleet.kinds import CLUSTER_WIDE, NAMESPACED
from gitops_golden.fleet.kubeconfig import KubeconfigReader
from gitops_golden.fleet.observation import Observation, Unreachable, Unread
from gitops_golden.fleet.readers import Target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gitops_golden.fleet.observation import Observed
    from gitops_golden.fleet.stream import Stream

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
TOKEN = "s3cr3t-t0ken"  # made up
Response = tuple[int, dict[str, str], bytes]
SOURCES = "/apis/cdi.kubevirt.io/v1beta1/namespaces/golden/datasources"


class Simulator:
    """A small API server: empty lists of everything, and ``behave`` as the illness of some paths."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.illness: dict[str, Callable[[dict[str, str]], Response | None]] = {}

    def behave(self, path: str, how: Callable[[dict[str, str]], Response | None]) -> None:
        """Answer ``path`` with what ``how`` makes of the query; ``None`` breaks the connection off."""
        self.illness[path] = how

    def answer(self, url: str) -> Response | None:
        """Return what is answered to GET ``url``."""
        self.asked.append(url)
        address = urlsplit(url)
        if how := self.illness.get(address.path):
            return how({key: values[0] for key, values in parse_qs(address.query).items()})
        if address.path == "/version":
            return said({"gitVersion": "v1.36.0"})
        if address.path.endswith("/kube-system"):
            return said({"metadata": {"uid": "8d5f"}})
        return said({"items": [], "metadata": {}})


def said(body: object, status: int = 200, **headers: str) -> Response:
    return status, headers, json.dumps(body).encode()


def refused(status: int, reason: str) -> Response:
    return said({"kind": "Status", "reason": reason}, status)


@contextmanager
def serving(simulator: Simulator) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # in one packet: two of them would each wait for the other side's acknowledgement

        def do_GET(self) -> None:
            response = simulator.answer(self.path)
            if response is None:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            status, headers, body = response
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def simulator() -> Simulator:
    return Simulator()


@pytest.fixture
def address(simulator: Simulator) -> Iterator[str]:
    with serving(simulator) as url:
        yield url


def reader(
    folder: Path,
    servers: dict[str, str],
    *,
    timeout: float = 20.0,
    user: dict[str, Any] | None = None,
    parallel: int = 16,
) -> KubeconfigReader:
    config = {
        "contexts": [{"name": name, "context": {"cluster": name, "user": "me"}} for name in servers],
        "clusters": [{"name": name, "cluster": {"server": url}} for name, url in servers.items()],
        "users": [{"name": "me", "user": {"token": TOKEN} if user is None else user}],
    }
    file = folder / "kubeconfig"
    file.write_text(json.dumps(config))
    return KubeconfigReader(file, timeout=timeout, environment={"PATH": "/usr/bin:/bin"}, parallel=parallel)


def one(reading: KubeconfigReader, context: str = "edge") -> Observed:
    (observed,) = reading.read([Target("edge", context, frozenset({"golden"}))], lambda: NOON)
    return observed


def read(folder: Path, address: str, **more: Any) -> Observation:
    observed = one(reader(folder, {"edge": address}, **more))
    assert isinstance(observed, Observation), observed
    return observed


def unreachable(folder: Path, address: str, **more: Any) -> Unreachable:
    observed = one(reader(folder, {"edge": address}, **more))
    assert isinstance(observed, Unreachable), observed
    assert TOKEN not in observed.message
    return observed


def source(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "golden"}}


def test_each_kind_is_listed_once_per_namespace(simulator: Simulator, address: str, tmp_path: Path) -> None:
    seen = read(tmp_path, address)
    lists = [url for url in simulator.asked if "limit=" in url]
    assert len(lists) == len(set(lists)) == 10
    assert seen.server
    assert (seen.server.version, seen.server.uid) == ("v1.36.0", "8d5f")
    assert not any("secrets" in url for url in simulator.asked)


def test_an_object_keeps_all_but_kubectls_copy_of_it(simulator: Simulator, address: str, tmp_path: Path) -> None:
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": "{}", "kept": "yes"}
    metadata = {"name": "rhel9", "namespace": "golden", "annotations": annotations, "managedFields": [{}]}
    simulator.behave(SOURCES, lambda _: said({"items": [{"metadata": metadata}]}))
    found = read(tmp_path, address).get("DataSource", "golden", "rhel9")
    assert found
    assert (found["kind"], found["apiVersion"]) == ("DataSource", "cdi.kubevirt.io/v1beta1")
    assert found["metadata"]["annotations"] == {"kept": "yes"}
    assert found["metadata"]["managedFields"] == [{}]


def test_a_list_that_expires_half_way_is_read_again(simulator: Simulator, address: str, tmp_path: Path) -> None:
    expired = iter([True])

    def page(query: dict[str, str]) -> Response:
        if "continue" not in query:
            return said({"items": [source("a")], "metadata": {"continue": "next"}})
        if next(expired, False):
            return refused(410, "Expired")
        return said({"items": [source("b")]})

    simulator.behave(SOURCES, page)
    seen = read(tmp_path, address)
    assert [obj["metadata"]["name"] for obj in seen.list("DataSource")] == ["a", "b"]
    assert not seen.unread


def test_a_list_that_always_expires_is_unread(simulator: Simulator, address: str, tmp_path: Path) -> None:
    simulator.behave(SOURCES, lambda _: refused(410, "Expired"))
    assert read(tmp_path, address).unread == (Unread("DataSource", "golden", "Expired"),)


def test_a_list_without_end_is_unread(simulator: Simulator, address: str, tmp_path: Path) -> None:
    simulator.behave(SOURCES, lambda _: said({"items": [], "metadata": {"continue": "again"}}))
    assert read(tmp_path, address).unread == (Unread("DataSource", "golden", "TooMany"),)


@pytest.mark.parametrize("items", ["text", [7], [{}], [{"metadata": {"name": 7}}]])
def test_a_list_of_a_wrong_shape_is_unread_and_the_rest_goes_on(
    simulator: Simulator, address: str, tmp_path: Path, items: object
) -> None:
    simulator.behave(SOURCES, lambda _: said({"items": items}))
    storage = "/apis/storage.k8s.io/v1/storageclasses"
    simulator.behave(storage, lambda _: said({"items": [{"metadata": {"name": "fast"}}]}))
    seen = read(tmp_path, address)
    assert seen.unread == (Unread("DataSource", "golden", "Malformed"),)
    assert seen.get("StorageClass", "", "fast")


def test_an_error_of_one_list_is_that_lists_alone(simulator: Simulator, address: str, tmp_path: Path) -> None:
    simulator.behave(SOURCES, lambda _: refused(500, "InternalError"))
    assert read(tmp_path, address).unread == (Unread("DataSource", "golden", "InternalError"),)


def test_a_busy_server_is_asked_again_when_it_says(simulator: Simulator, address: str, tmp_path: Path) -> None:
    answers = iter([said({}, 429, Retry_After="0"), said({"items": [source("a")]})])
    simulator.behave(SOURCES, lambda _: next(answers))
    assert len(read(tmp_path, address).list("DataSource")) == 1


def test_a_server_that_stays_busy_is_given_up(simulator: Simulator, address: str, tmp_path: Path) -> None:
    simulator.behave(SOURCES, lambda _: said({"reason": "TooManyRequests"}, 429, Retry_After="0"))
    assert read(tmp_path, address).unread == (Unread("DataSource", "golden", "TooManyRequests"),)
    assert sum(url.startswith(SOURCES) for url in simulator.asked) == 3


def test_a_connection_that_breaks_once_is_made_again(simulator: Simulator, address: str, tmp_path: Path) -> None:
    answers = iter([None, said({"items": [source("a")]})])
    simulator.behave(SOURCES, lambda _: next(answers))
    assert len(read(tmp_path, address).list("DataSource")) == 1


NO_SUCH_PATH: Response = (404, {}, b"404 page not found\n")  # plain text, as the real one has it


def test_a_kind_that_may_not_be_listed_but_is_not_there_is_absent(
    simulator: Simulator, address: str, tmp_path: Path
) -> None:
    lists = "/apis/hco.kubevirt.io/{}/hyperconvergeds"
    for version in ("v1", "v1beta1"):
        simulator.behave(lists.format(version), lambda _: refused(403, "Forbidden"))
        simulator.behave(f"/apis/hco.kubevirt.io/{version}", lambda _: NO_SUCH_PATH)
    seen = read(tmp_path, address)
    assert seen.absent_kinds == {"HyperConverged"}
    assert not seen.unread


def test_a_kind_is_read_in_the_version_that_is_served(simulator: Simulator, address: str, tmp_path: Path) -> None:
    simulator.behave("/apis/hco.kubevirt.io/v1/hyperconvergeds", lambda _: NO_SUCH_PATH)
    older = {"items": [{"metadata": {"name": "kubevirt", "namespace": "kv"}}]}
    simulator.behave("/apis/hco.kubevirt.io/v1beta1/hyperconvergeds", lambda _: said(older))
    found = read(tmp_path, address).get("HyperConverged", "kv", "kubevirt")
    assert found
    assert found["apiVersion"] == "hco.kubevirt.io/v1beta1"


HTML_404: Response = (404, {"Content-Type": "text/html"}, b"<html>no such page</html>")
CLAIMS = "/api/v1/namespaces/golden/persistentvolumeclaims"
SNAPSHOTS = "/apis/snapshot.storage.k8s.io/v1/namespaces/golden/volumesnapshots"


def test_what_every_server_has_is_never_absent(simulator: Simulator, address: str, tmp_path: Path) -> None:
    simulator.behave(CLAIMS, lambda _: NO_SUCH_PATH)
    seen = read(tmp_path, address)
    assert seen.unread == (Unread("PersistentVolumeClaim", "golden", "Http404"),)
    assert not seen.absent_kinds


def test_what_only_a_gateway_does_not_find_is_not_absent(simulator: Simulator, address: str, tmp_path: Path) -> None:
    simulator.behave(SNAPSHOTS, lambda _: HTML_404)
    seen = read(tmp_path, address)
    assert seen.unread == (Unread("VolumeSnapshot", "golden", "Http404"),)
    assert not seen.absent_kinds


def test_what_has_begun_to_be_listed_is_not_absent(simulator: Simulator, address: str, tmp_path: Path) -> None:
    first = said({"items": [source("a")], "metadata": {"continue": "next"}})
    simulator.behave(SNAPSHOTS, lambda query: refused(404, "NotFound") if "continue" in query else first)
    seen = read(tmp_path, address)
    assert seen.unread == (Unread("VolumeSnapshot", "golden", "NotFound"),)
    assert not seen.absent_kinds


def test_an_observation_says_what_it_was_read_from(simulator: Simulator, address: str, tmp_path: Path) -> None:
    assert read(tmp_path, address).source == "context edge"


def test_a_servers_clock_that_differs_is_told(simulator: Simulator, address: str, tmp_path: Path) -> None:
    simulator.behave("/version", lambda _: said({"gitVersion": "v1"}, Date="Sat, 21 Nov 2026 12:10:00 GMT"))
    assert read(tmp_path, address).skew == timedelta(minutes=10)


def test_answers_may_come_compressed(simulator: Simulator, address: str, tmp_path: Path) -> None:
    packed = gzip.compress(json.dumps({"items": [source("a")]}).encode())
    simulator.behave(SOURCES, lambda _: (200, {"Content-Encoding": "gzip"}, packed))
    assert read(tmp_path, address).get("DataSource", "golden", "a")


def test_all_that_one_cluster_answers_is_bounded_too(simulator: Simulator, address: str, tmp_path: Path) -> None:
    names = iter(range(100))

    def page(_: dict[str, str]) -> Response:
        blanks = b" " * (50 << 20)
        status, headers, body = said({"items": [source(f"s{next(names)}")], "metadata": {"continue": "more"}})
        return status, headers, body + blanks

    simulator.behave(SOURCES, page)
    assert unreachable(tmp_path, address).reason == "TooLarge"
    assert next(names) < 10


@pytest.mark.parametrize("key", ["as", "as-uid", "username"])
def test_a_user_that_kubectl_would_read_as_somebody_else_is_refused(tmp_path: Path, key: str) -> None:
    found = unreachable(tmp_path, "https://127.0.0.1:1", user={"token": TOKEN, key: "somebody"})
    assert found.reason == "CredentialsUnsupported"
    assert key in found.message


def stream_of(folder: Path, address: str, *, quiet: float = 5) -> Stream:
    server = reader(folder, {"edge": address}).connect(Target("edge", "edge", frozenset()))
    return server.stream(SOURCES, quiet=quiet, watch="true")


def test_an_answer_that_goes_on_comes_line_by_line(simulator: Simulator, address: str, tmp_path: Path) -> None:
    simulator.behave(SOURCES, lambda _: (200, {}, b"one\ntwo\n" + b"3" * 300_000 + b"\n"))
    stream = stream_of(tmp_path, address)
    assert stream.status == 200
    assert list(stream) == [b"one", b"two", b"3" * 300_000]


def test_a_stream_that_is_refused_has_no_lines(simulator: Simulator, address: str, tmp_path: Path) -> None:
    simulator.behave(SOURCES, lambda _: refused(403, "Forbidden"))
    stream = stream_of(tmp_path, address)
    assert (stream.status, list(stream)) == (403, [])


def test_a_stream_may_be_ended_by_another_thread(tmp_path: Path) -> None:
    with endless(b"first\n") as address:
        stream = stream_of(tmp_path, address)
        lines = iter(stream)
        assert next(lines) == b"first"
        Timer(0.2, stream.close).start()
        start = time.monotonic()
        assert list(lines) == []
        assert time.monotonic() - start < 3


def test_a_stream_that_falls_silent_is_lost(tmp_path: Path) -> None:
    with endless(b"first\n") as address, pytest.raises(ClusterFailure) as failure:
        list(stream_of(tmp_path, address, quiet=0.5))
    assert failure.value.reason == "Timeout"


@contextmanager
def endless(data: bytes) -> Iterator[str]:
    """Answer one request with the beginning of something that does not go on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        stop = Event()

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                connection.sendall(head + b"%x\r\n%b\r\n" % (len(data), data))
                stop.wait(20)

        thread = Thread(target=answer)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            stop.set()
            thread.join()


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (refused(401, "Unauthorized"), "Unauthorized"),
        (said({}, 429, Retry_After="0"), "ServerError"),
        (refused(407, "Forbidden"), "ProxyFailed"),
        (refused(503, "ServiceUnavailable"), "ServerError"),
        ((502, {}, b"<html>bad gateway</html>"), "ServerError"),
        ((200, {}, b"<html>log in</html>"), "NotAnApiServer"),
        ((404, {}, b"<html>not found</html>"), "NotAnApiServer"),
        ((400, {}, b"Client sent an HTTP request to an HTTPS server.\n"), "NotAnApiServer"),
        ((302, {"Location": "https://login.example/"}, b""), "NotAnApiServer"),
        ((200, {}, b"[" * 100_000), "NotAnApiServer"),
        (None, "ConnectionLost"),
    ],
)
def test_a_server_that_cannot_be_asked_is_unreachable_with_its_reason(
    simulator: Simulator, address: str, tmp_path: Path, response: Response | None, reason: str
) -> None:
    simulator.behave("/version", lambda _: response)
    assert unreachable(tmp_path, address).reason == reason


def test_credentials_that_end_half_way_leave_no_half_an_observation(
    simulator: Simulator, address: str, tmp_path: Path
) -> None:
    simulator.behave(SOURCES, lambda _: refused(401, "Unauthorized"))
    assert unreachable(tmp_path, address).reason == "Unauthorized"


def test_an_answer_without_end_is_not_held_in_memory(simulator: Simulator, address: str, tmp_path: Path) -> None:
    huge = b" " * (65 << 20)
    simulator.behave("/version", lambda _: (200, {}, huge))
    assert unreachable(tmp_path, address).reason == "TooLarge"


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://127.0.0.1:1", "ConnectionRefused"),
        ("https://127.0.0.1:1", "ConnectionRefused"),
        ("http://nowhere.invalid:6443", "NameNotResolved"),
        ("https://edge:port", "KubeconfigUnusable"),
        ("not an address", "KubeconfigUnusable"),
        (f"http://me:{TOKEN}@127.0.0.1:1", "ConnectionRefused"),
    ],
)
def test_an_address_that_leads_nowhere_is_told(tmp_path: Path, address: str, reason: str) -> None:
    assert unreachable(tmp_path, address).reason == reason


def test_plain_http_behind_https_is_a_tls_failure(address: str, tmp_path: Path) -> None:
    assert unreachable(tmp_path, address.replace("http:", "https:")).reason == "TlsFailed"


@pytest.mark.parametrize(
    ("user", "reason"),
    [
        ({"client-certificate": "/nowhere.crt", "client-key": "/nowhere.key"}, "KubeconfigUnusable"),
        ({"client-certificate-data": "aaa"}, "KubeconfigUnusable"),
        ({"auth-provider": {"name": "oidc"}}, "CredentialsUnsupported"),
        ({"exec": {"command": "/nowhere/plugin"}}, "CredentialsFailed"),
        ({"exec": {"command": "false"}}, "CredentialsFailed"),
        ({"exec": {"command": "echo", "args": [TOKEN]}}, "CredentialsFailed"),
        ({"exec": "text"}, "CredentialsFailed"),
        ({"exec": {"command": "sleep", "args": ["60"]}}, "CredentialsFailed"),
    ],
)
def test_credentials_that_cannot_be_had_are_told_and_never_shown(
    tmp_path: Path, user: dict[str, Any], reason: str
) -> None:
    assert unreachable(tmp_path, "https://127.0.0.1:1", user=user, timeout=1.0).reason == reason


def test_a_token_that_would_forge_a_header_is_not_sent(simulator: Simulator, address: str, tmp_path: Path) -> None:
    found = unreachable(tmp_path, address, user={"token": f"{TOKEN}\nHost: other"})
    assert found.reason == "KubeconfigUnusable"
    assert not simulator.asked


def test_a_plugins_token_is_what_the_server_sees(simulator: Simulator, address: str, tmp_path: Path) -> None:
    plugin = tmp_path / "plugin"
    version = "client.authentication.k8s.io/v1"
    answer = {"apiVersion": version, "kind": "ExecCredential", "status": {"token": TOKEN}}
    plugin.write_text(f"#!/bin/sh\ntest -n \"$KUBERNETES_EXEC_INFO\" && echo '{json.dumps(answer)}'\n")
    plugin.chmod(0o700)
    assert read(tmp_path, address, user={"exec": {"apiVersion": version, "command": "./plugin"}}).server


def test_a_context_that_is_not_there_is_told_with_the_kubeconfig(tmp_path: Path) -> None:
    observed = one(reader(tmp_path, {}), "edge-admin")
    assert isinstance(observed, Unreachable)
    assert observed.reason == "NoContext"
    assert "edge-admin" in observed.message
    assert str(tmp_path / "kubeconfig") in observed.message


FIRST_READING = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from gitops_golden.fleet.kubeconfig import KubeconfigReader
from gitops_golden.fleet.readers import Target
assert "kubernetes" not in sys.modules
reader = KubeconfigReader(Path(sys.argv[1]), timeout=30, environment={}, parallel=32)
targets = [Target(str(number), str(number), frozenset()) for number in range(32)]
observed = list(reader.read(targets, lambda: datetime.now(UTC)))
assert [one.reason for one in observed] == ["ConnectionRefused"] * 32, observed
"""


def test_a_fresh_process_reads_many_clusters_side_by_side(tmp_path: Path) -> None:
    reader(tmp_path, {str(number): "http://127.0.0.1:1" for number in range(32)})
    command = [sys.executable, "-c", FIRST_READING, str(tmp_path / "kubeconfig")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_server_that_never_answers_delays_nobody(address: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        servers = {
            "sick": f"http://127.0.0.1:{silent.getsockname()[1]}",
            "well": address,
            "also-well": address,
        }
        targets = [Target(name, name, frozenset({"golden"})) for name in servers]
        start = time.monotonic()
        observed = list(reader(tmp_path, servers, timeout=1.5, parallel=2).read(targets, lambda: NOON))
        assert time.monotonic() - start < 6
    *well, sick = observed
    assert isinstance(sick, Unreachable)
    assert (sick.cluster, sick.reason) == ("sick", "Timeout")
    assert {each.cluster for each in well if isinstance(each, Observation)} == {"well", "also-well"}


def test_a_server_that_drips_is_cut_off_in_time(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as dripping:

        def drip() -> None:
            connection, _ = dripping.accept()
            with connection, suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                for _ in range(20):
                    time.sleep(0.1)
                    connection.sendall(b" ")

        thread = Thread(target=drip)
        thread.start()
        start = time.monotonic()
        found = unreachable(tmp_path, f"http://127.0.0.1:{dripping.getsockname()[1]}", timeout=1.0)
        assert time.monotonic() - start < 3
        thread.join()
    assert found.reason == "Timeout"


@pytest.mark.parametrize("unasked", [frozenset(), frozenset({"HyperConverged"})])
def test_a_cluster_is_asked_for_each_kind_and_namespace_once_and_twice_for_itself(
    tmp_path: Path, simulator: Simulator, address: str, unasked: frozenset[str]
) -> None:
    target = Target("edge", "edge", frozenset({"golden", "other"}), unasked)
    (observed,) = reader(tmp_path, {"edge": address}).read([target], lambda: NOON)
    assert isinstance(observed, Observation)
    lists = [url.partition("?")[0] for url in simulator.asked if "?limit=" in url]
    assert len(lists) == len(set(lists)) == 2 * len(NAMESPACED) + len(CLUSTER_WIDE) - len(unasked)
    assert len(simulator.asked) == len(lists) + 2
    assert any("hyperconvergeds" in each for each in lists) == (not unasked)
