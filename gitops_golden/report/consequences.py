"""What changes of deliveries mean on clusters, in sentences: when they take effect, what stays behind, what is lost."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from gitops_golden.changes.deliveries import Kind
from gitops_golden.changes.differences import Effect
from gitops_golden.changes.surroundings import POINTS_AT, Act
from gitops_golden.changes.volumes import Loss
from gitops_golden.render.cdi import OWNER_LABEL
from gitops_golden.report.storage import Amount, added, readable, times
from gitops_golden.report.values import value_text
from gitops_golden.report.words import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gitops_golden.changes.deliveries import Change
    from gitops_golden.changes.differences import Field
    from gitops_golden.changes.surroundings import Surrounding

MEANING: Final = MappingProxyType(
    {
        Kind.ADD: "a first import; consumers get the image when it ends",
        Kind.REMOVE: "cron and DataSource go, so nothing can be cloned by that name any more",
        Kind.RELEASE: "imported beside the old volume, which is served until then",
        Kind.HANDOVER: "a new cron takes over the DataSource, and the volume of its digest without an import",
        Kind.METADATA: "labels, annotations or the attempt count; no import",
        Kind.REPAIR: "the file in the repository was edited by hand and is put back",
    }
)
EFFECT: Final = MappingProxyType(
    {
        Effect.NOW: "at once",
        Effect.IMPORT: "with the next import",
        Effect.VOLUME: "with the next release, or once the volume that is served now is deleted",
        Effect.WITH_IT: "with the import of this digest",
    }
)

_LOSSES: Final = MappingProxyType(
    {
        Loss.ALL: "retention is None: all volumes of {images} are deleted at once on {where}",
        Loss.SERVED: "retention was None: the old cron takes the served volume with it, so nothing can be cloned of "
        "{images} on {where} until it is imported again; with retention All this is the last time",
    }
)
_SHOWN: Final = 6
"""How many crons or values a sentence may name."""


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence about changes; ``loud`` if it is a warning."""

    text: str
    loud: bool = False


def amount(change: Change) -> Amount:
    """Return how much more the clusters of a change hold, at first and at most."""
    volumes = change.volumes
    size = volumes.size or 0
    return Amount(volumes.imported * size, times(volumes.most, size)) * len(change.clusters)


def left_behind(changes: Iterable[Change]) -> int | None:
    """Return how many bytes stay behind at most on all clusters of some changes, None if nothing bounds them."""
    total: int | None = 0
    for change in changes:
        each = times(change.volumes.left, change.volumes.left_size or 0)
        total = added(total, times(each, len(change.clusters)))
    return total


def left_volumes(changes: Iterable[Change]) -> int | None:
    """Return how many volumes those are."""
    total: int | None = 0
    for change in changes:
        total = added(total, times(change.volumes.left, len(change.clusters)))
    return total


def notes(kind: Kind, changes: Sequence[Change]) -> tuple[Note, ...]:
    """Return what the changes of one kind mean, beyond what every change of that kind does; each sentence once."""
    return (*_losses(changes), *_effects(kind, changes), *_storage(kind, changes))


def leftovers(changes: Iterable[Change]) -> tuple[Note, ...]:
    """Return which volumes stay on clusters when their crons have gone, and how to be rid of them."""
    leaving = [change for change in changes if change.volumes.left != 0]
    images: dict[str, list[Change]] = {}
    for change in leaving:
        images.setdefault(change.data_source, []).append(change)
    crons: dict[str | None, set[str]] = {}
    for change in leaving:
        crons.setdefault(change.namespace, set()).add(change.volumes.left_by or "")
    return (
        *(Note(_to_see(namespace, sorted(names))) for namespace, names in crons.items()),
        *(Note(f"{name}: {_left_of(group)}") for name, group in sorted(images.items())),
    )


def _left_of(changes: Sequence[Change]) -> str:
    clusters = counted(len({cluster for change in changes for cluster in change.clusters}), "cluster")
    volumes, size = left_volumes(changes), left_behind(changes)
    if volumes is None or size is None:
        return f"every volume that was imported, on {clusters}"
    return f"up to {counted(volumes, 'volume')} on {clusters}, {readable(size)}"


def _to_see(namespace: str | None, crons: Sequence[str]) -> str:
    # A class that asks for snapshots has those in place of claims. Never DataVolumes: that of a volume which was
    # adopted keeps the old cron's label (both recorded).
    if len(crons) > _SHOWN:
        return f"in {namespace}: the claims or snapshots labelled with the crons that -o json names (leftBy)"
    label = f"{OWNER_LABEL} in ({','.join(crons)})"
    return f"to see them (or volumesnapshot for pvc): kubectl -n {namespace} get pvc -l '{label}'"


