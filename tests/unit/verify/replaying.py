"""What is said of a moment of a recording, with Git as it asked for things until then; the table is replay_table's."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from gitops_golden.fleet.kinds import CLAIM, SNAPSHOT
from gitops_golden.fleet.observation import FORBIDDEN, Observation, Server, Unread
from gitops_golden.fleet.shapes import instant
from gitops_golden.fleet.views import CdiView, data_source_view, data_volume_view, meta
from gitops_golden.render.tree import File
from gitops_golden.verify.beside import beside
from gitops_golden.verify.case import Case, Past, PastFile
from gitops_golden.verify.judge import judge
from gitops_golden.verify.objective import in_time
from tests.recordings import replayed
from tests.unit.verify.replay_table import recorded_as, since
from tests.unit.verify.world import Git, expecting, manifest, served

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from gitops_golden.fleet.views import DataSourceView
    from gitops_golden.verify.case import Beside, Expected
    from gitops_golden.verify.model import Finding
    from tests.recordings import Moment
    from tests.unit.verify.replay_table import Told

NOW = timedelta()


class Replayed:
    """One moment of a story: what is expected of the delivery, and what is seen of it."""

    def __init__(self, story: str, told: Told) -> None:
        """Take a moment; its cron's spec in Git is as it was recorded once that was there."""
        self.told, self.objects = told, told.moment.objects
        self.wanted = told.asked[0][1]
        cron = _crons(recorded_as(story))[self.wanted.cron]
        parts: dict[str, Any] = {"known": frozenset(each.digest for _, each in told.asked)}
        if self.wanted.tracking:
            parts |= {"schedule": cron["spec"]["schedule"], "annotations": {}}
        self.expected: Expected = expecting((cron,), self.wanted.cron, self.wanted.digest, **parts)

    def finding(
        self, *, later: timedelta = NOW, objective: timedelta | None = None, unread: str = ""
    ) -> Finding | None:
        """Return what is said if nothing has changed for so long, and one kind may not be read."""
        now = self.told.moment.at + later
        case = Case(
            cluster="c",
            expected=self.expected,
            git=self._git(),
            observed=self._seen(now, unread),
            now=now,
            beside=self._channels(),
        )
        return in_time(judge(case), objective, now)

    def served(self) -> str | None:
        """Return the digest that consumers are given."""
        return served(self._seen(self.told.moment.at), self.expected)

    def since(self) -> datetime | None:
        """Return since when it is so, by the table."""
        return BEGUN[since()[self.told.row.said]](self) if self.told.row.said != "converged" else None

    def of(self, kind: str, name: str = "") -> dict[str, Any]:
        """Return an object, the wanted digest's unless it is named; nothing if there is none."""
        wanted = (kind, name or self.expected.volume)
        found = (each for each in self.objects if (each["kind"], each["metadata"]["name"]) == wanted)
        return next(found, {})

    def changed(self, kind: str, name: str, type_: str) -> datetime | None:
        """Return the last transition of a condition."""
        found = CdiView(self.of(kind, name)).condition(type_)
        return found.since if found else None

    def _seen(self, at: datetime, unread: str = "") -> Observation:
        shown = tuple(each for each in self.objects if each["kind"] != unread)
        why = (Unread(unread, self.expected.namespace, FORBIDDEN),) if unread else ()
        return Observation("c", at, Server("v1.36.0", "uid"), shown, unread=why)

    def _git(self) -> Git:
        past = tuple(
            Past("c" * 40, second(at), manifest(self.expected, None if each.tracking else each.digest, cron=each.cron))
            for at, each in self.told.asked
        )
        new = second(self.told.asked[0][0])
        files = {file.name: (PastFile("c" * 40, new, file.content),) for file in self._channels()}
        return Git(history=past, files=files)

    def _channels(self) -> tuple[Beside, ...]:
        """Return the file of the channel that leads to the delivery, if Git has one."""
        name = self.wanted.channel
        metadata = {"name": name, "namespace": self.expected.namespace}
        source = {"dataSource": {"name": self.expected.data_source, "namespace": self.expected.namespace}}
        file = {"kind": "DataSource", "metadata": metadata, "spec": {"source": source}}
        return (beside(File(f"pointer-{name}.yaml", json.dumps(file).encode())),) if name else ()


def second(moment: Moment) -> datetime:
    """Return when something was written down there: Git and the API server leave out fractions of a second."""
    return moment.at.replace(microsecond=0)


@cache
def _crons(recording: str) -> Mapping[str, dict[str, Any]]:
    every = (each for moment in replayed(recording) for each in moment.objects)
    return {each["metadata"]["name"]: each for each in every if each["kind"] == "DataImportCron"}


def _asked(moment: Replayed) -> datetime | None:
    """Return when the cron was made, or was given its digest if that was later."""
    cron = moment.of("DataImportCron", moment.expected.cron)
    (written,) = cron["metadata"]["managedFields"]
    return max(filter(None, (instant(written, "time"), meta(cron).created)))


def _ended(moment: Replayed) -> datetime | None:
    return moment.changed("DataVolume", moment.expected.volume, "Running")


def _failed(moment: Replayed) -> datetime | None:
    """Return when an importer failed; with restarts nobody notes when it first did, only when all of it began."""
    volume = data_volume_view(moment.of("DataVolume"))
    return volume.meta.created if volume.restarts else _ended(moment)


def _source(moment: Replayed) -> DataSourceView:
    return data_source_view(moment.of("DataSource", moment.expected.data_source))


def _readiness(moment: Replayed) -> datetime | None:
    return moment.changed("DataSource", moment.expected.data_source, "Ready")


def _other(moment: Replayed) -> datetime | None:
    """Return when the one cron that is not ours was made."""
    crons = (meta(each) for each in moment.objects if each["kind"] == "DataImportCron")
    (other,) = (each for each in crons if each.name != moment.expected.cron)
    return other.created


BEGUN: Mapping[str, Callable[[Replayed], datetime | None]] = {
    "nobody knows": lambda _: None,
    "the commit": lambda moment: second(moment.told.asked[0][0]),
    "the cron was asked": _asked,
    "the DataVolume was made": lambda moment: meta(moment.of("DataVolume")).created,
    "the claim was made": lambda moment: meta(moment.of(CLAIM)).created,
    "the claim was to go": lambda moment: meta(moment.of(CLAIM)).deleting_since,
    "the snapshot was made": lambda moment: meta(moment.of(SNAPSHOT)).created,
    "the channel was made": lambda moment: meta(moment.of("DataSource", moment.wanted.channel)).created,
    "the importer ended, or the cron was asked": lambda moment: _ended(moment) or _asked(moment),
    "the importer failed first": _failed,
    "Ready changed": _readiness,
    "Ready was lost, if it was": lambda moment: None if _source(moment).ready else _readiness(moment),
    "the other cron was made": _other,
}
"""How to find out from a moment's objects since when something is so, by the table's words for it."""
