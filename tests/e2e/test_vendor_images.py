"""What a partial HyperConverged in Git does to a vendor's boot images, on a real API server with a stand-in for HCO."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gitops_golden.vendor.catalogue import as_stored, catalogue
from tests.testbed import extras
from tests.testbed.api import ApiError, path, wait_until
from tests.testbed.cdi.images import AnyImages
from tests.testbed.cdi.install import install, storage_class
from tests.testbed.cdi.model import DIGEST, OWNER, StuckError
from tests.testbed.cdi.standin import StandIn
from tests.testbed.cluster import Cluster, start_all
from tests.testbed.engine import sync
from tests.testbed.extras import ENABLE, IMMEDIATE, boot_images, hyperconverged
from tests.testbed.hco import Hco
from tests.testbed.hco_templates import OPENSHIFT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.testbed.api import Api, Object
    from tests.testbed.binaries import Binaries

pytestmark = pytest.mark.usefixtures("testbed_only")

CDI = "cdi.kubevirt.io/v1beta1"
GOLDEN = OPENSHIFT.golden
TREES = Path(__file__).parents[1] / "data" / "golden"
VENDORS = frozenset(image.cron for image in catalogue("openshift"))
KEPT = {image.name: image.template for image in catalogue("openshift")}
MIGRATION = {"parallelMigrationsPerCluster": 7}
BOTH = pytest.mark.parametrize("platform", ["v1", "v1beta1"], indirect=True)
DIGESTS = ("sha256:" + "a" * 64, "sha256:" + "b" * 64)


@dataclass(frozen=True)
class Platform:
    """A cluster with HCO, and a GitOps engine's hands on its HyperConverged."""

    api: Api
    hco: Hco
    version: str

    def apply(self, **wanted: Any) -> Object:
        """Apply on the server's side what Git says of boot images, and let HCO do what it does of it."""
        applied = self.api.apply(self.hco.place, hyperconverged(self.version, wanted), manager="gitops-engine")
        self.hco.settle()
        return applied

    def sync(self, folder: Path) -> None:
        """Let the engine apply a cluster's folder."""
        sync(self.api, folder)
        self.hco.settle()

    @property
    def live(self) -> Object:
        return self.api.get(self.hco.place)

    @property
    def crons(self) -> dict[str, Object]:
        labels = "app.kubernetes.io/managed-by=ssp-operator"
        items = self.api.items(path(CDI, "dataimportcrons", GOLDEN), labels=labels)
        return {item["metadata"]["name"]: item for item in items}

    def source(self, name: str) -> Object:
        return self.api.get(path(CDI, "datasources", GOLDEN, name))

    def serves(self, name: str, digest: str) -> bool:
        """Whether VMs can be cloned from a DataSource, and get this digest."""
        item = self.source(name)
        ready = [each["status"] for each in item.get("status", {}).get("conditions", ()) if each["type"] == "Ready"]
        volume = item["spec"]["source"].get("pvc", {}).get("name")
        return (ready, volume) == (["True"], f"{name}-{digest.removeprefix('sha256:')[:12]}")


class Tagged(AnyImages):
    """Images that have a tag each, always for the first digest."""

    def digest_of(self, url: str, namespace: str, secret: str) -> str:
        return DIGESTS[0]


@pytest.fixture(scope="module")
def apis(testbed_only: None, binaries: Binaries) -> Iterator[dict[str, Api]]:
    """A cluster for each version that HyperConverged may be stored in."""
    clusters = {version: Cluster(f"hco-{version}", binaries=binaries) for version in ("v1", "v1beta1")}
    start_all(tuple(clusters.values()))

    def prepare(version: str) -> None:
        install(clusters[version].api)
        extras.install(clusters[version].api, hyper_converged=version)

    with ThreadPoolExecutor() as pool:
        list(pool.map(prepare, clusters))
    yield {version: cluster.api for version, cluster in clusters.items()}
    for cluster in clusters.values():
        cluster.stop()


@pytest.fixture
def cdi(platform: Platform) -> Iterator[StandIn]:
    """A CDI that imports, and no vendor's image to begin with."""
    storage_class(platform.api, "fast", default=True)
    platform.apply(enableCommonBootImageImport=False)
    with StandIn(platform.api, images=Tagged()) as standin:
        yield standin
        platform.apply(enableCommonBootImageImport=False, dataImportCronTemplates=[])
        volumes = path("v1", "persistentvolumeclaims", GOLDEN)
        for item in platform.api.items(path(CDI, "datavolumes", GOLDEN)):
            platform.api.delete(path(CDI, "datavolumes", GOLDEN, item["metadata"]["name"]))
        wait_until(lambda: not platform.api.items(volumes) and standin.idle(GOLDEN), what="no volume left")


