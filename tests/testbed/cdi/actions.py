"""What people and engines do in the scenarios: create, pin, relabel, delete, wait for what they would look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.testbed.cdi.player import CDI, DIGEST, OWNER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.testbed.api import Object
    from tests.testbed.cdi.player import Play

A, B, C, D = (f"sha256:{letter * 64}" for letter in "abcd")
URL = "docker://127.0.0.1:5000/golden/rhel9"
CRON, NEXT, SOURCE = "rhel9-aaaaaa", "rhel9-bbbbbb", "rhel9"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A cron as the recordings have it. ``storage_class`` "" names none."""

    name: str = CRON
    digest: str = A
    source: str = SOURCE
    keep: int = 2
    size: str = "1Gi"
    storage_class: str = "fast"
    retention: str = "All"
    schedule: str = ""
    url: str = URL
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


class Actor:
    """Does these things in a play."""

    def __init__(self, play: Play) -> None:
        self.play = play

    def create_cron(self, wanted: Wanted) -> None:
        """Create a DataImportCron."""
        digest = {DIGEST: wanted.digest} if wanted.digest else {}
        storage: Object = {"resources": {"requests": {"storage": wanted.size}}}
        if wanted.storage_class:
            storage["storageClassName"] = wanted.storage_class
        source = {"registry": {"url": wanted.url, "pullMethod": "pod"}}
        spec = {
            "schedule": wanted.schedule,
            "managedDataSource": wanted.source,
            "importsToKeep": wanted.keep,
            "retentionPolicy": wanted.retention,
            "garbageCollect": "Outdated",
            "template": {"spec": {"source": source, "storage": storage}},
        }
        metadata = {"annotations": digest | dict(wanted.annotations), "labels": dict(wanted.labels)}
        self.play.create("DataImportCron", wanted.name, metadata, spec)

    def create_source(self, name: str = SOURCE, *, owner: str = "", source: Object | None = None) -> None:
        """Create a DataSource, by default with an empty source."""
        metadata = {"labels": {OWNER: owner}} if owner else {}
        self.play.create("DataSource", name, metadata, {"source": source or {}})

    def begin(self, wanted: Wanted | None = None) -> None:
        """Do what most scenarios begin with: a DataSource, a pinned cron, and its first import done."""
        chosen = wanted or Wanted()
        self.play.step("create DataSource with owner label and empty source")
        self.create_source(chosen.source, owner=chosen.name)
        self.create_cron(chosen)
        self.up_to_date(chosen.name)
        self.play.step("seen: UpToDate=True")

    def annotate(self, cron: str, annotations: Mapping[str, str | None]) -> None:
        """Set annotations of a cron; None removes."""
        self.play.patch("DataImportCron", cron, {"metadata": {"annotations": dict(annotations)}})

    def pin(self, digest: str, *, cron: str = CRON) -> None:
        """Set the digest that a cron is to import."""
        self.annotate(cron, {DIGEST: digest})

    def relabel(self, owner: str | None, *, source: str = SOURCE) -> None:
        """Give a DataSource to another cron, or to none."""
        self.play.patch("DataSource", source, {"metadata": {"labels": {OWNER: owner}}})

    def hand_over(self, wanted: Wanted, *, old: str = CRON) -> None:
        """Create a new cron, relabel the DataSource, delete the old cron, at once."""
        self.create_cron(wanted)
        self.relabel(wanted.name, source=wanted.source)
        self.play.delete("DataImportCron", old)

    def up_to_date(self, cron: str = CRON, *, at: str = "") -> None:
        """Wait until a cron says that it is up to date, with its DataSource at the volume of ``at`` if named."""
        self.play.wait(f"{cron} UpToDate", lambda: self.says(cron) == "UpToDate" and (not at or self.serves(at)))

    def serves(self, digest: str, *, source: str = SOURCE) -> bool:
        """Whether a DataSource is Ready at a digest's volume."""
        item = self.play.get("DataSource", source)
        ready = _condition(item, "Ready").get("status") == "True"
        ends = (item.get("status", {}).get("source") or {}).values()
        return ready and any(end["name"].endswith(f"-{self.play.meant(digest)[7:19]}") for end in ends)

    def says(self, cron: str) -> str:
        """Return the reason of a cron's UpToDate."""
        reason: str = _condition(self.play.get("DataImportCron", cron), "UpToDate").get("reason", "")
        return reason

    def move(self, digest: str, *, cron: str = CRON) -> None:
        """Pin a digest and wait until it is served."""
        self.pin(digest, cron=cron)
        self.up_to_date(cron, at=digest)


def _condition(item: Object, kind: str) -> Any:
    conditions = item.get("status", {}).get("conditions") or []
    return next((of for of in conditions if of["type"] == kind), {})


__all__ = ["CDI", "CRON", "NEXT", "SOURCE", "A", "Actor", "B", "C", "D", "Wanted"]
