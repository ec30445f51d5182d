"""The link ``import``: has CDI imported the digest that its cron asks for; if not, does anything still move.

CDI's own conditions cannot be believed here: a crash loop and an import that can never start both look like progress.
What is said of CDI's behaviour was measured on CDI main of August 2026.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from gitops_golden.fleet.shapes import instant
from gitops_golden.fleet.views import data_source_view, data_volume_view, storage_class_view
from gitops_golden.policy.schedules import next_after
from gitops_golden.verify.beside import SYNC
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
        return _not_started(scene, cron)
    current = cron.current_import
    if current is None:
        return _progressing(
            "ImportPending", f"{cron.meta.name} has no import yet", "look at CDI's controller if this lasts"
        )
    if current.digest == scene.expected.digest and _up_to_date(cron):
        return None
    found = scene.get("DataVolume", current.data_volume)
    if found is None and (unread := scene.unread("DataVolume", Link.IMPORT)):
        return unread
    volume = data_volume_view(found) if found else None
    judged = _running if current.digest == scene.expected.digest else _behind
    return judged(scene, cron, volume)


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
    due = next_after(scene.expected.schedule, min(last, scene.case.now))
    what = f"{cron.meta.name} has {cron.desired_digest or 'no digest'}, its tag is {scene.expected.digest}"
    if scene.case.now > due + GRACE:
        return _broken(
            "NotPolled",
            f"{what}; the poll due at {due:%Y-%m-%d %H:%M} UTC is more than an hour late",
            "look at the cron's Job in CDI's namespace: it needs the pull secret and CA there too",
            due,
        )
    return _progressing("PollPending", f"{what}; the next poll is due at {due:%Y-%m-%d %H:%M} UTC")


def _not_started(scene: Scene, cron: CronView) -> Finding:
    name = cron.meta.name
    source = scene.get("DataSource", scene.expected.data_source)
    owner = data_source_view(source).meta.owner if source else ""
    if owner not in ("", name):
        return _progressing(
            "NotStarted",
            f"CDI does not act on {name} while the owner label of {scene.expected.data_source} names {owner}",
            f"{SYNC}, which sets the label",
        )
    return _progressing("NotStarted", f"CDI has not acted on {name} yet", "look at CDI's controller if this lasts")


def _behind(scene: Scene, cron: CronView, volume: DataVolumeView | None) -> Finding:
    """CDI is still at another digest: an import that runs or waits blocks the cron in both directions."""
    current = cron.current_import
    assert current is not None
    if volume is None or volume.phase == "Succeeded" or _crashed(volume) or not (volume.phase or _refused(volume)):
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
        f"the import of {current.digest} waits ({volume.phase or 'no phase'}) and blocks {scene.expected.digest}: "
        f"{bound.message if bound and bound.message else 'its volume does not bind'}",
        f"either raise the restart count of {scene.expected.image} in the lock and publish, which hands over to a "
        "fresh cron without an import; or delete the waiting DataVolume: "
        f"kubectl delete datavolume -n {volume.meta.namespace} {volume.meta.name}",
        volume.meta.created,
    )


def _progress(volume: DataVolumeView) -> str:
    return volume.progress if volume.progress not in ("", "N/A") else "progress not told"


def _refused(volume: DataVolumeView) -> bool:
    """Whether CDI says that it can make no claim; a DataVolume that it has only just made says nothing yet."""
    bound = volume.condition("Bound")
    return bound is not None and bound.reason == "ErrClaimNotValid"


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
        times = "once" if not volume.restarts else f"{volume.restarts + 1} times"
        return _broken(
            "ImporterCrashing",
            f"the importer of {name} has failed {times}: {running.message or 'it gave no message'}",
            "mend what it says, or lock an earlier release and publish: CDI then leaves this import at once",
            running.since,
        )
    if volume.phase == "Succeeded":
        if volume.meta.owner != cron.meta.name and _progress_believed(cron):
            return _broken(
                "Asleep",
                f"{name} has succeeded for {volume.meta.owner or 'no cron'}, and that wakes {cron.meta.name} not",
                f"raise the attempt count of {scene.expected.image} in the lock and publish: "
                "any change of its metadata wakes the cron",
                since,
            )
        return _progressing("ImportEnding", f"{name} has succeeded, CDI is about to serve it", since=since)
    return _waiting(scene, volume)


def _progress_believed(cron: CronView) -> bool:
    """Whether a cron still takes the import for running: in a hand-over that CDI is at it says ``Outdated``."""
    condition = cron.condition("UpToDate")
    return condition is not None and condition.reason == "ImportProgressing"


def _waiting(scene: Scene, volume: DataVolumeView) -> Finding:
    name, since = volume.meta.name, volume.meta.created
    if _refused(volume):
        return _no_claim(scene, volume)
    if volume.phase == "ImportInProgress":
        before = f"; its importer was restarted {volume.restarts} times" if volume.restarts else ""
        return _progressing("Importing", f"{name} is being imported ({_progress(volume)}{before})", since=since)
    bound = volume.condition("Bound")
    why = bound.message if bound and bound.message else "nothing told yet"
    return _progressing("WaitingForVolume", f"{name} waits ({volume.phase or 'no phase yet'}): {why}", since=since)


def _no_claim(scene: Scene, volume: DataVolumeView) -> Finding:
    """Tell a storage class that is not there from one that CDI does not know how to use."""
    wanted, name, since = scene.expected.storage_class, volume.meta.name, volume.meta.created
    classes = [storage_class_view(each) for each in scene.seen.list("StorageClass")]
    there = any(each.name == wanted if wanted else each.default or each.virt_default for each in classes)
    if there or scene.seen.why_unread("StorageClass"):
        bound = volume.condition("Bound")
        return _broken(
            "ClaimRefused",
            f"CDI can make no volume for {name}: {bound.message if bound else ''}",
            "complete the StorageProfile of its storage class, or set storage.className in the policy",
            since,
        )
    what = f"storage class {wanted!r}" if wanted else "a default storage class"
    return _broken(
        "NoStorageClass",
        f"CDI can make no volume for {name}: the cluster lacks {what}",
        "make the storage class, or set storage.className for this cluster in the policy",
        since,
    )
