"""What the stand-in does that no recording holds: schedules, polls, real images, a cluster without snapshots."""

from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING, Any

import pytest

from tests.testbed.api import ApiError, path, wait_until
from tests.testbed.cdi.images import RegistryImages
from tests.testbed.cdi.standin import StandIn, install, make_default, storage_class
from tests.testbed.cluster import Cluster
from tests.testbed.containerdisk import containerdisk, multiarch, qcow2
from tests.testbed.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.testbed.api import Api
    from tests.testbed.binaries import Binaries
    from tests.testbed.registry import ReachableRegistry

CDI = "cdi.kubevirt.io/v1beta1"
DIGEST = "cdi.kubevirt.io/storage.import.sourceDesiredDigest"
SCHEDULES = {
    "0 3 * * *": True,
    "*/15 0-6 1,15 jan-mar mon": True,
    "?/5 * ? * *": True,
    "0 3 * * MON": True,
    "TZ=Europe/Berlin 0 3 * * *": True,
    "@every 1h30m": True,
    "@weekly": True,
    "60 * * * *": False,
    "* 24 * * *": False,
    "* * 0 * *": False,
    "* * * 13 *": False,
    "* * * * 7": False,
    "*/0 * * * *": False,
    "* * * *": False,
    "* * * * * *": False,
    "@never": False,
    "@every often": False,
    "H 3 * * *": False,
}


def cron(name: str, namespace: str, url: str, **spec: Any) -> dict[str, Any]:
    """Return a DataImportCron; ``digest`` pins it, ``secret`` is the name of its Secret, the rest is its spec's."""
    digest, secret = spec.pop("digest", ""), spec.pop("secret", "")
    registry = {"url": url, "pullMethod": "pod"} | ({"secretRef": secret} if secret else {})
    storage = {"resources": {"requests": {"storage": "1Gi"}}}
    template = {"spec": {"source": {"registry": registry}, "storage": storage}}
    return {
        "apiVersion": CDI,
        "kind": "DataImportCron",
        "metadata": {"name": name, "namespace": namespace, "annotations": {DIGEST: digest} if digest else {}},
        "spec": {"schedule": "", "managedDataSource": name, "template": template} | spec,
    }


