"""Drift as JSON for machines; ``schema drift`` prints its schema."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from gitops_golden.report.words import API_VERSION, rfc3339

if TYPE_CHECKING:
    from gitops_golden.drift.model import ClusterDrift, Drift, DriftReport


def as_json(report: DriftReport) -> dict[str, Any]:
    """Return the report as JSON has it."""
    found = tuple(report.found())
    kinds = Counter(drift.what.value for _, drift in found)
    return {
        "apiVersion": API_VERSION,
        "kind": "DriftReport",
        "metadata": {"name": report.fleet},
        "at": rfc3339(report.at),
        "commit": report.commit,
        "summary": {
            "clusters": len(report.clusters),
            "drifted": sum(1 for cluster in report.clusters if cluster.drifts),
            "unreachable": sum(1 for cluster in report.clusters if not cluster.answered),
            "incomplete": sum(1 for cluster in report.clusters if cluster.incomplete),
            "findings": len(found),
            "kinds": dict(sorted(kinds.items())),
            "orphanedBytes": sum(cluster.orphaned for cluster in report.clusters),
            "reclaimableBytes": sum(cluster.reclaimable for cluster in report.clusters),
        },
        "findings": [_finding(cluster, drift) for cluster, drift in found],
        "clusters": [_cluster(cluster) for cluster in report.clusters],
    }


def _finding(cluster: str, drift: Drift) -> dict[str, Any]:
    return {
        "cluster": cluster,
        "what": drift.what.value,
        "object": {"kind": drift.kind, "namespace": drift.namespace, "name": drift.name},
        "dataSource": drift.data_source or None,
        "fields": list(map(".".join, drift.fields)),
        "who": drift.who or None,
        "since": rfc3339(drift.since),
        "message": drift.message,
        "remedy": drift.remedy,
        "bytes": drift.size,
        "reclaimable": drift.reclaimable,
    }


def _cluster(cluster: ClusterDrift) -> dict[str, Any]:
    return {
        "cluster": cluster.cluster,
        "readAt": rfc3339(cluster.read_at),
        "source": cluster.source or None,
        "reason": cluster.reason or None,
        "message": cluster.message or None,
        "unread": [{"kind": gap.kind, "namespace": gap.namespace, "reason": gap.reason} for gap in cluster.unread],
        "others": [
            {"kind": each.kind, "namespace": each.namespace, "name": each.name, "whose": each.whose}
            for each in cluster.others
        ],
    }
