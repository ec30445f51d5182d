"""Changes as text for people and as JSON for machines: in image terms, with what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitops_golden.render.changes import Kind
from gitops_golden.report.tables import Cell, table
from gitops_golden.report.words import API_VERSION, counted, listed, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops_golden.render.changes import Change
    from gitops_golden.report.tables import Row, Style

MEANING = {
    Kind.ADD: "a first import; consumers get the image when it ends",
    Kind.REMOVE: "cron and DataSource go, their volumes stay on the cluster",
    Kind.RELEASE: "imported beside the old volume, which is served until then",
    Kind.HANDOVER: "a new cron adopts the volume; size and class take effect with the next release",
    Kind.MOVE: "a first import in the new namespace; cron and DataSource leave the old one, their volumes stay there",
    Kind.METADATA: "the cron's metadata alone; no import",
    Kind.REPAIR: "the file in the repository was edited by hand and is put back",
}
COLOR = {Kind.ADD: "green", Kind.REMOVE: "red", Kind.HANDOVER: "yellow", Kind.MOVE: "yellow", Kind.REPAIR: "yellow"}


def changes_json(fleet: str, changes: Sequence[Change]) -> dict[str, Any]:
    """Return changes as JSON."""
    return {
        "apiVersion": API_VERSION,
        "kind": "Diff",
        "metadata": {"name": fleet},
        "changes": [
            {
                "kind": change.kind.value,
                "image": change.image,
                "clusters": list(change.clusters),
                "before": change.digests[0],
                "after": change.digests[1],
                "fields": [
                    {"path": field.path, "before": field.before, "after": field.after} for field in change.fields
                ],
            }
            for change in changes
        ],
    }


def changes_text(fleet: str, changes: Sequence[Change], style: Style) -> str:
    """Return changes for a person: a row each, then what each kind means."""
    if not changes:
        return f"{fleet}: nothing to publish"
    rows: list[Row] = [
        (
            Cell(change.kind, COLOR.get(change.kind, "cyan")),
            change.image,
            _what(change),
            f"{len(change.clusters):,}",
            listed(change.clusters),
        )
        for change in changes
    ]
    kinds = sorted({change.kind for change in changes})
    meaning = "\n".join(f"  {kind}: {MEANING[kind]}" for kind in kinds)
    deliveries = counted(sum(len(change.clusters) for change in changes), "delivery", "deliveries")
    body = table(("change", "image", "what", "n", "clusters"), rows, style)
    return f"{body}\n\n{meaning}\n\n{fleet}: {deliveries} would change"


def _what(change: Change) -> str:
    before, after = change.digests
    parts = []
    if before != after or not change.fields:
        parts.append(f"{short(before)} → {short(after)}" if before and after else short(after or before))
    parts += [f"{field.path.removeprefix('spec.')}: {field.before} → {field.after}" for field in change.fields]
    return "; ".join(parts)