def make_namespace(api: Api) -> str:
    """Make a namespace of a test's own."""
    name = f"standin-{secrets.token_hex(3)}"
    api.create(path("v1", "namespaces"), {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    return name


def made(api: Api, item: dict[str, Any]) -> str:
    """Create a cron and return where it is."""
    place = path(CDI, "dataimportcrons", item["metadata"]["namespace"])
    api.create(place, item)
    return f"{place}/{item['metadata']['name']}"


def reason(api: Api, place: str) -> str:
    """Return the reason of a cron's UpToDate."""
    conditions = api.get(place).get("status", {}).get("conditions") or []
    return next((str(of["reason"]) for of in conditions if of["type"] == "UpToDate"), "")


@pytest.fixture(scope="module")
def cluster(testbed_only: None, binaries: Binaries) -> Iterator[Cluster]:
    with Cluster("standin", binaries=binaries) as own:
        install(own.api)
        storage_class(own.api, "fast", default=True)
        yield own


@pytest.fixture(scope="module")
def stand_in(cluster: Cluster) -> Iterator[StandIn]:
    with StandIn(cluster.api, images=RegistryImages(cluster.api)) as own:
        yield own


@pytest.fixture
def namespace(cluster: Cluster) -> str:
    return make_namespace(cluster.api)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_schedules_are_what_kubernetes_own_cron_library_reads(cluster: Cluster, schedule: str) -> None:
    place = path(CDI, "dataimportcrons", "default") + "?dryRun=All"
    item = cron("rhel9", "default", "docker://h/r", schedule=schedule)
    if SCHEDULES[schedule]:
        cluster.api.request("POST", place, item)
    else:
        with pytest.raises(ApiError, match="Illegal cron schedule"):
            cluster.api.request("POST", place, item)


def test_an_image_that_is_there_is_imported_by_its_digest(
    cluster: Cluster, stand_in: StandIn, namespace: str, registry: ReachableRegistry
) -> None:
    index = multiarch([containerdisk(qcow2("a")), containerdisk(qcow2("a"), architecture="arm64")])
    digest = registry.push(index, "standin/there", "1")
    place = made(cluster.api, cron("rhel9", namespace, f"docker://{registry.address}/standin/there:1", digest=digest))
    wait_until(lambda: reason(cluster.api, place) == "UpToDate", what="UpToDate")
    source = cluster.api.get(path(CDI, "datasources", namespace, "rhel9"))
    assert source["status"]["source"]["pvc"]["name"] == f"rhel9-{digest[7:19]}"


def test_a_digest_that_the_registry_lacks_crashes_the_importer_until_it_is_there(
    cluster: Cluster, stand_in: StandIn, namespace: str, registry: ReachableRegistry
) -> None:
    image = containerdisk(qcow2("comes later"))
    place = made(
        cluster.api, cron("rhel9", namespace, f"docker://{registry.address}/standin/later", digest=image.digest)
    )
    volume = path(CDI, "datavolumes", namespace, f"rhel9-{image.digest[7:19]}")

    def crash() -> str:
        status = (cluster.api.find(volume) or {}).get("status", {})
        return next((of["message"] for of in status.get("conditions", []) if of.get("reason") == "Error"), "")

    assert wait_until(crash).startswith("Unable to process data: failed to connect to container registry: reading")
    assert reason(cluster.api, place) == "ImportProgressing"
    assert registry.push(image, "standin/later") == image.digest
    wait_until(lambda: reason(cluster.api, place) == "UpToDate", what="UpToDate")


def test_a_scheduled_cron_follows_its_tag_at_its_polls_alone(
    cluster: Cluster, stand_in: StandIn, namespace: str, registry: ReachableRegistry
) -> None:
    first = registry.push(containerdisk(qcow2("one")), "standin/tracked", "9")
    url = f"docker://{registry.address}/standin/tracked:9"
    place = made(cluster.api, cron("rhel9", namespace, url, schedule="0 3 * * *"))
    wait_until(lambda: reason(cluster.api, place) == "UpToDate", what="first poll")
    second = registry.push(containerdisk(qcow2("two")), "standin/tracked", "9")
    assert cluster.api.get(place)["metadata"]["annotations"][DIGEST] == first
    stand_in.poll()
    wait_until(lambda: cluster.api.get(place)["metadata"]["annotations"][DIGEST] == second, what="second poll")
    assert "lastExecutionTimestamp" in cluster.api.get(place)["status"]


def test_a_poller_needs_the_secret_in_cdis_own_namespace(cluster: Cluster, binaries: Binaries) -> None:
    with Registry(htpasswd={"puller": "secret"}, binaries=binaries) as private:
        private.push(containerdisk(qcow2("private")), "golden/rhel9", "9")
        images = RegistryImages(cluster.api)
        url = f"docker://{private.address}/golden/rhel9:9"
        space = make_namespace(cluster.api)
        data = {"accessKeyId": "puller", "secretKey": "secret"}
        encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "pull"}, "data": encoded}
        cluster.api.create(path("v1", "secrets", space), body)
        assert images.check(url, space, "pull", "") == ""
        assert "401" in images.check(url, space, "", "") or "authentication" in images.check(url, space, "", "")
        assert images.digest_of(url, "cdi", "pull") == ""


def test_images_are_fetched_over_tls_that_the_authority_proves(cluster: Cluster, binaries: Binaries) -> None:
    with Registry(tls=True, binaries=binaries) as secure:
        digest = secure.push(containerdisk(qcow2("secure")), "golden/rhel9", "9")
        images = RegistryImages(cluster.api, ca=secure.ca)
        assert images.digest_of(f"docker://{secure.address}/golden/rhel9:9", "default", "") == digest


@pytest.mark.parametrize(
    ("architecture", "why"), [("amd64", ""), ("arm64", ""), ("s390x", "no image found in manifest list")]
)
def test_an_index_is_fetched_for_one_architecture(
    cluster: Cluster, registry: ReachableRegistry, architecture: str, why: str
) -> None:
    index = multiarch([containerdisk(qcow2("m")), containerdisk(qcow2("m"), architecture="arm64")])
    registry.push(index, "standin/multi", "9")
    url = f"docker://{registry.address}/standin/multi:9"
    told = RegistryImages(cluster.api).check(url, "default", "", architecture)
    assert told.startswith(why)
    assert bool(told) == bool(why)


def test_without_the_snapshot_api_a_moved_default_class_changes_nothing(testbed_only: None, binaries: Binaries) -> None:
    with Cluster("plain", binaries=binaries) as plain:
        install(plain.api, snapshots=False)
        storage_class(plain.api, "fast", default=True)
        storage_class(plain.api, "faster")
        with StandIn(plain.api) as own:
            space = make_namespace(plain.api)
            place = made(plain.api, cron("rhel9", space, "docker://h/r", digest=f"sha256:{'a' * 64}"))
            wait_until(lambda: reason(plain.api, place) == "UpToDate", what="UpToDate")
            make_default(plain.api, "faster")
            wait_until(lambda: "VolumeSnapshot" in own.troubles.get(("cron", space, "rhel9"), ""), what="it fails")
            claim = plain.api.get(path("v1", "persistentvolumeclaims", space, f"rhel9-{'a' * 12}"))
            assert claim["spec"]["storageClassName"] == "fast"
            assert "deletionTimestamp" not in claim["metadata"]