@pytest.fixture
def platform(apis: dict[str, Api], request: pytest.FixtureRequest) -> Iterator[Platform]:
    """A platform whose admin has set something else, and nothing about boot images."""
    version = getattr(request, "param", "v1")
    with Hco(apis[version], home=OPENSHIFT, version=version) as hco:
        migration = {"liveMigrationConfig": MIGRATION}
        spec = {"virtualization": migration} if version == "v1" else migration
        apis[version].create(hco.place.rpartition("/")[0], hyperconverged(version, {}) | {"spec": spec})
        hco.settle()
        yield Platform(apis[version], hco, version)
        apis[version].delete(hco.place)
        hco.settle()


def switched_off(name: str) -> Object:
    """An entry that removes one of the vendor's images, as HCO's webhook would leave it."""
    return {"metadata": {"name": name, "annotations": {ENABLE: "false", IMMEDIATE: "true"}}}


def own(name: str, source: str, digest: str = DIGESTS[0], size: str = "1Gi") -> Object:
    """An entry for a pinned image of the fleet's own."""
    return {
        "metadata": {"name": name, "annotations": {IMMEDIATE: "true", DIGEST: digest}},
        "spec": {
            "schedule": "",
            "managedDataSource": source,
            "importsToKeep": 3,
            "retentionPolicy": "All",
            "template": {
                "spec": {
                    "source": {"registry": {"url": "docker://registry.example/golden/fedora"}},
                    "storage": {"resources": {"requests": {"storage": size}}},
                }
            },
        },
    }


@BOTH
def test_a_partial_object_leaves_what_the_admin_set(platform: Platform) -> None:
    platform.api.patch(platform.hco.place, {"metadata": {"labels": {"owner": "platform-team"}}})
    live = platform.apply(enableCommonBootImageImport=False)
    spec = live["spec"]["virtualization"] if platform.version == "v1" else live["spec"]
    assert spec["liveMigrationConfig"].items() >= MIGRATION.items()
    assert live["metadata"]["labels"] == {"owner": "platform-team"}


@BOTH
def test_the_import_off_removes_the_vendors_crons_and_on_brings_them_back(platform: Platform) -> None:
    assert platform.crons.keys() == VENDORS
    platform.apply(enableCommonBootImageImport=False)
    assert platform.crons == {}
    platform.apply(enableCommonBootImageImport=True)
    assert platform.crons.keys() == VENDORS


@BOTH
def test_a_list_keeps_exactly_what_it_names_while_the_import_is_off(platform: Platform) -> None:
    platform.apply(enableCommonBootImageImport=False, dataImportCronTemplates=[KEPT["fedora"], KEPT["rhel9"]])
    assert {item["spec"]["managedDataSource"] for item in platform.crons.values()} == {"fedora", "rhel9"}
    assert platform.source("rhel9")["metadata"]["labels"][OWNER] == KEPT["rhel9"]["metadata"]["name"]
    assert "cdi.kubevirt.io/dataImportCron" not in platform.source("rhel8")["metadata"]["labels"]


def test_under_the_vendors_name_a_list_keeps_nothing_while_the_import_is_off(platform: Platform) -> None:
    entry = dict(KEPT["fedora"])
    entry["metadata"] = entry["metadata"] | {"name": "fedora-image-cron"}
    platform.apply(enableCommonBootImageImport=False, dataImportCronTemplates=[entry])
    assert platform.crons == {}


@BOTH
def test_what_is_kept_is_stored_as_it_was_applied(platform: Platform) -> None:
    wanted = [*KEPT.values(), switched_off("fedora-image-cron"), own("fedora-1234abcd", "fedora")]
    platform.apply(dataImportCronTemplates=wanted)
    assert boot_images(platform.live)["dataImportCronTemplates"] == wanted


@BOTH
def test_what_a_template_lacks_is_added_when_it_is_written(platform: Platform) -> None:
    entry = own("custom", "custom")
    del entry["metadata"]["annotations"], entry["spec"]["importsToKeep"], entry["spec"]["retentionPolicy"]
    bare = {"metadata": {"name": "fedora-image-cron", "annotations": {ENABLE: "false"}}}
    stored = boot_images(platform.apply(dataImportCronTemplates=[entry, bare]))["dataImportCronTemplates"]
    assert stored == [as_stored(entry), as_stored(bare)]
    assert stored[0]["spec"].items() >= {"importsToKeep": 1, "retentionPolicy": "None"}.items()
    assert stored[1]["metadata"]["annotations"] == {IMMEDIATE: "true", ENABLE: "false"}


def test_an_entry_that_is_switched_off_removes_that_image_alone(platform: Platform) -> None:
    platform.apply(dataImportCronTemplates=[switched_off("fedora-image-cron")])
    assert platform.crons.keys() == VENDORS - {"fedora-image-cron"}


