"""The link ``import``: has CDI imported the digest that its cron asks for; if not, does anything still move.

CDI's own conditions cannot be believed here: a crash loop and an import that can never start both look like progress.
What is said of CDI's behaviour was measured on CDI main of August 2026. How the wanted digest's own import goes is
``underway``'s.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from gitops_golden.fleet.kinds import CLAIM, DATA_SOURCE, DATA_VOLUME, SNAPSHOT
from gitops_golden.fleet.managed import written
from gitops_golden.fleet.shapes import instant
from gitops_golden.fleet.storage_views import volume_view
from gitops_golden.fleet.views import data_source_view, data_volume_view
from gitops_golden.policy.schedules import next_after
from gitops_golden.render.cdi import DIGEST_ANNOTATION
from gitops_golden.verify.beside import SYNC
from gitops_golden.verify.commands import delete
from gitops_golden.verify.hands import annotation
from gitops_golden.verify.model import Finding, Link, Verdict
from gitops_golden.verify.pace import pace, stalled_since
from gitops_golden.verify.patience import waits
from gitops_golden.verify.underway import crashed, ending, refused, underway

if TYPE_CHECKING:
    from datetime import datetime

    from gitops_golden.fleet.storage_views import VolumeView
    from gitops_golden.fleet.views import CronView, CurrentImport, DataVolumeView
    from gitops_golden.verify.case import Scene

GRACE = timedelta(hours=1)
"""How long after its schedule a poll may be late."""
CONTROLLER = "look at CDI's controller if this lasts: its pod cdi-deployment, and that pod's log"


def importing(scene: Scene) -> Finding | None:
    """Break where the wanted digest is not imported."""
    cron = scene.cron()
    assert cron is not None, "the link before this one found it"
    if scene.expected.tracking and cron.desired_digest != scene.expected.digest:
        return _polling(scene, cron)
    current = cron.current_import
    if current is not None and current.digest == scene.expected.digest and cron.up_to_date:
        return None
    if not cron.has_status:
        return waits(scene, _not_started(scene, cron))
    if current is None:
        return _pending(scene, cron, f"{cron.meta.name} has no import yet")
    return _current(scene, cron, current)


def _current(scene: Scene, cron: CronView, current: CurrentImport) -> Finding | None:
    """Judge the import that CDI is at, which is not served."""
    found = scene.get(DATA_VOLUME, current.data_volume)
    if found is None and (unread := scene.unread(DATA_VOLUME, Link.IMPORT)):
        return unread
    volume = data_volume_view(found) if found else None
    if current.digest != scene.expected.digest:
        return _behind(scene, cron, current.digest, volume)
    if volume is not None and volume.phase != "Succeeded":
        return underway(scene, cron, volume)
    return _over(scene, cron, volume)


def _over(scene: Scene, cron: CronView, volume: DataVolumeView | None) -> Finding | None:
    """Judge a digest whose DataVolume has succeeded, or is gone: once a snapshot is taken, CDI removes it."""
    kept = _kept(scene)
    if kept is not None and kept.kind == SNAPSHOT and not kept.ready:
        return None  # the next link tells of that
    if volume is not None:
        return underway(scene, cron, volume)
    if kept is not None and kept.ready:
        return ending(scene, f"{kept.meta.name} is there", _asked(cron))
    if unseen := scene.unread(SNAPSHOT, Link.IMPORT) or scene.unread(CLAIM, Link.IMPORT):
        return unseen
    return _pending(scene, cron, f"{cron.meta.name} is about to import {scene.expected.digest}")


def _kept(scene: Scene) -> VolumeView | None:
    """Return the wanted digest's volume, if there is one that is not being imported."""
    found = (scene.get(kind, scene.expected.volume) for kind in (SNAPSHOT, CLAIM))
    return next((volume_view(each) for each in found if each), None)


def _asked(cron: CronView) -> datetime | None:
    """Return when a cron was last told what to hold, as far as its cluster knows."""
    writer = written(cron.raw, *annotation(DIGEST_ANNOTATION))
    return _later(cron.meta.created, writer.when if writer else None)


def _later(*times: datetime | None) -> datetime | None:
    return max(filter(None, times), default=None)


def _pending(scene: Scene, cron: CronView, what: str) -> Finding:
    asked = _asked(cron)
    return waits(scene, Finding(Verdict.PROGRESSING, Link.IMPORT, "ImportPending", what, CONTROLLER, asked))


def _polling(scene: Scene, cron: CronView) -> Finding:
    """Judge a tracking cron that has not seen its tag's digest yet: on its way until an hour after the next poll."""
    assert scene.expected.schedule is not None
    last = instant(cron.raw, "status", "lastExecutionTimestamp") or cron.meta.created or scene.now
    due = next_after(scene.expected.schedule, min(last, scene.now))
    what = f"{cron.meta.name} has {cron.desired_digest or 'no digest'}, its tag is {scene.expected.digest}"
    if scene.now > due + GRACE:
        return Finding(
            Verdict.BROKEN,
            Link.IMPORT,
            "NotPolled",
            f"{what}; the poll due at {due:%Y-%m-%d %H:%M} UTC is more than an hour late",
            "look at the cron's Job in CDI's namespace: it needs the pull secret and CA there too",
            due,
        )
    message = f"{what}; the next poll is due at {due:%Y-%m-%d %H:%M} UTC"
    return Finding(Verdict.PROGRESSING, Link.IMPORT, "PollPending", message, "wait")


def _not_started(scene: Scene, cron: CronView) -> Finding:
    name = cron.meta.name
    source = scene.get(DATA_SOURCE, scene.expected.data_source)
    owner = data_source_view(source).meta.owner if source else ""
    what, remedy = f"CDI has not acted on {name} yet", CONTROLLER
    if owner not in ("", name):
        what = f"CDI does not act on {name} while the owner label of {scene.expected.data_source} names {owner}"
        remedy = f"{SYNC}, which sets the label"
    return Finding(Verdict.PROGRESSING, Link.IMPORT, "NotStarted", what, remedy, _asked(cron))


def _behind(scene: Scene, cron: CronView, other: str, volume: DataVolumeView | None) -> Finding:
    """CDI is still at another digest: an import that runs or waits blocks the cron in both directions."""
    wanted = scene.expected.digest
    if volume is None or volume.phase == "Succeeded" or crashed(volume) or not (volume.phase or refused(volume)):
        return _pending(scene, cron, f"CDI is to leave {other} for {wanted}")
    since = _later(volume.meta.created, _asked(cron))
    stalled = stalled_since(volume, scene.now)
    if volume.phase == "ImportInProgress" and not stalled:
        what = f"{other} is still being imported ({pace(volume, scene.now)}), then comes {wanted}"
        return Finding(Verdict.PROGRESSING, Link.IMPORT, "QueuedBehindImport", what, "wait", since)
    bound = volume.condition("Bound")
    why = f"stands still at {volume.progress}" if stalled else (bound and bound.message) or "its volume does not bind"
    blocked = Finding(
        Verdict.PROGRESSING,
        Link.IMPORT,
        "BlockedByWaitingImport",
        f"the import of {other} waits ({volume.phase or 'no phase'}) and blocks {wanted}: {why}",
        f"either raise the restart count of {scene.expected.image} in the lock and publish, which hands over to a "
        "fresh cron without an import; or delete the waiting DataVolume: "
        f"{delete('DataVolume', volume.meta.namespace, volume.meta.name)}",
        since,
    )
    return waits(scene, blocked, begun=stalled or volume.meta.created)
