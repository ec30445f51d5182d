"""publish and diff look at clusters first: an admin's templates in HyperConverged are named by the policy, or stay."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from gitops_golden.fleet.observation import Observation, Server, Unread
from gitops_golden.fleet.snapshot import write
from tests.integration.fleets import change

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.fleets import Ran
    from tests.testbed.gitrepos import Git

    Run = Callable[..., Ran]

REPO = ("--repo", "../clusters.git")
LOOK = ("--snapshots", "seen")
CLUSTER = "edge-001"
DEBIAN = "team-a-debian"
NAMED = f"""\
  vendorImages:
    keep: [fedora]
    templates:
      - metadata: {{name: {DEBIAN}}}
        spec:
          schedule: "0 3 * * 1"
          managedDataSource: debian
          template:
            spec: {{source: {{registry: {{url: "docker://quay.io/containerdisks/debian:12"}}}}, storage: {{}}}}
"""


@pytest.fixture
def policy(fleet: Path) -> Path:
    """Let one cluster be an OpenShift, of whose images the policy keeps one."""
    file = fleet / "fleet.yaml"
    change(file, "site: edge}\n      set", "site: edge}\n      platform: openshift\n      set")
    change(file, "  placements:\n", "  vendorImages: {keep: [fedora]}\n  placements:\n")
    (fleet / "seen").mkdir()
    return file


def see(policy: Path, *templates: str, **parts: Any) -> None:
    """Record the cluster with an admin's templates in the list of its HyperConverged."""
    listed = [{"metadata": {"name": name}, "spec": {"managedDataSource": name}} for name in templates]
    item = {
        "apiVersion": "hco.kubevirt.io/v1",
        "kind": "HyperConverged",
        "metadata": {"name": "kubevirt-hyperconverged", "namespace": "openshift-cnv"},
        "spec": {"workloadSources": {"dataImportCronTemplates": listed}},
    }
    whole = {"objects": (item,)} | parts
    seen = Observation(CLUSTER, datetime(2026, 11, 21, tzinfo=UTC), Server("v1.36.0", "uid"), **whole)
    (policy.parent / "seen" / f"{CLUSTER}.json").write_bytes(write(seen))


def nothing_published(bare: Git) -> bool:
    return not bare("for-each-ref")


def test_a_list_that_would_take_an_admins_templates_is_not_published(run: Run, policy: Path, bare: Git) -> None:
    see(policy, DEBIAN, "team-b-suse", "fedora-image-cron")
    ran = run("publish", *REPO, *LOOK)
    assert (ran.code, ran.out) == (1, "")
    assert "\nerror: fleet.yaml:54:17: " in ran.err
    assert f"the list in HyperConverged on {CLUSTER} holds {DEBIAN}, team-b-suse, which the policy does not" in ran.err
    assert "vendorImages.templates" in ran.err
    assert nothing_published(bare)


def test_templates_that_the_policy_names_are_published(run: Run, policy: Path, bare: Git) -> None:
    see(policy, DEBIAN)
    change(policy, "  vendorImages: {keep: [fedora]}\n", NAMED)
    ran = run("publish", *REPO, *LOOK)
    assert ran.code == 0
    assert DEBIAN not in ran.err
    assert DEBIAN.encode() in bare.files()[f"clusters/{CLUSTER}/hyperconverged.yaml"]


def test_templates_that_are_meant_to_go_go_with_a_warning(run: Run, policy: Path, bare: Git) -> None:
    see(policy, DEBIAN)
    ran = run("publish", *REPO, *LOOK, "--allow-template-loss")
    assert ran.code == 0
    assert f"\nwarning: fleet.yaml:54:17: the list in HyperConverged on {CLUSTER} holds {DEBIAN}," in ran.err
    assert not nothing_published(bare)


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        (None, "no snapshot of it in seen"),
        ({"objects": (), "unread": (Unread("HyperConverged", "", "Forbidden"),)}, "could not be read: Forbidden"),
    ],
    ids=["not recorded", "forbidden"],
)
def test_a_cluster_that_cannot_be_read_is_a_warning(
    run: Run, policy: Path, bare: Git, parts: dict[str, Any] | None, why: str
) -> None:
    if parts is not None:
        see(policy, **parts)
    ran = run("publish", *REPO, *LOOK)
    assert ran.code == 0
    assert f"warning: whether {CLUSTER} has templates that would be lost is not known: " in ran.err
    assert why in ran.err
    assert not nothing_published(bare)


