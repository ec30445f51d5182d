"""What CDI does for a DataImportCron: decides what to import, when to flip the DataSource, what to forget.

It looks at a cron whenever something of the cron changes and takes one step; volumes.py holds the steps on volumes,
tracking.py the polling. The order of the questions asked here is what makes an import that hangs block its cron, a
crash loop be left at once and a hand-over during an import fall asleep.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, ClassVar

from tests.testbed.cdi import model
from tests.testbed.cdi.model import set_condition
from tests.testbed.cdi.store import CLAIM, CRON, DATA_SOURCE, DATA_VOLUME, SNAPSHOT
from tests.testbed.cdi.volumes import Found, Volumes

if TYPE_CHECKING:
    from tests.testbed.cdi.model import Object
    from tests.testbed.cdi.storage import Storage, Storages
    from tests.testbed.cdi.store import Store
    from tests.testbed.cdi.tracking import Tracking

PROGRESSING = "Progressing"
UP_TO_DATE = "UpToDate"
SOON_SECONDS = 0.02
OUTDATED = "Source digest updated since last import"


class Crons:
    """Reconciles DataImportCrons; ``volumes`` takes its steps on volumes."""

    volumes: ClassVar[type[Volumes]] = Volumes

    def __init__(self, store: Store, storages: Storages, tracking: Tracking) -> None:
        self._store = store
        self._storages = storages
        self._tracking = tracking
        self._volumes = self.volumes(store)

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Take one step for a cron; return when to look again, unless at a change. Raises ApiError, StuckError."""
        cron = self._store.get(CRON, namespace, name)
        if cron is None:
            self._retire(namespace, name)
            return None
        source = self._store.get(DATA_SOURCE, namespace, cron["spec"]["managedDataSource"])
        if source and "status" not in source:
            # in every recording CDI's other controller has looked at a new DataSource before this one does
            return SOON_SECONDS
        if not self._managed_by_another(cron):
            self._tracking.ensure(cron)
            self._advance(cron)
        return None

    def _managed_by_another(self, cron: Object) -> bool:
        """Whether a cron that exists and claims the same DataSource is the one that the DataSource's label names."""
        namespace, wanted = cron["metadata"]["namespace"], cron["spec"]["managedDataSource"]
        source = self._store.get(DATA_SOURCE, namespace, wanted)
        owner = model.labels_of(source).get(model.OWNER, "") if source else ""
        if owner in ("", cron["metadata"]["name"]):
            return False
        other = self._store.get(CRON, namespace, owner)
        return other is not None and other["spec"]["managedDataSource"] == wanted

    def _advance(self, cron: Object) -> None:
        storage = self._storages.chosen(cron["spec"]["template"]["spec"])
        draft = copy.deepcopy(cron)
        status = draft.setdefault("status", {})
        imports = status.get("currentImports") or []
        found = self._volumes.find(cron, imports[0]["DataVolumeName"]) if imports else Found()
        if self._leaves_class(draft, storage, found):
            self._write(cron, draft)
            return
        done = self._progress(draft, found, storage)
        imports = status.get("currentImports") or []
        self._update_source(draft)
        self._judge(draft, found, done=done, imports=imports)
        if done and storage and storage.source_format == "snapshot":
            self._volumes.drop_imported(found)
        if model.LAST_POLL in model.annotations_of(cron):
            status["lastExecutionTimestamp"] = model.annotations_of(cron)[model.LAST_POLL]
        self._write(cron, draft)

    def _leaves_class(self, draft: Object, storage: Storage | None, found: Found) -> bool:
        """Note the class that is wanted; whether it changed, so that what is on the old one goes before all else."""
        before = model.annotations_of(draft).get(model.STORAGE_CLASS, "")
        after = storage.name if storage else ""
        if before == after or not after:
            return False
        if before and found:
            if SNAPSHOT in self._store.missing:
                raise model.StuckError("no matches for kind VolumeSnapshot")
            self._volumes.delete(found)
            return True
        draft["metadata"].setdefault("annotations", {})[model.STORAGE_CLASS] = after
        return bool(before)

    def _progress(self, draft: Object, found: Found, storage: Storage | None) -> bool:
        """Tell how the current import stands; whether it is done."""
        status = draft["status"]
        phase = found.data_volume.get("status", {}).get("phase", "") if found.data_volume else ""
        if found.done:
            self._succeeded(draft, found, storage)
            set_condition(status, PROGRESSING, "False", "NoImport", "No current import")
        elif not found.data_volume:
            status.pop("currentImports", None)
            set_condition(status, PROGRESSING, "False", "NoImport", "No current import")
        elif phase == "ImportInProgress":
            set_condition(status, PROGRESSING, "True", "ImportProgressing", "Import is progressing")
        elif phase == "ImportScheduled":
            set_condition(status, PROGRESSING, "False", "ImportScheduled", "Import is scheduled")
        else:
            set_condition(status, PROGRESSING, "False", phase, f"Import DataVolume phase {phase}")
        return found.done

    def _succeeded(self, draft: Object, found: Found, storage: Storage | None) -> None:
        status, metadata = draft["status"], draft["metadata"]
        source_format = storage.source_format if storage else "pvc"
        self._volumes.use(draft, found)
        if source_format == "snapshot" and storage:
            self._volumes.ensure_snapshot(draft, found, storage)
        imported = {"namespace": metadata["namespace"], "name": found.name}
        if status.get("lastImportedPVC") != imported:
            status |= {"lastImportedPVC": imported, "lastImportTimestamp": model.now()}
        status["sourceFormat"] = source_format
        self._volumes.collect(draft, SNAPSHOT if source_format == "snapshot" else CLAIM)

    def _judge(self, draft: Object, found: Found, *, done: bool, imports: list[Object]) -> None:
        """Say whether the wanted digest is the current one, and begin with it if it isn't and nothing is in its way."""
        status = draft["status"]
        wanted = model.annotations_of(draft).get(model.DIGEST, "")
        if wanted and (not imports or imports[0]["Digest"] != wanted):
            set_condition(status, UP_TO_DATE, "False", "Outdated", OUTDATED)
            if found.failed:
                self._volumes.abandon(found)
                status.pop("currentImports", None)
            elif done or not imports:
                self._volumes.begin(draft, wanted)
        elif done and status["sourceFormat"] == "snapshot" and not found.snapshot_ready:
            if found.snapshot:
                message = "Snapshot of imported data is progressing"
                set_condition(status, UP_TO_DATE, "False", "ImportProgressing", message)
        elif done:
            set_condition(status, UP_TO_DATE, "True", "UpToDate", "Latest import is up to date")
        elif imports:
            set_condition(status, UP_TO_DATE, "False", "ImportProgressing", "Import is progressing")
        else:
            set_condition(status, UP_TO_DATE, "False", "NoDigest", "No source digest")

    def _update_source(self, draft: Object) -> None:
        """Point the DataSource at the last import if its label names this cron; make it if there is none."""
        metadata, status = draft["metadata"], draft["status"]
        namespace, name = metadata["namespace"], draft["spec"]["managedDataSource"]
        marks = model.copied_labels(draft) | model.MANAGED | self._volumes.cleanup(draft)
        source = self._store.get(DATA_SOURCE, namespace, name)
        if source is None:
            labels = marks | {model.OWNER: metadata["name"]}
            body = {"metadata": {"namespace": namespace, "name": name, "labels": labels}, "spec": {"source": {}}}
            self._store.create(DATA_SOURCE, body)
            return
        if model.labels_of(source).get(model.OWNER) != metadata["name"]:
            return
        changed = model.with_metadata(source, labels=marks)
        if "lastImportedPVC" in status:
            changed["spec"]["source"] = {status["sourceFormat"]: status["lastImportedPVC"]}
        if changed != source:
            self._store.update(DATA_SOURCE, changed)

    def _write(self, cron: Object, draft: Object) -> None:
        if draft == cron:
            return
        # CDI's client writes what its Go types hold, so the template gains these two on its first write
        draft["spec"]["template"] = {"metadata": {}, "status": {}} | draft["spec"]["template"]
        self._store.update(CRON, draft)

    def _retire(self, namespace: str, name: str) -> None:
        """Remove what a deleted cron left behind, unless its retentionPolicy keeps it: then it wasn't marked."""
        self._tracking.remove(namespace, name)
        for kind in (DATA_SOURCE, DATA_VOLUME, CLAIM, SNAPSHOT):
            for item in self._store.items(kind, namespace, {model.OWNER: name, model.CLEANUP: "true"}):
                self._store.delete(kind, item)
