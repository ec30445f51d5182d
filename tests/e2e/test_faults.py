"""One of three API servers is sick, in every way that is known: its verdict is the documented one, and its alone.

It is read through three fronts at once, as three clusters, so that each fault is met in three places in one run.
"""

from __future__ import annotations

import json
import secrets
import socket
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests import manual
from tests.e2e.at_rest import IMAGES, bearer, bind, policy, prepare, rolled_out
from tests.e2e.faulty_fleet import CONVERGED, PLACES, SECONDS, SICK, WELL, World, judged, refusing
from tests.testbed import faultkinds as kinds
from tests.testbed import kubeconfig
from tests.testbed.cluster import Cluster, start_all
from tests.testbed.faults import Front, reset_at_close
from tests.testbed.pki import Authority
from tests.testbed.ports import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.e2e.faulty_fleet import Said, Seen
    from tests.testbed.binaries import Binaries
    from tests.testbed.faults import Fault

pytestmark = pytest.mark.usefixtures("testbed_only")

# The API server's own words, which the manual does not list, and what is made of a status without a word.
THEIRS = {"InternalError", "TooManyRequests", "Expired", "NotFound", "Http404", "Http500", "Http502"}


def whole(reason: str) -> Said:
    """What is said where the cluster could not be asked."""
    return "unreachable", None, reason


def everywhere(reason: str) -> tuple[Said, Said, Said]:
    """What is said of a fault that makes the whole cluster unreachable, wherever it is met."""
    return whole(reason), whole(reason), whole(reason)


def of_a_list(reason: str, *, at_version: Said) -> tuple[Said, Said, Said]:
    """What is said of a fault that leaves one list unread: the link that needs it."""
    return at_version, ("unreachable", "volume", reason), ("unreachable", "cron", reason)


def busy(seconds: int) -> Fault:
    return kinds.refusal(429, "TooManyRequests", ("Retry-After", str(seconds)))


NO_API, ERROR = whole("NotAnApiServer"), whole("ServerError")
TABLE: Mapping[str, tuple[Fault, tuple[Said, Said, Said]]] = {
    "401": (kinds.refusal(401, "Unauthorized"), everywhere("Unauthorized")),
    "403": (kinds.refusal(403, "Forbidden"), of_a_list("Forbidden", at_version=CONVERGED)),
    "404": (kinds.refusal(404, "NotFound"), of_a_list("NotFound", at_version=NO_API)),
    "404, a page": (kinds.page(404), of_a_list("Http404", at_version=NO_API)),
    "407": (kinds.page(407), everywhere("ProxyFailed")),
    "410": (kinds.refusal(410, "Expired"), of_a_list("Expired", at_version=NO_API)),
    "410 once": (kinds.first(1, kinds.refusal(410, "Expired")), (NO_API, CONVERGED, CONVERGED)),
    "429": (busy(0), of_a_list("TooManyRequests", at_version=ERROR)),
    "429 for an hour": (busy(3600), of_a_list("TooManyRequests", at_version=ERROR)),
    "500": (kinds.refusal(500, "InternalError"), of_a_list("InternalError", at_version=ERROR)),
    "500, no word": (kinds.refusal(500, "\x1b[2JInternal\nError"), of_a_list("Http500", at_version=ERROR)),
    "502, a page": (kinds.page(502), of_a_list("Http502", at_version=ERROR)),
    "200, a page": (kinds.page(200), everywhere("NotAnApiServer")),
    "silence": (kinds.no_answer, everywhere("Timeout")),
    "hang-up": (kinds.hang_up, everywhere("ConnectionLost")),
    "reset": (kinds.reset, everywhere("ConnectionLost")),
    "one reset": (kinds.first(1, kinds.reset), (CONVERGED, CONVERGED, CONVERGED)),
    "truncated": (kinds.truncated, everywhere("ConnectionLost")),
    "half an answer": (kinds.cut_json, everywhere("NotAnApiServer")),
    "body without end": (kinds.body_without_end, everywhere("TooLarge")),
    "gzip bomb": (kinds.bomb, everywhere("TooLarge")),
    "mislabelled": (kinds.mislabelled, (CONVERGED, CONVERGED, CONVERGED)),
    "doubled headers": (kinds.doubled_headers, (CONVERGED, CONVERGED, CONVERGED)),
    "two lengths": (kinds.two_lengths, everywhere("ConnectionLost")),
}


@pytest.fixture(scope="module")
def clusters(binaries: Binaries, testbed_only: None) -> Iterator[tuple[Cluster, ...]]:
    own = tuple(Cluster(name, binaries=binaries) for name in ("alpha", *WELL))
    start_all(own)
    yield own
    for cluster in own:
        cluster.stop()


