"""A report as the page's script reads it: everything distinct once, in tables, and a number for each cell.

``static/report.js`` is the other side of this encoding; nobody else reads it. UIDs of volumes are left out: each is
another one, which would make the page three times as large. Times are seconds since 1970, a number
that names an entry of a table is -1 where there is none.
"""

from __future__ import annotations

import json
from array import array
from base64 import b64encode
from sys import byteorder
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from gitops_golden.report.page.markup import readable
from gitops_golden.verify.model import ClusterResult, Link, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from datetime import datetime

    from gitops_golden.verify.model import DeliveryResult, Finding, ImageResult, Report

Value = TypeVar("Value", bound="Hashable")
NONE: Final = -1
_Column = tuple[str, str, str]
_UNSAFE: Final = str.maketrans({"<": r"\u003c", ">": r"\u003e", "&": r"\u0026"})


def data_block(report: Report) -> str:
    """Return the data as JSON that cannot end the element it stands in, nor be taken for markup."""
    return json.dumps(_Encoding(report).data(), separators=(",", ":"), ensure_ascii=True).translate(_UNSAFE)


class _Table(Generic[Value]):
    """Distinct values in the order they came, each written once."""

    def __init__(self, write: Callable[[Value], Any]) -> None:
        self._write = write
        self._places: dict[Value, int] = {}
        self.written: list[Any] = []

    def place(self, value: Value | None) -> int:
        if value is None:
            return NONE
        found = self._places.get(value)
        if found is None:
            found = self._places[value] = len(self.written)
            self.written.append(self._write(value))
        return found


class _Encoding:
    """The tables of one report, filled while its parts are written."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._texts: _Table[str] = _Table(readable)
        self._digests: _Table[str] = _Table(readable)
        self._sources: _Table[tuple[str, str, str]] = _Table(lambda names: [readable(name) for name in names])
        self._findings: _Table[Finding] = _Table(self._finding)
        self._outcomes: _Table[tuple[int, int, int, int]] = _Table(list)
        self._profiles: _Table[tuple[tuple[str, ...], ...]] = _Table(
            lambda lists: [[readable(text) for text in texts] for texts in lists]
        )

    def data(self) -> dict[str, Any]:
        report = self._report
        clusters = {result.cluster: result for result in report.clusters}
        for delivery in report.deliveries:
            if delivery.cluster not in clusters:
                clusters[delivery.cluster] = ClusterResult(delivery.cluster, None, None)
        columns = sorted({_column(each) for each in report.deliveries})
        cells = self._cells(
            {name: row for row, name in enumerate(clusters)},
            {column: place for place, column in enumerate(columns)},
        )
        return {
            "at": _seconds(report.at),
            "objective": report.objective.total_seconds() if report.objective else None,
            "verdicts": [verdict.value for verdict in Verdict],
            "links": [link.value for link in Link],
            "columns": [[readable(text) for text in column] for column in columns],
            "images": [self._image(image) for image in report.images],
            "clusters": [self._cluster(cluster) for cluster in clusters.values()],
            "width": cells.itemsize,
            "cells": _base64(cells),
            "outcomes": self._outcomes.written,
            "findings": self._findings.written,
            "sources": self._sources.written,
            "digests": self._digests.written,
            "profiles": self._profiles.written,
            "texts": self._texts.written,
        }

    def _cells(self, rows: dict[str, int], columns: dict[_Column, int]) -> array[int]:
        """Return the outcome of each cell, row by row, counted from 1; 0 is no delivery."""
        outcomes = [0] * (len(rows) * len(columns))
        for delivery in self._report.deliveries:
            cell = rows[delivery.cluster] * len(columns) + columns[_column(delivery)]
            outcomes[cell] = self._outcome(delivery) + 1
        return array("H" if len(self._outcomes.written) < 1 << 16 else "I", outcomes)

    def _outcome(self, delivery: DeliveryResult) -> int:
        source = delivery.boot_source
        return self._outcomes.place(
            (
                self._findings.place(delivery.finding),
                self._digests.place(delivery.expected),
                self._digests.place(delivery.actual),
                self._sources.place((source.kind, source.namespace, source.name) if source else None),
            )
        )

    def _finding(self, finding: Finding) -> list[Any]:
        return [
            list(Verdict).index(finding.verdict),
            list(Link).index(finding.link) if finding.link else NONE,
            readable(finding.reason),
            self._texts.place(finding.message),
            self._texts.place(finding.remedy),
            _seconds(finding.since),
            finding.overdue,
        ]

    def _image(self, image: ImageResult) -> list[Any]:
        return [
            readable(image.image),
            readable(image.tag),
            self._digests.place(image.locked),
            self._digests.place(image.served),
            self._findings.place(image.finding),
            readable(str(image.where or "")),
        ]

    def _cluster(self, cluster: ClusterResult) -> list[Any]:
        server = cluster.server
        profile = (
            tuple(f"{key}={value}" for key, value in cluster.labels),
            (server.version if server else "",),
            cluster.namespaces,
            tuple(f"{gap.kind} in {gap.namespace or 'the cluster'}: {gap.reason}" for gap in cluster.unread),
            tuple(cluster.not_judged),
        )
        return [
            readable(cluster.cluster),
            self._profiles.place(profile),
            _seconds(cluster.read_at),
            readable(server.uid if server else ""),
            readable(cluster.source),
            cluster.objects,
            round(cluster.skew.total_seconds()) if cluster.skew is not None else None,
            self._findings.place(cluster.finding),
            cluster.answered,
            readable(str(cluster.where or "")),
        ]


def _column(delivery: DeliveryResult) -> _Column:
    return delivery.data_source, delivery.image, delivery.architecture or ""


def _seconds(moment: datetime | None) -> int | None:
    return int(moment.timestamp()) if moment else None


def _base64(cells: array[int]) -> str:
    """Return numbers in base64, little end first whatever this machine has."""
    if byteorder == "big":
        cells.byteswap()
    return b64encode(cells).decode()
