"""The link ``access``: may those whom the policy lets clone do so.

Judged where roles and bindings may be read. That they may not be breaks nothing: what is served is proven without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_golden.fleet.kinds import RIGHTS
from gitops_golden.fleet.shapes import items, mapping, text
from gitops_golden.verify.beside import RESYNC, named, not_synced
from gitops_golden.verify.hands import hand
from gitops_golden.verify.model import Finding, Link, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from gitops_golden.fleet.observation import Observation
    from gitops_golden.verify.case import Beside, Scene

RBAC = "rbac.authorization.k8s.io"


def access(scene: Scene) -> Finding | None:
    """Break where the consumers' role or its binding is absent, or says otherwise than Git."""
    files = (file for file in scene.case.beside if file.kind == "consumers")
    return next((finding for file in files if (finding := _consumers(scene, file))), None)


def may_be_judged(seen: Observation, namespace: str) -> bool:
    """Whether everything could be read that this link rests on."""
    return not any(seen.why_unread(kind, namespace) for kind in RIGHTS)


def _consumers(scene: Scene, file: Beside) -> Finding | None:
    readable = [kind for kind in RIGHTS if not scene.seen.why_unread(kind, scene.expected.namespace)]
    wanted = [each for kind in readable if (each := file.object(kind))]
    found = [scene.get(text(each, "kind"), text(each, "metadata", "name")) for each in wanted]
    off = [_name(each) for each, there in zip(wanted, found, strict=True) if there is None]
    edited = [there for each, there in zip(wanted, found, strict=True) if there and not same_rights(there, each)]
    if not (off or edited):
        return None
    what, since = f"{scene.expected.namespace} lacks {' and '.join(off)}", None
    if not off:
        writer = hand(edited[0], ("rules",), ("subjects",))
        names = " and ".join(map(_name, edited))
        what = f"{names} in {scene.expected.namespace} says otherwise than Git{writer.told}"
        since = writer.when

    def is_as(objects: Sequence[Mapping[str, Any]]) -> bool:
        earlier = (named(objects, text(each, "kind"), text(each, "metadata", "name")) for each in wanted)
        return [_said(each) for each in earlier] == [_said(each) for each in found]

    past = scene.case.git.file_past(scene.case.cluster, file.name)
    reason = "ConsumersAbsent" if off else "ConsumersEdited"
    broken = Finding(Verdict.BROKEN, Link.ACCESS, reason, what, RESYNC, since)
    return not_synced(past, Link.ACCESS, what, is_as) or broken


def _name(object_: Mapping[str, Any]) -> str:
    return f"{text(object_, 'kind')} {text(object_, 'metadata', 'name')}"


def same_rights(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether two Roles, or two RoleBindings, allow the same, in whatever order they are written."""
    # Mostly to the letter, and a fleet has many.
    same = found.get("rules") == wanted.get("rules") and found.get("subjects") == wanted.get("subjects")
    return (same and found.get("roleRef") == wanted.get("roleRef")) or _said(found) == _said(wanted)


def _said(object_: Mapping[str, Any] | None) -> object:
    """Return what a Role or RoleBinding allows, whatever order it is written in; None for none."""
    if object_ is None:
        return None
    rules = {
        tuple(_words(rule, field) for field in ("apiGroups", "resources", "verbs", "resourceNames"))
        for rule in items(object_, "rules")
    }
    subjects = {_subject(subject) for subject in items(object_, "subjects")}
    reference = mapping(object_, "roleRef")
    return rules, subjects, text(reference, "kind"), text(reference, "name")


def _words(rule: Any, field: str) -> frozenset[str]:
    return frozenset(word for word in items(rule, field) if isinstance(word, str))


def _subject(subject: Any) -> tuple[str, ...]:
    kind = text(subject, "kind")
    # The API server fills it in.
    group = text(subject, "apiGroup") or ("" if kind == "ServiceAccount" else RBAC)
    return kind, group, text(subject, "namespace"), text(subject, "name")