@pytest.fixture(scope="module")
def standing(clusters: tuple[Cluster, ...], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("faults")
    alpha, *well = clusters
    for cluster in clusters:
        prepare(cluster)
    token = bearer(alpha.api, "verifier")
    bind(alpha.api, "verifier", "cluster-admin")
    with ExitStack() as stack:
        make = partial(Front, alpha.server, ca=alpha.data / "ca.crt")
        fronts = {
            place: stack.enter_context(make(folder=folder / place, page=1 if place == "second-page" else None))
            for place in PLACES
        }
        through = tuple(
            kubeconfig.write(
                folder / place / "kubeconfig", name=place, server=front.address, ca=front.ca, user={"token": token}
            )
            for place, front in fronts.items()
        )
        file = kubeconfig.merge(folder / "kubeconfig", (*through, *(cluster.kubeconfig for cluster in well)))
        synced = {SICK[0]: alpha} | {cluster.name: cluster for cluster in well}
        fleet = rolled_out(folder, synced, file, policy((*SICK, *WELL)))
        keys = [(cluster.data / "user-admin.key").read_text() for cluster in clusters]
        inner = [line for key in keys for line in key.splitlines() if not line.startswith("-")]
        yield World(fleet, fronts, (token, token.rpartition(".")[2], "Bearer", *inner))


@pytest.fixture(scope="module")
def healthy(standing: World) -> Seen:
    """What is said while nothing is wrong."""
    return standing.verify()


@pytest.fixture
def world(standing: World, healthy: Seen) -> Iterator[World]:
    standing.heal()
    yield standing
    standing.heal()


def test_fronts_that_are_honest_change_nothing(world: World, healthy: Seen) -> None:
    assert healthy.code == 0
    assert {healthy.said(cluster) for cluster in (*SICK, *WELL)} == {CONVERGED}
    assert len(healthy.report["deliveries"]) == len((*SICK, *WELL)) * len(IMAGES)


@pytest.mark.parametrize("name", TABLE)
def test_a_sick_server_has_its_verdict_and_nobody_else(world: World, healthy: Seen, name: str) -> None:
    fault, said = TABLE[name]
    for place, where in PLACES.items():
        world.fronts[place].fail(fault, where)
    judged(world, healthy, dict(zip(PLACES, said, strict=True)))
    for place, where in PLACES.items():
        assert any(where(request) for request in world.fronts[place].requests)


def test_servers_that_drip_are_cut_off_in_time(world: World, healthy: Seen) -> None:
    for (place, where), fault in zip(PLACES.items(), (kinds.drip_headers, kinds.drip, kinds.drip_headers), strict=True):
        world.fronts[place].fail(fault, where)
    judged(world, healthy, dict.fromkeys(SICK, whole("Timeout")))


def test_every_reason_of_the_table_is_in_the_manual() -> None:
    page = (manual.DOCS / "verify.md").read_text(encoding="utf-8")
    reasons = {reason for _, said in TABLE.values() for *_, reason in said} - {None}
    assert reasons - THEIRS <= set(manual.table_words(page, "Reason"))


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (kinds.list_without_end, ("unreachable", "volume", "TooMany")),
        (kinds.with_object_of(50 << 20), CONVERGED),
        (kinds.with_object_of(70 << 20), whole("TooLarge")),
    ],
    ids=["list without end", "object of 50 MB", "object of 70 MB"],
)
def test_a_list_that_holds_too_much_is_bounded(world: World, healthy: Seen, fault: Fault, said: Said) -> None:
    world.fronts["volumes"].fail(fault, PLACES["volumes"])
    judged(world, healthy, {"version": CONVERGED, "volumes": said, "second-page": CONVERGED}, seconds=6 * SECONDS)


def test_a_busy_server_is_asked_again_after_the_time_that_it_says(world: World, healthy: Seen) -> None:
    for place, where in PLACES.items():
        world.fronts[place].fail(kinds.first(1, busy(1)), where)
    seen = judged(world, healthy, dict.fromkeys(SICK, CONVERGED))
    asked = [sum(map(PLACES[place], world.fronts[place].requests)) for place in ("version", "volumes")]
    assert asked == [2, 2]
    assert seen.seconds > 1


def test_a_redirect_is_never_followed(world: World, healthy: Seen) -> None:
    with socket.create_server((HOST, 0)) as elsewhere:
        for place, where in PLACES.items():
            world.fronts[place].fail(kinds.redirect(f"http://{HOST}:{elsewhere.getsockname()[1]}/steal"), where)
        judged(world, healthy, dict.fromkeys(SICK, NO_API))
        elsewhere.settimeout(0)
        with pytest.raises(BlockingIOError):
            elsewhere.accept()


