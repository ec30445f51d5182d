"""Stands in for HyperConverged's operators, HCO and SSP, as far as boot images go.

It is made from the operators' sources of August 2026, not from recordings: where they and it differ, they are right. It
has no multi-arch boot images, no ImageStreams and no conversion between API versions, and a schedule that is always the
same where HCO's is random. hco_templates.py is HCO's part of it, this one is SSP's; the webhooks are extras.py's.
"""

from __future__ import annotations

import copy
import threading
from typing import TYPE_CHECKING, Self

from tests.testbed.api import CONFLICT, NOT_FOUND, ApiError, path
from tests.testbed.cdi.model import OWNER
from tests.testbed.cdi.work import Work
from tests.testbed.extras import IMMEDIATE
from tests.testbed.hco_templates import ARCHITECTURES, KUBEVIRT, SCHEDULE, templates
from tests.testbed.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.testbed.api import Api, Object
    from tests.testbed.hco_templates import Home

CDI = "cdi.kubevirt.io/v1beta1"
OWNED_BY = "operator-sdk/primary-resource"
LABELS = {
    "app.kubernetes.io/component": "templating",
    "app.kubernetes.io/managed-by": "ssp-operator",
    "app.kubernetes.io/name": "data-sources",
    "app.kubernetes.io/part-of": "hyperconverged-cluster",
}
LINUX = ("centos-stream9", "centos6", "fedora", "opensuse", "rhel7", "rhel8", "rhel9", "ubuntu")
WINDOWS = ("win10", "win11", "win2k16", "win2k19", "win2k22", "win2k25")