def test_a_cluster_without_hyperconverged_loses_nothing(run: Run, policy: Path, bare: Git) -> None:
    see(policy, objects=())
    assert (run("publish", *REPO, *LOOK).code, nothing_published(bare)) == (0, False)


def test_a_list_that_the_branch_has_already_stops_no_other_change(run: Run, policy: Path, bare: Git) -> None:
    run("publish", *REPO)
    see(policy, DEBIAN)
    assert run("lock").code == 0
    ran = run("publish", *REPO, *LOOK)
    assert ran.code == 0
    assert DEBIAN not in ran.err
    assert len(bare("rev-list", "main").split()) == 2


def test_what_git_once_listed_is_the_fleets_to_take_back(run: Run, policy: Path, bare: Git) -> None:
    change(policy, "  vendorImages: {keep: [fedora]}\n", NAMED)
    run("publish", *REPO)
    change(policy, NAMED, "  vendorImages: {keep: [fedora]}\n")
    see(policy, DEBIAN)
    assert run("publish", *REPO, *LOOK).code == 0
    assert DEBIAN.encode() not in bare.files()[f"clusters/{CLUSTER}/hyperconverged.yaml"]


@pytest.mark.parametrize("word", ["keep", "remove"])
def test_a_word_touches_no_list(run: Run, policy: Path, bare: Git, word: str) -> None:
    see(policy, DEBIAN)
    change(policy, "{keep: [fedora]}", word)
    ran = run("publish", *REPO, *LOOK)
    assert (ran.code, nothing_published(bare)) == (0, False)
    assert DEBIAN not in ran.err


def test_diff_tells_what_publish_would_stop_for(run: Run, policy: Path, bare: Git) -> None:
    see(policy, DEBIAN)
    ran = run("diff", *REPO, *LOOK)
    assert ran.code == 1
    assert f"publish stops: fleet.yaml:54:17: the list in HyperConverged on {CLUSTER} holds {DEBIAN}," in ran.out
    told = run("diff", *REPO, *LOOK, "-o", "json").json
    assert told["lostTemplates"] == [{"cluster": CLUSTER, "templates": [DEBIAN]}]
    see(policy)
    assert run("diff", *REPO, *LOOK, "-o", "json").json["lostTemplates"] == []
    assert run("diff", *REPO, "-o", "json").json["lostTemplates"] is None


@pytest.mark.parametrize("verb", ["diff", "publish"])
def test_clusters_are_read_in_one_way(run: Run, policy: Path, bare: Git, verb: str) -> None:
    ran = run(verb, *REPO, *LOOK, "--kubeconfig", "any")
    assert (ran.code, ran.out) == (2, "")
    assert "either --kubeconfig F or --snapshots DIR" in ran.err
    missing = run(verb, *REPO, "--kubeconfig", "nowhere")
    assert (missing.code, missing.out) == (2, "")
    assert nothing_published(bare)


def test_a_live_cluster_that_does_not_answer_is_a_warning(run: Run, policy: Path, bare: Git, refused: str) -> None:
    (policy.parent / "kubeconfig").write_text(
        f"""\
apiVersion: v1
kind: Config
contexts: [{{name: {CLUSTER}, context: {{cluster: it, user: me}}}}]
clusters: [{{name: it, cluster: {{server: "http://{refused}"}}}}]
users: [{{name: me, user: {{token: abc}}}}]
""",
        encoding="utf-8",
    )
    ran = run("publish", *REPO, "--kubeconfig", "kubeconfig", "--timeout", "5")
    assert ran.code == 0
    assert f"warning: whether {CLUSTER} has templates that would be lost is not known: " in ran.err
    assert not nothing_published(bare)
