"""CDI's traps around crons that follow a tag: recorded on CDI, and what becomes of what we render."""

from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING

import pytest

from tests.e2e.cdi_traps import last, moment, of_kind, reasons, states
from tests.testbed.api import path
from tests.testbed.cdi.actions import A
from tests.testbed.cdi.ground import REPOSITORY
from tests.testbed.cdi.model import DIGEST, OWNER
from tests.testbed.cdi.recordings import recorded
from tests.testbed.containerdisk import containerdisk, multiarch, qcow2
from tests.testbed.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.e2e.cdi_traps import Site
    from tests.testbed.api import Api
    from tests.testbed.binaries import Binaries
    from tests.testbed.cdi.standin import StandIn
    from tests.testbed.cdi.timeline import Object, Timeline
    from tests.testbed.registry import ReachableRegistry

YEARLY = {"tracking": {"schedule": "0 0 1 1 *"}}
SECRET = "golden-traps"


def wanted(site: Site) -> str:
    """Return the digest that the poller wrote on the delivered cron."""
    annotations = site.play.get("DataImportCron", site.cron)["metadata"].get("annotations") or {}
    return str(annotations.get(DIGEST, ""))


def up_to_date(site: Site) -> bool:
    return site.condition("UpToDate").get("status") == "True"


def pollers(run: Timeline, kind: str) -> set[str]:
    """Return the crons for which CDI made a CronJob or a Job."""
    return {of.object["metadata"]["labels"][OWNER] for of in states(run, kind) if of.object}


def namespaces_of(items: Iterable[Object], kind: str) -> set[str]:
    return {item["metadata"]["namespace"] for item in items if item["kind"] == kind}


@pytest.fixture
def secret(trap_ground: object, site: Site) -> Iterator[dict[str, str]]:
    """Credentials as CDI wants them, taken away from CDI's namespace in the end."""
    data = {"accessKeyId": "puller", "secretKey": "hunter2"}
    yield data
    site.play.api.delete(path("v1", "secrets", "cdi", SECRET))


def give(api: Api, namespace: str, data: dict[str, str]) -> None:
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": SECRET}, "data": encoded}
    api.create(path("v1", "secrets", namespace), body)


def test_up_to_date_is_relative_to_the_last_poll_and_not_to_the_registry(
    site: Site, registry: ReachableRegistry
) -> None:
    run = recorded("tracking")
    polled = moment(run, "the poller's write")
    assert [reason for reason in reasons(run, "rhel9-track", since=polled) if reason][-1] == "UpToDate"
    assert max(of.at for of in states(run, "Job") if of.object) < polled
    repository = f"traps/{secrets.token_hex(3)}"
    first = registry.push(containerdisk(qcow2("first")), repository, "9")
    site.deliver(None, repository=repository, tag="9", update=YEARLY)
    site.play.wait("first poll", lambda: up_to_date(site))
    second = registry.push(containerdisk(qcow2("second")), repository, "9")
    site.play.settle()
    assert up_to_date(site)
    status = site.play.get("DataImportCron", site.cron)["status"]
    assert status["currentImports"][0]["Digest"] == first != second == registry.digest(repository, "9")
    site.deliver(second, repository=repository, tag="9")
    assert wanted(site) == second
    assert registry.digest(repository, "9") == second


