"""The link ``import``: has CDI imported the digest that its cron asks for; if not, does anything still move.

CDI's own conditions cannot be believed here: a crash loop and an import that can never start both look like progress.
What is said of CDI's behaviour was measured on CDI main of August 2026.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from gitops_golden.fleet.shapes import instant
from gitops_golden.fleet.views import data_volume_view
from gitops_golden.policy.schedules import next_after
from gitops_golden.verify.model import Finding, Link, Verdict

if TYPE_CHECKING:
    from datetime import datetime

    from gitops_golden.fleet.views import CronView, DataVolumeView
    from gitops_golden.verify.case import Scene

GRACE = timedelta(hours=1)
"""How long after its schedule a poll may be late."""


def importing(scene: Scene) -> Finding | None:
    """Break where the wanted digest is not imported."""
    cron = scene.cron()
    assert cron is not None, "the link before this one found it"
    if scene.expected.tracking and cron.desired_digest != scene.expected.digest:
        return _polling(scene, cron)
    if not cron.has_status:
        return _progressing(
            "NotStarted",
            f"CDI has not acted on {cron.meta.name} yet",
            "look at CDI's controller if this lasts",
        )
    current = cron.current_import
    if current is None:
        return _progressing(
            "ImportPending", f"{cron.meta.name} has no import yet", "look at CDI's controller if this lasts"
        )
    found = scene.get("DataVolume", current.data_volume)
    volume = data_volume_view(found) if found else None
    if current.digest != scene.expected.digest:
        return _behind(scene, cron, volume)
    if _up_to_date(cron):
        return None
    return _running(scene, cron, volume)


def _up_to_date(cron: CronView) -> bool:
    condition = cron.condition("UpToDate")
    return condition is not None and condition.status == "True"


def _progressing(reason: str, message: str, remedy: str = "", since: datetime | None = None) -> Finding:
    return Finding(Verdict.PROGRESSING, Link.IMPORT, reason, message, remedy, since)


def _broken(reason: str, message: str, remedy: str, since: datetime | None = None) -> Finding:
    return Finding(Verdict.BROKEN, Link.IMPORT, reason, message, remedy, since)


def _polling(scene: Scene, cron: CronView) -> Finding:
    """Judge a tracking cron that has not seen its tag's digest yet: on its way until an hour after the next poll."""
    assert scene.expected.schedule is not None
    raw = scene.get("DataImportCron", cron.meta.name)
    last = instant(raw, "status", "lastExecutionTimestamp") or cron.meta.created or scene.case.now
    due = next_after(scene.expected.schedule, last)
    what = f"{cron.meta.name} has {cron.desired_digest or 'no digest'}, its tag is {scene.expected.digest}"
    if scene.case.now > due + GRACE:
        return _broken(
            "NotPolled",
            f"{what}; the poll due at {due:%Y-%m-%d %H:%M} UTC is more than an hour late",
            "look at the cron's Job in CDI's namespace: it needs the pull secret and CA there too",
            due,
        )
    return _progressing("PollPending", f"{what}; the next poll is due at {due:%Y-%m-%d %H:%M} UTC")


def _behind(scene: Scene, cron: CronView, volume: DataVolumeView | None) -> Finding:
    """CDI is still at another digest: an import that runs or waits blocks the cron in both directions."""
    current = cron.current_import
    assert current is not None
    if volume is None or volume.phase in ("", "Succeeded") or _crashed(volume):
        return _progressing("ImportPending", f"CDI is to leave {current.digest} for {scene.expected.digest}")
    if volume.phase == "ImportInProgress":
        return _progressing(
            "QueuedBehindImport",
            f"{current.digest} is still being imported ({_progress(volume)}), then comes {scene.expected.digest}",
            since=volume.meta.created,
        )
    bound = volume.condition("Bound")
    return _broken(
        "BlockedByWaitingImport",
        f"the import of {current.digest} waits ({volume.phase}) and blocks {scene.expected.digest}: "
        f"{bound.message if bound and bound.message else 'its volume does not bind'}",
        f"either raise the restart count of {scene.expected.image} in the lock and publish, which hands over to a "
        "fresh cron without an import; or delete the waiting DataVolume: "
        f"kubectl delete datavolume -n {volume.meta.namespace} {volume.meta.name}",
        volume.meta.created,
    )


def _progress(volume: DataVolumeView) -> str:
    return volume.progress if volume.progress not in ("", "N/A") else "progress not told"


def _crashed(volume: DataVolumeView) -> bool:
    running = volume.condition("Running")
    return running is not None and running.status == "False" and running.reason == "Error"


def _running(scene: Scene, cron: CronView, volume: DataVolumeView | None) -> Finding:
    if volume is None:
        return _progressing("ImportPending", f"{cron.meta.name} is about to import {scene.expected.digest}")
    name, since = volume.meta.name, volume.meta.created
    if _crashed(volume):
        running = volume.condition("Running")
        assert running is not None
        return _broken(
            "ImporterCrashing",
            f"the importer of {name} has failed {volume.restarts} times: {running.message or 'it gave no message'}",
            "mend what it says, or lock an earlier release and publish: CDI then leaves this import at once",
            running.since,
        )
    if volume.phase == "Succeeded":
        if volume.meta.owner != cron.meta.name:
            return _broken(
                "Asleep",
                f"{name} has succeeded for {volume.meta.owner or 'no cron'}, and that wakes {cron.meta.name} not",
                f"raise the attempt count of {scene.expected.image} in the lock and publish: "
                "any change of its metadata wakes the cron",
                since,
            )
        return _progressing("ImportEnding", f"{name} has succeeded, CDI is about to serve it", since=since)
    return _waiting(scene, volume)


def _waiting(scene: Scene, volume: DataVolumeView) -> Finding:
    name, since = volume.meta.name, volume.meta.created
    claim = scene.get("PersistentVolumeClaim", volume.claim_name or name)
    if not volume.phase and claim is None and not scene.seen.why_unread("PersistentVolumeClaim", volume.meta.namespace):
        wanted = scene.expected.storage_class
        what = f"storage class {wanted!r}" if wanted else "a default storage class"
        return _broken(
            "NoStorageClass",
            f"CDI can make no volume for {name}: the cluster lacks {what}",
            "make the storage class, or set storage.className for this cluster in the policy",
            since,
        )
    if volume.phase == "ImportInProgress":
        return _progressing("Importing", f"{name} is being imported ({_progress(volume)})", since=since)
    bound = volume.condition("Bound")
    why = bound.message if bound and bound.message else "nothing told yet"
    return _progressing("WaitingForVolume", f"{name} waits ({volume.phase or 'no phase yet'}): {why}", since=since)