@BOTH
def test_a_field_that_git_never_held_stays_as_the_admin_has_it(platform: Platform) -> None:
    off = hyperconverged(platform.version, {"enableCommonBootImageImport": False})
    platform.api.patch(platform.hco.place, {"spec": off["spec"]})
    platform.apply()
    assert boot_images(platform.live)["enableCommonBootImageImport"] is False
    assert platform.crons == {}


@BOTH
def test_a_field_taken_out_of_git_goes_back_to_the_vendors_default(platform: Platform) -> None:
    platform.apply(enableCommonBootImageImport=False)
    platform.apply()
    assert boot_images(platform.live).get("enableCommonBootImageImport", True) is True
    assert platform.crons.keys() == VENDORS


@BOTH
def test_an_admins_templates_vanish_when_git_lists_others(platform: Platform) -> None:
    listed = hyperconverged(platform.version, {"dataImportCronTemplates": [own("admins", "admins")]})
    platform.api.patch(platform.hco.place, {"spec": listed["spec"]})
    platform.apply(enableCommonBootImageImport=False)
    assert platform.crons.keys() == {"admins"}
    platform.apply(enableCommonBootImageImport=False, dataImportCronTemplates=[KEPT["fedora"]])
    assert platform.crons.keys() == {"fedora-kept"}


def test_the_status_tells_the_vendors_templates_from_an_admins(platform: Platform) -> None:
    platform.apply(dataImportCronTemplates=[own("custom", "custom")])
    told = {item["metadata"]["name"]: item["status"] for item in platform.live["status"]["dataImportCronTemplates"]}
    assert told.pop("custom") == {}
    assert told == {name: {"commonTemplate": True} for name in VENDORS}


def test_the_fleets_own_image_takes_a_vendors_place_where_the_vendors_is_switched_off(platform: Platform) -> None:
    for digest in DIGESTS:
        entries = [switched_off("fedora-image-cron"), own("fedora-1234abcd", "fedora", digest)]
        platform.apply(dataImportCronTemplates=entries)
        cron = platform.crons["fedora-1234abcd"]
        assert "fedora-image-cron" not in platform.crons
        assert cron["metadata"]["annotations"][DIGEST] == digest
        assert (cron["spec"]["schedule"], cron["metadata"]["generation"]) == ("", 1)
        assert platform.source("fedora")["metadata"]["labels"][OWNER] == "fedora-1234abcd"


def test_a_pinned_image_listed_through_hco_moves_with_its_digest_and_back(platform: Platform, cdi: StandIn) -> None:
    for digest in (*DIGESTS, DIGESTS[0]):
        entry = own("fedora-1234abcd", "fedora", digest)
        platform.apply(enableCommonBootImageImport=False, dataImportCronTemplates=[entry])
        wait_until(partial(platform.serves, "fedora", digest), what=f"fedora serves {digest}")


def test_a_pinned_image_of_another_spec_is_handed_over_without_an_import(platform: Platform, cdi: StandIn) -> None:
    for name, size in (("fedora-1234abcd", "1Gi"), ("fedora-5678abcd", "2Gi")):
        platform.apply(enableCommonBootImageImport=False, dataImportCronTemplates=[own(name, "fedora", size=size)])
        wait_until(partial(platform.serves, "fedora", DIGESTS[0]), what="fedora served")
        cdi.hold()
    assert platform.crons.keys() == {"fedora-5678abcd"}


def test_a_vendors_image_is_gone_before_the_fleets_own_is_imported(platform: Platform, cdi: StandIn) -> None:
    platform.apply(enableCommonBootImageImport=True)
    wait_until(partial(platform.serves, "fedora", DIGESTS[0]), what="the vendor's fedora served")
    cdi.hold()
    entries = [switched_off("fedora-image-cron"), own("fedora-1234abcd", "fedora", DIGESTS[1])]
    platform.apply(enableCommonBootImageImport=True, dataImportCronTemplates=entries)
    volume = path("v1", "persistentvolumeclaims", GOLDEN, f"fedora-{'a' * 12}")
    wait_until(lambda: platform.api.find(volume) is None, what="the vendor's volume gone with its cron")
    assert not platform.serves("fedora", DIGESTS[0])
    cdi.release()
    wait_until(partial(platform.serves, "fedora", DIGESTS[1]), what="the fleet's own fedora served")


@pytest.mark.parametrize(
    ("platform", "tree"),
    [("v1beta1", "vendor-remove/tree/clusters/ocp-1"), ("v1", "vendor-remove/tree/clusters/ocp-new")],
    indirect=["platform"],
)
def test_a_tree_that_removes_vendor_images_leaves_no_cron_of_theirs(platform: Platform, tree: str) -> None:
    platform.sync(TREES / tree)
    assert platform.crons == {}


