"""Which volumes may not be touched, and why: what cleaning up is held to.

A volume is a claim or a snapshot. It is left alone if anything serves it, may serve it again by what the lock knows,
holds or clones it, or if not everything could be read that tells. In doubt it is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitops_golden.drift.nobodys import of_whom
from gitops_golden.drift.place import (
    goes_too,
    managed,
    owner,
    owners,
    split,
    takes_all,
)
from gitops_golden.fleet.kinds import CLAIM, CRON, DATA_SOURCE, DATA_VOLUME, SNAPSHOT
from gitops_golden.fleet.observation import identity
from gitops_golden.fleet.shapes import items, mapping, text
from gitops_golden.fleet.storage_views import volume_view
from gitops_golden.fleet.views import data_source_view, data_volume_view
from gitops_golden.policy import names
from gitops_golden.render.cdi import DIGEST_ANNOTATION, volume_digits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from gitops_golden.drift.place import Place

READ: Final = (CRON, DATA_SOURCE, DATA_VOLUME, CLAIM, SNAPSHOT)
"""The kinds that tell whether a volume is needed."""
TAKEN: Final = "its retentionPolicy is None, or that of a cron before it was"
PROTECTION: Final = frozenset(
    {
        "kubernetes.io/pvc-protection",
        "snapshot.storage.kubernetes.io/volumesnapshot-as-source-protection",
        "snapshot.storage.kubernetes.io/volumesnapshot-bound-protection",
    }
)
"""Finalizers that every claim or snapshot has. Any other one says that somebody is at work with it, such as a clone."""

Spot = tuple[str, str]
"""A volume's namespace and name; a claim and a snapshot of one name are the same digest's."""


def is_name(name: str) -> bool:
    """Whether the API server takes a name (RFC 1123 subdomain), so that it can mean nothing else in a shell either."""
    return names.subdomain(name) is None


@dataclass(frozen=True, slots=True)
class Needed:
    """What is needed on one cluster: what serves, holds or clones each volume, and the digits that are ``locked``.

    ``managing`` are the crons of each DataSource, ``owned`` the claims of each DataVolume, by namespace and name.
    """

    place: Place
    served: Mapping[Spot, str]
    held: Mapping[Spot, set[str]]
    cloned: Mapping[Spot, str]
    locked: frozenset[str]
    managing: Mapping[Spot, Sequence[Mapping[str, Any]]]
    owned: Mapping[Spot, Sequence[Mapping[str, Any]]]

    def why_unknown(self, namespace: str) -> str | None:
        """Return what could not be read, without which nothing in a namespace may be touched."""
        seen = self.place.seen
        for kind in READ:
            if reason := seen.why_unread(kind, namespace):
                return f"{kind}s in {namespace} could not be read: {reason}"
        # A DataSource may serve a volume of another namespace.
        gap = next((gap for gap in seen.unread if gap.kind == DATA_SOURCE), None)
        return f"{DATA_SOURCE}s in {gap.namespace} could not be read: {gap.reason}" if gap else None

    def why(self, volume: Mapping[str, Any]) -> str | None:
        """Return why a claim or a snapshot may not be deleted, or None if it may."""
        namespace, name = text(volume, "metadata", "namespace"), text(volume, "metadata", "name")
        return (
            self.why_unknown(namespace)
            or _badly_named(namespace, name)
            or self._in_use((namespace, name))
            or self._wanted_back(volume)
            or self._somebodys(namespace, name)
            or _held_fast(volume)
            or self._owned(volume)
        )

    def why_not_import(self, data_volume: Mapping[str, Any]) -> str | None:
        """Return why an import that has not succeeded may not be deleted, with all that goes with it."""
        namespace, name = text(data_volume, "metadata", "namespace"), text(data_volume, "metadata", "name")
        reason = self.why_unknown(namespace) or _badly_named(namespace, name) or self._somebodys(namespace, name)
        if reason := reason or _of_another(data_volume):
            return reason
        if volume_digits(data_volume_view(data_volume).digest) in self.locked or split(name)[1] in self.locked:
            return "it is of a digest that the lock, Git or a cron still names"
        spots = ((namespace, text(each, "metadata", "name")) for each in self._goes_with(data_volume))
        reasons = (self.served.get(spot) or self.cloned.get(spot) for spot in ((namespace, name), *spots))
        return next((reason for reason in reasons if reason), None)

    def why_not_cron(self, cron: Mapping[str, Any]) -> str | None:
        """Return why a cron may not be deleted, with what goes with it."""
        namespace, name = text(cron, "metadata", "namespace"), text(cron, "metadata", "name")
        if reason := self.why_unknown(namespace) or _badly_named(namespace, name):
            return reason
        labelled = self.place.labelled_with(namespace, name)
        reasons = (self._against(each, takes=takes_all(cron) or goes_too(each)) for each in labelled)
        return next(filter(None, reasons), None)

    def _against(self, labelled: Mapping[str, Any], *, takes: bool) -> str | None:
        """Return why a cron may not be deleted that an object is labelled with."""
        kind, namespace, name = identity(labelled)
        if kind == DATA_SOURCE and (kind, namespace, name) in self.place.claims.keys:
            return f"DataSource {name} is still given to it: let the GitOps engine sync first"
        if takes and (kind == DATA_SOURCE or self._lost(labelled)):
            return f"{kind} {name}, which is needed, would go with it, for {TAKEN}"
        return None

    def _lost(self, labelled: Mapping[str, Any]) -> bool:
        """Whether something needed would go with an object that CDI deletes with the cron that it is labelled with."""
        cron = owner(labelled)
        affected = [labelled, *(self._goes_with(labelled) if labelled.get("kind") == DATA_VOLUME else ())]
        spots = [(text(each, "metadata", "namespace"), text(each, "metadata", "name")) for each in affected]
        return any(self._in_use(spot, cron) or split(spot[1])[1] in self.locked for spot in spots) or any(
            self._wanted_back(each) for each in affected
        )

    def _in_use(self, spot: Spot, but: str = "") -> str | None:
        """Return what uses a volume, one cron left aside."""
        held = sorted(self.held.get(spot, set()) - {but})
        return self.served.get(spot) or (f"cron {held[0]} holds it" if held else None) or self.cloned.get(spot)

    def _wanted_back(self, volume: Mapping[str, Any]) -> str | None:
        """Return that a rollback may need a volume: the lock knows its digest, by its name or by where it is from."""
        digits = volume_digits(volume_view(volume).imported)
        if split(text(volume, "metadata", "name"))[1] in self.locked or digits in self.locked:
            return "the lock, Git or a cron still names its digest, so going back would find it"
        return None

    def _somebodys(self, namespace: str, name: str) -> str | None:
        """Return that a volume may be wanted back by somebody whose lock is not this one, or is no import at all."""
        data_source = split(name)[0]
        if not data_source:
            return "its name is not that of an import: it may be a VM's disk"
        there = (self.place.seen.get(DATA_SOURCE, namespace, data_source),)
        managing = self.managing.get((namespace, data_source), ())
        for kind, found in (*((DATA_SOURCE, each) for each in there if each), *((CRON, each) for each in managing)):
            if theirs := of_whom(self.place, found, kind):
                return f"{kind} {text(found, 'metadata', 'name')} is of {theirs}, who may go back to it"
        return None

    def _goes_with(self, data_volume: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """Return the claims that go with a DataVolume, as Kubernetes collects what an owner leaves."""
        namespace, name = text(data_volume, "metadata", "namespace"), text(data_volume, "metadata", "name")
        return self.owned.get((namespace, name), ())

    def _owned(self, volume: Mapping[str, Any]) -> str | None:
        """Return why what owns a volume stands in the way: only a DataVolume of this claim alone may go with it."""
        namespace, name = text(volume, "metadata", "namespace"), text(volume, "metadata", "name")
        found = owners(volume)
        if not found:
            return None
        kind, owning, uid = found[0]
        if len(found) > 1 or kind != DATA_VOLUME or volume.get("kind") != CLAIM or owning != name:
            return f"it belongs to {kind} {owning}"
        data_volume = self.place.seen.get(DATA_VOLUME, namespace, owning)
        if data_volume is None or text(data_volume, "metadata", "uid") != uid:
            return None
        if reason := _of_another(data_volume):
            return reason
        others = [text(each, "metadata", "name") for each in self._goes_with(data_volume) if each is not volume]
        return f"with its DataVolume {', '.join(others)} would go, too" if others else None


def needed(place: Place, locked: frozenset[str], gone: frozenset[Spot]) -> Needed:
    """Return what is needed on a cluster. ``locked`` are the digits of every digest in the lock, as names have them.

    Crons that are as good as ``gone`` hold nothing.
    """
    served: dict[Spot, str] = {}
    held: dict[Spot, set[str]] = {}
    cloned: dict[Spot, str] = {}
    asked = {volume_digits(claim.digest or "") for claim in place.claims.crons.values()}
    for raw in place.seen.list(DATA_SOURCE):
        found = data_source_view(raw)
        # A pointer's end is a DataSource too; what it was resolved to counts even where that is gone.
        for source in (*found.sources, *found.resolved):
            served[source.namespace or found.meta.namespace, source.name] = f"DataSource {found.meta.name} serves it"
    for raw in place.seen.list(CRON):
        namespace, name = text(raw, "metadata", "namespace"), text(raw, "metadata", "name")
        if (namespace, name) not in gone:
            asked.add(volume_digits(text(raw, "metadata", "annotations", DIGEST_ANNOTATION)))
            for volume in _volumes_of(raw):
                held.setdefault((namespace, volume), set()).add(name)
    for kind in (CLAIM, SNAPSHOT):
        for raw in place.seen.list(kind):
            namespace, cron = text(raw, "metadata", "namespace"), owner(raw)
            if cron and (namespace, cron) not in gone and place.cron(namespace, cron):
                # The volumes that a living cron keeps, for going back to, are its own to collect.
                held.setdefault((namespace, text(raw, "metadata", "name")), set()).add(cron)
    for spot, by in _clones(place):
        cloned[spot] = f"{by} may be cloning it"
    return Needed(place, served, held, cloned, locked.union(asked - {""}), _managing(place), _owned(place))


def _managing(place: Place) -> Mapping[Spot, Sequence[Mapping[str, Any]]]:
    found: dict[Spot, list[Mapping[str, Any]]] = {}
    for cron in place.seen.list(CRON):
        found.setdefault((text(cron, "metadata", "namespace"), managed(cron)), []).append(cron)
    return found


def _owned(place: Place) -> Mapping[Spot, Sequence[Mapping[str, Any]]]:
    found: dict[Spot, list[Mapping[str, Any]]] = {}
    for claim in place.seen.list(CLAIM):
        for name in {name for kind, name, _ in owners(claim) if kind == DATA_VOLUME}:
            found.setdefault((text(claim, "metadata", "namespace"), name), []).append(claim)
    return found


def _volumes_of(cron: Mapping[str, Any]) -> Iterator[str]:
    yield text(cron, "status", "lastImportedPVC", "name")
    for each in items(cron, "status", "currentImports"):
        yield text(each, "DataVolumeName")


def _clones(place: Place) -> Iterator[tuple[Spot, str]]:
    """Yield the volumes that something names as its source, unless that is known to be done with it."""
    for raw in place.seen.list(DATA_VOLUME):
        if text(raw, "status", "phase") != "Succeeded":
            for kind in ("pvc", "snapshot"):
                source = mapping(raw, "spec", "source", kind)
                where = text(source, "namespace") or text(raw, "metadata", "namespace")
                yield (where, text(source, "name")), f"DataVolume {text(raw, 'metadata', 'name')}"
    for raw in place.seen.list(CLAIM):
        if text(raw, "status", "phase") != "Bound":
            for field in ("dataSource", "dataSourceRef"):
                source = mapping(raw, "spec", field)
                where = text(source, "namespace") or text(raw, "metadata", "namespace")
                yield (where, text(source, "name")), f"claim {text(raw, 'metadata', 'name')}"
    for raw in place.seen.list(SNAPSHOT):
        if mapping(raw, "status").get("readyToUse") is not True:
            name = text(raw, "spec", "source", "persistentVolumeClaimName")
            yield (text(raw, "metadata", "namespace"), name), f"snapshot {text(raw, 'metadata', 'name')}"


def _held_fast(volume: Mapping[str, Any]) -> str | None:
    if text(volume, "metadata", "deletionTimestamp"):
        return "it is being deleted already"
    held = sorted(str(each) for each in items(volume, "metadata", "finalizers") if each not in PROTECTION)
    return f"somebody is at work with it: finalizer {', '.join(held)}" if held else None


def _of_another(data_volume: Mapping[str, Any]) -> str | None:
    """Return what a DataVolume belongs to, as a VM's does to the VM; a cron owns none of its own."""
    return next((f"its DataVolume belongs to {kind} {name}" for kind, name, _ in owners(data_volume)), None)


def _badly_named(*told: str) -> str | None:
    bad = next((name for name in told if not is_name(name)), None)
    return None if bad is None else f"{bad!r} is no name of Kubernetes"
