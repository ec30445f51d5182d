"""The link ``cron``: does the cluster have the DataImportCron that Git holds, and nothing else on its DataSource."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from gitops_golden.fleet.kinds import CLAIM, CRON, DATA_SOURCE, DATA_VOLUME, SNAPSHOT
from gitops_golden.fleet.views import cron_view, data_source_view, meta
from gitops_golden.render.cdi import (
    ATTEMPT_ANNOTATION,
    CLEAN_UP_LABEL,
    DIGEST_ANNOTATION,
    FLEET_LABEL,
    OWNER_LABEL,
    RETAIN_NONE,
)
from gitops_golden.vendor.catalogue import MANAGED_BY
from gitops_golden.verify.beside import RESYNC, SYNC, left_at
from gitops_golden.verify.commands import by_hand, delete, describe
from gitops_golden.verify.hands import annotation, hand, label
from gitops_golden.verify.metadata import carries, left_over, strayed
from gitops_golden.verify.model import Finding, Link, Verdict
from gitops_golden.verify.patience import too_long, waits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from gitops_golden.fleet.views import CronView
    from gitops_golden.render.manifests import Manifest
    from gitops_golden.verify.case import Expected, Past, Scene
    from gitops_golden.verify.hands import Field

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def cron(scene: Scene) -> Finding | None:
    """Break where the cron is absent, is not alone on its DataSource, or is not as Git has it now."""
    if unread := scene.unread(CRON, Link.CRON):
        return unread
    if CRON in scene.seen.absent_kinds:
        return _broken("CdiAbsent", "the API server knows no DataImportCrons", "install CDI on this cluster")
    found = scene.cron()
    if found is None:
        return _foreign(scene, "is absent, and") or _absent(scene)
    if found.meta.deleting:
        return waits(scene, _deleting(found))
    return _foreign(scene, "is not alone:") or _spec(scene, found) or _metadata(scene, found)


def _deleting(found: CronView) -> Finding:
    what = f"{found.meta.name} is being deleted"
    remedy = f"{SYNC}; if it stays, something holds it: {describe(CRON, found.meta.namespace, found.meta.name)}"
    return Finding(Verdict.PROGRESSING, Link.CRON, "CronDeleting", what, remedy, found.meta.deleting_since)


def _broken(reason: str, message: str, remedy: str, since: datetime | None = None) -> Finding:
    return Finding(Verdict.BROKEN, Link.CRON, reason, message, remedy, since)


def _foreign(scene: Scene, how: str) -> Finding | None:
    """Break where somebody else's cron is on the DataSource. One that Git held is being replaced, or not yet pruned."""
    managing = [each for each in scene.managing() if each.meta.name != scene.expected.cron]
    if not managing:
        return None
    ours = {past.manifest.cron for past in scene.past() if past.manifest}
    others = [each for each in managing if each.meta.name not in ours and not _of_this_fleet(each, scene)]
    if not others:
        return None
    name, maker = others[0].meta.name, hand(others[0].raw, ("spec",))
    fleet = others[0].meta.labels.get(FLEET_LABEL)
    whose = f" of the fleet {fleet}" if fleet else ""
    remedy = f"{_removed(scene, others[0])}, or let it manage another DataSource; then {SYNC}"
    if others[0].meta.labels.get(MANAGED_BY[0]) == MANAGED_BY[1]:
        remedy = (
            "the platform's operator makes it again and again: set vendorImages in the policy to remove or replace it"
        )
    return _broken(
        "ForeignCron",
        f"{scene.expected.cron} {how} {name}{whose} manages {scene.expected.data_source} too{maker.told}",
        remedy,
        others[0].meta.created,
    )


def _of_this_fleet(found: CronView, scene: Scene) -> bool:
    return bool(scene.expected.fleet) and found.meta.labels.get(FLEET_LABEL) == scene.expected.fleet


def _removed(scene: Scene, found: CronView) -> str:
    """Return how to remove a cron, with what goes with it: of what stands there, for by that CDI goes."""
    command = delete(CRON, found.meta.namespace, found.meta.name)
    if found.spec.get("retentionPolicy") == RETAIN_NONE:
        return f"remove {found.meta.name} ({command}; its volumes go with it, for its retentionPolicy is None)"
    marked = ", ".join(sorted(_marked(scene, found.meta.name)))
    goes = f"{marked} would go with it, marked so by a cron before it" if marked else "its volumes stay"
    return f"remove {found.meta.name} ({command}; {goes})"


