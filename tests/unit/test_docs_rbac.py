"""The roles that the manual gives the verifier allow what it reads, and nothing else."""

from __future__ import annotations

from gitops_golden.documents import as_data, parse
from gitops_golden.fleet.kinds import CLUSTER_WIDE, NAMESPACED
from gitops_golden.fleet.watching import DECIDING
from tests import manual

FILE = manual.DOCS / "verifier-clusterrole.yaml"
IN_NAMESPACES, EVERYWHERE = (as_data(node) for node in parse(FILE.read_bytes(), FILE.name))
SYSTEM = {"apiGroups": [""], "resources": ["namespaces"], "resourceNames": ["kube-system"], "verbs": ["get"]}


def test_every_kind_that_is_read_may_be_listed_and_those_that_decide_be_watched() -> None:
    assert IN_NAMESPACES["rules"] == [
        {
            "apiGroups": [kind.group],
            "resources": [kind.plural],
            "verbs": ["list", "watch"] if kind.name in DECIDING else ["list"],
        }
        for kind in NAMESPACED
    ]


def test_what_is_in_no_namespace_of_ours_may_be_listed_and_the_cluster_be_known() -> None:
    listed = [{"apiGroups": [kind.group], "resources": [kind.plural], "verbs": ["list"]} for kind in CLUSTER_WIDE]
    assert EVERYWHERE["rules"] == [*listed, SYSTEM]


def test_the_manual_tells_what_is_missing_without_each_right() -> None:
    page = (manual.DOCS / "rbac.md").read_text(encoding="utf-8")
    rules = [*IN_NAMESPACES["rules"], *EVERYWHERE["rules"]]
    assert list(manual.table_words(page, "Right to list")) == [rule["resources"][0] for rule in rules]
