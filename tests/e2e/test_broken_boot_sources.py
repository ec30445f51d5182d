"""Each link from the volume to who may clone it, broken on a real API server: its reason is named, exactly and alone.

So is what is true of a cluster as a whole. What is wrong is then mended as the remedy says, and all has converged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from ruamel.yaml import YAML

from gitops_golden.render.cdi import OWNER_LABEL
from gitops_golden.vendor.catalogue import MANAGED_BY, catalogue
from tests import manual
from tests.e2e.hands import RBAC
from tests.e2e.links import HYPER_CONVERGED, NOWHERE, TEAM, VENDORS, instant, noted, now
from tests.testbed import kubeconfig
from tests.testbed.api import path, wait_until
from tests.testbed.cdi.model import ENDPOINT
from tests.testbed.cluster import Cluster

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.links import Pair
    from tests.testbed.api import Object

RHEL9, DEBIAN = "first rhel9", "first debian"
CHANNEL, RIGHTS = "rhel9-stable", "links-consumers"


def every(pair: Pair, said: str) -> dict[str, str]:
    """Say the same of each delivery of the first cluster."""
    return {f"first {source}": said for source in pair.sources}


@pytest.fixture
def cdi_down(pair: Pair, stood_in: None) -> Iterator[None]:
    """Have CDI down on the first cluster until the test says otherwise, so that nothing puts right what is broken."""
    cdi = pair.cdi[pair.first]
    cdi.stop()
    yield
    if not pair.at_rest:
        cdi.start()


# the volume


def test_a_volume_that_is_gone(pair: Pair, cdi_down: None) -> None:
    name = pair.serves("debian")
    pair.delete("volume", name)
    pair.delete("claim", name)
    found = pair.finds({DEBIAN: "broken volume/VolumeAbsent"})
    assert "by itself" in found["remedy"]
    pair.cdi[pair.first].start()
    pair.heals()


def test_a_volume_that_was_imported_from_another_digest(pair: Pair) -> None:
    name = pair.serves("debian")
    pair.patch("claim", name, {"metadata": {"annotations": {ENDPOINT: f"docker://{pair.prefix}@{NOWHERE}"}}})
    found = pair.finds({DEBIAN: "broken volume/VolumeOfAnotherDigest"})
    assert NOWHERE in found["message"]
    pair.paste(found["remedy"])
    pair.heals()


@pytest.mark.parametrize(
    ("storage", "reason"),
    [
        ("size: 2Gi", "VolumeTooSmall"),
        ("accessModes: [ReadWriteMany]", "OtherAccessModes"),
        ("volumeMode: Block", "OtherVolumeMode"),
        ("className: slow", "WrongStorageClass"),
    ],
)
def test_a_volume_that_a_fresh_cron_has_adopted_stays_as_it_was(
    pair: Pair, stood_in: None, storage: str, reason: str
) -> None:
    pair.store(storage)
    pair.fleet.publish()
    pair.fleet.sync()
    found = pair.finds({DEBIAN: f"broken volume/{reason}"})
    if reason == "VolumeTooSmall":
        pair.says_the_same_of_recordings()
    pair.paste(found["remedy"])
    pair.heals()


def test_a_claim_that_has_lost_its_volume(pair: Pair, stood_in: None) -> None:
    volume = path("v1", "persistentvolumes", name=pair.get("claim", pair.serves("debian"))["spec"]["volumeName"])
    pair.api.delete(volume)
    pair.api.patch(volume, {"metadata": {"finalizers": None}})
    found = pair.finds({DEBIAN: "broken volume/VolumeLost"})
    pair.paste(found["remedy"])
    pair.heals()


def test_a_claim_that_is_deleted_while_a_pod_uses_it(pair: Pair, stood_in: None) -> None:
    name, began = pair.serves("debian"), now()
    volumes = [{"name": "disk", "persistentVolumeClaim": {"claimName": name}}]
    container = {"name": "user", "image": "user", "volumeMounts": [{"name": "disk", "mountPath": "/disk"}]}
    pod = {"nodeName": "testbed", "containers": [container], "volumes": volumes}
    pair.create("pod", {"kind": "Pod", "metadata": {"name": "user"}, "spec": pod})
    pair.delete("claim", name)
    found = pair.finds({DEBIAN: "progressing volume/VolumeDeleting"}, overdue=True)
    assert instant(found["since"]) >= began
    pair.api.request("DELETE", pair.place("pod", "user"), {"gracePeriodSeconds": 0})
    wait_until(lambda: pair.api.find(pair.place("pod", "user")) is None, what="no pod")
    pair.delete("volume", name)
    pair.heals()


def test_a_snapshot_that_its_driver_has_not_made_ready(pair: Pair, cdi_down: None) -> None:
    error = {"message": "the pool is full"}
    pair.tell("snapshot", pair.serves("snapped"), {"readyToUse": False, "error": error})
    found = pair.finds({"first snapped": "progressing volume/SnapshotNotReady"}, overdue=True)
    assert "the pool is full" in found["message"]
    pair.cdi[pair.first].start()
    pair.heals()


# the DataSource


def test_a_datasource_that_is_gone(pair: Pair, cdi_down: None) -> None:
    pair.delete("source", "debian")
    pair.finds({DEBIAN: "broken datasource/DataSourceAbsent"})
    pair.fleet.sync()
    pair.cdi[pair.first].start()
    pair.heals()


def test_a_datasource_that_is_held_while_it_goes(pair: Pair) -> None:
    pair.patch("source", "debian", {"metadata": {"finalizers": ["example.com/held"]}})
    pair.delete("source", "debian")
    pair.finds({DEBIAN: "progressing datasource/DataSourceDeleting"}, overdue=True)
    pair.patch("source", "debian", {"metadata": {"finalizers": None}})
    pair.fleet.sync()
    pair.heals()


@pytest.mark.parametrize(
    ("labels", "reason", "noted"),
    [
        ({OWNER_LABEL: None}, "OwnerLabelEdited", False),
        ({OWNER_LABEL: "nobodys"}, "OwnerLabelEdited", True),
        ({TEAM: "mallorys"}, "MetadataEdited", True),
    ],
)
def test_who_edited_a_datasource_is_told_unless_it_was_taken_away(
    pair: Pair, labels: Object, reason: str, *, noted: bool
) -> None:
    began = now()
    pair.patch("source", "rhel9", {"metadata": {"labels": labels}})
    found = pair.finds({RHEL9: f"broken datasource/{reason}"})
    assert ("last written by mallory" in found["message"]) == noted
    if noted:
        assert instant(found["since"]) >= began
    pair.fleet.sync()
    pair.heals()


@pytest.mark.parametrize("source", [{"pvc": {"name": "elsewhere"}}, {"snapshot": {"name": "another"}}])
def test_a_datasource_that_gives_something_else_as_well_or_instead(
    pair: Pair, cdi_down: None, source: dict[str, Object]
) -> None:
    mine = {kind: about | {"namespace": pair.prefix} for kind, about in source.items()}
    pair.patch("source", "debian", {"spec": {"source": mine}})
    found = pair.finds({DEBIAN: "broken datasource/OtherSource"})
    assert "last written by" in found["message"]
    assert ("two things" in found["message"]) == ("snapshot" in source)
    pair.cdi[pair.first].start()
    pair.heals()


def test_a_datasource_that_cdi_has_not_looked_at_again(pair: Pair, cdi_down: None) -> None:
    _not_ready(pair, "debian", "NotFound", "PVC not found")
    pair.finds({DEBIAN: "progressing datasource/DataSourceNotReady"}, overdue=True)
    pair.cdi[pair.first].start()
    pair.heals()


def _not_ready(pair: Pair, source: str, reason: str, message: str) -> None:
    """Say of a DataSource what CDI would."""
    told = {"type": "Ready", "status": "False", "reason": reason, "message": message}
    told |= {"lastTransitionTime": noted(now())}
    pair.patch("source", source, {"status": {"conditions": [told]}})


# second names


def test_a_channel_that_is_gone(pair: Pair) -> None:
    pair.delete("source", CHANNEL)
    pair.finds({RHEL9: "broken datasource/PointerAbsent"})
    pair.fleet.sync()
    pair.heals()


def test_a_channel_that_somebody_leads_elsewhere(pair: Pair) -> None:
    began = now()
    pair.patch("source", CHANNEL, {"spec": {"source": {"dataSource": {"name": "debian"}}}})
    found = pair.finds({RHEL9: "broken datasource/PointerElsewhere"})
    assert "last written by mallory" in found["message"]
    assert instant(found["since"]) >= began
    pair.fleet.sync()
    pair.heals()


def test_a_channel_with_two_ends_is_deleted_and_made_anew(pair: Pair) -> None:
    pvc = {"namespace": pair.prefix, "name": pair.serves("debian")}
    pair.patch("source", CHANNEL, {"spec": {"source": {"pvc": pvc}}})
    found = pair.finds({RHEL9: "broken datasource/PointerElsewhere"})
    pair.fleet.sync()
    pair.finds({RHEL9: "broken datasource/PointerElsewhere"})
    pair.paste(found["remedy"])
    pair.fleet.sync()
    pair.heals()


def test_an_images_name_that_leads_to_another_architecture(pair: Pair) -> None:
    pair.patch("source", "ubuntu", {"spec": {"source": {"dataSource": {"name": "ubuntu-arm64"}}}})
    pair.finds({"first ubuntu-amd64": "broken datasource/PointerElsewhere"})
    pair.fleet.sync()
    pair.heals()


@pytest.mark.parametrize(
    ("cdi_says", "message", "verdict", "reason"),
    [
        (
            "MaxReferenceDepthReached",
            "DataSource reference chain exceeds maximum depth of 1",
            "broken",
            "ReferenceTooDeep",
        ),
        ("SelfReference", "DataSource cannot self-reference", "broken", "ReferenceRefused"),
        ("NotFound", "DataSource not found", "progressing", "PointerNotReady"),
    ],
)
def test_a_channel_that_cdi_does_not_follow(
    pair: Pair, cdi_down: None, cdi_says: str, message: str, verdict: str, reason: str
) -> None:
    _not_ready(pair, CHANNEL, cdi_says, message)
    found = pair.finds({RHEL9: f"{verdict} datasource/{reason}"}, overdue=verdict == "progressing")
    assert message in found["message"]
    pair.cdi[pair.first].start()
    pair.heals()


# who may clone


def test_consumers_whom_somebody_changes(pair: Pair) -> None:
    everybody = {"kind": "Group", "name": "system:authenticated", "apiGroup": "rbac.authorization.k8s.io"}
    pair.patch("binding", RIGHTS, {"subjects": [everybody]})
    pair.finds(every(pair, "broken access/ConsumersEdited"))
    pair.fleet.sync()
    pair.heals()


def test_what_consumers_may_do_is_changed(pair: Pair) -> None:
    pair.patch("role", RIGHTS, {"rules": []})
    pair.finds(every(pair, "broken access/ConsumersEdited"))
    pair.fleet.sync()
    pair.heals()


@pytest.mark.parametrize("kind", ["role", "binding"])
def test_consumers_whose_rights_are_gone(pair: Pair, kind: str) -> None:
    pair.delete(kind, RIGHTS)
    pair.finds(every(pair, "broken access/ConsumersAbsent"))
    pair.fleet.sync()
    pair.heals()


# the cluster as a whole


def test_a_cluster_without_a_context(pair: Pair, tmp_path: Path, stood_in: None) -> None:
    whole = pair.fleet.kubeconfig
    pair.fleet.kubeconfig = pair.fleet.clusters[pair.names[1]].kubeconfig
    pair.finds(every(pair, "unreachable -/NoContext") | {"first": "unreachable -/NoContext"})
    pair.fleet.kubeconfig = whole
    pair.heals()


@pytest.mark.parametrize(
    ("resource", "link", "vendors"), [("dataimportcrons", "cron", True), ("datasources", "datasource", False)]
)
def test_a_kind_that_may_not_be_listed(pair: Pair, stood_in: None, resource: str, link: str, *, vendors: bool) -> None:
    whole = pair.fleet.kubeconfig
    pair.fleet.kubeconfig = _without(pair, resource)
    said = f"unreachable {link}/Forbidden"
    cluster = {"first": "unreachable -/Forbidden"} if vendors else {}
    pair.finds(every(pair, said) | cluster)
    pair.fleet.kubeconfig = whole
    pair.heals()


def _without(pair: Pair, resource: str) -> Path:
    """Return a kubeconfig whose user may read on the first cluster what the manual says, but for one kind."""
    first, second = pair.fleet.clusters.values()
    assert isinstance(first, Cluster)
    user = f"without-{resource}"
    for role in YAML(typ="safe").load_all(manual.DOCS / "verifier-clusterrole.yaml"):
        name = f"{user}-{role['metadata']['name']}"
        rules = [rule for rule in role["rules"] if rule["resources"] != [resource]]
        pair.api.create(path(RBAC, "clusterroles"), role | {"metadata": {"name": name}, "rules": rules})
        binding = {
            "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
        }
        pair.api.create(path(RBAC, "clusterrolebindings"), binding)
    parts = (first.kubeconfig_for(user), second.kubeconfig)
    return kubeconfig.merge(pair.fleet.folder / f"{user}.kubeconfig", parts)


# the vendor's images


def test_a_vendors_image_that_should_be_gone(pair: Pair, stood_in: None) -> None:
    cron = next(each.cron for each in catalogue("kubevirt") if each.name != "fedora")
    body = pair.as_cron("debian", name=cron, managedDataSource="vendors")
    label, value = MANAGED_BY
    pair.create("cron", body | {"metadata": {"name": cron, "labels": {label: value}}}, namespace=VENDORS)
    found = pair.finds({"first": "progressing -/VendorImagesPresent"}, overdue=True)
    assert cron in found["message"]
    pair.delete("cron", cron, namespace=VENDORS)
    pair.heals()


def test_a_hyperconverged_that_somebody_edits(pair: Pair, stood_in: None) -> None:
    pair.api.patch(HYPER_CONVERGED, {"spec": {"workloadSources": {"enableCommonBootImageImport": True}}})
    pair.finds({"first": "broken -/VendorImagesNotTold"})
    pair.fleet.sync()
    pair.heals()


def test_a_hyperconverged_that_is_gone(pair: Pair, stood_in: None) -> None:
    pair.api.delete(HYPER_CONVERGED)
    pair.finds({"first": "broken -/HyperConvergedAbsent"})
    pair.fleet.sync()
    pair.heals()
