"""What a delivery's file must hold whatever a user's template makes of it: its one cron and its one DataSource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitops_golden.render.cdi import OWNER_LABEL
from gitops_golden.render.manifests import CRON, DATA_SOURCE, kind_of, metadata_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gitops_golden.plan.model import Variant


def lacking(documents: Sequence[Mapping[str, Any]], variant: Variant, name: str) -> str | None:
    """Return what is wrong with a delivery's objects, and what to write, or None; ``name`` is the cron's.

    A name is a hash of the spec, for CDI denies every change of one: under the same name another never arrives.
    Without its DataSource, or with another owner label, nothing that is imported reaches consumers.
    """
    crons = [document for document in documents if kind_of(document) == CRON]
    sources = [document for document in documents if kind_of(document) == DATA_SOURCE]
    for kind, found in (("DataImportCron", crons), ("DataSource", sources)):
        if len(found) != 1:
            return f"one {kind} is needed, and {len(found) or 'none'} is there"
    (cron,), (source,) = crons, sources
    wanted = (
        ("the DataImportCron's name", _at(cron, "metadata", "name"), name, "cron.name"),
        ("the DataImportCron's namespace", _at(cron, "metadata", "namespace"), variant.settings.namespace, "namespace"),
        (
            "its managedDataSource",
            _at(cron, "spec", "managedDataSource"),
            variant.data_source,
            "spec.managedDataSource",
        ),
        ("the DataSource's name", _at(source, "metadata", "name"), variant.data_source, "spec.managedDataSource"),
        ("the DataSource's namespace", _at(source, "metadata", "namespace"), variant.settings.namespace, "namespace"),
        ("the DataSource's owner label", metadata_of(source).labels.get(OWNER_LABEL), name, "cron.name"),
    )
    return next((f"{what} must be {{{{ {value} }}}}" for what, found, ours, value in wanted if found != ours), None)


def _at(document: Mapping[str, Any], *path: str) -> object:
    found: object = document
    for step in path:
        found = found.get(step) if isinstance(found, dict) else None
    return found