class Hco:
    """HCO and SSP on one cluster; ``start`` and ``stop`` it, or use it in a with.

    ``version`` is the one in which the cluster stores its HyperConverged.
    """

    def __init__(self, api: Api, *, home: Home = KUBEVIRT, version: str = "v1") -> None:
        self._api = api
        self._home = home
        self.place = path(
            f"hco.kubevirt.io/{version}", "hyperconvergeds", home.namespace, name="kubevirt-hyperconverged"
        )
        self._owner = {
            OWNED_BY: f"{home.namespace}/ssp-kubevirt-hyperconverged",
            f"{OWNED_BY}-type": "SSP.ssp.kubevirt.io",
        }
        self._round = threading.Lock()
        self._work = Work({"all": lambda *_: self._reconcile()}, workers=1)
        places = (
            self.place.rpartition("/")[0],
            path(CDI, "dataimportcrons"),
            path(CDI, "datasources", home.golden),
        )
        self._watches = tuple(Watch(api, place) for place in places)
        self._threads = tuple(
            threading.Thread(target=self._follow, args=(watch,), daemon=True) for watch in self._watches
        )

    @property
    def troubles(self) -> tuple[str, ...]:
        """Why it fails at present: what would stand in HCO's log."""
        return tuple(self._work.troubles.values())

    def start(self) -> Self:
        """Begin. Raises ApiError."""
        for namespace in (self._home.namespace, self._home.golden):
            body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
            self._api.apply(path("v1", "namespaces", name=namespace), body)
        self._work.start()
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        """End it; the cluster is left as it is."""
        for watch in self._watches:
            watch.stop()
        for thread in self._threads:
            thread.join()
        self._work.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def settle(self) -> None:
        """Return once it has nothing more to change. Raises ApiError, or StuckError with what HCO would complain of."""
        before: object = None
        while (now := self._reconciled()) != before:
            before = now

    def _follow(self, watch: Watch) -> None:
        for _ in watch:
            self._work.add("all", "", "")

    def _reconciled(self) -> object:
        """Do one round; return the versions of all that it looks after, which are never the same after a conflict."""
        try:
            self._reconcile()
        except ApiError as error:
            if error.code not in {CONFLICT, NOT_FOUND}:
                raise
            return object()
        items = (*self._crons(), *self._sources().values())
        return [item["metadata"]["resourceVersion"] for item in items]

    def _reconcile(self) -> None:
        """Make what HyperConverged wants: DataSources first, then crons, as SSP does."""
        with self._round:
            item = self._api.find(self.place)
            if item is None:
                self._uninstall()
                return
            handed = templates(item, self._home)
            self._tell(item, handed)
            sources = self._sources()
            wanted = self._wanted(handed, sources)
            for name in (*LINUX, *WINDOWS):
                self._keep_data_source(name, sources.get(name), wanted.get((self._home.golden, name)))
            for cron in wanted.values():
                self._keep_cron(cron)
            places = {_place(cron) for cron in wanted.values()}
            for cron in self._crons():
                if _place(cron) not in places:
                    self._api.delete(_place(cron))

    def _wanted(self, handed: list[Object], sources: Mapping[str, Object]) -> dict[tuple[str, str], Object]:
        """Return the cron for each DataSource, by its namespace and name: of two that manage one, the last one wins.

        A known DataSource has none if a volume of its name stands there and no cron had it before: restored by hand.
        """
        crons = {_managed(each): each for each in (self._cron(template) for template in handed)}
        claims = self._api.items(path("v1", "persistentvolumeclaims", self._home.golden))
        restored = {(self._home.golden, item["metadata"]["name"]) for item in claims} & {
            (self._home.golden, name)
            for name in (*LINUX, *WINDOWS)
            if OWNER not in sources.get(name, {}).get("metadata", {}).get("labels", {})
        }
        return {key: cron for key, cron in crons.items() if key not in restored}

    def _tell(self, item: Object, handed: list[Object]) -> None:
        """Write HyperConverged's status, which a user looks the vendor's templates up in."""
        status = {"dataImportSchedule": SCHEDULE} | item.get("status", {}) | {"dataImportCronTemplates": handed}
        if status != item.get("status"):
            self._api.replace(f"{self.place}/status", item | {"status": status})

    def _cron(self, template: Object) -> Object:
        """Return the cron that SSP makes of a template."""
        metadata = copy.deepcopy(template["metadata"])
        annotations = {IMMEDIATE: "true"} | metadata.get("annotations", {}) | self._owner
        annotations.pop(ARCHITECTURES, None)
        metadata["annotations"] = annotations
        metadata["labels"] = metadata.get("labels", {}) | LABELS
        metadata.setdefault("namespace", self._home.golden)
        return {"apiVersion": CDI, "kind": "DataImportCron", "metadata": metadata, "spec": template["spec"]}

    def _keep_data_source(self, name: str, found: Object | None, cron: Object | None) -> None:
        """Hand a known DataSource to its cron, or take it back and point it at the volume of its name."""
        metadata: Object = {"name": name, "namespace": self._home.golden}
        draft: Object = {"apiVersion": CDI, "kind": "DataSource", "metadata": metadata, "spec": {"source": {}}}
        wanted = copy.deepcopy(found or draft)
        labels = wanted["metadata"].setdefault("labels", {})
        wanted["metadata"].setdefault("annotations", {}).update(self._owner)
        if cron:
            labels[OWNER] = cron["metadata"]["name"]
        else:
            labels.pop(OWNER, None)
            labels.update(LABELS)
            wanted["spec"] = {"source": {"pvc": {"name": name, "namespace": self._home.golden}}}
        self._write(path(CDI, "datasources", self._home.golden, name), found, wanted)

    def _keep_cron(self, cron: Object) -> None:
        """Make or update a cron; one with another spec is deleted, and made again in the next round."""
        place = _place(cron)
        found = self._api.find(place)
        if found and found["metadata"].get("deletionTimestamp"):
            return
        if found and _meant(found["spec"]) != _meant(cron["spec"]):
            self._api.delete(place)
            return
        wanted = copy.deepcopy(found or cron)
        for field in ("annotations", "labels"):
            wanted["metadata"].setdefault(field, {}).update(cron["metadata"][field])
        self._write(place, found, wanted)

    def _write(self, place: str, found: Object | None, wanted: Object) -> None:
        if found is None:
            self._api.create(place.rpartition("/")[0], wanted)
        elif found != wanted:
            self._api.replace(place, wanted)

    def _crons(self) -> list[Object]:
        return [item for item in self._api.items(path(CDI, "dataimportcrons")) if self._owns(item)]

    def _sources(self) -> dict[str, Object]:
        items = self._api.items(path(CDI, "datasources", self._home.golden))
        return {item["metadata"]["name"]: {"apiVersion": CDI, "kind": "DataSource"} | item for item in items}

    def _owns(self, item: Object) -> bool:
        return all(item["metadata"].get("annotations", {}).get(key) == value for key, value in self._owner.items())

    def _uninstall(self) -> None:
        """Remove what is SSP's: deleting a HyperConverged takes everything with it."""
        for cron in self._crons():
            self._api.delete(_place(cron))
        for name, item in self._sources().items():
            if self._owns(item):
                self._api.delete(path(CDI, "datasources", self._home.golden, name))


def _managed(cron: Object) -> tuple[str, str]:
    return cron["metadata"]["namespace"], cron["spec"]["managedDataSource"]


def _place(cron: Object) -> str:
    return path(CDI, "dataimportcrons", cron["metadata"]["namespace"], cron["metadata"]["name"])


def _meant(spec: Object) -> Object:
    """Return a cron's spec without what CDI's first write adds to its template."""
    return spec | {"template": spec["template"]["spec"]}
