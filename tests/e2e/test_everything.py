"""Everything that a fleet has, on an OpenShift and an edge site, as a platform team meets it: one story."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.e2e.everything import (
    BOTH,
    CDI,
    DEBIAN,
    EDGE,
    GOLDEN,
    MIRROR,
    NAMESPACE,
    OCP,
    POLICY,
    TEMPLATES,
    VENDORS,
    FleetImages,
    World,
    all_said,
    build,
    cdi_namespace,
    delivery,
    in_one_line,
    prepare,
    said,
    whole,
)
from tests.testbed import kubeconfig
from tests.testbed.api import path
from tests.testbed.cdi.standin import StandIn
from tests.testbed.cluster import Cluster, start_all
from tests.testbed.extras import hyperconverged
from tests.testbed.fleet import Fleet
from tests.testbed.hco import Hco
from tests.testbed.hco_templates import OPENSHIFT
from tests.testbed.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.testbed.binaries import Binaries

pytestmark = pytest.mark.usefixtures("testbed_only")

CONVERGED = {("converged", None, None)}
JANE = {"user": "jane", "groups": ["vm-users", "system:authenticated"]}
KEPT = "{keep: [fedora]}"


@pytest.fixture
def world(testbed_only: None, binaries: Binaries, tmp_path: Path) -> Iterator[World]:
    with ExitStack() as stack:
        registry = stack.enter_context(Registry(tls=True, binaries=binaries))
        clusters = {name: Cluster(name, binaries=binaries) for name in (OCP, EDGE)}
        start_all(tuple(clusters.values()))
        for cluster in clusters.values():
            stack.callback(cluster.stop)
        with ThreadPoolExecutor() as pool:
            list(pool.map(prepare, clusters.values()))
        hco = stack.enter_context(Hco(clusters[OCP].api, home=OPENSHIFT, version="v1beta1"))
        clusters[OCP].api.create(hco.place.rpartition("/")[0], hyperconverged("v1beta1", {}))
        standins = {
            name: stack.enter_context(
                StandIn(cluster.api, images=FleetImages(cluster.api, registry), namespace=cdi_namespace(name))
            )
            for name, cluster in clusters.items()
        }
        file = kubeconfig.merge(tmp_path / "kubeconfig", tuple(each.kubeconfig for each in clusters.values()))
        yield World(Fleet(tmp_path, clusters, file), registry, hco, standins)


def test_everything_that_a_fleet_has(world: World) -> None:
    _a_first_release_takes_the_vendors_images_place(world)
    _each_setting_has_reached_its_cluster(world)
    _a_channel_moves_with_one_line_per_cluster(world)
    _what_a_mirror_lacks_is_told_of_its_site_alone(world)
    _an_image_that_tracks_its_tag_follows_at_the_next_poll(world)
    _another_size_hands_over_and_the_old_crons_go(world)
    _vendor_images_come_back(world)
    _an_admins_template_is_named_before_it_is_lost(world)
    _consumers_that_somebody_locks_out_are_let_in_by_the_sync(world)
    _a_pointer_that_somebody_edits_is_put_back_by_the_sync(world)
    _an_image_that_gains_architectures_becomes_a_pointer_once_its_old_source_is_deleted(world)


def _a_first_release_takes_the_vendors_images_place(world: World) -> None:
    fleet = world.fleet
    assert world.registry.ca is not None
    for label in ("rhel9 9.5", "rhel9 9.6", "ubuntu 24.04", "suse latest"):
        repository, tag = label.split()
        world.push(label, repository, tag)
    text = POLICY.format(address=world.registry.address)
    fleet.write({"fleet.yaml": text, "ca.pem": world.registry.ca.read_text(), **TEMPLATES}, "everything")
    fleet.lock()
    fleet.publish()
    world.hco.settle()
    seen = fleet.verify()
    found = whole(seen, OCP)
    assert (seen.code, found["verdict"], found["reason"]) == (1, "progressing", "VendorImagesPresent")
    assert all(name in found["message"] for name in VENDORS)
    assert whole(seen, EDGE)["verdict"] is None
    fleet.sync()
    assert all_said(fleet.converged()) == CONVERGED
    assert world.crons(OCP, GOLDEN) == {}


def _each_setting_has_reached_its_cluster(world: World) -> None:
    assert world.registry.ca is not None
    certificates = world.registry.ca.read_text()
    for name, cdi in ((OCP, OPENSHIFT.namespace), (EDGE, "cdi")):
        registry = world.cron_of(name, "suse")["spec"]["template"]["spec"]["source"]["registry"]
        for namespace in (NAMESPACE, cdi):
            held = world.api(name).get(path("v1", "configmaps", namespace, registry["certConfigMap"]))
            assert "".join(held["data"].values()).strip() == certificates.strip()
        prefix = MIRROR if name == EDGE else "golden"
        assert registry["url"] == f"docker://{world.registry.address}/{prefix}/suse:latest"
        assert re.fullmatch(r"[0-5]?\d 2 \* \* \*", world.cron_of(name, "suse")["spec"]["schedule"])
        assert world.source(name, "rhel9-5")["metadata"]["labels"]["example.com/team"] == "platform"
        assert world.serves(name, "rhel9-stable") == world.serves(name, "rhel9-5")
        assert world.serves(name, "ubuntu") == world.serves(name, "ubuntu-amd64") != world.serves(name, "ubuntu-arm64")
        about = world.api(name).get(path("v1", "configmaps", NAMESPACE, "about"))["data"]
        assert about == {"cluster": name, "platform": "openshift" if name == OCP else "cdi"}
        assert world.api(name).find(path("v1", "configmaps", NAMESPACE, "about-ubuntu-arm64"))
        assert world.allowed(name, **JANE)
        assert world.allowed(name, user="system:serviceaccount:builds:importer")
        assert not world.allowed(name, user="joe", groups=["system:authenticated"])


def _a_channel_moves_with_one_line_per_cluster(world: World) -> None:
    fleet = world.fleet
    world.edit("{name: rhel9-stable, image: rhel9-5}", "{name: rhel9-stable, image: rhel9-6}")
    fleet.publish()
    assert world.lines_changed() == "2 files changed, 2 insertions(+), 2 deletions(-)"
    seen = fleet.verify()
    assert {said(seen, name, "rhel9-6") for name in (OCP, EDGE)} == {("progressing", "datasource", "NotSynced")}
    assert said(seen, OCP, "rhel9-5")[0] == "converged"
    fleet.sync()
    fleet.converged()
    assert {world.serves(name, "rhel9-stable") == world.serves(name, "rhel9-6") for name in (OCP, EDGE)} == {True}


def _what_a_mirror_lacks_is_told_of_its_site_alone(world: World) -> None:
    fleet = world.fleet
    digest = world.push("rhel9 9.6, build 2", "rhel9", "9.6", mirrored=False)
    fleet.roll_out("a second build")
    crashing = ("broken", "import", "ImporterCrashing")
    seen = fleet.verify_until(
        lambda now: (said(now, EDGE, "rhel9-6"), said(now, OCP, "rhel9-6")[0]) == (crashing, "converged"),
        what="crashing at the edge alone",
    )
    assert f"{MIRROR}/rhel9" in delivery(seen, EDGE, "rhel9-6")["message"]
    world.registry.push(build("rhel9 9.6, build 2"), f"{MIRROR}/rhel9", "9.6")
    seen = fleet.converged()
    assert {delivery(seen, name, "rhel9-6")["actual"] for name in (OCP, EDGE)} == {digest}


def _an_image_that_tracks_its_tag_follows_at_the_next_poll(world: World) -> None:
    fleet, head = world.fleet, world.head()
    digest = world.push("suse latest, build 2", "suse", "latest")
    seen = fleet.verify()
    assert {said(seen, name, "suse") for name in (OCP, EDGE)} == {("progressing", "import", "PollPending")}
    for standin in world.standins.values():
        standin.poll()
    seen = fleet.converged()
    assert {delivery(seen, name, "suse")["actual"] for name in (OCP, EDGE)} == {digest}
    assert world.head() == head


def _another_size_hands_over_and_the_old_crons_go(world: World) -> None:
    fleet = world.fleet
    before = {name: world.crons(name).keys() for name in (OCP, EDGE)}
    world.edit("storage: {size: 2Gi}", "storage: {size: 1Gi}")
    assert "hand-over" in fleet.run("diff", "--repo", str(fleet.published.folder), expect=1).out
    fleet.publish()
    fleet.sync()
    fleet.converged()
    for name, old in before.items():
        assert len(world.crons(name)) == len(old)
        assert not world.crons(name).keys() & old


def _vendor_images_come_back(world: World) -> None:
    fleet = world.fleet
    world.edit("vendorImages: remove", "vendorImages: keep")
    fleet.publish()
    found = whole(fleet.verify(), OCP)
    assert (found["verdict"], found["reason"]) == ("progressing", "VendorImagesNotTold")
    fleet.sync()
    fleet.converged()
    world.hco.settle()
    assert world.crons(OCP, GOLDEN).keys() == VENDORS


def _an_admins_template_is_named_before_it_is_lost(world: World) -> None:
    fleet, head = world.fleet, world.head()
    listed = hyperconverged("v1beta1", {"dataImportCronTemplates": [DEBIAN]})
    world.api(OCP).patch(world.hco.place, {"spec": listed["spec"]})
    world.hco.settle()
    fleet.converged()
    world.edit("vendorImages: keep", f"vendorImages: {KEPT}")
    assert f"publish stops: fleet.yaml:6:17: the list in HyperConverged on {OCP} holds team-debian" in (
        world.look("diff", expect=1).out
    )
    assert "team-debian" in world.look("publish", expect=1).err
    assert world.head() == head
    fleet.publish()
    seen = fleet.verify()
    found = whole(seen, OCP)
    assert (found["verdict"], found["reason"]) == ("broken", "VendorTemplatesUnnamed")
    assert "team-debian" in found["message"]
    world.recorded_says_the_same(seen)
    world.edit(KEPT, f"{{keep: [fedora], templates: [{in_one_line(DEBIAN)}]}}")
    assert "team-debian" not in world.look("publish").err
    found = whole(fleet.verify(), OCP)
    assert (found["verdict"], found["reason"]) == ("progressing", "VendorImagesPresent")
    fleet.sync()
    fleet.converged()
    world.hco.settle()
    assert world.crons(OCP, GOLDEN).keys() == {"fedora-kept", "team-debian"}


def _consumers_that_somebody_locks_out_are_let_in_by_the_sync(world: World) -> None:
    fleet, api = world.fleet, world.api(EDGE)
    place = path("rbac.authorization.k8s.io/v1", "rolebindings", NAMESPACE)
    (binding,) = api.items(place)
    api.delete(f"{place}/{binding['metadata']['name']}")
    seen = fleet.verify()
    assert seen.code == 1
    assert {said(seen, EDGE, name) for name in ("rhel9-5", "ubuntu-arm64", "suse")} == {
        ("broken", "access", "ConsumersAbsent")
    }
    assert said(seen, OCP, "rhel9-5")[0] == "converged"
    assert not world.allowed(EDGE, **JANE)
    world.recorded_says_the_same(seen)
    fleet.sync()
    fleet.converged()
    assert world.allowed(EDGE, **JANE)


def _a_pointer_that_somebody_edits_is_put_back_by_the_sync(world: World) -> None:
    fleet = world.fleet
    place = path(CDI, "datasources", NAMESPACE, "rhel9-stable")
    world.api(EDGE).patch(place, {"spec": {"source": {"dataSource": {"name": "suse"}}}})
    seen = fleet.verify()
    assert said(seen, EDGE, "rhel9-6") == ("broken", "datasource", "PointerElsewhere")
    assert "rhel9-stable points at DataSource suse" in delivery(seen, EDGE, "rhel9-6")["message"]
    fleet.sync()
    fleet.converged()


def _an_image_that_gains_architectures_becomes_a_pointer_once_its_old_source_is_deleted(world: World) -> None:
    fleet = world.fleet
    before = world.serves(OCP, "rhel9-6")
    world.edit('tag: "9.6", preference: rhel.9}', 'tag: "9.6", preference: rhel.9, architectures: [amd64, arm64]}')
    fleet.publish()
    fleet.sync()
    elsewhere = ("broken", "datasource", "PointerElsewhere")
    seen = fleet.verify_until(
        lambda now: {said(now, name, "rhel9-6-amd64") for name in (OCP, EDGE)} == {elsewhere}, what="two sources"
    )
    assert {said(seen, name, f"rhel9-6-{BOTH[1]}")[0] for name in (OCP, EDGE)} == {"converged"}
    # CDI's own field stays beside the reference, since nobody who applies it ever owned it.
    source = world.source(OCP, "rhel9-6")["spec"]["source"]
    assert source["pvc"]["name"] == before
    assert source["dataSource"]["name"] == "rhel9-6-amd64"
    finding = delivery(seen, OCP, "rhel9-6-amd64")
    assert f"rhel9-6 points at volume {before} and DataSource rhel9-6-amd64" in finding["message"]
    assert (
        "`kubectl -n golden delete datasources.cdi.kubevirt.io rhel9-6`, and the engine makes it anew"
        in finding["remedy"]
    )
    fleet.sync()
    assert said(fleet.verify(), OCP, "rhel9-6-amd64") == elsewhere
    for name in (OCP, EDGE):
        world.api(name).delete(path(CDI, "datasources", NAMESPACE, "rhel9-6"))
    fleet.sync()
    fleet.converged()
    for name in (OCP, EDGE):
        assert (
            world.serves(name, "rhel9-6") == world.serves(name, "rhel9-stable") == world.serves(name, "rhel9-6-amd64")
        )
