"""Manifests read back: what a published file says of one delivery, in the terms of its image.

What comes from a repository is as hostile as any input: whatever is not one of our files reads as None.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gitops_golden.documents import as_data, parse
from gitops_golden.errors import InputError
from gitops_golden.render.cdi import ATTEMPT_ANNOTATION, DIGEST_ANNOTATION, FLEET_LABEL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CRON = ("cdi.kubevirt.io/v1beta1", "DataImportCron")
DATA_SOURCE = ("cdi.kubevirt.io/v1beta1", "DataSource")


@dataclass(frozen=True, slots=True)
class Metadata:
    """The labels and annotations of an object."""

    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a file says of one delivery: its cron, where, and what CDI is told. ``digest`` is None in tracking mode.

    ``image`` is the DataSource's name, ``served`` the metadata of the DataSource in the same file.
    """

    cron: str
    namespace: str
    image: str
    digest: str | None
    attempt: str | None
    fleet: str | None
    labels: Mapping[str, str]
    spec: Mapping[str, Any]
    annotations: Mapping[str, str] = field(default_factory=dict)
    served: Metadata = field(default_factory=Metadata)


def read_documents(content: bytes) -> tuple[dict[str, Any], ...] | None:
    """Return a file's objects as data, or None if it is no YAML."""
    try:
        documents = [as_data(node) for node in parse(content, "manifest")]
    except InputError:
        return None
    return tuple(document for document in documents if isinstance(document, dict))


def read_manifest(content: bytes) -> Manifest | None:
    """Return what a delivery's file says, or None if it holds no single DataImportCron in our shape."""
    return manifest_of(read_documents(content) or ())


def manifest_of(documents: Sequence[Mapping[str, Any]]) -> Manifest | None:
    """Return what a delivery's objects say, or None if there is no single DataImportCron in our shape."""
    crons = [document for document in documents if kind_of(document) == CRON]
    if len(crons) != 1:
        return None
    sources = [document for document in documents if kind_of(document) == DATA_SOURCE]
    return _manifest(crons[0], metadata_of(sources[0]) if len(sources) == 1 else Metadata())


def metadata_of(document: Mapping[str, Any]) -> Metadata:
    """Return an object's labels and annotations, passing over what is no text."""
    found = document.get("metadata")
    metadata = found if isinstance(found, dict) else {}
    return Metadata(_texts(metadata.get("labels")), _texts(metadata.get("annotations")))


def kind_of(document: Mapping[str, Any]) -> tuple[object, object]:
    """Return an object's apiVersion and kind."""
    return document.get("apiVersion"), document.get("kind")


def _manifest(cron: Mapping[str, Any], served: Metadata) -> Manifest | None:
    metadata, spec = cron.get("metadata"), cron.get("spec")
    if not isinstance(metadata, dict) or not isinstance(spec, dict):
        return None
    own = metadata_of(cron)
    name, namespace, image = metadata.get("name"), metadata.get("namespace"), spec.get("managedDataSource")
    if not (isinstance(name, str) and isinstance(namespace, str) and isinstance(image, str)):
        return None
    return Manifest(
        cron=name,
        namespace=namespace,
        image=image,
        digest=own.annotations.get(DIGEST_ANNOTATION),
        attempt=own.annotations.get(ATTEMPT_ANNOTATION),
        fleet=own.labels.get(FLEET_LABEL),
        labels=own.labels,
        spec=spec,
        annotations=own.annotations,
        served=served,
    )


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {key: text for key, text in value.items() if isinstance(key, str) and isinstance(text, str)}
