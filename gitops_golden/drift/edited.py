"""Fields of ours that are other on a cluster than in Git, and objects of ours that are not there.

What was set back since is no drift. What is as an earlier commit had it has only not been synced yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops_golden.drift.model import Drift, What
from gitops_golden.fleet.kinds import CRON, DATA_SOURCE, RIGHTS
from gitops_golden.fleet.managed import written
from gitops_golden.fleet.shapes import mapping, text, texts
from gitops_golden.fleet.views import data_source_view
from gitops_golden.render.cdi import ATTEMPT_ANNOTATION, DIGEST_ANNOTATION
from gitops_golden.verify.access import same_rights
from gitops_golden.verify.beside import RESYNC, SYNC, left_at
from gitops_golden.verify.cron import differing_fields, served_spec
from gitops_golden.verify.metadata import left_over, own_labels, strayed
from gitops_golden.verify.pointing import leads

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from gitops_golden.drift.git_says import Claim
    from gitops_golden.drift.place import Place
    from gitops_golden.verify.hands import Field

LONGEST = 90
"""Characters of a value that a message shows."""


@dataclass(frozen=True, slots=True)
class _Field:
    """A field that differs: its way from the top, and what is said of it."""

    path: tuple[str, ...]
    told: str


def edited(place: Place) -> Iterator[Drift]:
    """Yield what differs of each object that Git says; a kind that could not be read is neither absent nor edited."""
    for claim in place.claims.all:
        found = place.seen.get(*claim.key)
        if found is not None:
            yield from _compared(place, claim, found)
        elif not place.seen.why_unread(claim.kind, claim.namespace):
            yield _absent(place, claim)


def new_in_git(place: Place, claim: Claim) -> bool:
    """Whether no commit before the head had an object, so that a cluster may not have it yet."""
    return not any(held.claim for held in place.git.past(place.cluster, claim.file, claim.key)[1:])


def _compared(place: Place, claim: Claim, found: Mapping[str, Any]) -> Iterator[Drift]:
    fields, left = _differing(claim, found), _left(place, claim, found)
    if not fields and not left:
        return
    past = place.git.past(place.cluster, claim.file, claim.key)
    if behind := left_at(past, lambda held: held.claim is not None and not _differing(held.claim, found)):
        what, since = f"is as commit {behind.commit[:12]} had it: {_told(fields) or _keys(left)}", behind.since
        ways = tuple(field.path for field in fields) or left
        yield _drift(What.NOT_SYNCED, claim, what, SYNC, since=since, fields=ways)
        return
    yield from _by_writer(place, claim, found, fields)
    if left:
        yield _left_over(claim, found, left)


def _by_writer(place: Place, claim: Claim, found: Mapping[str, Any], fields: Sequence[_Field]) -> Iterator[Drift]:
    """Yield a drift for each manager that wrote some of the fields; of a field that is gone nobody is noted."""
    groups: dict[tuple[bool, str | None], list[tuple[_Field, datetime | None]]] = {}
    for field in fields:
        writer = written(found, *field.path)
        key = field.path[0] == "spec", writer.manager if writer else None
        groups.setdefault(key, []).append((field, writer.when if writer else None))
    for (in_spec, who), wrote in groups.items():
        what, remedy = _edited(place, claim, found, in_spec=in_spec)
        yield _drift(
            what,
            claim,
            f"differs from Git: {_told(field for field, _ in wrote)}",
            remedy,
            who=who,
            since=max((when for _, when in wrote if when), default=None),
            fields=tuple(field.path for field, _ in wrote),
        )


def _edited(place: Place, claim: Claim, found: Mapping[str, Any], *, in_spec: bool) -> tuple[What, str]:
    if claim.kind == CRON and in_spec:
        # Of what stands there, not of what Git says: by that CDI goes when the cron is deleted.
        goes = place.with_it(found)
        return What.CRON_SPEC_EDITED, f"CDI denies every change of a spec: delete the cron ({goes}), then {SYNC}"
    if claim.kind == CRON:
        return What.CRON_EDITED, f"{RESYNC}, and find out who edited it"
    if claim.pointer:
        return What.POINTER_EDITED, f"{RESYNC}; if it has two sources then, delete it and let the engine make it anew"
    if claim.kind == DATA_SOURCE:
        return What.DATA_SOURCE_EDITED, RESYNC
    return What.CONSUMERS_EDITED, f"{RESYNC}, and find out who edited it"


def _differing(claim: Claim, found: Mapping[str, Any]) -> tuple[_Field, ...]:
    return (*_metadata(claim, found), *_body(claim, found))


def _metadata(claim: Claim, found: Mapping[str, Any]) -> Iterator[_Field]:
    for place, wanted in (("labels", claim.labels), ("annotations", claim.annotations)):
        there = texts(found, "metadata", place)
        for key in strayed(wanted, there):
            if claim.tracking and key == DIGEST_ANNOTATION:
                # CDI writes the digest that it polled.
                continue
            yield _Field(("metadata", place, key), _is(key, there.get(key), wanted[key]))
    attempt = text(found, "metadata", "annotations", ATTEMPT_ANNOTATION)
    if attempt and ATTEMPT_ANNOTATION not in claim.annotations:
        yield _Field(("metadata", "annotations", ATTEMPT_ANNOTATION), _is(ATTEMPT_ANNOTATION, attempt, None))


def _body(claim: Claim, found: Mapping[str, Any]) -> Iterator[_Field]:
    if claim.kind == CRON:
        wanted, there = mapping(claim.raw, "spec"), served_spec(mapping(found, "spec"))
        if wanted != there:
            for path in differing_fields(wanted, there):
                yield _Field(("spec", *path), _is(".".join(path), _at(there, path), _at(wanted, path)))
    elif claim.pointer:
        if not leads(data_source_view(found), claim.raw):
            end = text(claim.raw, "spec", "source", "dataSource", "name")
            yield _Field(("spec", "source"), f"it does not point at DataSource {end}, and at that alone")
    elif claim.kind in RIGHTS and not same_rights(found, claim.raw):
        for name in ("rules", "roleRef", "subjects"):
            if found.get(name) != claim.raw.get(name):
                yield _Field((name,), f"its {name} are other than in Git")


def _at(value: Any, path: Iterable[str]) -> object:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _is(name: str, found: object, wanted: object) -> str:
    there = "is gone" if found is None else f"is {_shown(found)}"
    return f"{name} {there}, Git has {'none' if wanted is None else _shown(wanted)}"


def _shown(value: object) -> str:
    said = str(value)
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}…"


def _told(fields: Iterable[_Field]) -> str:
    return "; ".join(field.told for field in fields)


def _left(place: Place, claim: Claim, found: Mapping[str, Any]) -> tuple[Field, ...]:
    """Return the ways to labels and annotations that Git held once, holds no longer, and that are still there."""
    ways: list[Field] = []
    for where, wanted in (("labels", claim.labels), ("annotations", claim.annotations)):
        there = texts(found, "metadata", where)
        if there.keys() <= wanted.keys():
            continue
        own = own_labels(there) if claim.kind == DATA_SOURCE and where == "labels" else there

        def ever(where: str = where, there: Mapping[str, str] = there) -> tuple[Mapping[str, str]]:
            said = place.git.ever(place.cluster, claim)
            return ({key: value for key, value in there.items() if (where, key, value) in said},)

        ways += (("metadata", where, key) for key in left_over(wanted, own, ever) if key != ATTEMPT_ANNOTATION)
    return tuple(ways)


def _keys(fields: Iterable[Field]) -> str:
    return ", ".join(key for _, _, key in fields)


def _left_over(claim: Claim, found: Mapping[str, Any], left: tuple[Field, ...]) -> Drift:
    writer = written(found, *left[0])
    return _drift(
        What.LEFT_OVER,
        claim,
        f"still carries {_keys(left)}, which Git held and holds no longer",
        # Engines that apply on the client's side forget what they once wrote when another tool has written since.
        f"{SYNC}; if it stays, take it off by hand (kubectl label or annotate, with a - after the key)",
        who=writer.manager if writer else None,
        since=writer.when if writer else None,
        fields=left,
    )


def _absent(place: Place, claim: Claim) -> Drift:
    past = place.git.past(place.cluster, claim.file, claim.key)
    if new_in_git(place, claim):
        what = "is new in Git and not on the cluster yet"
        return _drift(What.NOT_SYNCED, claim, what, SYNC, since=past[0].since if past else None)
    held = next((older for older, before in zip(past, (*past[1:], None), strict=True) if not (before and before.claim)))
    what = f"is in Git since commit {held.commit[:12]}, and not on the cluster"
    return _drift(_missing(claim), claim, what, f"{RESYNC}; find out who removed it", since=held.since)


def _missing(claim: Claim) -> What:
    if claim.kind == CRON:
        return What.CRON_ABSENT
    if claim.kind in RIGHTS:
        return What.CONSUMERS_ABSENT
    return What.POINTER_ABSENT if claim.pointer else What.DATA_SOURCE_ABSENT


def _drift(
    what: What,
    claim: Claim,
    said: str,
    remedy: str,
    *,
    who: str | None = None,
    since: datetime | None = None,
    fields: tuple[tuple[str, ...], ...] = (),
) -> Drift:
    return Drift(
        what=what,
        kind=claim.kind,
        namespace=claim.namespace,
        name=claim.name,
        message=f"{claim.name} {said}",
        remedy=remedy,
        data_source=claim.data_source,
        who=who,
        since=since,
        fields=fields,
    )
