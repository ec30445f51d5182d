"""Does what a GitOps engine does to one cluster: applies a folder, then prunes what it applied before.

It decides nothing about images. Like Argo CD and Flux it applies on the server's side and leaves others'
fields: a DataSource rendered with ``source: {}`` keeps what CDI wrote there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from tests.testbed.api import ApiError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.api import Api

FIRST = ("Namespace", "DataImportCron")  # a DataSource that names a cron comes after it
NEVER_PRUNED = ("Namespace", "HyperConverged")  # these take volumes with them


@dataclass(frozen=True, slots=True)
class Applied:
    """What a sync left on the cluster: pairs of a kind and an object's path."""

    objects: tuple[tuple[str, str], ...] = ()


class SyncError(Exception):
    """Objects that were refused; nothing was pruned. ``refusals`` are pairs of a kind/name and the answer."""

    def __init__(self, refusals: tuple[tuple[str, ApiError], ...]) -> None:
        super().__init__("\n".join(f"{name}: {error}" for name, error in refusals))
        self.refusals = refusals


def sync(api: Api, folder: Path, *, previous: Applied | None = None, manager: str = "gitops-engine") -> Applied:
    """Make the cluster hold what ``folder`` says, and of what ``previous`` says no more than that.

    Everything is applied before anything is pruned, so no consumer meets a gap. Raises SyncError.
    """
    manifests = sorted(_manifests(folder), key=_turn)
    applied, refusals = [], []
    for manifest in manifests:
        try:
            place = api.path_of(manifest)
            api.apply(place, manifest, manager=manager)
            applied.append((manifest["kind"], place))
        except ApiError as error:
            refusals.append((f"{manifest['kind']}/{manifest['metadata']['name']}", error))
    if refusals:
        raise SyncError(tuple(refusals))
    for kind, place in previous.objects if previous else ():
        if (kind, place) not in applied and kind not in NEVER_PRUNED:
            api.delete(place)
    return Applied(tuple(applied))


def _manifests(folder: Path) -> list[dict[str, Any]]:
    yaml = YAML(typ="safe")
    files = sorted(folder.rglob("*.yaml"))
    return [manifest for file in files for manifest in yaml.load_all(file) if manifest]


def _turn(manifest: dict[str, Any]) -> int:
    kind = manifest["kind"]
    return FIRST.index(kind) if kind in FIRST else len(FIRST)
