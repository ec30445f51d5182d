"""Manifests read back: what a published file says of one delivery, in the terms of its image.

What comes from a repository is as hostile as any input: whatever is not one of our files reads as None.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gitops_golden.documents import as_data, parse
from gitops_golden.errors import InputError
from gitops_golden.render.cdi import ATTEMPT_ANNOTATION, DIGEST_ANNOTATION, FLEET_LABEL

if TYPE_CHECKING:
    from collections.abc import Mapping

CRON = ("cdi.kubevirt.io/v1beta1", "DataImportCron")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a file says of one delivery: its cron, where, and what CDI is told. ``digest`` is None in tracking mode."""

    cron: str
    namespace: str
    image: str
    digest: str | None
    attempt: str | None
    fleet: str | None
    labels: Mapping[str, str]
    spec: Mapping[str, Any]


def read_manifest(content: bytes) -> Manifest | None:
    """Return what a delivery's file says, or None if it holds no single DataImportCron in our shape."""
    try:
        documents = [as_data(node) for node in parse(content, "manifest")]
    except InputError:
        return None
    crons = [
        document
        for document in documents
        if isinstance(document, dict) and (document.get("apiVersion"), document.get("kind")) == CRON
    ]
    return _manifest(crons[0]) if len(crons) == 1 else None


def _manifest(cron: dict[str, Any]) -> Manifest | None:
    metadata, spec = cron.get("metadata"), cron.get("spec")
    if not isinstance(metadata, dict) or not isinstance(spec, dict):
        return None
    labels, annotations = _texts(metadata.get("labels")), _texts(metadata.get("annotations"))
    name, namespace, image = metadata.get("name"), metadata.get("namespace"), spec.get("managedDataSource")
    if not (isinstance(name, str) and isinstance(namespace, str) and isinstance(image, str)):
        return None
    return Manifest(
        cron=name,
        namespace=namespace,
        image=image,
        digest=annotations.get(DIGEST_ANNOTATION),
        attempt=annotations.get(ATTEMPT_ANNOTATION),
        fleet=labels.get(FLEET_LABEL),
        labels=labels,
        spec=spec,
    )


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {key: text for key, text in value.items() if isinstance(key, str) and isinstance(text, str)}
