"""The import of the wanted digest while it is not served: what CDI is at, why it is not, and since when.

What is said of CDI's behaviour was measured on CDI main of August 2026, or, where it says so, read in its source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitops_golden.fleet.kinds import CLAIM, DATA_SOURCE, DATA_VOLUME
from gitops_golden.fleet.shapes import text
from gitops_golden.fleet.views import data_source_view
from gitops_golden.verify.claims import no_claim, quota, unbound
from gitops_golden.verify.commands import POD, delete, describe
from gitops_golden.verify.model import Finding, Link, Verdict
from gitops_golden.verify.pace import pace, stalled_since
from gitops_golden.verify.patience import too_long, waits

if TYPE_CHECKING:
    from datetime import datetime

    from gitops_golden.fleet.views import CronView, DataVolumeView
    from gitops_golden.verify.case import Scene

IMPORTER: Final = "cdi.kubevirt.io/storage.import.importPodName"
_FAILED: Final = {"Error": "ImporterCrashing", "ImagePullFailed": "ImagePullFailed"}
"""Why an importer does not run, and what that is called here. With these CDI leaves an import as soon as the cron asks
for another digest; the second is read in CDI's source, for where nodes pull the image."""
_OFTEN: Final = 3
"""Restarts of an importer that runs from which on it is not believed to have got over its failure."""
_SCHEDULED: Final = frozenset({"ImportScheduled", "PVCBound"})


def crashed(volume: DataVolumeView) -> bool:
    """Whether the importer fails, in a way that CDI gives way to another digest."""
    running = volume.condition("Running")
    return running is not None and running.status == "False" and running.reason in _FAILED


def refused(volume: DataVolumeView) -> bool:
    """Whether CDI says that it can make no claim; a DataVolume that it has only just made says nothing yet."""
    bound = volume.condition("Bound")
    return bound is not None and bound.reason == "ErrClaimNotValid"


def underway(scene: Scene, cron: CronView, volume: DataVolumeView) -> Finding:
    """Return how the wanted digest's import goes, which CDI has begun."""
    if volume.phase == "Succeeded":
        return _succeeded(scene, cron, volume)
    if failed := _failing(scene, volume):
        return failed
    if volume.phase == "ImportInProgress":
        return _running(scene, volume)
    running = volume.condition("Running")
    if volume.phase in _SCHEDULED or (running is not None and running.reason == "Unschedulable"):
        return _scheduled(scene, volume)
    return unbound(scene, volume) or _scheduled(scene, volume)


def _failing(scene: Scene, volume: DataVolumeView) -> Finding | None:
    """Return what is wrong as CDI itself says."""
    if crashed(volume) or _crashes_again(scene, volume):
        return _crashing(volume)
    if volume.phase == "Failed":
        return _failed(volume)
    return no_claim(scene, volume) if refused(volume) else quota(volume)


def _broken(reason: str, message: str, remedy: str, since: datetime | None) -> Finding:
    return Finding(Verdict.BROKEN, Link.IMPORT, reason, message, remedy, since)


def _crashes_again(scene: Scene, volume: DataVolumeView) -> bool:
    """Whether an importer that runs has failed so often that it is about to fail again.

    Between two failures it runs for a moment (seen on real CDI). The kubelet forgets its back-off after 10 minutes.
    """
    running = volume.condition("Running")
    if running is None or running.status != "True" or volume.restarts < _OFTEN:
        return False
    return running.since is None or not too_long(scene, running.since)


def _crashing(volume: DataVolumeView) -> Finding:
    running = volume.condition("Running")
    assert running is not None, "it says how the importer fares"
    reason = _FAILED.get(running.reason, "ImporterCrashing")
    what = f"the node cannot pull the image for {volume.meta.name}"
    remedy = "look at the name, the pull secret and what the node's container runtime trusts; "
    if reason == "ImporterCrashing":
        what, remedy = f"the importer of {volume.meta.name} has failed {_failures(volume)}", "mend what it says; "
    told = running.message or ("it runs again" if running.status == "True" else "it gave no message")
    remedy += "or lock an earlier release and publish: CDI then leaves this import at once"
    # With each start the condition changes, so it dates the first failure alone.
    return _broken(reason, f"{what}: {told}", remedy, volume.meta.created if volume.restarts else running.since)


