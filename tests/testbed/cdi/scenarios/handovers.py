"""Scenarios about a DataSource that goes from one cron to another.

A function's name is its recording's; what they have in common is told in table.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.testbed.cdi.actions import CRON, NEXT, A, Actor, B, C, D, Wanted

if TYPE_CHECKING:
    from tests.testbed.cdi.player import Play
    from tests.testbed.cdi.timeline import Timeline


def class_change_by_handover(play: Play, _: Timeline) -> None:
    actor = Actor(play)
    actor.begin()
    play.step("new cron names another storage class; relabel; delete the old")
    actor.hand_over(Wanted(NEXT, storage_class="faster"))
    actor.up_to_date(NEXT)
    play.step("seen: UpToDate")
    play.step("source ")
    play.step("end")


def handover(play: Play, _: Timeline) -> None:
    actor = Actor(play)
    actor.begin()
    play.step("new cron with size 2Gi, DataSource relabelled, old cron deleted")
    actor.create_cron(Wanted(NEXT, size="2Gi"))
    play.settle()
    actor.relabel(NEXT)
    play.settle()
    play.delete("DataImportCron", CRON)
    actor.up_to_date(NEXT)
    play.step("seen: new cron UpToDate")
    play.step("same volume, no import: True")
    play.step("pin B")
    actor.move(B, cron=NEXT)
    play.step("seen: B served")
    play.step("all volumes: ")
    play.step("end")


def handover_delete_first(play: Play, _: Timeline) -> None:
    actor = Actor(play)
    actor.begin()
    play.step("delete the old, 2 s later relabel and create")
    play.delete("DataImportCron", CRON)
    play.settle()
    actor.relabel(NEXT)
    actor.create_cron(Wanted(NEXT, keep=3))
    actor.up_to_date(NEXT)
    play.step("seen: UpToDate")
    play.step("end")


def handover_during_import(play: Play, _: Timeline) -> None:
    actor = Actor(play)
    actor.begin()
    play.step("pin B, held")
    play.hold()
    actor.pin(B)
    play.step("hand over to a new cron that wants B too, while B imports")
    actor.hand_over(Wanted(NEXT, B, keep=3))
    play.step("let B finish")
    play.release()
    play.step("NOT seen: B served")
    play.step("DataVolume of B: Succeeded, label rhel9-aaaaaa")
    play.step("an annotation of the new cron changes")
    actor.annotate(NEXT, {"acme.example/nudge": "1"})
    actor.up_to_date(NEXT, at=B)
    play.step("seen: B served")
    play.step("end")


def handover_orphans(play: Play, _: Timeline) -> None:
    actor = Actor(play)
    actor.begin()
    actor.move(B)
    play.step("seen: B")
    play.step("hand over on B, with A still kept by the old cron")
    actor.hand_over(Wanted(NEXT, B, keep=1))
    actor.up_to_date(NEXT)
    play.step("seen: UpToDate")
    for digest in (C, D):
        actor.move(digest, cron=NEXT)
        play.step("seen: moved")
    play.step("volumes at the end, importsToKeep 1")
    play.step("end")


def handover_relabel_first(play: Play, _: Timeline) -> None:
    actor = Actor(play)
    actor.begin()
    play.step("relabel, then 2 s later create, then delete the old")
    actor.relabel(NEXT)
    play.settle()
    actor.create_cron(Wanted(NEXT, keep=3))
    play.settle()
    play.delete("DataImportCron", CRON)
    actor.up_to_date(NEXT)
    play.step("seen: UpToDate")
    play.step("end")


def handover_with_bump(play: Play, _: Timeline) -> None:
    actor = Actor(play)
    actor.begin()
    play.step("new spec and new digest in one change, import held")
    play.hold()
    actor.hand_over(Wanted(NEXT, B, size="2Gi"))
    play.step("DataSource at the old volume while B imports: True")
    play.release()
    actor.up_to_date(NEXT, at=B)
    play.step("seen: B served")
    play.step("pin A through the new cron")
    actor.move(A, cron=NEXT)
    play.step("seen: A served again")
    play.step("end")