def test_a_clock_that_is_wrong_is_told_and_changes_no_verdict(world: World, healthy: Seen) -> None:
    hours = {"version": 1, "volumes": -2, "second-page": 0}
    for place, ahead in hours.items():
        world.fronts[place].fail(kinds.clock_ahead(timedelta(hours=ahead)))
    seen = judged(world, healthy, dict.fromkeys(SICK, CONVERGED))
    skew = {each["cluster"]: each["clockSkewSeconds"] for each in seen.report["clusters"]}
    assert {place: round(skew[place] / 3600) for place in SICK} == hours


def not_tls(connection: socket.socket) -> None:
    connection.sendall(b"this is no TLS\r\n")


def silent(connection: socket.socket) -> None:
    connection.settimeout(2 * SECONDS)
    while connection.recv(1 << 16):
        pass


def lost(connection: socket.socket) -> None:
    connection.recv(1 << 16)
    reset_at_close(connection)
    connection.close()


def test_servers_that_do_not_shake_hands(world: World, healthy: Seen) -> None:
    for front, greeting in zip(world.fronts.values(), (not_tls, silent, lost), strict=True):
        front.greet = greeting
    said = (whole("TlsFailed"), whole("Timeout"), whole("ConnectionLost"))
    judged(world, healthy, dict(zip(SICK, said, strict=True)))


def test_certificates_that_prove_nothing(world: World, healthy: Seen) -> None:
    expired, of_another, unknown = world.fronts.values()
    expired.present(expired.authority.server("front", (HOST,), lifetime=timedelta(seconds=-1)))
    of_another.present(of_another.authority.server("another", ()))
    unknown.present(Authority("another ca").server("front", (HOST,)))
    judged(world, healthy, dict.fromkeys(SICK, whole("TlsFailed")))
    assert [front.requests for front in world.fronts.values()] == [[], [], []]


def test_servers_that_refuse_connections(world: World, healthy: Seen) -> None:
    with refusing(world.fronts):
        judged(world, healthy, dict.fromkeys(SICK, whole("ConnectionRefused")))


def test_an_address_with_a_password_is_told_without_it(world: World, healthy: Seen, tmp_path: Path) -> None:
    password = secrets.token_hex(8)
    file = world.at(lambda url: url.replace("https://", f"https://me:{password}@"), tmp_path / "kubeconfig")
    with refusing(world.fronts):
        seen = judged(world, healthy, dict.fromkeys(SICK, whole("ConnectionRefused")), file)
    assert password not in seen.text
    assert HOST in seen.text


@pytest.mark.parametrize("form", ["table", "wide"])
def test_tables_tell_no_secret_and_no_control_characters(world: World, form: str) -> None:
    faults = (kinds.refusal(401, "Unauthorized"), kinds.refusal(500, "\x1b[2JInternal\nError"), kinds.reset)
    for (place, where), fault in zip(PLACES.items(), faults, strict=True):
        world.fronts[place].fail(fault, where)
    ran = world.fleet.run(*world.arguments(), "-o", form, expect=1)
    world.tells_nothing_secret(ran.out + ran.err)
    assert {"Unauthorized", "ConnectionLost"} <= set((ran.out + ran.err).split())
    assert "\x1b" not in ran.out + ran.err


def test_drift_and_snapshot_give_the_same_reasons(world: World, tmp_path: Path) -> None:
    for place, fault in zip(PLACES, (kinds.refusal(401, "Unauthorized"), kinds.reset, kinds.page(200)), strict=True):
        world.fronts[place].fail(fault, PLACES[place])
    reasons = dict(zip(PLACES, ("Unauthorized", "ConnectionLost", "NotAnApiServer"), strict=True))
    _, *arguments = world.arguments()
    drift = world.fleet.run("drift", *arguments, "-o", "json", expect=1)
    world.tells_nothing_secret(drift.out + drift.err)
    found = {each["cluster"]: each["reason"] for each in json.loads(drift.out)["clusters"]}
    assert found == reasons | dict.fromkeys(WELL)
    for place, reason in reasons.items():
        file = tmp_path / place
        source = ("--kubeconfig", str(world.fleet.kubeconfig), "--timeout", str(SECONDS))
        ran = world.fleet.run("snapshot", "--cluster", place, "--to", str(file), *source, expect=3)
        assert reason in ran.err
        assert not file.exists()
        world.tells_nothing_secret(ran.out + ran.err)


def test_where_no_server_answers_nothing_can_be_said(world: World, tmp_path: Path) -> None:
    file = world.at(lambda _: f"https://{HOST}:1", tmp_path / "kubeconfig", names=(*SICK, *WELL))
    assert world.verify(file).code == 3
