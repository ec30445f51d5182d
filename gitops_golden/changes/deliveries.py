"""What publishing would change, in the terms of images: two states of every delivery's file, compared.

Files of other kinds are compared in ``surroundings``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from gitops_golden.changes.alike import alike
from gitops_golden.changes.differences import metadata_fields, spec_fields
from gitops_golden.changes.volumes import NO_VOLUMES, of_addition, of_handover, of_release, of_removal
from gitops_golden.render.manifests import read_manifest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitops_golden.changes.alike import State
    from gitops_golden.changes.differences import Field
    from gitops_golden.changes.volumes import Volumes
    from gitops_golden.render.manifests import Manifest


class Kind(StrEnum):
    """What a change means for consumers."""

    ADD = "add"
    REMOVE = "remove"
    RELEASE = "release"
    HANDOVER = "hand-over"
    METADATA = "metadata"
    REPAIR = "repair"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a delivery on some clusters.

    ``architecture`` is that in the DataSource's name, if there is one. ``digests`` are those before and after; None
    where there is none. ``namespace`` is None where the file cannot be read.
    """

    kind: Kind
    data_source: str
    clusters: tuple[str, ...]
    digests: tuple[str | None, str | None]
    namespace: str | None = None
    fields: tuple[Field, ...] = ()
    volumes: Volumes = NO_VOLUMES
    architecture: str | None = None

    @property
    def image(self) -> str:
        """The image's name."""
        return self.data_source.removesuffix(f"-{self.architecture}") if self.architecture else self.data_source


def changes(states: Iterable[tuple[str, str, State, State]]) -> tuple[Change, ...]:
    """Return the changes among (cluster, DataSource, file before, file after), sorted by DataSource and kind."""
    found = [replace(change, clusters=clusters) for change, clusters in alike(states, _between).items()]
    return tuple(sorted(found, key=lambda change: (change.data_source, change.kind, change.clusters)))


def _between(data_source: str, before: State, after: State) -> tuple[Change, ...]:
    old = read_manifest(before) if before is not None else None
    new = read_manifest(after) if after is not None else None
    if before is None:
        return (_change(Kind.ADD, data_source, None, new, of_addition(new) if new else NO_VOLUMES),)
    if after is None:
        return (_change(Kind.REMOVE, data_source, old, None, of_removal(old) if old else NO_VOLUMES),)
    if old is None or new is None:
        return (_change(Kind.REPAIR, data_source, old, new),)
    if old.namespace != new.namespace:
        # A cron adopts volumes of its own namespace alone, so nothing is handed over.
        return (
            _change(Kind.REMOVE, data_source, old, None, of_removal(old)),
            _change(Kind.ADD, data_source, None, new, of_addition(new)),
        )
    kind = _kind(old, new)
    volumes = {Kind.HANDOVER: of_handover(old, new), Kind.RELEASE: of_release(new)}.get(kind, NO_VOLUMES)
    return (_change(kind, data_source, old, new, volumes),)


def _kind(old: Manifest, new: Manifest) -> Kind:
    if old.cron != new.cron:
        return Kind.HANDOVER
    if old.spec != new.spec:
        # The same name means the same spec, unless somebody edited the file.
        return Kind.REPAIR
    return Kind.RELEASE if old.digest != new.digest else Kind.METADATA


def _change(
    kind: Kind, data_source: str, old: Manifest | None, new: Manifest | None, volumes: Volumes = NO_VOLUMES
) -> Change:
    known = new or old
    return Change(
        kind=kind,
        data_source=data_source,
        clusters=(),
        digests=(old.digest if old else None, new.digest if new else None),
        namespace=known.namespace if known else None,
        fields=spec_fields(old, new) + metadata_fields(old, new) if old and new else (),
        volumes=volumes,
        architecture=_architecture(data_source, known) if known else None,
    )


def _architecture(data_source: str, manifest: Manifest) -> str | None:
    found: object = manifest.spec
    for key in ("template", "spec", "source", "registry", "platform", "architecture"):
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, str) and data_source.endswith(f"-{found}") else None
