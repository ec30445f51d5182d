"""Scenarios about what people delete and edit by hand, and how CDI mends it or doesn't.

A function's name is its recording's; what they have in common is told in table.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.testbed.cdi.actions import CRON, SOURCE, A, Actor, Wanted
from tests.testbed.cdi.install import make_default

if TYPE_CHECKING:
    from tests.testbed.cdi.player import Play
    from tests.testbed.cdi.timeline import Timeline


def annotation_removed(play: Play, _: Timeline) -> None:
    actor = Actor(play)
    actor.begin()
    play.step("somebody removes the annotation")
    actor.annotate(CRON, {"cdi.kubevirt.io/storage.import.sourceDesiredDigest": None})
    play.step("source rhel9-aaaaaaaaaaaa")
    play.step("end")


def datasource_deleted(play: Play, _: Timeline) -> None:
    actor = Actor(play)
    actor.begin()
    play.step("somebody deletes the DataSource")
    play.delete("DataSource", SOURCE)
    play.step("end")


def datasource_edited(play: Play, _: Timeline) -> None:
    actor = Actor(play)
    actor.begin()
    play.step("somebody points the DataSource elsewhere")
    play.patch("DataSource", SOURCE, {"spec": {"source": {"pvc": {"name": "mine"}}}})
    play.step("now at ")
    play.step("somebody removes the label")
    actor.relabel(None)
    play.step("end")


def default_class_change(play: Play, _: Timeline) -> None:
    make_default(play.api, "fast")
    actor = Actor(play)
    actor.begin(Wanted(storage_class=""))
    play.step("the default class moves to another")
    make_default(play.api, "faster")
    play.pause()
    actor.annotate(CRON, {"acme.example/touch": "1"})
    play.step("source ")
    play.step("end")
    make_default(play.api, "")


def delete_retain_all(play: Play, _: Timeline) -> None:
    actor = Actor(play)
    actor.begin()
    play.step("deleted, retentionPolicy All")
    play.delete("DataImportCron", CRON)
    play.step("end")


def delete_retain_none(play: Play, _: Timeline) -> None:
    actor = Actor(play)
    actor.begin(Wanted(retention="None"))
    play.step("deleted, retentionPolicy None")
    play.delete("DataImportCron", CRON)
    play.step("end")


def pvc_lost_datavolume_gone(play: Play, _: Timeline) -> None:
    actor = Actor(play)
    actor.begin()
    play.step("only the DataVolume is deleted, the PVC kept by removing its owner")
    volume = play.volume(A)
    play.patch("PersistentVolumeClaim", volume, {"metadata": {"ownerReferences": None}})
    play.delete("DataVolume", volume)
    play.step("source ")
    play.step("end")


def recreate_cron(play: Play, _: Timeline) -> None:
    actor = Actor(play)
    actor.begin()
    play.step("delete (All) and create again under the same name")
    play.delete("DataImportCron", CRON)
    play.settle()
    actor.create_cron(Wanted())
    actor.up_to_date()
    play.step("seen: UpToDate")
    play.step("end")


def volume_deleted(play: Play, _: Timeline) -> None:
    actor = Actor(play)
    actor.begin()
    play.step("somebody deletes the volume")
    play.delete("DataVolume", play.volume(A))
    play.step("end")
