"""What a change of a delivery does to volumes: those that it imports, those that stay behind, those that are lost.

Counted for one cluster, as CDI handles volumes by the cron that labels them (measured on CDI main of August 2026): a
new cron adopts the volume of the digest that it pins and no other; only a living cron collects what has its label.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from gitops_golden.policy.quantities import in_bytes
from gitops_golden.policy.settings import most_kept
from gitops_golden.render.cdi import RETAIN_NONE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitops_golden.render.manifests import Manifest


class Loss(StrEnum):
    """What CDI deletes when a cron goes whose ``retention`` is ``None``."""

    NOTHING = "none"
    SERVED = "served"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Volumes:
    """What a change does to volumes on each of its clusters, at most.

    ``imported`` volumes of ``size`` bytes are made soon, and ``most`` in the end; ``collected`` says whether CDI
    collects those that are too many. ``left`` ones of ``left_size`` bytes stay behind, labelled with the cron
    ``left_by``, for somebody to clean up. A number None has no bound; a size None is not known.
    """

    imported: int = 0
    most: int | None = 0
    size: int | None = None
    collected: bool = True
    left: int | None = 0
    left_size: int | None = None
    left_by: str | None = None
    lost: Loss = Loss.NOTHING


NO_VOLUMES = Volumes()


def of_addition(new: Manifest) -> Volumes:
    """Return what a first import, and the releases after it, come to."""
    kept = _kept(new)
    return Volumes(imported=1, most=kept, size=_size(new), collected=kept is not None)


def of_release(new: Manifest) -> Volumes:
    """Return what another digest does: one more volume, until garbage collection leaves what is kept."""
    return Volumes(imported=1, most=1, size=_size(new), collected=_kept(new) is not None)


def of_removal(old: Manifest) -> Volumes:
    """Return what becomes of volumes when their cron goes."""
    if _deletes(old):
        return Volumes(lost=Loss.ALL)
    return Volumes(left=_kept(old), left_size=_size(old), left_by=old.cron)


def of_handover(old: Manifest, new: Manifest) -> Volumes:
    """Return what becomes of volumes when a new cron takes over.

    Only the volume of the digest that the new cron pins changes hands. Where that is another digest, the one that is
    served stays the old cron's; where either polls its tag, nobody can say before. A cron without retention takes even
    the volume that changed hands: its DataVolume keeps the old cron's label (recorded), and its claim goes with it.
    """
    if _deletes(old):
        return replace(of_release(new), lost=Loss.SERVED)
    pinned = old.digest is not None and new.digest is not None
    polls_alike = old.digest is None and new.digest is None and _at(old.spec, _URL) == _at(new.spec, _URL)
    adopted = polls_alike or (pinned and old.digest == new.digest)
    kept = _kept(old)
    left = kept - 1 if adopted and kept is not None else kept
    made = NO_VOLUMES if adopted else of_release(new)
    return replace(made, left=left, left_size=_size(old), left_by=old.cron) if left != 0 else made


_URL = ("template", "spec", "source", "registry", "url")
_SIZE = ("template", "spec", "storage", "resources", "requests", "storage")


def _deletes(manifest: Manifest) -> bool:
    return manifest.spec.get("retentionPolicy") == RETAIN_NONE


def _kept(manifest: Manifest) -> int | None:
    """Return how many volumes a cron keeps, None if it collects none. With 0 there is one until it is collected."""
    keep = manifest.spec.get("importsToKeep")
    return most_kept(keep, str(manifest.spec.get("garbageCollect"))) if isinstance(keep, int) else None


def _size(manifest: Manifest) -> int | None:
    try:
        return in_bytes(str(_at(manifest.spec, _SIZE)))
    except ValueError:
        return None


def _at(value: Mapping[str, Any], path: tuple[str, ...]) -> object:
    found: object = value
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found