def test_a_poller_runs_in_cdis_namespace_so_credentials_are_needed_there_too(
    site: Site, stand_in: StandIn, secret: dict[str, str], binaries: Binaries
) -> None:
    jobs = [of.object for kind in ("CronJob", "Job") for of in states(recorded("tracking"), kind) if of.object]
    assert {of["metadata"]["namespace"] for of in jobs} == {"cdi"}
    api, namespace = site.play.api, site.play.namespace
    with Registry(htpasswd={secret["accessKeyId"]: secret["secretKey"]}, binaries=binaries) as private:
        digest = private.push(containerdisk(qcow2("private")), REPOSITORY, "9")
        access = {"registry": {"address": private.address, "plainHTTP": True, "pullSecret": SECRET}}
        give(api, namespace, secret)
        site.deliver(None, tag="9", update=YEARLY, spec=access)
        site.play.settle()
        assert site.condition("UpToDate")["reason"] == "NoDigest"
        give(api, "cdi", secret)
        stand_in.poll()
        site.play.wait("polled", lambda: up_to_date(site))
        assert wanted(site) == digest
        external = access["registry"] | {"externalSecret": {"store": "vault", "key": "golden"}}
        polled = site.manifests_of(site.rendered(None, tag="9", update=YEARLY, spec={"registry": external}))
        assert namespaces_of(polled, "ExternalSecret") == {namespace, "cdi"}
        pinned = site.manifests_of(site.rendered(digest, tag="9", spec={"registry": external}))
        assert namespaces_of(pinned, "ExternalSecret") == {namespace}
        api.delete(path("v1", "secrets", "cdi", SECRET))
        site.deliver(digest, image="pinned", tag="9", spec=access)
        site.converged(digest, image="pinned")


@pytest.mark.from_code("pullMethod node takes the digest that the container runtime tells, an image stream its own")
def test_what_is_pinned_and_polled_is_the_digest_of_the_whole_index(site: Site, registry: ReachableRegistry) -> None:
    repository = f"traps/{secrets.token_hex(3)}"
    disks = [containerdisk(qcow2("m"), architecture=architecture) for architecture in ("amd64", "arm64")]
    index = multiarch(disks)
    assert registry.push(index, repository, "9") == index.digest
    assert index.digest not in {disk.digest for disk in disks}
    site.deliver(None, repository=repository, tag="9", update=YEARLY)
    site.play.wait("polled", lambda: up_to_date(site))
    assert wanted(site) == index.digest
    site.deliver(index.digest, image="pinned", repository=repository, tag="9", architectures=["amd64", "arm64"])
    for architecture in ("amd64", "arm64"):
        name = f"pinned-{architecture}-{index.digest[7:19]}"
        site.serves(name, f"pinned-{architecture}")
        volume = last(site.seen(), "DataVolume", name)
        assert volume
        source = volume["spec"]["source"]["registry"]
        assert source["url"].endswith(f"@{index.digest}")
        assert (source["pullMethod"], source["platform"]) == ("pod", {"architecture": architecture})
    by_node = of_kind(site.manifests_of(site.rendered(index.digest, pullMethod="node")), "DataImportCron")
    assert by_node["metadata"]["annotations"][DIGEST] == index.digest


def test_a_tracking_cron_with_a_name_over_42_characters_never_polls(site: Site, registry: ReachableRegistry) -> None:
    run = recorded("long_names")
    tracking = [of for of in states(run, "DataImportCron") if of.object and of.object["spec"]["schedule"]]
    lengths = {len(of.name): (of.name in pollers(run, "CronJob"), of.name in pollers(run, "Job")) for of in tracking}
    assert lengths == {63: (False, False), 52: (False, False), 43: (True, False), 42: (True, True)}
    silent = [of for of in tracking if len(of.name) > 43]
    assert not [of for of in silent if (of.object or {}).get("status")]
    cron = {"schedule": YEARLY["tracking"]["schedule"]}
    template = site.manifests_of(site.rendered(A))
    spec = next(item["spec"] for item in template if item["kind"] == "DataImportCron")
    for length in (43, 44):
        own = {"managedDataSource": f"source-{length}"}
        site.play.create("DataImportCron", "t" * length, {}, spec | cron | own)
    site.deliver(None, image="i" * 63, update=YEARLY)
    run = site.seen()
    assert len(site.cron) <= 42
    assert pollers(run, "CronJob") == {"t" * 43, site.cron}
    assert pollers(run, "Job") == {site.cron}
