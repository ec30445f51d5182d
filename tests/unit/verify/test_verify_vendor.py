"""Vendor images, cluster by cluster: what is there, what HyperConverged was told, whose templates would be lost."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gitops_golden.fleet.observation import Observation, Server, Unread
from gitops_golden.plan.compile import compile_plan
from gitops_golden.policy.model import HyperConverged, Platform, Tracking, VendorImages, VendorTemplate
from gitops_golden.render.manifests import read_documents
from gitops_golden.vendor.catalogue import MANAGED_BY, catalogue
from gitops_golden.verify.expectations import Truth
from tests.builders import HERE, A, B, cluster, image, lock, locked, policy
from tests.unit.verify.small_fleet import judge_fleet
from tests.unit.verify.world import BASIS, NOW, Git, outcome, renderer, versions, written

if TYPE_CHECKING:
    from gitops_golden.verify.model import Finding

GOLDEN, HCO = "openshift-virtualization-os-images", "openshift-cnv"
FILE = "hyperconverged.yaml"
PIN = "cdi.kubevirt.io/storage.import.sourceDesiredDigest"
CRONS = tuple(each.cron for each in catalogue("openshift"))
REMOVE = VendorImages(imports=False, where=HERE)
KEEP_ALL = VendorImages(imports=True, where=HERE)
KEEP_FEDORA = VendorImages(imports=False, where=HERE, keep=("fedora",))
ONE_OFF = VendorImages(imports=None, where=HERE, remove=("fedora",))
REPLACE = VendorImages(imports=None, where=HERE, replace=("fedora",))
VERSIONS = ("v1", "v1beta1")
Objects = tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Ocp:
    """A cluster with HyperConverged, and what the policy says of vendor images there."""

    said: VendorImages = REMOVE
    version: str = "v1"
    images: tuple[str, ...] = ()
    tracking: bool = False

    @property
    def plan(self) -> Any:
        place = HyperConverged(HCO, f"hco.kubevirt.io/{self.version}")
        one = replace(cluster("ocp"), platform=Platform("openshift", HCO, place))
        update: dict[str, Any] = {"update": Tracking("0 2 * * *")} if self.tracking else {}
        images = tuple(image(name, **update) for name in self.images)
        parts = {} if images else {"placements": ()}
        made = policy(images=images, clusters=(one,), vendor_images=self.said, **parts)
        return compile_plan(made, lock(*(locked(name) for name in self.images)))

    @property
    def content(self) -> bytes:
        """What is rendered for HyperConverged."""
        (held,) = self.plan.clusters
        return next(file.content for file in renderer().folder(held.holding).files if file.name == FILE)

    def told(self, *templates: dict[str, Any], **status: Any) -> dict[str, Any]:
        """Return the HyperConverged as a cluster has it that has synced, with more templates in its list."""
        (found,) = copy.deepcopy(read_documents(self.content) or ())
        where = found["spec"]["workloadSources"] if self.version == "v1" else found["spec"]
        if templates:
            where["dataImportCronTemplates"] = [*where.get("dataImportCronTemplates", ()), *templates]
        return dict(found) | {"status": status}

    def judged(self, *objects: dict[str, Any], past: tuple[bytes | None, ...] = (None,), **seen: Any) -> str:
        return outcome(self.finding(*objects, past=past, **seen))

    def finding(
        self,
        *objects: dict[str, Any],
        past: tuple[bytes | None, ...] = (None,),
        objective: timedelta | None = None,
        **seen: Any,
    ) -> Finding | None:
        plan, made = self.plan, renderer()
        files = {file.name: versions(file.content) for file in made.folder(plan.clusters[0].holding).files}
        git = Git(files=files | {FILE: versions(self.content, *past)})
        truth = Truth(
            git, lock(), {}, BASIS, lambda variant: made.image(variant).content, made.folder, objective=objective
        )
        observed = Observation("ocp", NOW, Server("v1.36.0", "uid"), objects, **seen)
        (result,) = judge_fleet(plan, truth, {"ocp": observed}, NOW).clusters
        return result.finding


def said(version: str = "v1", **spec: Any) -> dict[str, Any]:
    """Return a HyperConverged that says something about boot images."""
    return {
        "apiVersion": f"hco.kubevirt.io/{version}",
        "kind": "HyperConverged",
        "metadata": {"name": "kubevirt-hyperconverged", "namespace": HCO},
        "spec": {"workloadSources": spec} if version == "v1" else spec,
    }


def cron(name: str, namespace: str = GOLDEN, **parts: Any) -> dict[str, Any]:
    """Return a cron as SSP makes it."""
    metadata = {"name": name, "namespace": namespace, "labels": dict([MANAGED_BY]), "annotations": {}}
    return {"kind": "DataImportCron", "metadata": metadata, "spec": {}} | parts


def template(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"managedDataSource": name}}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("policy_says", [REMOVE, KEEP_ALL, KEEP_FEDORA, ONE_OFF])
def test_a_cluster_that_was_told_and_acted_has_no_finding(policy_says: VendorImages, version: str) -> None:
    ocp = Ocp(policy_says, version)
    left = {REMOVE: (), KEEP_ALL: CRONS, KEEP_FEDORA: ("fedora-kept",)}.get(
        policy_says, tuple(name for name in CRONS if name != "fedora-image-cron")
    )
    assert ocp.judged(ocp.told(), *map(cron, left)) == "converged"


@pytest.mark.parametrize("version", VERSIONS)
def test_vendor_crons_that_should_be_gone_are_named(version: str) -> None:
    ocp = Ocp(REMOVE, version)
    finding = ocp.finding(ocp.told(), cron("fedora-image-cron"), cron("rhel11-image-cron-arm64"))
    assert outcome(finding) == "broken None VendorImagesPresent"
    assert finding is not None
    assert "fedora-image-cron, rhel11-image-cron-arm64" in finding.message


def test_vendor_crons_on_a_cluster_that_was_not_told_yet_are_on_their_way() -> None:
    finding = Ocp().finding(said(), cron("fedora-image-cron"))
    assert outcome(finding) == "progressing None VendorImagesPresent"
    assert finding is not None
    assert "has not been told: enableCommonBootImageImport is to be false" in finding.message
    edited = said(enableCommonBootImageImport=True)
    before = Ocp(KEEP_FEDORA).content
    assert Ocp().judged(edited, cron("fedora-image-cron"), past=(before,)) == "broken None VendorImagesPresent"


@pytest.mark.parametrize(
    ("policy_says", "name", "there"),
    [
        (KEEP_FEDORA, "fedora-kept", False),
        (KEEP_FEDORA, "fedora-kept-amd64", False),
        (KEEP_FEDORA, "fedora-image-cron", True),
        (KEEP_FEDORA, "rhel9-kept", True),
        (ONE_OFF, "fedora-image-cron", True),
        (ONE_OFF, "fedora-image-cron-s390x", True),
        (ONE_OFF, "rhel9-image-cron", False),
        (KEEP_ALL, "fedora-image-cron", False),
    ],
)
def test_only_what_the_policy_lets_go_is_missed(policy_says: VendorImages, name: str, *, there: bool) -> None:
    ocp = Ocp(policy_says)
    assert ocp.judged(ocp.told(), cron(name)) == ("broken None VendorImagesPresent" if there else "converged")


def test_an_admins_own_templates_are_not_the_vendors() -> None:
    ocp = Ocp(REMOVE)
    status = {"dataImportCronTemplates": [template("debian") | {"status": {}}]}
    assert ocp.judged(ocp.told(template("debian")), cron("debian")) == "converged"
    assert ocp.judged(ocp.told(**status), cron("debian")) == "converged"
    common = {"dataImportCronTemplates": [template("debian") | {"status": {"commonTemplate": True}}]}
    assert ocp.judged(ocp.told(**common), cron("debian")) == "broken None VendorImagesPresent"


def test_a_cron_that_ssp_did_not_make_is_not_the_vendors() -> None:
    own = cron("fedora-image-cron")
    own["metadata"]["labels"] = {}
    ocp = Ocp()
    assert ocp.judged(ocp.told(), own) == "converged"


@pytest.mark.parametrize("version", VERSIONS)
def test_templates_that_would_be_lost_are_named_before_all_else(version: str) -> None:
    ocp = Ocp(KEEP_FEDORA, version)
    for found in (
        ocp.told(template("debian")),
        said(version, dataImportCronTemplates=[template("debian")]),
        ocp.told(dataImportCronTemplates=[template("debian") | {"status": {}}]),
    ):
        finding = ocp.finding(found, cron("fedora-image-cron"))
        assert outcome(finding) == "broken None VendorTemplatesUnnamed"
        assert finding is not None
        assert "lists debian," in finding.message
        assert "vendorImages.templates" in finding.remedy


def test_templates_that_the_policy_names_or_git_once_listed_are_not_lost() -> None:
    named = replace(KEEP_FEDORA, templates=(VendorTemplate("debian", template("debian"), HERE),))
    assert Ocp(named).judged(Ocp(named).told(), cron("debian"), cron("fedora-kept")) == "converged"
    before = Ocp(named).content
    assert Ocp(KEEP_FEDORA).judged(Ocp(named).told(), past=(before,)) == "progressing None VendorImagesNotTold"


def test_vendor_images_are_overdue_once_the_cluster_follows_git_later_than_the_objective() -> None:
    objects, past = (said(), cron("fedora-image-cron")), (Ocp(ONE_OFF).content, None)
    for seconds, outcome_then in ((90, "progressing"), (30, "broken")):
        finding = Ocp().finding(*objects, past=past, objective=timedelta(seconds=seconds))
        assert outcome(finding) == f"{outcome_then} None VendorImagesPresent"
    assert finding is not None
    assert (finding.since, finding.overdue) == (NOW - timedelta(minutes=1), True)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_hyperconverged_that_says_otherwise_than_git_was_not_told(version: str) -> None:
    before, ocp = Ocp(KEEP_ALL, version).content, Ocp(KEEP_FEDORA, version)
    on = said(version, enableCommonBootImageImport=True)
    assert ocp.judged(on, past=(before,)) == "progressing None VendorImagesNotTold"
    assert ocp.judged(on) == "progressing None VendorImagesNotTold"
    assert ocp.judged(said(version), past=(Ocp(REMOVE, version).content,)) == "broken None VendorImagesNotTold"
    kept = ocp.told()
    (listed,) = (kept["spec"]["workloadSources"] if version == "v1" else kept["spec"])["dataImportCronTemplates"]
    listed["spec"]["importsToKeep"] = 9
    finding = ocp.finding(kept, past=(before,))
    assert outcome(finding) == "broken None VendorImagesNotTold"
    assert finding is not None
    assert "template fedora-kept is another" in finding.message


def test_a_hyperconverged_is_read_in_either_version_whatever_git_writes() -> None:
    for rendered, served in (VERSIONS, VERSIONS[::-1]):
        ocp = Ocp(REMOVE, rendered)
        assert ocp.judged(said(served, enableCommonBootImageImport=False)) == "converged"
        assert (
            ocp.judged(said(served, enableCommonBootImageImport=True), past=())
            == "progressing None VendorImagesNotTold"
        )
    hostile = said() | {"spec": "text", "status": {"dataImportCronTemplates": [None, 7]}}
    assert Ocp().judged(hostile) == "progressing None VendorImagesNotTold"


def test_what_an_admission_webhook_adds_is_no_difference() -> None:
    ocp = Ocp(ONE_OFF)
    found = ocp.told()
    (entry,) = found["spec"]["workloadSources"]["dataImportCronTemplates"]
    entry["metadata"].setdefault("annotations", {})["added"] = "true"
    entry["status"] = {}
    assert ocp.judged(found) == "converged"


def test_an_absent_hyperconverged_is_its_own_finding() -> None:
    assert Ocp().judged(cron("fedora-image-cron")) == "broken None HyperConvergedAbsent"
    assert Ocp().judged(absent_kinds=frozenset({"HyperConverged"})) == "broken None HyperConvergedAbsent"


@pytest.mark.parametrize(
    ("kind", "namespace"), [("HyperConverged", ""), ("DataImportCron", GOLDEN)], ids=["told", "there"]
)
def test_what_may_not_be_read_is_never_absent(kind: str, namespace: str) -> None:
    ocp = Ocp()
    unread = (Unread(kind, namespace, "Forbidden"),)
    assert ocp.judged(ocp.told(), unread=unread) == "unreachable None Forbidden"


def test_vendor_images_that_were_moved_to_a_namespace_that_nobody_read_prove_nothing() -> None:
    ocp = Ocp()
    found = ocp.told()
    found["spec"]["workloadSources"]["commonBootImageNamespace"] = "elsewhere"
    assert ocp.judged(found, namespaces=frozenset({GOLDEN})) == "unreachable None NotRecorded"
    moved = cron("fedora-image-cron", "elsewhere")
    assert ocp.judged(found, moved) == "broken None VendorImagesPresent"


def test_a_file_for_the_cluster_that_is_not_published_breaks_at_git() -> None:
    ocp, made = Ocp(), renderer()
    truth = Truth(Git(), lock(), {}, BASIS, lambda variant: made.image(variant).content, made.folder)
    observed = Observation("ocp", NOW, None, (ocp.told(),))
    (result,) = judge_fleet(ocp.plan, truth, {"ocp": observed}, NOW).clusters
    assert outcome(result.finding) == "broken git NotPublished"


def test_a_policy_that_says_nothing_of_vendor_images_looks_at_none() -> None:
    plan = compile_plan(policy(), lock())
    made = renderer()
    files = {file.name: versions(file.content) for file in made.folder(plan.clusters[0].holding).files}
    truth = Truth(Git(files=files), lock(), {}, BASIS, lambda variant: made.image(variant).content, made.folder)
    (result,) = judge_fleet(plan, truth, {"prod-1": Observation("prod-1", NOW, None, ())}, NOW).clusters
    assert result.finding is None


# The fleet's own image in the place of a vendor's -----------------------------------------------------------------


def replaced(digest: str = A, **parts: Any) -> Objects:
    """Return what a cluster holds that serves the fleet's fedora under the vendor's name."""
    ocp = Ocp(REPLACE, images=("fedora",))
    (entry,) = (
        each
        for each in ocp.told()["spec"]["workloadSources"]["dataImportCronTemplates"]
        if each["metadata"]["name"] != "fedora-image-cron"
    )
    name, volume = entry["metadata"]["name"], f"fedora-{digest[7:19]}"
    made = cron(name, spec=entry["spec"])
    made["metadata"]["annotations"] = {PIN: digest}
    made["status"] = {
        "currentImports": [{"Digest": digest, "DataVolumeName": volume}],
        "conditions": [{"type": "UpToDate", "status": "True"}],
    }
    place = {"namespace": GOLDEN}
    source = {
        "kind": "DataSource",
        "metadata": place | {"name": "fedora", "labels": {"cdi.kubevirt.io/dataImportCron": name}},
        "spec": {"source": {"pvc": place | {"name": volume}}},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    }
    claim = {
        "kind": "PersistentVolumeClaim",
        "metadata": place | {"name": volume},
        "spec": {},
        "status": {"phase": "Bound"},
    }
    held = {"cron": made, "source": source, "claim": claim} | parts
    return (ocp.told(), *(each for each in held.values() if each))


def test_an_image_that_stands_in_for_the_vendors_is_served_under_the_vendors_name() -> None:
    assert Ocp(REPLACE, images=("fedora",)).judged(*replaced()) == "converged"


@pytest.mark.parametrize(
    ("objects", "verdict"),
    [
        (replaced(cron=None), "broken"),
        (replaced(B), "broken"),
        (replaced(claim=None), "broken"),
        (replaced(source=None), "broken"),
        (replaced(source=replaced()[2] | {"metadata": {"namespace": GOLDEN, "name": "fedora"}}), "broken"),
        (replaced(source=replaced()[2] | {"status": {}}), "progressing"),
        (replaced(cron=replaced()[1] | {"status": {}}), "progressing"),
    ],
    ids=["no cron", "another digest", "no volume", "no DataSource", "not its own", "not Ready", "not begun"],
)
def test_an_image_that_does_not_stand_in_for_the_vendors_is_told(objects: Objects, verdict: str) -> None:
    finding = Ocp(REPLACE, images=("fedora",)).finding(*objects)
    assert outcome(finding) == f"{verdict} None VendorImageNotReplaced"
    assert finding is not None
    assert finding.message.startswith("fedora: ")


def told_at(age: timedelta, objects: Objects) -> Objects:
    """Return objects whose HyperConverged the engine wrote so long ago."""
    first, *others = objects
    return (written(first, "gitops-engine", age, "spec", "workloadSources"), *others)


@pytest.mark.parametrize(("minutes", "verdict"), [(1, "progressing"), (11, "broken")])
@pytest.mark.parametrize(
    ("objects", "reason"),
    [
        (replaced(cron=None), "VendorImageNotReplaced"),
        (replaced(B), "VendorImageNotReplaced"),
        ((*replaced(), cron("fedora-image-cron")), "VendorImagesPresent"),
    ],
)
def test_what_hyperconverged_was_only_just_told_takes_a_while(
    objects: Objects, reason: str, minutes: int, verdict: str
) -> None:
    age = timedelta(minutes=minutes)
    finding = Ocp(REPLACE, images=("fedora",)).finding(*told_at(age, objects))
    assert outcome(finding) == f"{verdict} None {reason}"
    assert finding is not None
    assert finding.since == NOW - age


def test_an_image_whose_tag_is_not_known_is_told_by_its_delivery_alone() -> None:
    ocp = Ocp(REPLACE, images=("fedora",), tracking=True)
    assert ocp.judged(ocp.told()) == "converged"


def test_the_vendors_own_cron_beside_the_one_that_stands_in_for_it_should_be_gone() -> None:
    both = (*replaced(), cron("fedora-image-cron"))
    assert Ocp(REPLACE, images=("fedora",)).judged(*both) == "broken None VendorImagesPresent"


@pytest.mark.parametrize("now", [REMOVE, KEEP_ALL])
@pytest.mark.parametrize("before", [KEEP_FEDORA, REPLACE])
def test_what_a_list_of_ours_held_and_still_holds_has_not_converged(before: VendorImages, now: VendorImages) -> None:
    listing, ocp = Ocp(before, images=("fedora",)), Ocp(now, images=("fedora",))
    (old,) = read_documents(listing.content) or ()
    entries = old["spec"]["workloadSources"]["dataImportCronTemplates"]
    left = ocp.told(*entries)
    found = ocp.finding(left, past=(Ocp(replace(ONE_OFF, remove=("rhel8",))).content,))
    assert found is not None
    assert (found.verdict, found.reason) == ("broken", "VendorImagesNotTold")
    assert f"template {entries[0]['metadata']['name']} is listed" in found.message
    assert ocp.judged(listing.told(), past=(listing.content,)).startswith("progressing None Vendor")


def test_an_image_that_was_kept_and_is_still_there_should_be_gone() -> None:
    listing, ocp = Ocp(KEEP_FEDORA), Ocp(REMOVE)
    said = ocp.judged(listing.told(), cron("fedora-kept"), past=(listing.content,))
    assert said == "progressing None VendorImagesPresent"
    assert ocp.judged(ocp.told(), cron("fedora-kept"), past=(listing.content,)) == "broken None VendorImagesPresent"


def test_an_admins_own_list_is_left_to_him_where_the_policy_lists_nothing() -> None:
    ocp = Ocp(REMOVE)
    assert ocp.judged(ocp.told(template("debian")), cron("debian")) == "converged"
