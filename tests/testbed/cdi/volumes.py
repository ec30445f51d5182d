"""The steps that CDI's cron controller takes on volumes: find, adopt, import, snapshot, mark as used, collect, delete.

A volume is a DataVolume with its claim, a claim alone, or a VolumeSnapshot, all of one name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.testbed.cdi import model
from tests.testbed.cdi.store import CLAIM, DATA_VOLUME, SNAPSHOT

if TYPE_CHECKING:
    from tests.testbed.cdi.model import Object
    from tests.testbed.cdi.storage import Storage
    from tests.testbed.cdi.store import Kind, Store

KEPT_BY_DEFAULT = 3


@dataclass(frozen=True, slots=True)
class Found:
    """What there is of a volume."""

    name: str = ""
    data_volume: Object | None = None
    claim: Object | None = None
    snapshot: Object | None = None

    def __bool__(self) -> bool:
        return bool(self.data_volume or self.claim or self.snapshot)

    @property
    def done(self) -> bool:
        """Whether its import is over: the DataVolume says so; once that is gone, a bound claim or a snapshot does."""
        if self.data_volume:
            return bool(self.data_volume.get("status", {}).get("phase") == "Succeeded")
        return bool(self.claim and self.claim["status"].get("phase") == "Bound") or self.snapshot is not None

    @property
    def failed(self) -> bool:
        """Whether its importer's last run ended in an error; one that runs again just now hasn't failed."""
        running = model.condition((self.data_volume or {}).get("status", {}), "Running")
        return running.get("status") == "False" and running.get("reason") == "Error"

    @property
    def snapshot_ready(self) -> bool:
        """Whether it can be cloned from its snapshot."""
        return bool(self.snapshot and self.snapshot.get("status", {}).get("readyToUse"))


class Volumes:
    """Takes these steps through a Store. Each may raise ApiError."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, cron: Object, name: str) -> Found:
        """Return what there is under a volume's name, whosever it is."""
        namespace = cron["metadata"]["namespace"]
        kinds = (DATA_VOLUME, CLAIM, SNAPSHOT)
        return Found(name, *(self._store.get(kind, namespace, name) for kind in kinds))

    def cleanup(self, cron: Object) -> dict[str, str]:
        """Return the label of what has to go with the cron."""
        return {model.CLEANUP: "true"} if cron["spec"].get("retentionPolicy") == "None" else {}

    def begin(self, draft: Object, digest: str) -> None:
        """Make the digest the current import: adopt its volume if there is one, else import it.

        Raises StuckError for what is no digest.
        """
        name = model.volume_name(draft["spec"]["managedDataSource"], digest)
        draft["status"]["currentImports"] = [{"DataVolumeName": name, "Digest": digest}]
        found = self.find(draft, name)
        for kind, item in ((SNAPSHOT, found.snapshot), (CLAIM, found.claim), (DATA_VOLUME, found.data_volume)):
            if item:
                self._adopt(draft, kind, item)
                return
        self._store.create(DATA_VOLUME, self._data_volume(draft, name, digest))

    def use(self, draft: Object, found: Found) -> None:
        """Make what holds the import the cron's own and note that it is used now."""
        if found.claim:
            self._adopt(draft, CLAIM, found.claim)
        if found.snapshot:
            self._adopt(draft, SNAPSHOT, found.snapshot)

    def ensure_snapshot(self, draft: Object, found: Found, storage: Storage) -> None:
        """Take the snapshot of an imported claim unless it is there."""
        if found.snapshot or not found.claim:
            return
        metadata = {
            "name": found.name,
            "namespace": draft["metadata"]["namespace"],
            "labels": self._marks(draft) | {"cdi.kubevirt.io": ""},
            "annotations": {model.LAST_USE: model.precise_now()},
        }
        spec: Object = {"source": {"persistentVolumeClaimName": found.name}}
        if storage.snapshot_class:
            spec["volumeSnapshotClassName"] = storage.snapshot_class
        self._store.create(SNAPSHOT, {"metadata": metadata, "spec": spec})

    def drop_imported(self, found: Found) -> None:
        """Once the snapshot can be used, what it was taken of goes."""
        if found.snapshot_ready and (found.data_volume or found.claim):
            self.delete(Found(found.name, found.data_volume, found.claim))

    def abandon(self, found: Found) -> None:
        """Delete an import that failed, disowned first, so that its end doesn't wake the cron."""
        if found.data_volume:
            disowned = model.with_metadata(found.data_volume, labels={model.OWNER: ""})
            self._store.delete(DATA_VOLUME, self._store.update(DATA_VOLUME, disowned))

    def delete(self, found: Found) -> None:
        """Delete all there is of a volume; a claim whose DataVolume goes is left to the garbage collector."""
        if found.data_volume:
            self._store.delete(DATA_VOLUME, found.data_volume)
        elif found.claim and not model.deleting(found.claim):
            self._store.delete(CLAIM, found.claim)
        if found.snapshot:
            self._store.delete(SNAPSHOT, found.snapshot)

    def collect(self, draft: Object, kind: Kind) -> None:
        """Delete all volumes of the cron but the ``importsToKeep`` that were used last."""
        if draft["spec"].get("garbageCollect", "Outdated") == "Never":
            return
        namespace = draft["metadata"]["namespace"]
        kept = draft["spec"].get("importsToKeep", KEPT_BY_DEFAULT)
        owned = self._store.items(kind, namespace, {model.OWNER: draft["metadata"]["name"]})
        by_use = sorted(owned, key=lambda item: model.annotations_of(item).get(model.LAST_USE, ""), reverse=True)
        # what importsToKeep 0 does to the volume in use was never measured: it is kept
        for item in by_use[max(kept, 1) :]:
            self.delete(self.find(draft, item["metadata"]["name"]))

    def _adopt(self, draft: Object, kind: Kind, item: Object) -> None:
        used = {model.LAST_USE: model.precise_now()}
        self._store.update(kind, model.with_metadata(item, labels=self._marks(draft), annotations=used))

    def _marks(self, draft: Object) -> dict[str, str]:
        owner = {model.OWNER: draft["metadata"]["name"]}
        return model.copied_labels(draft) | model.MANAGED | owner | self.cleanup(draft)

    def _data_volume(self, draft: Object, name: str, digest: str) -> Object:
        template = draft["spec"]["template"]["spec"]
        registry = dict(template.get("source", {}).get("registry", {}))
        registry["url"] = model.digested(registry.get("url", ""), digest)
        metadata = {
            "name": name,
            "namespace": draft["metadata"]["namespace"],
            "labels": self._marks(draft),
            "annotations": {model.IMMEDIATE: "true", model.LAST_USE: model.precise_now()},
        }
        return {"metadata": metadata, "spec": template | {"source": {"registry": registry}}}