@pytest.mark.parametrize(
    ("platform", "tree"),
    [("v1beta1", "vendor-keep-some/tree/clusters/ocp-1"), ("v1", "vendor-keep-some/tree/clusters/ocp-new")],
    indirect=["platform"],
)
def test_a_tree_that_keeps_some_leaves_these_and_the_admins_own(platform: Platform, tree: str) -> None:
    platform.sync(TREES / tree)
    managed = {item["spec"]["managedDataSource"] for item in platform.crons.values()}
    assert managed == {"centos-stream9", "rhel9", "debian"}


@pytest.mark.parametrize("platform", ["v1beta1"], indirect=True)
def test_a_tree_that_replaces_an_image_pins_it_under_the_vendors_data_source(platform: Platform) -> None:
    platform.sync(TREES / "vendor-replace/tree/clusters/has-fedora")
    (cron,) = (item for item in platform.crons.values() if item["spec"]["managedDataSource"] == "fedora")
    assert cron["spec"]["schedule"] == ""
    assert cron["metadata"]["annotations"][DIGEST].startswith("sha256:")
    assert cron["metadata"]["labels"].keys() >= {"instancetype.kubevirt.io/default-preference"}
    assert "centos-stream9-image-cron" not in platform.crons


def test_of_two_templates_for_one_data_source_the_last_name_wins(platform: Platform) -> None:
    platform.apply(dataImportCronTemplates=[own("fedora-1234abcd", "fedora")])
    assert platform.crons.keys() == VENDORS


def test_under_the_vendors_name_nothing_can_be_pinned(platform: Platform) -> None:
    platform.apply(dataImportCronTemplates=[own("fedora-image-cron", "fedora")])
    assert platform.crons["fedora-image-cron"]["spec"]["schedule"] == "17 5/12 * * *"


def test_a_template_with_another_spec_is_made_anew(platform: Platform) -> None:
    platform.apply(dataImportCronTemplates=[own("custom", "custom")])
    before = platform.crons["custom"]["metadata"]["uid"]
    platform.apply(dataImportCronTemplates=[own("custom", "custom", size="2Gi")])
    assert platform.crons["custom"]["metadata"]["uid"] != before


def test_a_data_source_that_ssp_knows_is_taken_back_and_another_is_not(platform: Platform) -> None:
    platform.apply(enableCommonBootImageImport=False)
    for name in ("win2k22", "win2k22-golden"):
        metadata = {"name": name, "labels": {OWNER: f"{name}-1234abcd"}}
        body = {"apiVersion": CDI, "kind": "DataSource", "metadata": metadata, "spec": {"source": {}}}
        platform.api.apply(path(CDI, "datasources", GOLDEN, name), body, manager="gitops-engine")
    platform.hco.settle()
    assert OWNER not in platform.source("win2k22")["metadata"]["labels"]
    assert platform.source("win2k22")["spec"]["source"] == {"pvc": {"name": "win2k22", "namespace": GOLDEN}}
    assert platform.source("win2k22-golden")["metadata"]["labels"] == {OWNER: "win2k22-golden-1234abcd"}
    platform.api.delete(path(CDI, "datasources", GOLDEN, "win2k22-golden"))


def test_a_name_that_is_listed_twice_stops_hco(platform: Platform) -> None:
    wanted = hyperconverged(platform.version, {"dataImportCronTemplates": [own("twice", "a"), own("twice", "b")]})
    platform.api.apply(platform.hco.place, wanted, manager="gitops-engine")
    with pytest.raises(StuckError, match="twice DataImportCronTable is already defined"):
        platform.hco.settle()
    assert platform.crons.keys() == VENDORS


@BOTH
@pytest.mark.parametrize(
    ("entry", "denial"),
    [
        ({"metadata": {"name": "a", "annotations": {ENABLE: "no"}}}, 'must be either "true" or "false"'),
        ({"metadata": {"name": "a"}}, "spec is empty for an enabled"),
        ({"metadata": {"name": "a", "generateName": "a-"}}, "generateName"),
        ({"metadata": {"name": "a"}, "spec": {"managedDataSource": "a", "template": {"spec": {}}}}, "schedule"),
    ],
)
def test_what_hco_would_refuse_is_refused(platform: Platform, entry: Object, denial: str) -> None:
    with pytest.raises(ApiError, match=denial):
        platform.apply(dataImportCronTemplates=[entry])


def test_deleting_the_hyperconverged_takes_everything_with_it(platform: Platform) -> None:
    platform.api.delete(platform.hco.place)
    platform.hco.settle()
    assert platform.crons == {}
    assert platform.api.find(path(CDI, "datasources", GOLDEN, "fedora")) is None
