"""What guardrails find, as JSON for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gitops_golden.guardrails.model import Finding


def finding_json(finding: Finding) -> dict[str, Any]:
    """Return one finding as JSON."""
    return {
        "guardrail": finding.guardrail,
        "mode": finding.mode,
        "image": finding.image,
        "dataSource": finding.data_source,
        "clusters": list(finding.clusters),
        "path": finding.path,
        "message": finding.message,
        "advice": finding.advice,
        "at": str(finding.where),
    }
