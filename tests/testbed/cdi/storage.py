"""Which StorageClass and which claim CDI chooses, and the StorageProfile that it keeps for each class."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.testbed.cdi.model import annotations_of
from tests.testbed.cdi.store import CLASS, PROFILE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.testbed.cdi.model import Object
    from tests.testbed.cdi.store import Store

DEFAULTS = ("storageclass.kubevirt.io/is-default-virt-class", "storageclass.kubernetes.io/is-default-class")
LAZY = "WaitForFirstConsumer"


@dataclass(frozen=True, slots=True)
class Storage:
    """A class as CDI sees it: how claims of it are made and in which format crons keep what they import."""

    name: str
    lazy: bool
    access_modes: tuple[str, ...]
    volume_mode: str
    source_format: str
    snapshot_class: str


class Storages:
    """Answers from the classes and profiles of a Store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def chosen(self, spec: Mapping[str, Object]) -> Storage | None:
        """Return the class of a DataVolume's spec: the named one, else the default for VMs, else the default at all.

        None if there is none: a class that is named but doesn't exist is none.
        """
        name = (spec.get("storage") or spec.get("pvc") or {}).get("storageClassName")
        if name:
            found = self._store.get(CLASS, "", name)
            return self._storage(found) if found else None
        classes = sorted(self._store.items(CLASS), key=lambda item: str(item["metadata"]["name"]))
        for default in DEFAULTS:
            for item in classes:
                if annotations_of(item).get(default) == "true":
                    return self._storage(item)
        return None

    def reconcile(self, _: str, name: str) -> None:
        """Keep the profile of one class: people write its spec, CDI its status. Raises ApiError."""
        item = self._store.get(CLASS, "", name)
        if item is None:
            return
        profile = self._store.get(PROFILE, "", name)
        if profile is None:
            self._store.create(PROFILE, {"metadata": {"name": name}, "spec": {}})
            return
        status = {"provisioner": item["provisioner"], "storageClass": name} | profile.get("spec", {})
        status.setdefault("dataImportCronSourceFormat", "pvc")
        if profile.get("status") != status:
            draft = copy.deepcopy(profile)
            draft["status"] = status
            self._store.update_status(PROFILE, draft)

    def _storage(self, item: Object) -> Storage:
        profile = self._store.get(PROFILE, "", item["metadata"]["name"]) or {}
        spec = profile.get("spec") or {}
        claims = (spec.get("claimPropertySets") or [{}])[0]
        return Storage(
            name=item["metadata"]["name"],
            lazy=item.get("volumeBindingMode") == LAZY,
            access_modes=tuple(claims.get("accessModes", ())),
            volume_mode=claims.get("volumeMode", "Filesystem"),
            source_format=spec.get("dataImportCronSourceFormat", "pvc"),
            snapshot_class=spec.get("snapshotClass", ""),
        )
