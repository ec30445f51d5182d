"""Scenarios about what comes of new objects: first imports, names, classes, what is missing, what is refused.

A function's name is its recording's; what they have in common is told in table.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.testbed.cdi.actions import CRON, SOURCE, A, Actor, B, Wanted
from tests.testbed.cdi.install import make_default

if TYPE_CHECKING:
    from tests.testbed.cdi.player import Play
    from tests.testbed.cdi.timeline import Timeline


def admission(play: Play, recorded: Timeline) -> None:
    Actor(play).begin()
    for answer in recorded.answers:
        play.ask(answer.request)
    play.step("end")


def bad_digest(play: Play, recorded: Timeline) -> None:
    for number, answer in enumerate(recorded.answers):
        play.step(recorded.steps[number].text)
        play.ask(answer.request)
        play.settle()
        play.delete("DataImportCron", CRON)
    play.step("end")


def cron_renamed_datasource(play: Play, _: Timeline) -> None:
    actor = Actor(play)
    actor.begin()
    play.step("same image under another DataSource name")
    actor.create_source("alma", owner="alma-aaaaaa")
    actor.create_cron(Wanted("alma-aaaaaa", source="alma"))
    actor.up_to_date("alma-aaaaaa")
    play.step("seen: UpToDate")
    play.step("alma at ")
    play.step("end")


def dotted_names(play: Play, recorded: Timeline) -> None:
    play.ask(recorded.answers[0].request)
    Actor(play).up_to_date("rhel9.4-aaaaaa")
    play.step("seen: UpToDate")
    play.step("source ")
    play.step("end")


def long_names(play: Play, recorded: Timeline) -> None:
    actor = Actor(play)
    for number, answer in enumerate(recorded.answers):
        body = answer.request["body"]
        cron, source = body["metadata"]["name"], body["spec"]["managedDataSource"]
        play.step(recorded.steps[(0, 2, 4, 6, 8, 11)[number]].text)
        actor.create_source(source, owner=cron)
        play.ask(answer.request)
        if body["spec"]["schedule"]:
            play.step("cronjobs ")
            play.delete("DataImportCron", cron)
        else:
            actor.up_to_date(cron)
            play.step("seen: UpToDate at ")
            play.step("source ")
    play.step("end")


def no_datasource(play: Play, _: Timeline) -> None:
    play.step("cron alone")
    actor = Actor(play)
    actor.create_cron(Wanted())
    actor.up_to_date()
    play.step("seen: UpToDate")
    play.step("end")


def no_digest(play: Play, _: Timeline) -> None:
    play.step("empty schedule and no annotation")
    actor = Actor(play)
    actor.create_source(owner=CRON)
    actor.create_cron(Wanted(digest=""))
    play.step("end")


def no_storage_class(play: Play, _: Timeline) -> None:
    make_default(play.api, "")
    play.step("no class named, no default")
    actor = Actor(play)
    actor.create_source(owner=CRON)
    actor.create_cron(Wanted(storage_class=""))
    play.step("end")


def pinned_first_import(play: Play, _: Timeline) -> None:
    labels = {"instancetype.kubevirt.io/default-preference": "rhel.9", "acme.example/other": "x"}
    Actor(play).begin(Wanted(labels=labels))
    play.step("end")


def pointer_datasource(play: Play, _: Timeline) -> None:
    actor = Actor(play)
    actor.begin()
    play.step("a channel: DataSource that refers to a DataSource")
    here = play.namespace
    actor.create_source("rhel9-stable", source={"dataSource": {"namespace": here, "name": SOURCE}})
    play.step("self reference")
    for name, namespace, end in (
        ("self", here, "self"),
        ("far", "default", "x"),
        ("ghost", here, "nobody"),
        ("third", here, "rhel9-stable"),
    ):
        actor.create_source(name, source={"dataSource": {"namespace": namespace, "name": end}})
    play.step("end")


def tracking(play: Play, _: Timeline) -> None:
    play.step("tracking: schedule, no annotation")
    actor = Actor(play)
    wanted = Wanted("rhel9-track", digest="", schedule="15 3 * * *", url=f"{Wanted().url}:9.6")
    actor.create_source(owner=wanted.name)
    actor.create_cron(wanted)
    play.step("the poller's write, by hand: digest A")
    actor.move(A, cron=wanted.name)
    play.step("seen: UpToDate")
    play.step("delete")
    play.delete("DataImportCron", wanted.name)
    play.step("end")


def two_crons_one_datasource(play: Play, _: Timeline) -> None:
    actor = Actor(play)
    actor.begin()
    play.step("second cron, same DataSource, other digest")
    actor.create_cron(Wanted("rhel9-zzzzzz", B))
    play.step("end")


def unknown_storage_class(play: Play, _: Timeline) -> None:
    play.step("class that does not exist")
    actor = Actor(play)
    actor.create_source(owner=CRON)
    actor.create_cron(Wanted(storage_class="ghost"))
    play.step("end")


def unlabelled_datasource(play: Play, _: Timeline) -> None:
    play.step("DataSource without the owner label")
    actor = Actor(play)
    actor.create_source()
    actor.create_cron(Wanted())
    actor.up_to_date()
    play.step("seen: the import is done")
    play.step("DataSource source: None")
    play.step("end")


def wait_for_first_consumer(play: Play, _: Timeline) -> None:
    play.hold()
    play.step("WaitForFirstConsumer class, cron without the immediate-binding annotation")
    actor = Actor(play)
    actor.create_source(owner=CRON)
    actor.create_cron(Wanted(storage_class="lazy"))
    play.step("DataVolumes ")
    play.step("with the annotation")
    actor.create_source("alma", owner="alma-aaaaaa")
    asked = {"cdi.kubevirt.io/storage.bind.immediate.requested": "true"}
    actor.create_cron(Wanted("alma-aaaaaa", source="alma", storage_class="lazy", annotations=asked))
    play.step("DataVolumes ")
    play.step("end")
