"""Consumers' rights: judged where roles may be read, broken where they are others than Git's."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from gitops_golden.fleet.observation import Unread
from gitops_golden.plan.model import Holding
from gitops_golden.policy.model import EVERY_USER, Platform, Subject
from gitops_golden.render.manifests import read_documents
from gitops_golden.verify.beside import beside
from tests.builders import A, settings, variant
from tests.recordings import objects_before
from tests.unit.verify.world import Git, Judged, expecting, history, outcome, renderer, versions

CRON, NAMESPACE = "rhel9-aaaaaa", "golden-pinned-bump-and-rollback"
FILE = f"consumers-{NAMESPACE}.yaml"
TEAM = (Subject("Group", "team-a"), Subject("ServiceAccount", "builder", "ci"))
Objects = tuple[dict[str, Any], ...]


def file(consumers: tuple[Subject, ...] = EVERY_USER) -> Any:
    one = variant(settings=settings(namespace=NAMESPACE))
    folder = renderer(consumers=consumers).folder(Holding((one,), (), Platform()))
    return next(each for each in folder.files if each.name == FILE)


def rights(consumers: tuple[Subject, ...] = EVERY_USER) -> Objects:
    return copy.deepcopy(read_documents(file(consumers).content) or ())


def judged(
    found: Objects, *earlier: bytes | None, consumers: tuple[Subject, ...] = EVERY_USER, unread: tuple[str, ...] = ()
) -> str:
    objects = (*objects_before("pinned_bump_and_rollback", "pin digest B"), *found)
    expected, one = expecting(objects, CRON), file(consumers)
    git = Git(history=history(expected, A), files={FILE: versions(one.content, *earlier)})
    gaps = tuple(Unread(kind, NAMESPACE, "Forbidden") for kind in unread)
    return outcome(Judged(objects, expected, git, (beside(one),)).finding(unread=gaps))


def test_the_rights_that_git_holds_are_converged() -> None:
    assert judged(rights(), None) == "converged"
    assert judged(rights(TEAM), None, consumers=TEAM) == "converged"


def test_the_order_of_subjects_and_verbs_and_what_the_api_server_fills_in_mean_nothing() -> None:
    role, binding = rights(TEAM)
    binding["subjects"].reverse()
    for subject in binding["subjects"]:
        subject.setdefault("apiGroup", "")
    for rule in role["rules"]:
        rule["verbs"].reverse()
    role["rules"].reverse()
    binding["subjects"][-1].pop("apiGroup")
    assert judged((role, binding), None, consumers=TEAM) == "converged"


def test_rights_that_git_held_for_long_and_are_absent_are_broken() -> None:
    older = file(TEAM).content
    role, binding = rights()
    for found in ((), (role,), (binding,)):
        assert judged(found, older) == "broken access ConsumersAbsent"


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("RoleBinding", "subjects", []),
        ("RoleBinding", "subjects", [{"kind": "Group", "name": "others"}]),
        (
            "RoleBinding",
            "subjects",
            [{"kind": "Group", "name": "system:authenticated"}, {"kind": "User", "name": "system:anonymous"}],
        ),
        ("RoleBinding", "roleRef", {"kind": "ClusterRole", "name": "cluster-admin"}),
        ("Role", "rules", []),
        ("Role", "rules", [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]),
        ("Role", "rules", "hostile"),
        ("Role", "rules", [{"verbs": [{}]}]),
    ],
)
def test_rights_that_no_commit_had_were_edited(kind: str, field: str, value: object) -> None:
    found = tuple(each | {field: value} if each["kind"] == kind else each for each in rights())
    assert judged(found, file(TEAM).content) == "broken access ConsumersEdited"


def test_rights_of_an_earlier_commit_are_on_their_way() -> None:
    assert judged(rights(), file().content, consumers=TEAM) == "progressing access NotSynced"
    assert judged(()) == "progressing access NotSynced"


def test_what_may_not_be_read_breaks_no_delivery() -> None:
    assert judged((), file(TEAM).content, unread=("Role", "RoleBinding")) == "converged"


def test_a_binding_is_judged_although_roles_may_not_be_read() -> None:
    role, binding = rights()
    assert judged((binding,), file(TEAM).content, unread=("Role",)) == "converged"
    assert judged((role,), file(TEAM).content, unread=("Role",)) == "broken access ConsumersAbsent"


def test_an_image_that_nobody_may_clone_by_the_policy_needs_no_rights() -> None:
    objects = objects_before("pinned_bump_and_rollback", "pin digest B")
    expected = expecting(objects, CRON)
    assert Judged(objects, expected, Git(history=history(expected, A))).finding() is None
