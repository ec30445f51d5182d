"""Scenarios about a changed digest: imports that go well, hang or crash, rollbacks, what is kept, snapshots.

A function's name is its recording's; what they have in common is told in table.py.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.testbed.cdi.actions import CRON, NEXT, A, Actor, B, C, D, Wanted

if TYPE_CHECKING:
    from tests.testbed.cdi.player import Play
    from tests.testbed.cdi.timeline import Timeline

CRASH = "Unable to process data: failed to connect to container registry: reading manifest: manifest unknown"


def bump_during_import(play: Play, _: Timeline) -> None:
    actor = Actor(play)
    actor.begin()
    play.step("pin B, held")
    play.hold()
    actor.pin(B)
    play.step("pin C while B imports")
    actor.pin(C)
    play.step("let imports finish")
    play.release()
    actor.up_to_date(at=C)
    play.step("seen: C served")
    play.step("volumes: ")
    play.step("end")


def crash_loop(play: Play, _: Timeline) -> None:
    actor = Actor(play)
    actor.begin()
    play.step("pin B, whose importer crashes")
    play.crash(B, CRASH)
    actor.pin(B)
    play.crashed(B, times=2)
    play.step("UpToDate: ", still=False)
    play.step("pin A again", still=False)
    actor.move(A)
    play.step("seen: back")
    play.step("end")


def crash_then_roll_forward(play: Play, _: Timeline) -> None:
    actor = Actor(play)
    actor.begin()
    play.step("pin B, whose importer crashes")
    play.crash(B, CRASH)
    actor.pin(B)
    play.crashed(B, times=1)
    play.step("seen: importer of B crashed", still=False)
    play.step("pin C", still=False)
    actor.move(C)
    play.step("seen: C served")
    play.step("volumes: ")
    play.step("end")


def keep_order(play: Play, _: Timeline) -> None:
    actor = Actor(play)
    actor.begin()
    actor.move(B)
    play.step("seen: B")
    play.step("back to A, then on to C: which of A and B is collected?")
    actor.move(A)
    play.settle()
    actor.move(C)
    play.step("seen: C")
    play.step("volumes: ")
    play.step("end")


def keep_two(play: Play, _: Timeline) -> None:
    actor = Actor(play)
    actor.begin()
    for digest, text in ((B, "pin bbbb"), (C, "pin cccc"), (D, "pin dddd")):
        play.step(text)
        actor.move(digest)
        play.step("seen: moved")
    play.step("volumes kept with importsToKeep 2")
    play.step("end")


def pinned_bump_and_rollback(play: Play, _: Timeline) -> None:
    actor = Actor(play)
    actor.begin()
    play.step("pin digest B; the import is held")
    play.hold()
    actor.pin(B)
    play.step("seen: Progressing")
    play.step("DataSource still at the old volume: True")
    play.step("let the import finish")
    play.release()
    actor.up_to_date(at=B)
    play.step("seen: DataSource at B")
    play.step("pin digest A again")
    actor.move(A)
    play.step("seen: DataSource back at A")
    play.step("end")


def rollback_after_gc(play: Play, _: Timeline) -> None:
    actor = Actor(play)
    actor.begin()
    for digest in (B, C):
        actor.move(digest)
        play.step("seen: moved")
    play.step("A is collected (importsToKeep 2); pin A again")
    actor.move(A)
    play.step("seen: A served, imported anew")
    play.step("end")


def rollback_during_import(play: Play, _: Timeline) -> None:
    actor = Actor(play)
    actor.begin()
    play.step("pin B, held")
    play.hold()
    actor.pin(B)
    play.step("pin A again while B imports")
    actor.pin(A)
    play.step("UpToDate: Outdated")
    play.step("let B finish")
    play.release()
    actor.up_to_date(at=A)
    play.step("seen: A served and up to date")
    play.step("end")


def server_side_apply(play: Play, recorded: Timeline) -> None:
    actor = Actor(play)
    first, second, again, both, bump = (answer.request for answer in recorded.answers)
    play.ask(first)
    play.ask(second)
    actor.up_to_date()
    play.step("seen: UpToDate")
    play.ask(again)
    play.ask(both)
    play.step("source kept through re-apply: True")
    play.ask(bump)
    actor.up_to_date(at=B)
    play.step("seen: B")
    play.step("end")


def snapshot_format(play: Play, _: Timeline) -> None:
    actor = Actor(play)
    wanted = Wanted(storage_class="snappy")
    actor.create_source(owner=CRON)
    actor.create_cron(wanted)
    actor.up_to_date()
    play.step("seen: UpToDate from a snapshot")
    play.step("volumes: []")
    play.step("pin B")
    actor.move(B)
    play.step("seen: B served")
    play.step("pin A again")
    actor.move(A)
    play.step("seen: A served")
    play.step("hand over")
    actor.hand_over(replace(wanted, name=NEXT, keep=3))
    actor.up_to_date(NEXT)
    play.step("seen: UpToDate")
    play.step("source: ")
    play.step("end")


def unbound_then_handover(play: Play, _: Timeline) -> None:
    actor = Actor(play)
    actor.begin()
    play.step("pin B, whose volume never binds")
    play.never_bind(B)
    actor.pin(B)
    play.step("pin A again")
    actor.pin(A)
    play.step("UpToDate: ")
    play.step("new cron on A, DataSource relabelled, old cron deleted")
    actor.hand_over(Wanted("rhel9-cccccc"))
    actor.up_to_date("rhel9-cccccc")
    play.step("seen: UpToDate on A through the new cron")
    play.step("same volume: True")
    play.step("end")


def unbound_then_volume_deleted(play: Play, _: Timeline) -> None:
    actor = Actor(play)
    actor.begin()
    play.step("pin B, whose volume never binds")
    play.never_bind(B)
    actor.pin(B)
    play.step("pin A again")
    actor.pin(A)
    play.step("UpToDate: ")
    play.step("somebody deletes the DataVolume of B")
    play.delete("DataVolume", play.volume(B))
    actor.up_to_date(at=A)
    play.step("seen: UpToDate on A")
    play.step("end")
