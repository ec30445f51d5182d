"""A DataImportCron read back from what a template of the user's wrote, as far as guardrails look at it."""

from __future__ import annotations

from typing import Any

from gitops_golden.documents import as_data, parse
from gitops_golden.errors import InputError
from gitops_golden.render.manifests import CRON


def written_cron(content: bytes) -> dict[str, Any] | None:
    """Return name, labels, annotations and spec of the first DataImportCron in a file; None if it has none.

    That a file holds what it should is checked where it is rendered.
    """
    try:
        documents = [as_data(node) for node in parse(content, "manifest")]
    except InputError:
        return None
    for document in documents:
        if isinstance(document, dict) and (document.get("apiVersion"), document.get("kind")) == CRON:
            metadata = _map(document.get("metadata"))
            return {
                "name": metadata.get("name"),
                "labels": _map(metadata.get("labels")),
                "annotations": _map(metadata.get("annotations")),
                "spec": _map(document.get("spec")),
            }
    return None


def _map(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
