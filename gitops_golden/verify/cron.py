"""The link ``cron``: does the cluster have the DataImportCron that Git holds, and nothing else on its DataSource."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gitops_golden.fleet.views import cron_view
from gitops_golden.render.cdi import ATTEMPT_ANNOTATION, DIGEST_ANNOTATION, RETAIN_NONE
from gitops_golden.verify.beside import RESYNC, SYNC
from gitops_golden.verify.metadata import carries, left_over, strayed
from gitops_golden.verify.model import Finding, Link, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitops_golden.fleet.views import CronView
    from gitops_golden.render.manifests import Manifest
    from gitops_golden.verify.case import Past, Scene

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def cron(scene: Scene) -> Finding | None:
    """Break where the cron is absent, or is not as Git has it now."""
    if unread := scene.unread("DataImportCron", Link.CRON):
        return unread
    if "DataImportCron" in scene.seen.absent_kinds:
        return _broken("CdiAbsent", "the API server knows no DataImportCrons", "install CDI on this cluster")
    found = scene.cron()
    if found is None:
        return _absent(scene)
    if found.meta.deleting:
        return Finding(Verdict.PROGRESSING, Link.CRON, "CronDeleting", f"{found.meta.name} is being deleted", SYNC)
    return _spec(scene, found) or _metadata(scene, found)


def _broken(reason: str, message: str, remedy: str) -> Finding:
    return Finding(Verdict.BROKEN, Link.CRON, reason, message, remedy)


def _absent(scene: Scene) -> Finding:
    """Tell a cluster that has not synced yet from one whose cron was removed."""
    expected = scene.expected
    others = [
        view.meta.name
        for view in map(cron_view, scene.seen.list("DataImportCron", expected.namespace))
        if view.managed_data_source == expected.data_source
    ]
    history = scene.past()
    newest, earlier = history[:1], history[1:]
    # A cron's name does not hash its namespace: an image that moved to another one keeps it.
    here = [past.manifest.cron for past in earlier if past.manifest and past.manifest.namespace == expected.namespace]
    if others and not any(cron in others for cron in here):
        return _broken(
            "ForeignCron",
            f"{expected.cron} is absent, and {', '.join(sorted(others))} manages {expected.data_source} instead",
            f"remove the other cron, then {SYNC}",
        )
    if newest and expected.cron not in here:
        return Finding(
            Verdict.PROGRESSING,
            Link.CRON,
            "NotSynced",
            f"{expected.cron} is in Git and not on the cluster yet",
            SYNC,
            newest[0].since,
        )
    return _broken("CronAbsent", f"{expected.cron} is in Git for several commits and not on the cluster", RESYNC)


def _spec(scene: Scene, found: CronView) -> Finding | None:
    """Break where the spec is another: the name is its hash and CDI denies changes, so it was made anew by hand."""
    if _served(found.spec) == scene.expected.spec:
        return None
    fields = ", ".join(_differing(scene.expected.spec, _served(found.spec)))
    # Of what stands there, not of what Git says: by that CDI goes when the cron is deleted.
    takes = found.spec.get("retentionPolicy") == RETAIN_NONE
    stays = "its volumes go with it, for its retentionPolicy is None" if takes else "its volumes stay"
    return _broken(
        "SpecEdited",
        f"{found.meta.name} has another spec than Git: {fields}",
        f"delete it ({stays}), then {SYNC}",
    )


def _served(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a spec without what the API server adds on creation: empty ``metadata`` and ``status`` in the template."""
    template = spec.get("template")
    if not isinstance(template, dict):
        return dict(spec)
    kept = {key: value for key, value in template.items() if value or key not in ("metadata", "status")}
    return {**spec, "template": kept}


def _differing(expected: Mapping[str, Any], found: Mapping[str, Any], prefix: str = "") -> list[str]:
    names: list[str] = []
    for key in sorted({*expected, *found}):
        ours, theirs = expected.get(key), found.get(key)
        if isinstance(ours, dict) and isinstance(theirs, dict):
            names += _differing(ours, theirs, f"{prefix}{key}.")
        elif ours != theirs:
            names.append(prefix + key)
    return names


def _metadata(scene: Scene, found: CronView) -> Finding | None:
    expected = scene.expected
    labels, annotations = found.meta.labels, _judged(found.meta.annotations, tracking=expected.tracking)
    wanted = _judged(expected.annotations, tracking=expected.tracking)
    differing = [*strayed(wanted, annotations), *strayed(expected.labels, labels)]
    if ATTEMPT_ANNOTATION in annotations and ATTEMPT_ANNOTATION not in wanted:
        differing.append(ATTEMPT_ANNOTATION)
    left = [
        *left_over(wanted, annotations, lambda: (past.annotations for past in _of(scene, found))),
        *left_over(expected.labels, labels, lambda: (past.labels for past in _of(scene, found))),
    ]
    if not differing and not left:
        return None
    earlier = next((past for past in _earlier(scene) if _is_as(found, past.manifest, tracking=expected.tracking)), None)
    if earlier:
        return Finding(
            Verdict.PROGRESSING,
            Link.CRON,
            "NotSynced",
            f"the cluster is at commit {earlier.commit[:12]}: {_told(found)}",
            SYNC,
            scene.past()[0].since,
        )
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


def _left(found: CronView, left: list[str]) -> Finding:
    # Engines that apply on the client's side forget what they once wrote when another tool has written since.
    return _broken(
        "MetadataEdited",
        f"{found.meta.name} still carries {', '.join(left)}, which Git held and holds no longer",
        f"{SYNC}; if it stays, take it off by hand (kubectl label or annotate, with a - after the key)",
    )


def _edited(scene: Scene, found: CronView, differing: list[str]) -> Finding:
    name, wanted = found.meta.name, scene.expected.digest
    if DIGEST_ANNOTATION not in differing:
        return _broken("MetadataEdited", f"{name} differs from every commit in {', '.join(differing)}", RESYNC)
    if not found.desired_digest:
        # CDI stays UpToDate=True on the last digest, so nothing else tells (seen on real CDI).
        return _broken("DigestRemoved", f"{name} has lost the annotation that pins {wanted}", RESYNC)
    if not DIGEST.fullmatch(found.desired_digest):
        # Admitted, and then CDI neither imports nor sets a status (seen on real CDI).
        return _broken("DigestMalformed", f"{name} pins {found.desired_digest!r}, which is no digest", RESYNC)
    return _broken(
        "DigestEdited",
        f"{name} pins {found.desired_digest}, which Git never held for this delivery; Git holds {wanted}",
        f"{RESYNC}, and find out who edited it",
    )
