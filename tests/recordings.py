"""What real CDI did, as it was recorded: the objects of a scenario at any of its moments."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitops_golden.render.cdi import DIGEST_ANNOTATION, OWNER_LABEL
from tests.testbed.cdi.timeline import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.testbed.cdi.timeline import Object, Seen, Timeline

FOLDER = Path(__file__).parent / "data" / "cdi"
BEGUN = datetime(2026, 11, 21, 9, tzinfo=UTC)
KINDS = {
    "DataImportCron": "cron",
    "DataSource": "datasource",
    "DataVolume": "datavolume",
    "PersistentVolumeClaim": "claim",
    "VolumeSnapshot": "snapshot",
    "CronJob": "cronjob",
    "Job": "job",
}
NOTHING = {"digest none", "owner none", "at none", "restarted 0"}
SOURCES = ("pvc", "snapshot", "dataSource")
REPEATED = re.compile(r"(?:sha256:)?([a-z])\1{11,63}(?![a-z])")


def recording(scenario: str) -> Timeline:
    return read(FOLDER / f"{scenario}.jsonl")


def objects_before(scenario: str, step: str) -> tuple[dict[str, Any], ...]:
    """Return the objects that existed when the first step that starts with ``step`` was taken."""
    timeline = recording(scenario)
    moment = next(each.at for each in timeline.steps if each.text.startswith(step))
    held: dict[tuple[str, str], dict[str, Any] | None] = {}
    for seen in timeline.seen:
        if seen.at <= moment:
            held[seen.kind, seen.name] = seen.object and {"kind": seen.kind} | seen.object
    return tuple(each for each in held.values() if each is not None)


def moments(scenario: str) -> Iterator[tuple[dict[str, Any], ...]]:
    """Yield the objects that existed after each recorded change, in the API server's order, up to the end."""
    timeline = recording(scenario)
    held: dict[tuple[str, str], dict[str, Any]] = {}
    for seen in sorted(timeline.seen, key=lambda each: each.order):
        if seen.at <= timeline.steps[-1].at:
            held.pop((seen.kind, seen.name), None)
            if seen.object:
                held[seen.kind, seen.name] = {"kind": seen.kind} | seen.object
            yield tuple(held.values())


def states(scenario: str, kind: str) -> tuple[dict[str, Any], ...]:
    """Return every state in which objects of a kind were seen."""
    return tuple({"kind": kind} | seen.object for seen in recording(scenario).seen if seen.kind == kind and seen.object)


@dataclass(frozen=True, slots=True)
class Moment:
    """A step that was taken, or a change that was seen: when, what it was, and the objects that there were after it."""

    at: datetime
    told: str
    objects: tuple[Object, ...]


def replayed(scenario: str) -> Iterator[Moment]:
    """Yield every moment of a recording, in the API server's order, its objects dated as that would have dated them."""
    timeline = recording(scenario)
    *steps, end = timeline.steps
    held: dict[tuple[str, str], Object] = {}
    at = 0.0
    for seen in sorted((each for each in timeline.seen if each.at <= end.at), key=_order):
        while steps and steps[0].at <= seen.at:
            at = max(at, steps[0].at)
            yield Moment(_time(at), steps.pop(0).text, tuple(held.values()))
        # Each kind was watched for itself, so what the API server did later may have been seen earlier.
        at = max(at, seen.at)
        before = held.pop((seen.kind, seen.name), {})
        if seen.object is not None:
            held[seen.kind, seen.name] = dated({"kind": seen.kind} | seen.object, before, _time(at))
        told = told_of(seen.kind, seen.name, before, held.get((seen.kind, seen.name), {}))
        yield Moment(_time(at), told, tuple(held.values()))
    for step in (*steps, end):
        at = max(at, step.at)
        yield Moment(_time(at), step.text, tuple(held.values()))


def dated(new: Object, old: Object, at: datetime) -> Object:
    """Return a state with the times that a recording leaves out: when it, its conditions and its digest are from."""
    now = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    before = old.get("metadata", {})
    metadata = new["metadata"] | {"creationTimestamp": before.get("creationTimestamp", now)}
    if "deletionTimestamp" in metadata:
        metadata["deletionTimestamp"] = before.get("deletionTimestamp", now)
    if digest := metadata.get("annotations", {}).get(DIGEST_ANNOTATION):
        kept = before.get("annotations", {}).get(DIGEST_ANNOTATION) == digest
        metadata["managedFields"] = before["managedFields"] if kept else [_written(DIGEST_ANNOTATION, now)]
    if "conditions" not in new.get("status", {}):
        return new | {"metadata": metadata}
    known = {(each["type"], each["status"]): each["lastTransitionTime"] for each in _conditions(old)}
    conditions = [
        each | {"lastTransitionTime": known.get((each["type"], each["status"]), now)} for each in _conditions(new)
    ]
    return new | {"metadata": metadata, "status": new["status"] | {"conditions": conditions}}


def told_of(kind: str, name: str, old: Object, new: Object) -> str:
    """Return a change in a line: what it was made, and what of it matters to a verdict; digests as their letters."""
    if not new:
        return f"{KINDS[kind]} {_short(name)} gone"
    before, after = set(_facts(old)) if old else NOTHING, _facts(new)
    facts = [*([] if old else ["made"]), *(each for each in after if each not in before)]
    return " ".join((KINDS[kind], _short(name), ", ".join(facts))).rstrip()


def _facts(state: Object) -> tuple[str, ...]:
    metadata, status = state["metadata"], state.get("status", {})
    source = state.get("spec", {}).get("source", {})
    digests = [f"at {_short(each['Digest'])}" for each in status.get("currentImports", ())]
    conditions = sorted(_conditions(state), key=_type, reverse=True)
    facts = (
        "deleting" if "deletionTimestamp" in metadata else "",
        f"digest {_short(metadata.get('annotations', {}).get(DIGEST_ANNOTATION, 'none'))}",
        f"owner {_short(metadata.get('labels', {}).get(OWNER_LABEL, 'none'))}",
        *(f"{kind} {_short(of['name'])}" for kind, of in source.items() if kind in SOURCES),
        *(digests or ["at none"]),
        status.get("phase", ""),
        f"restarted {status.get('restartCount', 0)}",
        "readyToUse" if status.get("readyToUse") else "",
        *(f"{each['type']} {each['status']}/{each.get('reason', '')}" for each in conditions),
    )
    return tuple(filter(None, facts))


def _conditions(state: Object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = state.get("status", {}).get("conditions") or []
    return found


def _type(condition: dict[str, Any]) -> str:
    return str(condition["type"])


def _order(seen: Seen) -> int:
    return seen.order


def _time(at: float) -> datetime:
    return BEGUN + timedelta(seconds=at)


def _written(annotation: str, at: str) -> dict[str, Any]:
    field: dict[str, Any] = {f"f:{annotation}": {}}
    fields = {"f:metadata": {"f:annotations": field}}
    return {"manager": "engine", "operation": "Update", "time": at, "fieldsV1": fields}


def _short(name: str) -> str:
    return REPEATED.sub(r"\1", name)
