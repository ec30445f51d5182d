"""The values of a drift report: what differs, on which cluster, since when and by whom; and what would clean it up."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from gitops_golden.fleet.kinds import RIGHTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from gitops_golden.fleet.observation import Unread


class What(StrEnum):
    """Every kind of drift; stable across versions, and each explained in docs/drift.md."""

    CRON_EDITED = "CronEdited"
    CRON_SPEC_EDITED = "CronSpecEdited"
    DATA_SOURCE_EDITED = "DataSourceEdited"
    POINTER_EDITED = "PointerEdited"
    CONSUMERS_EDITED = "ConsumersEdited"
    HYPER_CONVERGED_EDITED = "HyperConvergedEdited"
    LEFT_OVER = "LeftOver"
    CRON_ABSENT = "CronAbsent"
    DATA_SOURCE_ABSENT = "DataSourceAbsent"
    POINTER_ABSENT = "PointerAbsent"
    CONSUMERS_ABSENT = "ConsumersAbsent"
    NOT_SYNCED = "NotSynced"
    RETIRED_CRON = "RetiredCron"
    RETIRED_DATA_SOURCE = "RetiredDataSource"
    SECOND_CRON = "SecondCron"
    FOREIGN_CRON = "ForeignCron"
    FOREIGN_DATA_SOURCE = "ForeignDataSource"
    VENDOR_IMAGE_PRESENT = "VendorImagePresent"
    UNWANTED_IMPORT = "UnwantedImport"
    OTHER_STORAGE_CLASS = "OtherStorageClass"
    ORPHANED_VOLUME = "OrphanedVolume"
    ORPHANED_SNAPSHOT = "OrphanedSnapshot"


@dataclass(frozen=True, slots=True)
class Drift:
    """One thing that is other on a cluster than in Git.

    ``data_source`` is the boot source that it concerns, empty for none. ``who`` is the manager that the API server
    notes for it, ``since`` (UTC) when it began as far as managed fields, Git or the object tell. ``fields`` are the
    ways to what differs. ``size`` is in bytes, where storage is meant; ``reclaimable`` whether cleaning up frees it.
    """

    what: What
    kind: str
    namespace: str
    name: str
    message: str
    remedy: str
    data_source: str = ""
    who: str | None = None
    since: datetime | None = None
    fields: tuple[tuple[str, ...], ...] = ()
    size: int | None = None
    reclaimable: bool = False


@dataclass(frozen=True, slots=True)
class Somebodys:
    """A cron or DataSource that Git doesn't say and somebody else answers for: the ``vendor``, or another ``fleet``."""

    kind: str
    namespace: str
    name: str
    whose: str


@dataclass(frozen=True, slots=True)
class Command:
    """One step of cleaning up: delete an object, or take ``keys`` off its labels or annotations.

    What is deleted is looked at once more right before: ``volume``, the claim or snapshot that goes with it, must not
    be served by then, and its resourceVersion must still be ``version``, where that is known.
    """

    action: Literal["delete-cron", "delete-import", "delete-volume", "unlabel", "unannotate"]
    kind: str
    namespace: str
    name: str
    why: str
    volume_kind: str = ""
    volume: str = ""
    version: str = ""
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """What a person has to know or decide, in place of a command; ``sync``: no more than to let the engine sync."""

    text: str
    sync: bool = False


@dataclass(frozen=True, slots=True)
class ClusterDrift:
    """What one cluster was found to hold otherwise. Where it could not be read, ``reason`` and ``message`` say why.

    ``read_at`` is when it was read, or last known. ``steps`` are in the order in which they are safe.
    """

    cluster: str
    context: str
    read_at: datetime | None
    source: str = ""
    drifts: tuple[Drift, ...] = ()
    others: tuple[Somebodys, ...] = ()
    unread: tuple[Unread, ...] = ()
    steps: tuple[Command | Note, ...] = ()
    reason: str = ""
    message: str = ""

    @property
    def answered(self) -> bool:
        """Whether it could be read."""
        return not self.reason

    @property
    def incomplete(self) -> bool:
        """Whether something could not be read that drift may hide in; consumers' rights alone are told and no more."""
        return any(gap.kind not in RIGHTS for gap in self.unread)

    @property
    def reclaimable(self) -> int:
        """How many bytes cleaning up would free."""
        return sum(drift.size or 0 for drift in self.drifts if drift.reclaimable)

    @property
    def orphaned(self) -> int:
        """How many bytes orphaned volumes and snapshots hold."""
        orphans = (What.ORPHANED_VOLUME, What.ORPHANED_SNAPSHOT)
        return sum(drift.size or 0 for drift in self.drifts if drift.what in orphans)


@dataclass(frozen=True, slots=True)
class DriftReport:
    """A whole run, as of ``at``: every cluster in the plan's order, against ``commit``, the head of the branch."""

    fleet: str
    at: datetime
    commit: str | None
    clusters: tuple[ClusterDrift, ...]

    @property
    def drifted(self) -> bool:
        """Whether anything differs, or some cluster could not be read."""
        return any(cluster.drifts or cluster.incomplete or not cluster.answered for cluster in self.clusters)

    def found(self) -> Iterator[tuple[str, Drift]]:
        """Yield every drift with its cluster."""
        for cluster in self.clusters:
            for drift in cluster.drifts:
                yield cluster.cluster, drift
