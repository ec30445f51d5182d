"""What CDI does for a cron with a schedule: a CronJob and a first Job in its own namespace that poll the registry.

Nothing runs Jobs here: the stand-in asks for the tag when a first Job appears and when a test says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.testbed.cdi import model
from tests.testbed.cdi.store import CRON, CRON_JOB, JOB

if TYPE_CHECKING:
    from tests.testbed.cdi.images import Images
    from tests.testbed.cdi.model import Object
    from tests.testbed.cdi.store import Store


class Tracking:
    """Keeps the pollers of scheduled crons in ``namespace``, CDI's own."""

    def __init__(self, store: Store, images: Images, namespace: str) -> None:
        self._store = store
        self._images = images
        self.namespace = namespace

    def ensure(self, cron: Object) -> None:
        """Make the CronJob and, right after it, the first Job.

        Names grow by 9 and by another 12 characters, and Kubernetes refuses a CronJob's beyond 52 and a Job's beyond 63
        (ApiError). A CronJob that is there is enough: a first Job that was refused is never tried again.
        """
        metadata, schedule = cron["metadata"], cron["spec"]["schedule"]
        name = f"{metadata['name']}-{metadata['uid'][:8]}"
        if not schedule or self._store.get(CRON_JOB, self.namespace, name):
            return
        labels = model.MANAGED | {
            model.OWNER: metadata["name"],
            model.OWNER_NAMESPACE: metadata["namespace"],
        }
        job = {"backoffLimit": 2, "ttlSecondsAfterFinished": 10, "template": {"spec": _poller(cron)}}
        about = {"namespace": self.namespace, "labels": labels}
        body = {
            "metadata": about | {"name": name},
            "spec": {"schedule": schedule, "concurrencyPolicy": "Forbid", "jobTemplate": {"spec": job}},
        }
        self._store.create(CRON_JOB, body)
        self._store.create(JOB, {"metadata": about | {"name": f"initial-job-{name}"}, "spec": job})

    def remove(self, namespace: str, name: str) -> None:
        """Delete a cron's CronJob and Job. Raises ApiError."""
        labels = {model.OWNER: name, model.OWNER_NAMESPACE: namespace}
        for kind in (CRON_JOB, JOB):
            for item in self._store.items(kind, self.namespace, labels):
                self._store.delete(kind, item)

    def poll(self, namespace: str, name: str) -> None:
        """Ask the registry for a cron's tag, as its poller would, and write the digest on the cron. Raises ApiError."""
        cron = self._store.get(CRON, namespace, name)
        if cron is None or not cron["spec"]["schedule"]:
            return
        registry = cron["spec"]["template"]["spec"]["source"].get("registry", {})
        # the poller runs in CDI's namespace: a Secret that is only beside the cron is none to it
        digest = self._images.digest_of(registry.get("url", ""), self.namespace, registry.get("secretRef", ""))
        if digest:
            told = {model.DIGEST: digest, model.LAST_POLL: model.now()}
            self._store.update(CRON, model.with_metadata(cron, annotations=told))


def _poller(cron: Object) -> Object:
    registry = cron["spec"]["template"]["spec"].get("source", {}).get("registry", {})
    where = ["-ns", cron["metadata"]["namespace"], "-cron", cron["metadata"]["name"], "-url", registry.get("url", "")]
    container = {
        "name": "cdi-source-update-poller",
        "image": "importer",
        "command": ["/usr/bin/cdi-source-update-poller", *where],
    }
    return {"restartPolicy": "Never", "containers": [container]}