def moves(changes: Iterable[Change]) -> Iterator[Note]:
    """Yield a sentence for each image that leaves a namespace and is added in another on the same clusters."""
    gone: dict[str, list[Change]] = {}
    come: list[Change] = []
    for change in changes:
        if change.kind is Kind.REMOVE:
            gone.setdefault(change.data_source, []).append(change)
        elif change.kind is Kind.ADD:
            come.append(change)
    for new in come:
        for old in gone.get(new.data_source, ()):
            both = sorted(set(old.clusters).intersection(new.clusters))
            if both and old.namespace != new.namespace:
                yield Note(
                    f"{new.data_source} leaves {old.namespace} for {new.namespace} on {listed(both)}: no cron adopts "
                    "volumes of another namespace, so it is a removal and a first import"
                )


def led_elsewhere(changes: Iterable[Change], others: Iterable[Surrounding]) -> Iterator[Note]:
    """Yield a warning for each name that is to serve what this very change has imported first."""
    of: dict[Kind, dict[tuple[str, str], str | None]] = {Kind.ADD: {}, Kind.REMOVE: {}}
    for change in changes:
        of.get(change.kind, {}).update(((change.data_source, cluster), change.namespace) for cluster in change.clusters)
    for other in others:
        if other.kind == "pointer":
            yield from _pointed(other, of[Kind.ADD], of[Kind.REMOVE])


def _pointed(
    pointer: Surrounding, added: dict[tuple[str, str], str | None], gone: dict[tuple[str, str], str | None]
) -> Iterator[Note]:
    name = pointer.name
    images = [cluster for cluster in pointer.clusters if (name, cluster) in gone]
    if pointer.act is Act.ADD and images:
        # Applying the reference leaves what CDI once wrote beside it, for nobody who applies it ever owned that.
        yield Note(
            f"{name} becomes a pointer on {listed(images)}: what it points at is imported first, and CDI's own "
            "source stays beside the reference. Once verify says PointerElsewhere, delete it there (kubectl -n "
            f"{gone[name, images[0]]} delete datasource {name}): the engine makes it anew",
            loud=True,
        )
    ends = [str(field.after) for field in pointer.fields if field.setting == POINTS_AT]
    end = name if pointer.act is Act.REMOVE else next(iter(ends), "")
    waiting = [cluster for cluster in pointer.clusters if (end, cluster) in added]
    if pointer.act is not Act.ADD and waiting:
        yield Note(
            f"nothing can be cloned by the name {name} on {listed(waiting)} until {end} is imported there", loud=True
        )


def setting_text(field: Field) -> str:
    """Return a field as the setting that it comes from, before and after."""
    return f"{field.setting} {_value(field, field.before)} → {_value(field, field.after)}"


def _value(field: Field, value: object) -> str:
    if field.setting == "update":
        return f"tracking {value}" if value else "pinned"
    return value_text(value.removeprefix("docker://") if isinstance(value, str) else value)


def _effects(kind: Kind, changes: Sequence[Change]) -> Iterator[Note]:
    """Yield a sentence for each setting: what it becomes, when that takes effect, and for which images."""
    handover = kind is Kind.HANDOVER
    alike: dict[tuple[str, Effect], dict[str, list[str]]] = {}
    for change in changes:
        # One field alone stands in the table; that metadata takes effect at once needs no saying.
        for field in change.fields if handover or len(change.fields) > 1 else ():
            texts = alike.setdefault((field.setting, field.effect), {})
            texts.setdefault(setting_text(field), []).append(change.data_source)
    for (setting, effect), texts in alike.items():
        when = f": {EFFECT[effect]}" if handover else ""
        if len(texts) > _SHOWN:
            names = {name for images in texts.values() for name in images}
            yield Note(f"{setting}, in {len(texts)} ways{when} ({listed(sorted(names))})")
        else:
            yield from (Note(f"{text}{when} ({listed(sorted(set(names)))})") for text, names in texts.items())
    again = sorted({change.data_source for change in changes if handover and not change.fields})
    if again:
        yield Note(f"the same settings in a fresh cron, as after a restart in the lock ({listed(again)})")


def _losses(changes: Sequence[Change]) -> Iterator[Note]:
    for loss, sentence in _LOSSES.items():
        losing = [change for change in changes if change.volumes.lost is loss]
        if losing:
            images = listed(sorted({change.data_source for change in losing}))
            where = listed(sorted({cluster for change in losing for cluster in change.clusters}))
            yield Note(sentence.format(images=images, where=where), loud=True)


def _storage(kind: Kind, changes: Sequence[Change]) -> Iterator[Note]:
    if kind is Kind.RELEASE:
        yield Note("storage: one more volume on each cluster, until garbage collection leaves what keep says")
    elif kind is Kind.HANDOVER:
        imports = any(change.volumes.imported for change in changes)
        yield Note("storage: one more volume where the digest changes, too" if imports else "storage: no more now")
    for_good = sorted({change.data_source for change in changes if not change.volumes.collected})
    if for_good:
        yield Note(f"storage: each release stays for good, for garbageCollect is Never ({listed(for_good)})")
