"""What CDI does for a DataSource: finds the volume behind it, tells whether it can be cloned, copies its labels."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.testbed.cdi import model
from tests.testbed.cdi.model import set_condition
from tests.testbed.cdi.store import CLAIM, DATA_SOURCE, DATA_VOLUME, SNAPSHOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.testbed.cdi.model import Object
    from tests.testbed.cdi.store import Kind, Store

READY = "DataSource is ready to be consumed"


@dataclass(frozen=True, slots=True)
class Judgement:
    """CDI's reason and message about a source, and the volume whose labels the DataSource takes."""

    reason: str
    message: str
    volume: Object | None = None

    @property
    def ready(self) -> bool:
        """Whether it can be cloned."""
        return self.reason == "Ready"


class DataSources:
    """Reconciles DataSources."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def reconcile(self, namespace: str, name: str) -> None:
        """Bring one DataSource's labels and status up to date. Raises ApiError."""
        item = self._store.get(DATA_SOURCE, namespace, name)
        if item is None:
            return
        end, judgement = self._end(item)
        if judgement is None:
            judgement = self._judge(end)
        draft = copy.deepcopy(item)
        if judgement.volume:
            # never over a label that is there: who relabels the DataSource for a hand-over would be undone
            missing = model.copied_labels(judgement.volume) | model.labels_of(item)
            draft["metadata"]["labels"] = missing
        status = draft.setdefault("status", {})
        status["source"] = end if judgement.ready else {}
        set_condition(status, "Ready", str(judgement.ready), judgement.reason, judgement.message)
        if draft != item:
            self._store.update(DATA_SOURCE, draft)

    def affected(self, kind: Kind, item: Object) -> Iterator[str]:
        """Yield the names of the DataSources that may look different once this object changed."""
        namespace, name = item["metadata"]["namespace"], item["metadata"]["name"]
        direct = set()
        for source in self._store.items(DATA_SOURCE, namespace):
            spec = source["spec"].get("source") or {}
            wanted = spec.get("snapshot") if kind == SNAPSHOT else spec.get("pvc")
            if (wanted or {}).get("name") == name and kind != DATA_SOURCE:
                direct.add(source["metadata"]["name"])
        changed = direct or ({name} if kind == DATA_SOURCE else set())
        yield from direct
        for source in self._store.items(DATA_SOURCE, namespace):
            pointed = ((source["spec"].get("source") or {}).get("dataSource") or {}).get("name")
            if pointed in changed:
                yield source["metadata"]["name"]

    def _end(self, item: Object) -> tuple[Object, Judgement | None]:
        """Return the source at the end of the one reference that is allowed, or why there is none."""
        metadata = item["metadata"]
        source: Object = item["spec"].get("source") or {}
        pointed: Any = source.get("dataSource")
        if not pointed:
            return source, None
        if pointed["namespace"] != metadata["namespace"]:
            message = "DataSource cannot reference a DataSource in another namespace"
            return {}, Judgement("CrossNamespaceReference", message)
        if pointed["name"] == metadata["name"]:
            return {}, Judgement("SelfReference", "DataSource cannot self-reference")
        other = self._store.get(DATA_SOURCE, pointed["namespace"], pointed["name"])
        if other is None:
            message = f'DataSource.cdi.kubevirt.io "{pointed["name"]}" not found'
            return {}, Judgement("NotFound", message)
        if "dataSource" in (other["spec"].get("source") or {}):
            message = "DataSource reference chain exceeds maximum depth of 1"
            return {}, Judgement("MaxReferenceDepthReached", message)
        return other["spec"].get("source") or {}, None

    def _judge(self, source: Object) -> Judgement:
        if "pvc" in source:
            return self._judge_claim(source["pvc"]["namespace"], source["pvc"]["name"])
        if "snapshot" in source:
            return self._judge_snapshot(source["snapshot"]["namespace"], source["snapshot"]["name"])
        return Judgement("NoSource", "No source PVC set")

    def _judge_claim(self, namespace: str, name: str) -> Judgement:
        """The DataVolume has the first word; a claim without one can be cloned as it is."""
        volume = self._store.get(DATA_VOLUME, namespace, name)
        if volume:
            phase = volume.get("status", {}).get("phase", "")
            if phase != "Succeeded":
                return Judgement(phase, f"Import DataVolume phase {phase}", volume)
            return Judgement("Ready", READY, volume)
        claim = self._store.get(CLAIM, namespace, name)
        if claim is None:
            return Judgement("NotFound", "PVC not found")
        return Judgement("Ready", READY, claim)

    def _judge_snapshot(self, namespace: str, name: str) -> Judgement:
        snapshot = self._store.get(SNAPSHOT, namespace, name)
        if snapshot is None:
            return Judgement("NotFound", "Snapshot not found")
        if not snapshot.get("status", {}).get("readyToUse"):
            return Judgement("SnapshotNotReady", "Snapshot phase is not ready", snapshot)
        return Judgement("Ready", READY, snapshot)
