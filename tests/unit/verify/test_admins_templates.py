"""Whose templates a publish would take from clusters' HyperConverged: only what it changes is looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gitops_golden.fleet.observation import Observation, Server, Unreachable, Unread
from gitops_golden.plan.compile import compile_plan
from gitops_golden.policy.model import HyperConverged, Platform, VendorImages
from gitops_golden.verify.admins_templates import Loss, Unseen, losses, new_lists
from tests.builders import HERE, cluster, lock, policy
from tests.unit.verify.world import NOW, Git, renderer, versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitops_golden.fleet.observation import Observed
    from gitops_golden.plan.model import Plan

FILE = "hyperconverged.yaml"
HCO = "openshift-cnv"
KEEP_FEDORA = VendorImages(imports=False, where=HERE, keep=("fedora",))


def planned(said: VendorImages = KEEP_FEDORA) -> Plan:
    platform = Platform("openshift", HCO, HyperConverged(HCO))
    clusters = (replace(cluster("ocp"), platform=platform), cluster("plain"))
    return compile_plan(policy(images=(), clusters=clusters, placements=(), vendor_images=said), lock())


def told(*templates: str) -> dict[str, Any]:
    listed = [{"metadata": {"name": name}} for name in templates]
    return {
        "apiVersion": "hco.kubevirt.io/v1beta1",
        "kind": "HyperConverged",
        "metadata": {"name": "kubevirt-hyperconverged", "namespace": HCO},
        "spec": {"dataImportCronTemplates": listed},
    }


def seen(*objects: dict[str, Any], **parts: Any) -> Observation:
    return Observation("ocp", NOW, Server("v1.36.0", "uid"), objects, **parts)


def looked(observed: Mapping[str, Observed], plan: Plan | None = None, git: Git | None = None) -> Any:
    plan, git = plan or planned(), git or Git()
    return losses(new_lists(plan, renderer().folder, git), git, observed)


@pytest.mark.parametrize("templates", [("debian",), ("suse", "debian")])
def test_templates_of_somebody_else_would_be_lost(templates: tuple[str, ...]) -> None:
    found = {"ocp": seen(told("fedora-image-cron", "fedora-kept", *templates))}
    assert looked(found) == ((Loss("ocp", tuple(sorted(templates))),), ())


@pytest.mark.parametrize(
    ("observed", "why"),
    [
        ({}, "nobody read this cluster"),
        ({"ocp": Unreachable("ocp", "Timeout", "not read within 5 s")}, "not read within 5 s"),
        (
            {"ocp": seen(unread=(Unread("HyperConverged", "", "Forbidden"),))},
            "HyperConvergeds could not be read: Forbidden",
        ),
    ],
    ids=["nobody", "unreachable", "forbidden"],
)
def test_a_cluster_that_could_not_be_looked_at_is_never_one_that_loses_nothing(
    observed: dict[str, Observed], why: str
) -> None:
    assert looked(observed) == ((), (Unseen("ocp", why),))


def test_a_cluster_without_hyperconverged_loses_nothing() -> None:
    assert looked({"ocp": seen()}) == ((), ())


def test_a_list_that_git_has_already_is_not_looked_at() -> None:
    plan = planned()
    (new,) = new_lists(plan, renderer().folder, Git())
    assert (new.held.cluster.name, new.file.name) == ("ocp", FILE)
    git = Git(files={FILE: versions(new.file.content)})
    assert new_lists(plan, renderer().folder, git) == ()


@pytest.mark.parametrize("imports", [True, False])
def test_a_policy_that_lists_nothing_writes_no_list(*, imports: bool) -> None:
    plan = planned(VendorImages(imports=imports, where=HERE))
    assert new_lists(plan, renderer().folder, Git()) == ()


def test_what_the_last_commit_listed_is_ours_to_take_back() -> None:
    before = next(
        file.content
        for file in renderer().folder(planned(replace(KEEP_FEDORA, keep=("fedora", "rhel9"))).clusters[0].holding).files
        if file.name == FILE
    )
    git = Git(files={FILE: versions(before.replace(b"rhel9-kept", b"debian"))})
    assert looked({"ocp": seen(told("debian"))}, git=git) == ((), ())