def _marked(scene: Scene, cron: str) -> set[str]:
    """Return the names of what CDI deletes with a cron whatever the cron's own policy is."""
    given = {OWNER_LABEL: cron, CLEAN_UP_LABEL: "true"}
    every = (
        each
        for kind in (DATA_SOURCE, DATA_VOLUME, CLAIM, SNAPSHOT)
        for each in scene.seen.list(kind, scene.expected.namespace)
    )
    return {found.name for found in map(meta, every) if given.items() <= found.labels.items()}


def _absent(scene: Scene) -> Finding:
    """Tell a cluster that has not synced yet from one whose cron was removed.

    Several commits may come before it syncs: then they are all young, or it serves by the cron that was there before.
    """
    expected, history = scene.expected, scene.past()
    held = list(takewhile(lambda past: _names(past.manifest, expected), history))
    asked = held[-1].since if held else None
    if history and (len(held) <= 1 or not too_long(scene, asked) or _at_another(scene, history[len(held) :])):
        what = f"{expected.cron} is in Git and not on the cluster yet"
        return Finding(Verdict.PROGRESSING, Link.CRON, "NotSynced", what, SYNC, asked or history[0].since)
    return _broken("CronAbsent", f"{expected.cron} is in Git for several commits and not on the cluster", RESYNC)


def _at_another(scene: Scene, before: Sequence[Past]) -> bool:
    """Whether the DataSource is still given to a cron that is exactly as a commit before this one's had it."""
    owner = data_source_view(scene.get(DATA_SOURCE, scene.expected.data_source)).meta.owner
    found = scene.get(CRON, owner)
    return found is not None and any(
        _is_as(cron_view(found), past.manifest, tracking=past.manifest.digest is None)
        for past in before
        if past.manifest is not None
    )


def _names(manifest: Manifest | None, expected: Expected) -> bool:
    """Whether a commit held the very cron. Its name does not hash its namespace: an image that moves keeps it."""
    return manifest is not None and (manifest.namespace, manifest.cron) == (expected.namespace, expected.cron)


def _spec(scene: Scene, found: CronView) -> Finding | None:
    """Break where the spec is another: the name is its hash and CDI denies changes, so it was made anew by hand."""
    served = served_spec(found.spec)
    if served == scene.expected.spec:
        return None
    fields = ", ".join(map(".".join, differing_fields(scene.expected.spec, served)))
    return _broken(
        "SpecEdited",
        f"{found.meta.name} has another spec than Git: {fields}{hand(found.raw, ('spec',)).told}",
        f"{_removed(scene, found)}, then {SYNC}",
        found.meta.created,
    )


