"""A whole fleet judged: volumes for each architecture, mirrors, and what is true of clusters."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gitops_golden.cli.printing import exit_code
from gitops_golden.fleet.observation import Unreachable, Unread
from gitops_golden.policy.model import Channel, HyperConverged, Platform, Registry, VendorImages
from gitops_golden.report.tables import Style
from gitops_golden.report.verification import as_text
from gitops_golden.verify.model import Link, Verdict
from tests.builders import HERE, A, cluster, image
from tests.unit.verify.small_fleet import Fleet
from tests.unit.verify.world import outcome

if TYPE_CHECKING:
    from gitops_golden.policy.model import Cluster

BOTH = ("amd64", "arm64")


def arm(name: str = "edge") -> Cluster:
    return replace(cluster(name), architecture="arm64")


def multi(**parts: Any) -> Fleet:
    return Fleet(images=(image(architectures=BOTH),), **parts)


def test_each_architecture_is_a_delivery_of_its_own() -> None:
    fleet = multi()
    found = [(each.image, each.data_source, each.architecture, each.actual) for each in fleet.report.deliveries]
    assert found == [("rhel9", "rhel9-amd64", "amd64", A), ("rhel9", "rhel9-arm64", "arm64", A)]
    assert fleet.report.converged
    fleet.change("prod-1", "PersistentVolumeClaim", f"rhel9-arm64-{A[7:19]}", gone=True)
    assert fleet.said() == {"rhel9-amd64": "converged", "rhel9-arm64": "broken volume VolumeAbsent"}


def test_an_image_without_architectures_is_one_delivery_under_its_name() -> None:
    (found,) = Fleet().report.deliveries
    assert (found.data_source, found.architecture, outcome(found.finding)) == ("rhel9", None, "converged")


def test_the_architecture_in_a_crons_spec_is_compared_as_the_rest_of_it() -> None:
    fleet = multi()
    crons = fleet.seen().list("DataImportCron")
    cron = next(each for each in crons if each["spec"]["managedDataSource"] == "rhel9-arm64")
    spec = copy.deepcopy(cron["spec"])
    spec["template"]["spec"]["source"]["registry"]["platform"]["architecture"] = "amd64"
    fleet.change("prod-1", "DataImportCron", cron["metadata"]["name"], spec=spec)
    assert fleet.said()["rhel9-arm64"] == "broken cron SpecEdited"


def test_the_images_own_name_is_judged_with_the_architecture_that_the_cluster_runs() -> None:
    fleet = multi(clusters=(arm(),), channels=(Channel("rhel9-stable", "rhel9", HERE),))
    assert fleet.report.converged
    fleet.change("edge", "DataSource", "rhel9", gone=True)
    assert fleet.said() == {"rhel9-amd64": "converged", "rhel9-arm64": "broken datasource PointerAbsent"}
    for_amd64 = {"source": {"dataSource": {"name": "rhel9-amd64", "namespace": "golden-images"}}}
    fleet = multi(clusters=(arm(),), channels=(Channel("rhel9-stable", "rhel9", HERE),))
    fleet.change("edge", "DataSource", "rhel9-stable", spec=for_amd64)
    assert fleet.said()["rhel9-arm64"] == "broken datasource PointerElsewhere"


def test_a_mirror_is_in_the_url_alone_and_the_digest_proves() -> None:
    fleet = Fleet(clusters=(cluster("edge", registry_mirror="mirror.edge.example/golden"), cluster("hub")))
    assert fleet.report.converged
    claims = {name: fleet.seen(name).list("PersistentVolumeClaim")[0]["metadata"] for name in fleet.clusters}
    (at_edge, at_hub) = (next(iter(claims[name]["annotations"].values())) for name in ("edge", "hub"))
    assert at_edge.startswith("docker://mirror.edge.example/golden/golden/rhel9@")
    assert at_hub.startswith("docker://registry.example:5000/golden/rhel9@")
    # A volume that came through the other address is the same by its digest.
    fleet.change("edge", "PersistentVolumeClaim", claims["edge"]["name"], metadata=claims["hub"])
    fleet.change("hub", "PersistentVolumeClaim", claims["hub"]["name"], metadata=claims["edge"])
    assert fleet.report.converged


@pytest.mark.parametrize("file", ["namespace-golden-images.yaml", "consumers-golden-images.yaml"])
def test_what_a_delivery_needs_beside_its_own_file_must_be_in_git(file: str) -> None:
    class Lacking(Fleet):
        def file(self, cluster: str, name: str) -> bytes | None:
            return None if name == file else super().file(cluster, name)

    assert Lacking().said() == {"rhel9": "broken git NotPublished"}


def test_what_reaches_the_registry_must_be_in_git() -> None:
    fleet = Fleet(registry=Registry("registry.example:5000", pull_secret="golden"))
    assert fleet.report.converged


def test_roles_that_may_not_be_read_are_told_of_the_cluster_and_break_nothing() -> None:
    fleet = Fleet()
    fleet.clusters["prod-1"] = replace(fleet.seen(), unread=(Unread("Role", "golden-images", "Forbidden"),))
    assert fleet.report.converged
    assert fleet.report.clusters[0].not_judged == (Link.ACCESS,)
    assert Fleet().report.clusters[0].not_judged == ()


def test_a_cluster_that_did_not_answer_is_told_from_one_with_a_finding() -> None:
    fleet = Fleet()
    fleet.clusters["prod-1"] = Unreachable("prod-1", "Timeout", "no answer")
    silent = fleet.report
    assert not silent.clusters[0].answered
    assert exit_code(silent, live=True) == 3
    assert exit_code(silent, live=False) == 1
    finding = replace(silent.clusters[0].finding, verdict=Verdict.BROKEN) if silent.clusters[0].finding else None
    answered = replace(Fleet().report, clusters=(replace(silent.clusters[0], finding=finding, answered=True),))
    assert exit_code(answered, live=True) == 1


def test_a_cluster_without_deliveries_that_does_not_answer_is_told_in_the_table() -> None:
    place = HyperConverged("kubevirt-hyperconverged")
    one = replace(cluster("ocp"), platform=Platform("kubevirt", "kubevirt-hyperconverged", place))
    vendor = VendorImages(imports=False, where=HERE)
    fleet = Fleet(images=(), placements=(), clusters=(one,), vendor_images=vendor)
    assert fleet.report.converged
    assert "Timeout" not in as_text(fleet.report, Style(), wide=False)
    fleet.clusters["ocp"] = Unreachable("ocp", "Timeout", "no answer")
    told = as_text(fleet.report, Style(), wide=False)
    assert any(line.split() == ["unreachable", "cluster", "Timeout", "1", "-", "ocp"] for line in told.splitlines())
    assert "cluster/Timeout: ocp" in told
    assert "0 deliveries on 1 cluster: none; 1 cluster with a finding of its own" in told


def test_a_cluster_that_does_not_answer_is_told_by_its_deliveries_and_once() -> None:
    fleet = Fleet()
    fleet.clusters["prod-1"] = Unreachable("prod-1", "Timeout", "no answer")
    told = as_text(fleet.report, Style(), wide=False)
    assert told.count("cluster/Timeout") == 1
    assert "of its own" not in told
