"""A verification as JSON for machines; kept as it is, it is evidence.

What of it is null and what is absent stands in the schema that ``schema report`` prints.
"""

from __future__ import annotations

import json
from itertools import chain
from typing import TYPE_CHECKING, Any

from gitops_golden.report.tallies import overdue
from gitops_golden.report.words import API_VERSION, harmless, rfc3339
from gitops_golden.verify.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

    from gitops_golden.errors import Location
    from gitops_golden.verify.model import (
        Basis,
        BootSource,
        ClusterResult,
        DeliveryResult,
        Finding,
        ImageResult,
        Origin,
        Report,
        Scope,
    )


def as_json(report: Report) -> dict[str, Any]:
    """Return the report as JSON has it; ``schema report`` prints its schema."""
    return {
        **_head(report),
        "deliveries": [_delivery(result) for result in report.deliveries],
        "images": [_image(result) for result in report.images],
        "clusters": [_cluster(result) for result in report.clusters],
    }


def json_text(report: Report) -> str:
    """Return the JSON of a report as text, each result on a line of its own.

    The results of ten thousand clusters are never all there as maps: that would take three times the memory.
    In ASCII: what a cluster said may hold half a character, or what drives a terminal.
    """
    head = harmless(json.dumps(_head(report), indent=2)).removesuffix("\n}")
    lists = (
        _lines("deliveries", map(_delivery, report.deliveries)),
        _lines("images", map(_image, report.images)),
        _lines("clusters", map(_cluster, report.clusters)),
    )
    return "".join(chain((head,), *lists, ("\n}",)))


def _lines(key: str, results: Iterator[dict[str, Any]]) -> Iterator[str]:
    yield f',\n  "{key}": ['
    before = "\n    "
    for result in results:
        yield before + harmless(json.dumps(result))
        before = ",\n    "
    yield "]"


def _head(report: Report) -> dict[str, Any]:
    return {
        "apiVersion": API_VERSION,
        "kind": "VerifyReport",
        "metadata": {"name": report.fleet},
        "at": rfc3339(report.at),
        "commit": report.basis.commit,
        "basis": _basis(report.basis),
        "mixed": [_basis(basis) for basis in report.mixed],
        "objective": {"convergeSeconds": _seconds(report.objective)} if report.objective else None,
        "scope": _scope(report.scope) if report.scope else None,
        "summary": summary(report),
    }


def summary(report: Report) -> dict[str, int]:
    """Return a report's counts."""
    return {
        "deliveries": len(report.deliveries),
        **{verdict.value: report.count(verdict) for verdict in Verdict},
        "overdue": overdue(report),
        "imageFindings": sum(1 for result in report.images if result.finding),
        "clusterFindings": sum(1 for _ in report.of_clusters()),
    }


def _basis(basis: Basis) -> dict[str, Any]:
    return {
        "version": basis.version,
        "branch": basis.branch,
        "commit": basis.commit,
        "policy": _origin(basis.policy),
        "lock": _origin(basis.lock) if basis.lock else None,
    }


def _origin(origin: Origin) -> dict[str, Any]:
    return {"sha256": origin.sha256, "commit": origin.commit, "modified": origin.modified}


def _scope(scope: Scope) -> dict[str, Any]:
    return {
        "images": list(scope.images),
        "clusters": list(scope.clusters),
        "selector": scope.selector or None,
        "shard": scope.shard or None,
    }


def _delivery(result: DeliveryResult) -> dict[str, Any]:
    return {
        "cluster": result.cluster,
        "image": result.image,
        "dataSource": result.data_source,
        "architecture": result.architecture,
        "expected": result.expected,
        "actual": result.actual,
        "bootSource": _boot_source(result.boot_source) if result.boot_source else None,
        "verdict": result.verdict.value,
        **_finding(result.finding),
    }


def _boot_source(source: BootSource) -> dict[str, Any]:
    return {"kind": source.kind, "namespace": source.namespace, "name": source.name, "uid": source.uid}


def _image(result: ImageResult) -> dict[str, Any]:
    return {
        "image": result.image,
        "repository": result.repository,
        "tag": result.tag,
        "locked": result.locked,
        "served": result.served,
        "where": _place(result.where),
        "verdict": result.finding.verdict.value if result.finding else None,
        **_finding(result.finding),
    }


def _cluster(result: ClusterResult) -> dict[str, Any]:
    server = result.server
    return {
        "cluster": result.cluster,
        "labels": dict(result.labels),
        "where": _place(result.where),
        "answered": result.answered,
        "readAt": rfc3339(result.read_at),
        "source": result.source or None,
        "server": {"version": server.version, "uid": server.uid} if server else None,
        "clockSkewSeconds": _seconds(result.skew),
        "namespaces": list(result.namespaces),
        "objects": result.objects,
        "unread": [{"kind": gap.kind, "namespace": gap.namespace, "reason": gap.reason} for gap in result.unread],
        "notJudged": [link.value for link in result.not_judged],
        "verdict": result.finding.verdict.value if result.finding else None,
        **_finding(result.finding),
    }


def _place(where: Location | None) -> dict[str, Any] | None:
    return {"file": where.file, "line": where.line, "column": where.column} if where else None


def _seconds(time: timedelta | None) -> int | None:
    return round(time.total_seconds()) if time is not None else None


def _finding(finding: Finding | None) -> dict[str, Any]:
    if finding is None:
        return {}
    return {
        "link": finding.link.value if finding.link else None,
        "reason": finding.reason,
        "message": finding.message,
        "remedy": finding.remedy,
        "since": rfc3339(finding.since),
        "overdue": finding.overdue,
    }
