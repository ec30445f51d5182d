"""Changes as text for people and as JSON for machines: in image terms, with what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from gitops_golden.changes.deliveries import Kind
from gitops_golden.changes.surroundings import Act
from gitops_golden.report.consequences import (
    MEANING,
    amount,
    led_elsewhere,
    left_behind,
    leftovers,
    moves,
    notes,
    setting_text,
)
from gitops_golden.report.storage import readable, total_of
from gitops_golden.report.surroundings import sentences, title, what
from gitops_golden.report.tables import Cell, lines, table, wrapped
from gitops_golden.report.values import value_json
from gitops_golden.report.words import API_VERSION, counted, listed, short

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitops_golden.changes.deliveries import Change
    from gitops_golden.changes.differences import Field
    from gitops_golden.changes.surroundings import Surrounding
    from gitops_golden.report.consequences import Note
    from gitops_golden.report.tables import Row, Style

COLOR = {Kind.ADD: "green", Kind.REMOVE: "red", Kind.HANDOVER: "yellow", Kind.REPAIR: "yellow"}
ACT_COLOR = {Act.ADD: "green", Act.REMOVE: "red", Act.REPAIR: "yellow"}


def changes_json(fleet: str, changes: Sequence[Change], others: Sequence[Surrounding]) -> dict[str, Any]:
    """Return changes as JSON, amounts in bytes."""
    total = total_of(map(amount, changes))
    return {
        "apiVersion": API_VERSION,
        "kind": "Diff",
        "metadata": {"name": fleet},
        "summary": {
            "deliveries": _deliveries(changes),
            "otherFiles": sum(len(other.clusters) for other in others),
            "storage": {**total.json, "leftBehind": left_behind(changes)},
        },
        "changes": [_change_json(change) for change in changes],
        "others": [
            {
                "change": other.act.value,
                "kind": other.kind,
                "name": other.name,
                "clusters": list(other.clusters),
                "fields": [
                    {"name": each.setting, "before": value_json(each.before), "after": value_json(each.after)}
                    for each in other.fields
                ],
                "meaning": list(sentences(other)),
            }
            for other in others
        ],
    }


def _change_json(change: Change) -> dict[str, Any]:
    volumes = change.volumes
    return {
        "kind": change.kind.value,
        "image": change.image,
        "dataSource": change.data_source,
        "architecture": change.architecture,
        "namespace": change.namespace,
        "clusters": list(change.clusters),
        "before": change.digests[0],
        "after": change.digests[1],
        "fields": [_field_json(field) for field in change.fields],
        "volumes": {
            "imported": volumes.imported,
            "most": volumes.most,
            "size": volumes.size,
            "collected": volumes.collected,
            "leftBehind": volumes.left,
            "leftSize": volumes.left_size,
            "leftBy": volumes.left_by,
            "deleted": volumes.lost.value,
        },
        "storage": {**amount(change).json, "leftBehind": left_behind([change])},
    }


def _field_json(field: Field) -> dict[str, Any]:
    return {
        "path": field.path,
        "setting": field.setting,
        "before": value_json(field.before),
        "after": value_json(field.after),
        "effect": field.effect.value,
    }


def changes_text(fleet: str, changes: Sequence[Change], others: Sequence[Surrounding], style: Style) -> str:
    """Return changes for a person: a row each, then what they mean, what they cost, what stays behind."""
    if not changes and not others:
        return f"{fleet}: nothing to publish"
    parts = [
        _deliveries_table(changes, style) if changes else "",
        "\n".join(_meanings(changes, others, style)),
        _others_table(others, style) if others else "",
        "\n".join(_other_meanings(others, style)),
        _headline(fleet, changes, others, style),
    ]
    return "\n\n".join(part for part in parts if part)


def _deliveries_table(changes: Sequence[Change], style: Style) -> str:
    """Return a row for what a person takes for one change, however differently clusters keep volumes."""
    gone = {change.data_source for change in changes if change.kind is Kind.REMOVE}
    moved = gone.intersection(change.data_source for change in changes if change.kind is Kind.ADD)
    alike: dict[tuple[Kind, str, str], list[Change]] = {}
    for change in changes:
        said = _what(change, moved=change.data_source in moved)
        alike.setdefault((change.kind, change.data_source, said), []).append(change)
    rows: list[Row] = []
    for (kind, data_source, said), group in alike.items():
        clusters = sorted(cluster for change in group for cluster in change.clusters)
        shown = Cell(kind, COLOR.get(kind, "cyan"))
        rows.append((shown, data_source, said, _storage(group), f"{len(clusters):,}", listed(clusters)))
    return table(("change", "image", "what", "storage", "n", "clusters"), rows, style)


def _what(change: Change, *, moved: bool) -> str:
    before, after = change.digests
    parts = []
    if before != after or not change.fields:
        parts.append(f"{short(before)} → {short(after)}" if before and after else _digest(after or before))
    if moved and change.namespace:
        parts.append(f"{'in' if change.kind is Kind.ADD else 'from'} {change.namespace}")
    if len(change.fields) == 1:
        parts.append(setting_text(change.fields[0]))
    elif change.fields:
        parts.append(listed([field.setting for field in change.fields], 2))
    return "; ".join(parts)


def _digest(digest: str | None) -> str:
    return short(digest) if digest else "tracking"


def _storage(changes: Sequence[Change]) -> str:
    more = total_of(map(amount, changes))
    if changes[0].kind is Kind.ADD:
        return f"+{more}"
    return f"+{readable(more.first)}" if more.first else "-"


def _meanings(changes: Sequence[Change], others: Sequence[Surrounding], style: Style) -> Iterator[str]:
    by_kind: dict[Kind, list[Change]] = {}
    for change in changes:
        by_kind.setdefault(change.kind, []).append(change)
    for kind in sorted(by_kind):
        yield wrapped(f"{kind}: {MEANING[kind]}", style, indent="  ")
        yield from _notes(notes(kind, by_kind[kind]), style)
    yield from _notes((*moves(changes), *led_elsewhere(changes, others)), style, indent="  ")
    left = leftovers(changes)
    if left:
        yield wrapped("stays behind, collected by nobody (clean up once verify says converged):", style, indent="  ")
        yield from _notes(left, style)


def _notes(found: Sequence[Note], style: Style, indent: str = "    ") -> Iterator[str]:
    """Yield sentences, warnings first; of the others no more than fit a screen."""
    most = 20 if style.plain else 8
    loud, calm = [note for note in found if note.loud], [note for note in found if not note.loud]
    for note in loud:
        text = wrapped(f"WARNING: {note.text}", style, indent=indent)
        yield lines(Text(text, style="bold red"), style)
    for note in calm[:most]:
        yield wrapped(note.text, style, indent=indent)
    if len(calm) > most:
        yield f"{indent}and {len(calm) - most} more: -o json has all"


def _others_table(others: Sequence[Surrounding], style: Style) -> str:
    rows: list[Row] = [
        (
            Cell(other.act, ACT_COLOR.get(other.act, "cyan")),
            title(other),
            what(other) or "-",
            f"{len(other.clusters):,}",
            listed(other.clusters),
        )
        for other in others
    ]
    return table(("change", "file", "what", "n", "clusters"), rows, style)


def _other_meanings(others: Sequence[Surrounding], style: Style) -> Iterator[str]:
    told: dict[str, list[str]] = {}
    for other in others:
        for sentence in sentences(other):
            told.setdefault(sentence, []).append(title(other))
    for sentence, titles in told.items():
        yield wrapped(f"{listed(sorted(set(titles)))}: {sentence}", style, indent="  ")


def _headline(fleet: str, changes: Sequence[Change], others: Sequence[Surrounding], style: Style) -> str:
    said = []
    total, left = total_of(map(amount, changes)), left_behind(changes)
    if total.first or left != 0:
        behind = f"up to {readable(left)} stays behind" if left is not None else "all that was imported stays behind"
        said.append(f"storage: {total if total.first else 'no'} more{f'; {behind}' if left != 0 else ''}")
    files = counted(sum(len(other.clusters) for other in others), "other file")
    if changes and others:
        said.append(f"{files} would change, too")
    if changes:
        said.append(f"{fleet}: {counted(_deliveries(changes), 'delivery', 'deliveries')} would change")
    else:
        said.append(f"{fleet}: no delivery would change, {files} would")
    return "\n".join(wrapped(line, style) for line in said)


def _deliveries(changes: Sequence[Change]) -> int:
    """Return how many deliveries change, of which one may be removed and added in another namespace."""
    return len({(change.data_source, cluster) for change in changes for cluster in change.clusters})
