"""The 43 scenarios that were recorded on real CDI, by their recordings' names.

A scenario is a function that does on a play what was done then, between the same marks; it gets the recording for the
requests in it. ``needs`` is what a scenario takes that only the stand-in can give, so that where real CDI runs it is
skipped with that reason; one that has the cluster's defaults changed is played ``alone``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.testbed.cdi.scenarios import accidents, beginnings, digests, handovers

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.testbed.cdi.player import Play
    from tests.testbed.cdi.timeline import Timeline

HELD = "an import that is held"
UNBOUND = "a volume that never binds"
CLASSES = "storage classes of its own"
WHOLE_CLUSTER = "the cluster's default storage class"


@dataclass(frozen=True, slots=True)
class Entry:
    """A scenario: what plays it, what it needs, whether it has to be alone on its cluster."""

    play: Callable[[Play, Timeline], None]
    needs: str = ""
    alone: bool = False


SCENARIOS: dict[str, Entry] = {
    "admission": Entry(beginnings.admission),
    "annotation_removed": Entry(accidents.annotation_removed),
    "bad_digest": Entry(beginnings.bad_digest),
    "bump_during_import": Entry(digests.bump_during_import, HELD),
    "class_change_by_handover": Entry(handovers.class_change_by_handover, CLASSES),
    "crash_loop": Entry(digests.crash_loop),
    "crash_then_roll_forward": Entry(digests.crash_then_roll_forward),
    "cron_renamed_datasource": Entry(beginnings.cron_renamed_datasource),
    "datasource_deleted": Entry(accidents.datasource_deleted),
    "datasource_edited": Entry(accidents.datasource_edited),
    "default_class_change": Entry(accidents.default_class_change, WHOLE_CLUSTER, alone=True),
    "delete_retain_all": Entry(accidents.delete_retain_all),
    "delete_retain_none": Entry(accidents.delete_retain_none),
    "dotted_names": Entry(beginnings.dotted_names),
    "handover": Entry(handovers.handover),
    "handover_delete_first": Entry(handovers.handover_delete_first),
    "handover_during_import": Entry(handovers.handover_during_import, HELD),
    "handover_orphans": Entry(handovers.handover_orphans),
    "handover_relabel_first": Entry(handovers.handover_relabel_first),
    "handover_with_bump": Entry(handovers.handover_with_bump, HELD),
    "keep_order": Entry(digests.keep_order),
    "keep_two": Entry(digests.keep_two),
    "long_names": Entry(beginnings.long_names),
    "no_datasource": Entry(beginnings.no_datasource),
    "no_digest": Entry(beginnings.no_digest),
    "no_storage_class": Entry(beginnings.no_storage_class, WHOLE_CLUSTER, alone=True),
    "pinned_bump_and_rollback": Entry(digests.pinned_bump_and_rollback, HELD),
    "pinned_first_import": Entry(beginnings.pinned_first_import),
    "pointer_datasource": Entry(beginnings.pointer_datasource),
    "pvc_lost_datavolume_gone": Entry(accidents.pvc_lost_datavolume_gone),
    "recreate_cron": Entry(accidents.recreate_cron),
    "rollback_after_gc": Entry(digests.rollback_after_gc),
    "rollback_during_import": Entry(digests.rollback_during_import, HELD),
    "server_side_apply": Entry(digests.server_side_apply),
    "snapshot_format": Entry(digests.snapshot_format, CLASSES),
    "tracking": Entry(beginnings.tracking),
    "two_crons_one_datasource": Entry(beginnings.two_crons_one_datasource),
    "unbound_then_handover": Entry(digests.unbound_then_handover, UNBOUND),
    "unbound_then_volume_deleted": Entry(digests.unbound_then_volume_deleted, UNBOUND),
    "unknown_storage_class": Entry(beginnings.unknown_storage_class),
    "unlabelled_datasource": Entry(beginnings.unlabelled_datasource),
    "volume_deleted": Entry(accidents.volume_deleted),
    "wait_for_first_consumer": Entry(beginnings.wait_for_first_consumer, HELD),
}