def served_spec(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a spec without what the API server adds on creation: empty ``metadata`` and ``status`` in the template."""
    template = spec.get("template")
    if not isinstance(template, dict):
        return dict(spec)
    kept = {key: value for key, value in template.items() if value or key not in ("metadata", "status")}
    return {**spec, "template": kept}


def differing_fields(expected: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield the way from the top to each field in which two objects differ: ``template``, ``spec``, ``storage``."""
    for key in sorted({*expected, *found}):
        ours, theirs = expected.get(key), found.get(key)
        if isinstance(ours, dict) and isinstance(theirs, dict):
            yield from ((key, *way) for way in differing_fields(ours, theirs))
        elif ours != theirs:
            yield (key,)


def _metadata(scene: Scene, found: CronView) -> Finding | None:
    expected = scene.expected
    labels, annotations = found.meta.labels, _judged(found.meta.annotations, tracking=expected.tracking)
    wanted = _judged(expected.annotations, tracking=expected.tracking)
    strange = strayed(wanted, annotations)
    if ATTEMPT_ANNOTATION in annotations and ATTEMPT_ANNOTATION not in wanted:
        strange.append(ATTEMPT_ANNOTATION)
    differing = [*map(annotation, strange), *map(label, strayed(expected.labels, labels))]
    left = [
        *map(annotation, left_over(wanted, annotations, lambda: (past.annotations for past in _of(scene, found)))),
        *map(label, left_over(expected.labels, labels, lambda: (past.labels for past in _of(scene, found)))),
    ]
    if not differing and not left:
        return None
    behind = left_at(scene.past(), lambda past: _is_as(found, past.manifest, tracking=expected.tracking))
    if behind:
        what = f"the cluster is at commit {behind.commit[:12]}: {_told(found)}"
        return Finding(Verdict.PROGRESSING, Link.CRON, "NotSynced", what, SYNC, behind.since)
    return _edited(scene, found, differing) if differing else _left(found, left)


def _judged(annotations: Mapping[str, str], *, tracking: bool) -> dict[str, str]:
    """Return annotations without the digest in tracking mode, where CDI writes it."""
    return {key: value for key, value in annotations.items() if not (tracking and key == DIGEST_ANNOTATION)}


def _earlier(scene: Scene) -> tuple[Past, ...]:
    return scene.past()[1:]


def _of(scene: Scene, found: CronView) -> Iterator[Manifest]:
    """Yield what earlier commits said of this very cron."""
    here = (found.meta.namespace, found.meta.name)
    yield from (
        past.manifest
        for past in _earlier(scene)
        if past.manifest and (past.manifest.namespace, past.manifest.cron) == here
    )


def _is_as(found: CronView, manifest: Manifest | None, *, tracking: bool) -> bool:
    """Whether a cron is exactly what an earlier commit asked for."""
    if manifest is None or (manifest.namespace, manifest.cron) != (found.meta.namespace, found.meta.name):
        return False
    here = found.meta.annotations
    if not tracking and here.get(DIGEST_ANNOTATION) != manifest.digest:
        return False
    same = carries(found.meta.labels, manifest.labels) and carries(here, manifest.annotations, but=DIGEST_ANNOTATION)
    return same and here.get(ATTEMPT_ANNOTATION) == manifest.attempt


def _told(found: CronView) -> str:
    return found.desired_digest or "no digest pinned"


def _left(found: CronView, left: Sequence[Field]) -> Finding:
    # Engines that apply on the client's side forget what they once wrote when another tool has written since.
    writer = hand(found.raw, *left)
    return _broken(
        "MetadataEdited",
        f"{found.meta.name} still carries {_keys(left)}, which Git held and holds no longer{writer.told}",
        f"{SYNC}; if it stays: {by_hand(CRON, found.meta, left)}",
        writer.when,
    )


def _keys(fields: Sequence[Field]) -> str:
    return ", ".join(field[-1] for field in fields)


def _edited(scene: Scene, found: CronView, differing: Sequence[Field]) -> Finding:
    name, wanted, theirs = found.meta.name, scene.expected.digest, found.meta.labels.get(FLEET_LABEL)
    if theirs and scene.expected.fleet and theirs != scene.expected.fleet:
        writer = hand(found.raw, label(FLEET_LABEL))
        return _broken(
            "CronOfAnotherFleet",
            f"{name} says that it is of the fleet {theirs}, not of {scene.expected.fleet}{writer.told}",
            "let one fleet alone deliver this image to the cluster: take it out of the other's policy, or set another "
            "namespace in this one",
            writer.when,
        )
    if annotation(DIGEST_ANNOTATION) not in differing:
        writer = hand(found.raw, *differing)
        what = f"{name} differs from every commit in {_keys(differing)}{writer.told}"
        return _broken("MetadataEdited", what, RESYNC, writer.when)
    writer = hand(found.raw, annotation(DIGEST_ANNOTATION))
    if not found.desired_digest:
        # CDI stays UpToDate=True on the last digest, so nothing else tells (seen on real CDI).
        return _broken("DigestRemoved", f"{name} has lost the annotation that pins {wanted}", RESYNC)
    if not DIGEST.fullmatch(found.desired_digest):
        # Admitted, and then CDI neither imports nor sets a status (seen on real CDI).
        what = f"{name} pins {found.desired_digest!r}, which is no digest{writer.told}"
        return _broken("DigestMalformed", what, RESYNC, writer.when)
    return _broken(
        "DigestEdited",
        f"{name} pins {found.desired_digest}, which Git never held for this delivery{writer.told}; Git holds {wanted}",
        f"{RESYNC}, and find out who edited it",
        writer.when,
    )
