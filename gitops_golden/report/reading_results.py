"""The results in a verification's JSON back to values: of deliveries, of images, of clusters."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from gitops_golden.errors import Location
from gitops_golden.fleet.kinds import CLAIM, SNAPSHOT
from gitops_golden.fleet.observation import Server, Unread
from gitops_golden.report import json_fields as fields
from gitops_golden.verify.model import (
    BootSource,
    ClusterResult,
    DeliveryResult,
    Finding,
    ImageResult,
    Link,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_VERDICTS: Final = {verdict.value: verdict for verdict in Verdict}
_LINKS: Final = {link.value: link for link in Link}
_NOT_JUDGED: Final = frozenset({Link.ACCESS.value})
_BOOTABLE: Final = (CLAIM, SNAPSHOT)

_DELIVERY: Final = frozenset(
    {"cluster", "image", "dataSource", "architecture", "expected", "actual", "bootSource", "verdict"}
)
_BOOT_SOURCE: Final = frozenset({"kind", "namespace", "name", "uid"})
_IMAGE: Final = frozenset({"image", "repository", "tag", "locked", "served", "where", "verdict"})
_CLUSTER: Final = frozenset(
    {"cluster", "labels", "where", "answered", "readAt", "source", "server", "clockSkewSeconds", "namespaces"}
    | {"objects", "unread", "notJudged", "verdict"}
)
_FINDING: Final = frozenset({"link", "reason", "message", "remedy", "since", "overdue"})


@dataclass(slots=True)
class Results:
    """Reads the results of one text; each method raises ``WrongFieldError`` for what is none.

    What comes again and again, as digests do, is kept once.
    """

    _texts: dict[str, str] = field(default_factory=dict)
    _digests: dict[str, str] = field(default_factory=dict)

    def map(self, pairs: list[tuple[str, Any]]) -> object:
        """Return a map of the text, or the delivery that it is; a wrong one stays a map, to be told of later.

        Raises ValueError for a key that is there twice.
        """
        made = dict(pairs)
        if len(made) != len(pairs):
            raise ValueError("a map has the same key twice")
        if "dataSource" not in made:
            return made
        try:
            return self._delivery(made)
        except fields.WrongFieldError:
            return made

    def delivery(self, value: object) -> DeliveryResult:
        """Return the delivery that ``map`` made or left."""
        return value if isinstance(value, DeliveryResult) else self._delivery(fields.mapping(value))

    def _delivery(self, value: Mapping[str, Any]) -> DeliveryResult:
        converged = value.get("verdict") == Verdict.CONVERGED.value
        fields.keys(value, _DELIVERY if converged else _DELIVERY | _FINDING)
        return DeliveryResult(
            cluster=self._name(value, "cluster"),
            image=self._name(value, "image"),
            data_source=self._name(value, "dataSource"),
            architecture=fields.maybe(value, "architecture", self._name),
            expected=fields.maybe(value, "expected", self._digest),
            actual=fields.maybe(value, "actual", self._digest),
            finding=None if converged else self._finding(value),
            boot_source=None if value["bootSource"] is None else fields.inside(value, "bootSource", self._boot_source),
        )

    def _boot_source(self, value: object) -> BootSource:
        found = fields.mapping(value)
        fields.keys(found, _BOOT_SOURCE)
        if found["kind"] not in _BOOTABLE:
            fields.wrong(f"should be {' or '.join(_BOOTABLE)}", "kind")
        kind, namespace, name = (self._text(found, key) for key in ("kind", "namespace", "name"))
        return BootSource(kind, namespace, name, fields.text(found, "uid"))

    def image(self, value: object) -> ImageResult:
        """Return what is true of an image."""
        found = fields.mapping(value)
        finding = self._finding_if_any(found, _IMAGE)
        return ImageResult(
            image=fields.name(found, "image"),
            tag=fields.name(found, "tag"),
            locked=fields.maybe(found, "locked", self._digest),
            served=fields.maybe(found, "served", self._digest),
            finding=finding,
            where=fields.inside(found, "where", _place),
            repository=fields.text(found, "repository"),
        )

    def cluster(self, value: object) -> ClusterResult:
        """Return how a cluster was read, and what is true of it."""
        found = fields.mapping(value)
        finding = self._finding_if_any(found, _CLUSTER)
        skew = fields.maybe(found, "clockSkewSeconds", fields.number)
        return ClusterResult(
            cluster=self._name(found, "cluster"),
            read_at=fields.maybe(found, "readAt", fields.moment),
            server=fields.inside(found, "server", _server),
            finding=finding,
            answered=fields.flag(found, "answered"),
            not_judged=fields.each(found, "notJudged", _not_judged),
            source=fields.maybe(found, "source", fields.text) or "",
            namespaces=fields.each(found, "namespaces", self._item),
            objects=fields.number(found, "objects", 0),
            unread=fields.each(found, "unread", self._unread),
            skew=None if skew is None else timedelta(seconds=skew),
            labels=fields.inside(found, "labels", self._labels),
            where=fields.inside(found, "where", _place),
        )

    def _finding_if_any(self, value: Mapping[str, Any], others: frozenset[str]) -> Finding | None:
        silent = value.get("verdict") is None
        fields.keys(value, others if silent else others | _FINDING)
        return None if silent else self._finding(value)

    def _finding(self, value: Mapping[str, Any]) -> Finding:
        verdict = _VERDICTS.get(fields.text(value, "verdict"))
        if verdict is None or verdict is Verdict.CONVERGED:
            fields.wrong(f"should be one of {', '.join(_VERDICTS)}", "verdict")
        link = fields.maybe(value, "link", fields.text)
        if link is not None and link not in _LINKS:
            fields.wrong(f"should be null or one of {', '.join(_LINKS)}", "link")
        return Finding(
            verdict=verdict,
            link=None if link is None else _LINKS[link],
            reason=self._name(value, "reason"),
            message=self._name(value, "message"),
            remedy=self._text(value, "remedy"),
            since=fields.maybe(value, "since", fields.moment),
            overdue=fields.flag(value, "overdue"),
        )

    def _unread(self, value: object) -> Unread:
        found = fields.mapping(value)
        fields.keys(found, frozenset({"kind", "namespace", "reason"}))
        return Unread(*(self._text(found, key) for key in ("kind", "namespace", "reason")))

    def _labels(self, value: object) -> tuple[tuple[str, str], ...]:
        found = fields.mapping(value)
        return tuple(sorted((self._once(key), self._text(found, key)) for key in found))

    def _item(self, value: object) -> str:
        return self._once(value) if isinstance(value, str) else fields.wrong("should be a text")

    def _name(self, value: Mapping[str, Any], key: str) -> str:
        return self._once(fields.name(value, key))

    def _text(self, value: Mapping[str, Any], key: str) -> str:
        return self._once(fields.text(value, key))

    def _once(self, text: str) -> str:
        return self._texts.setdefault(text, text)

    def _digest(self, value: Mapping[str, Any], key: str) -> str:
        found = fields.text(value, key)
        if found not in self._digests:
            self._digests[found] = fields.like(value, key, _DIGEST, "a digest: sha256: and 64 hexadecimal digits")
        return self._digests[found]


def _place(value: object) -> Location | None:
    if value is None:
        return None
    found = fields.mapping(value)
    fields.keys(found, frozenset({"file", "line", "column"}))
    return Location(fields.text(found, "file"), fields.number(found, "line", 0), fields.number(found, "column", 0))


def _server(value: object) -> Server | None:
    if value is None:
        return None
    found = fields.mapping(value)
    fields.keys(found, frozenset({"version", "uid"}))
    return Server(fields.text(found, "version"), fields.text(found, "uid"))


def _not_judged(value: object) -> Link:
    return _LINKS[value] if isinstance(value, str) and value in _NOT_JUDGED else fields.wrong("should be access")