def _failures(volume: DataVolumeView) -> str:
    """Return how often an importer has failed: it was restarted after each failure but one that is just now."""
    return _times(volume.restarts + crashed(volume))


def _succeeded(scene: Scene, cron: CronView, volume: DataVolumeView) -> Finding:
    name = volume.meta.name
    if volume.meta.owner != cron.meta.name and _progress_believed(cron) and not _served(scene):
        asleep = _broken(
            "Asleep",
            f"{name} has succeeded for {volume.meta.owner or 'no cron'}, and that does not wake {cron.meta.name}",
            f"raise the attempt count of {scene.expected.image} in the lock and publish: "
            "any change of its metadata wakes the cron",
            volume.meta.created,
        )
        return scene.unread(DATA_SOURCE, Link.IMPORT) or asleep
    running = volume.condition("Running")
    return ending(scene, f"{name} has succeeded", running.since if running else None)


def ending(scene: Scene, what: str, since: datetime | None) -> Finding:
    """Return that an import is over and not served yet."""
    message = f"{what}, CDI is about to serve it"
    remedy = f"raise the attempt count of {scene.expected.image} in the lock and publish if this lasts"
    return waits(scene, Finding(Verdict.PROGRESSING, Link.IMPORT, "ImportEnding", message, remedy, since))


def _progress_believed(cron: CronView) -> bool:
    """Whether a cron still takes the import for running: in a hand-over that CDI is at it says ``Outdated``."""
    condition = cron.condition("UpToDate")
    return condition is not None and condition.reason == "ImportProgressing"


def _served(scene: Scene) -> bool:
    """Whether consumers are given the volume already: CDI moves the DataSource before it says so of the cron."""
    source = data_source_view(scene.get(DATA_SOURCE, scene.expected.data_source)).source
    return source is not None and source.name == scene.expected.volume


def _failed(volume: DataVolumeView) -> Finding:
    # Read in CDI's source: for a checksum that is wrong, and a claim that is lost. CDI never tries again.
    told = [each.message for each in map(volume.condition, ("Running", "Bound")) if each and each.message]
    command = delete(DATA_VOLUME, volume.meta.namespace, volume.meta.name)
    return _broken(
        "ImportFailed",
        f"the import of {volume.meta.name} has failed for good: {'; '.join(told) or 'CDI does not say why'}",
        f"mend what it says, then delete its DataVolume, which CDI makes anew: {command}",
        volume.meta.created,
    )


def _running(scene: Scene, volume: DataVolumeView) -> Finding:
    name, now = volume.meta.name, scene.now
    before = f"; its importer was restarted {_times(volume.restarts)}" if volume.restarts else ""
    if stalled := stalled_since(volume, now):
        what = f"the import of {name} stands still at {volume.progress} since {stalled:%Y-%m-%d %H:%M} UTC{before}"
        return _broken("ImportStuck", what, _look_at_pod(scene, volume), stalled)
    message = f"{name} is being imported ({pace(volume, now)}{before})"
    return Finding(Verdict.PROGRESSING, Link.IMPORT, "Importing", message, "wait", volume.meta.created)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _scheduled(scene: Scene, volume: DataVolumeView) -> Finding:
    """Judge an importer that is to start: CDI never says that it cannot."""
    name, since = volume.meta.name, volume.meta.created
    running = volume.condition("Running")
    why = f": {running.message}" if running and running.status != "True" and running.message else ""
    look = _look_at_pod(scene, volume)
    if too_long(scene, since):
        return _broken("ImportStuck", f"the importer of {name} does not start{why}", look, since)
    what = f"the importer of {name} is about to start{why}"
    return Finding(Verdict.PROGRESSING, Link.IMPORT, "ImportScheduled", what, f"if this lasts: {look}", since)


def _look_at_pod(scene: Scene, volume: DataVolumeView) -> str:
    """Return how to see why an importer's pod stands still; CDI notes its name on the claim."""
    claim = scene.get(CLAIM, volume.claim_name or volume.meta.name)
    pod = text(claim, "metadata", "annotations", IMPORTER) or f"importer-{volume.meta.name}"
    return f"look at its pod: {describe(POD, volume.meta.namespace, pod)}"
