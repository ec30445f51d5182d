"""Each kind of drift, made on a real API server by somebody else than the engine: it is told, exactly and alone.

It is told with who made it and since when, where the API server knows. What is done about it then leaves no drift.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitops_golden.render.cdi import DIGEST_ANNOTATION, OWNER_LABEL
from gitops_golden.vendor.catalogue import MANAGED_BY, catalogue
from tests.e2e.links import HYPER_CONVERGED, TEAM, VENDORS, instant, now
from tests.testbed.api import wait_until

if TYPE_CHECKING:
    from tests.e2e.links import Pair
    from tests.testbed.api import Object

CHANNEL, RIGHTS, THEIRS = "rhel9-stable", "links-consumers", "theirs"
KINDS = {"PersistentVolumeClaim": "claim", "VolumeSnapshot": "snapshot", "DataVolume": "volume"}


@pytest.fixture(autouse=True, scope="module")
def without_drift(linked_pair: Pair) -> None:
    """Begin without what other tests have left in storage."""
    for each in linked_pair.drift()["findings"]:
        found = each["object"]
        for kind in {KINDS[found["kind"]], "volume"}:
            linked_pair.delete(kind, found["name"])
    linked_pair.drifts()


def rests(pair: Pair) -> None:
    """Wait until nothing drifts, and all has converged."""
    pair.drifts()
    pair.heals()


def by_mallory(found: Object, since: str) -> None:
    assert found["who"] == "mallory"
    assert instant(found["since"]) >= instant(since)


@pytest.fixture
def began() -> str:
    """The second in which a test begins."""
    return now().isoformat()


# fields of ours


@pytest.mark.parametrize(
    ("metadata", "known"),
    [
        ({"labels": {TEAM: "mallorys"}}, True),
        ({"annotations": {DIGEST_ANNOTATION: "sha256:1234"}}, True),
        ({"annotations": {DIGEST_ANNOTATION: None}}, False),
    ],
)
def test_a_crons_metadata(pair: Pair, began: str, metadata: Object, *, known: bool) -> None:
    cron = pair.cron_name("rhel9")
    pair.patch("cron", cron, {"metadata": metadata})
    (found,) = pair.drifts(f"CronEdited {cron}")
    if known:
        by_mallory(found, began)
    else:
        assert found["who"] is None
    pair.says_the_same_of_recordings()
    pair.fleet.sync()
    rests(pair)


def test_a_crons_spec(pair: Pair, began: str) -> None:
    body = pair.as_cron("debian", importsToKeep=7)
    name = body["metadata"]["name"]
    pair.delete("cron", name)
    pair.create("cron", body)
    (found,) = pair.drifts(f"CronSpecEdited {name}")
    by_mallory(found, began)
    assert found["fields"] == ["spec.importsToKeep"]
    pair.delete("cron", name)
    pair.fleet.sync()
    rests(pair)


@pytest.mark.parametrize(("label", "value"), [(OWNER_LABEL, None), (OWNER_LABEL, "nobodys"), (TEAM, "mallorys")])
def test_a_datasource(pair: Pair, began: str, label: str, value: str | None) -> None:
    pair.patch("source", "debian", {"metadata": {"labels": {label: value}}})
    (found,) = pair.drifts("DataSourceEdited debian")
    if value:
        by_mallory(found, began)
    pair.fleet.sync()
    rests(pair)


def test_a_second_name(pair: Pair, began: str) -> None:
    pair.patch("source", CHANNEL, {"spec": {"source": {"dataSource": {"name": "debian"}}}})
    (found,) = pair.drifts(f"PointerEdited {CHANNEL}")
    by_mallory(found, began)
    pair.fleet.sync()
    rests(pair)


def test_consumers_rights(pair: Pair, began: str) -> None:
    pair.patch("role", RIGHTS, {"rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]})
    (found,) = pair.drifts(f"ConsumersEdited {RIGHTS}")
    by_mallory(found, began)
    pair.fleet.sync()
    rests(pair)


@pytest.mark.usefixtures("stood_in")
def test_a_hyperconverged(pair: Pair, began: str) -> None:
    pair.api.request(
        "PATCH",
        HYPER_CONVERGED,
        {"spec": {"workloadSources": {"enableCommonBootImageImport": True}}},
        kind="application/merge-patch+json",
        parameters={"fieldManager": "mallory"},
    )
    (found,) = pair.drifts("HyperConvergedEdited kubevirt-hyperconverged")
    assert found["who"] in ("mallory", None)
    pair.fleet.sync()
    rests(pair)


def test_a_label_that_git_held_once(pair: Pair, began: str) -> None:
    label = 'tag: "12", metadata: {labels: {example.com/old: "yes"}}}'
    pair.edit('tag: "12"}', label)
    pair.fleet.publish()
    pair.fleet.sync()
    rests(pair)
    pair.edit(label, 'tag: "12"}')
    pair.raise_count("attempts", "debian")
    rests(pair)
    cron = pair.cron_name("debian")
    pair.patch("cron", cron, {"metadata": {"labels": {"example.com/old": "yes"}}})
    (found,) = pair.drifts(f"LeftOver {cron}")
    by_mallory(found, began)
    pair.clean_up()
    rests(pair)


# what is not there


def test_a_cron_that_is_gone(pair: Pair) -> None:
    cron = pair.cron_name("debian")
    pair.delete("cron", cron)
    (found,) = pair.drifts(f"CronAbsent {cron}")
    assert found["since"]
    pair.fleet.sync()
    rests(pair)


@pytest.mark.usefixtures("stood_in")
def test_a_datasource_that_is_gone_while_cdi_is_down(pair: Pair) -> None:
    pair.cdi[pair.first].stop()
    pair.delete("source", "debian")
    pair.drifts("DataSourceAbsent debian")
    pair.fleet.sync()
    pair.cdi[pair.first].start()
    rests(pair)


def test_a_second_name_that_is_gone(pair: Pair) -> None:
    pair.delete("source", CHANNEL)
    pair.drifts(f"PointerAbsent {CHANNEL}")
    pair.fleet.sync()
    rests(pair)


def test_consumers_rights_that_are_gone(pair: Pair) -> None:
    pair.delete("binding", RIGHTS)
    pair.drifts(f"ConsumersAbsent {RIGHTS}")
    pair.fleet.sync()
    rests(pair)


def test_a_cluster_that_its_engine_has_not_synced(pair: Pair) -> None:
    pair.push()
    pair.fleet.lock()
    pair.fleet.publish()
    pair.fleet.sync([pair.names[1]])
    (found,) = pair.drifts(f"NotSynced {pair.cron_name('rhel9')}")
    assert found["since"]
    pair.fleet.sync()
    rests(pair)


# what Git doesn't say


def test_a_cron_of_an_earlier_commit_that_is_there_again(pair: Pair) -> None:
    body = pair.as_cron("debian")
    pair.raise_count("restarts", "debian")
    rests(pair)
    pair.create("cron", body)
    pair.drifts(f"RetiredCron {body['metadata']['name']}")
    pair.clean_up()
    rests(pair)


def test_a_datasource_of_an_earlier_commit_that_is_there_again(pair: Pair) -> None:
    body = pair.get("source", CHANNEL)
    pair.edit(f"name: {CHANNEL}", "name: rhel9-newest")
    pair.fleet.publish()
    pair.fleet.sync()
    rests(pair)
    pair.create("source", {"kind": "DataSource", "metadata": {"name": CHANNEL}, "spec": body["spec"]})
    pair.drifts(f"RetiredDataSource {CHANNEL}")
    pair.edit("name: rhel9-newest", f"name: {CHANNEL}")
    pair.fleet.publish()
    pair.fleet.sync()
    rests(pair)


def test_a_second_cron_for_a_datasource(pair: Pair, began: str) -> None:
    pair.create("cron", pair.as_cron("debian", name="somebodys"))
    (found,) = pair.drifts("SecondCron somebodys")
    by_mallory(found, began)
    pair.clean_up()
    rests(pair)


def test_somebodys_cron_with_a_datasource_of_its_own(pair: Pair, began: str) -> None:
    body = pair.as_cron("debian", name="somebodys", managedDataSource=THEIRS)
    body["metadata"].pop("annotations")
    pair.create("cron", body)
    wait_until(lambda: pair.api.find(pair.place("source", THEIRS)), what="its DataSource")
    (found,) = pair.drifts("ForeignCron somebodys")
    by_mallory(found, began)
    pair.delete("cron", "somebodys")
    pair.delete("source", THEIRS)
    rests(pair)


def test_somebodys_datasource(pair: Pair, began: str) -> None:
    pair.create("source", {"kind": "DataSource", "metadata": {"name": THEIRS}, "spec": {"source": {}}})
    (found,) = pair.drifts(f"ForeignDataSource {THEIRS}")
    by_mallory(found, began)
    pair.delete("source", THEIRS)
    rests(pair)


@pytest.mark.usefixtures("stood_in")
def test_a_vendors_image_that_should_be_gone(pair: Pair) -> None:
    cron = next(each.cron for each in catalogue("kubevirt") if each.name != "fedora")
    body = pair.as_cron("debian", name=cron, managedDataSource="vendors")
    label, value = MANAGED_BY
    pair.create("cron", body | {"metadata": {"name": cron, "labels": {label: value}}}, namespace=VENDORS)
    pair.drifts(f"VendorImagePresent {cron}")
    pair.delete("cron", cron, namespace=VENDORS)
    rests(pair)


# storage


def _orphan(pair: Pair, image: str) -> str:
    """Roll out a release and hand over to a fresh cron; return the volume of the release before."""
    before = pair.serves(image)
    pair.roll_out(image)
    pair.heals()
    pair.raise_count("restarts", image)
    pair.heals()
    return before


def test_a_volume_of_a_cron_that_is_gone(pair: Pair) -> None:
    before = _orphan(pair, "debian")
    (found,) = pair.drifts(f"OrphanedVolume {before}")
    assert found["bytes"] > 1 << 30
    pair.delete("volume", before)
    pair.delete("claim", before)
    rests(pair)


@pytest.mark.usefixtures("stood_in")
def test_a_snapshot_of_a_cron_that_is_gone(pair: Pair) -> None:
    before = _orphan(pair, "snapped")
    (found,) = pair.drifts(f"OrphanedSnapshot {before}")
    assert found["bytes"] == 1 << 30
    pair.delete("snapshot", before)
    rests(pair)


@pytest.mark.usefixtures("stood_in")
def test_an_import_that_nobody_asks_for_any_more(pair: Pair) -> None:
    digest = pair.push()
    pair.stand_in.never_bind(digest)
    pair.fleet.roll_out()
    pair.finds({"first rhel9": "progressing import/ClaimUnbound"})
    pair.roll_out()
    pair.drifts(f"UnwantedImport rhel9-{digest[7:19]}")
    pair.says_the_same_of_recordings()
    pair.delete("volume", f"rhel9-{digest[7:19]}")
    rests(pair)


@pytest.mark.usefixtures("stood_in")
def test_a_volume_on_another_class_than_its_cron_says(pair: Pair) -> None:
    pair.store("className: slow" if "slow" not in pair.class_of("debian") else "className: fast")
    pair.fleet.publish()
    pair.fleet.sync()
    volume = pair.serves("debian")
    pair.finds({"first debian": "broken volume/WrongStorageClass"})
    pair.drifts(f"OtherStorageClass {volume}")
    pair.delete("volume", volume)
    rests(pair)
