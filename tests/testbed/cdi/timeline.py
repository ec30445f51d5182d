"""What was seen of a cluster while a scenario ran: its objects' changes, in the API server's order, and the steps.

The same shape holds a recording of real CDI and what a contract test sees now. Fields that differ from run to run by
nature (uids, times, who wrote what) are left out when an object comes in.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

Object = dict[str, Any]

KINDS = ("DataImportCron", "DataSource", "DataVolume", "PersistentVolumeClaim", "VolumeSnapshot", "CronJob", "Job")
RUN_METADATA = (
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "managedFields",
    "finalizers",
)
RUN_ANNOTATIONS = (
    "cdi.kubevirt.io/createdForDataVolume",
    "cdi.kubevirt.io/storage.import.lastUseTime",
    "cdi.kubevirt.io/storage.condition.bound.message",
    "kubectl.kubernetes.io/last-applied-configuration",
    "pv.kubernetes.io/bind-completed",
    "pv.kubernetes.io/bound-by-controller",
    "volume.beta.kubernetes.io/storage-provisioner",
    "volume.kubernetes.io/storage-provisioner",
    "volume.kubernetes.io/selected-node",
)
RUN_TIMES = ("lastHeartbeatTime", "lastTransitionTime", "lastImportTimestamp", "creationTime")


@dataclass(frozen=True, slots=True)
class Seen:
    """A state of an object: ``at`` in seconds, ``order`` the resourceVersion; ``object`` is None once it is gone."""

    at: float
    order: int
    kind: str
    name: str
    object: Object | None


@dataclass(frozen=True, slots=True)
class Step:
    """A step: what was done, or seen, from ``at`` on."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A request and what admission answered; ``message`` is None if it was let pass."""

    request: Object
    code: int
    message: str | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """A run of a scenario. The last step is "end": what comes after is cleaning up and left out."""

    seen: tuple[Seen, ...]
    steps: tuple[Step, ...]
    answers: tuple[Answer, ...] = ()


def lasting(item: Object) -> Object:
    """Return an object without what is a run's own. CronJobs and Jobs count by name and labels alone."""
    kind = item["kind"]
    if kind in ("CronJob", "Job"):
        item = {"metadata": {key: item["metadata"].get(key) for key in ("name", "namespace", "labels")}}
    kept = copy.deepcopy({key: value for key, value in item.items() if key not in ("apiVersion", "kind")})
    metadata = {key: value for key, value in kept["metadata"].items() if key not in RUN_METADATA}
    if "annotations" in metadata:
        told = metadata["annotations"] or {}
        metadata["annotations"] = {key: value for key, value in told.items() if key not in RUN_ANNOTATIONS}
    if "ownerReferences" in metadata:
        metadata["ownerReferences"] = [{"kind": of["kind"], "name": of["name"]} for of in metadata["ownerReferences"]]
    if "deletionTimestamp" in metadata:
        metadata["deletionTimestamp"] = "set"
    kept["metadata"] = metadata
    status = kept.get("status") or {}
    for part in (status, *(status.get("conditions") or [])):
        for key in RUN_TIMES:
            part.pop(key, None)
    return kept


def lines(timeline: Timeline) -> Iterator[str]:
    """Yield a timeline as JSON lines, an object's states as merge patches (RFC 7386) from the one before."""
    entries: list[tuple[float, int, Object]] = [
        (step.at, 0, {"at": step.at, "step": step.text}) for step in timeline.steps
    ]
    known: dict[tuple[str, str], Object] = {}
    for seen in timeline.seen:
        entry = {"at": seen.at, "order": seen.order, "kind": seen.kind, "name": seen.name}
        key = (seen.kind, seen.name)
        if seen.object is None:
            known.pop(key, None)
            entry["gone"] = True
        else:
            entry["change"] = _difference(known.get(key, {}), seen.object)
            known[key] = seen.object
        entries.append((seen.at, 1, entry))
    for answer in timeline.answers:
        told = {"request": answer.request, "code": answer.code, "message": answer.message}
        entries.append((timeline.steps[-1].at, 2, told))
    for *_, entry in sorted(entries, key=lambda item: (item[0], item[1])):
        yield json.dumps(entry, separators=(",", ":"))


def read(file: Path) -> Timeline:
    """Return the timeline that ``lines`` wrote."""
    seen, steps, answers = [], [], []
    known: dict[tuple[str, str], Object] = {}
    for entry in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
        if "step" in entry:
            steps.append(Step(entry["at"], entry["step"]))
        elif "request" in entry:
            answers.append(Answer(entry["request"], entry["code"], entry["message"]))
        else:
            key = (entry["kind"], entry["name"])
            if entry.get("gone"):
                known.pop(key, None)
            else:
                known[key] = _merged(known.get(key, {}), entry["change"])
            seen.append(Seen(entry["at"], entry["order"], *key, known.get(key)))
    return Timeline(tuple(seen), tuple(steps), tuple(answers))


def distinct(seen: Iterable[Seen]) -> Iterator[Seen]:
    """Yield the states that differ from the object's state before."""
    known: dict[tuple[str, str], Object | None] = {}
    for state in seen:
        key = (state.kind, state.name)
        if key not in known or known[key] != state.object:
            known[key] = state.object
            yield state


def renamed(timeline: Timeline, names: dict[str, str]) -> Timeline:
    """Return the timeline with each key of ``names`` replaced by its value wherever it stands."""

    def text(value: str) -> str:
        for old, new in names.items():
            value = value.replace(old, new)
        return value

    def whole(value: Object | None) -> Object | None:
        return None if value is None else json.loads(text(json.dumps(value)))

    seen = tuple(Seen(of.at, of.order, of.kind, text(of.name), whole(of.object)) for of in timeline.seen)
    return Timeline(seen, timeline.steps, timeline.answers)


def _difference(old: Any, new: Any) -> Any:
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    changed = {
        key: _difference(old.get(key), value) for key, value in new.items() if old.get(key) != value or key not in old
    }
    return {key: None for key in old if key not in new} | changed


def _merged(old: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    base = dict(old) if isinstance(old, dict) else {}
    for key, value in patch.items():
        if value is None:
            base.pop(key, None)
        else:
            base[key] = _merged(base.get(key), value)
    return base
