"""What locking did or would find, as text for people and as JSON for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitops_golden.report.tables import Cell, table
from gitops_golden.report.words import API_VERSION, counted, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops_golden.registry.update import Relocked, TagState
    from gitops_golden.report.tables import Row, Style

COLOR = {"added": "green", "moved": "yellow", "retired": "red", "gone": "bold red", "unreachable": "magenta"}


def changes_json(fleet: str, relocked: Relocked) -> dict[str, Any]:
    """Return what became of each image, as JSON."""
    return {
        "apiVersion": API_VERSION,
        "kind": "LockChanges",
        "metadata": {"name": fleet},
        "changed": relocked.changed,
        "images": [
            {
                "image": change.image,
                "change": change.kind,
                "tag": change.tag,
                "before": change.before,
                "after": change.after,
            }
            for change in relocked.changes
        ],
    }


def changes_text(relocked: Relocked, file: str, style: Style) -> str:
    """Return what became of each image, for a person."""
    rows: list[Row] = [
        (
            change.image,
            change.tag,
            Cell(change.kind, COLOR.get(change.kind, "")),
            short(change.after or change.before)
            if change.before == change.after or not change.before or not change.after
            else f"{short(change.before)} → {short(change.after)}",
        )
        for change in relocked.changes
    ]
    changed = sum(1 for change in relocked.changes if change.kind != "unchanged")
    said = f"{file}: {counted(changed, 'image')} changed" if changed else f"{file}: every tag is as locked"
    return f"{table(('image', 'tag', 'change', 'digest'), rows, style)}\n\n{said}" if rows else said


def states_json(fleet: str, states: Sequence[TagState]) -> dict[str, Any]:
    """Return where each tag stands against the lock, as JSON."""
    return {
        "apiVersion": API_VERSION,
        "kind": "LockCheck",
        "metadata": {"name": fleet},
        "images": [
            {
                "image": state.image,
                "tag": state.tag,
                "state": state.state,
                "locked": state.locked,
                "served": state.served,
                "message": state.message,
            }
            for state in states
        ],
    }


def states_text(states: Sequence[TagState], style: Style) -> str:
    """Return where each tag stands against the lock, for a person."""
    rows: list[Row] = [
        (
            state.image,
            state.tag,
            Cell(state.state, COLOR.get(state.state, "")),
            short(state.locked),
            short(state.served),
        )
        for state in states
    ]
    off = [state for state in states if state.state != "current"]
    told = "\n".join(f"{state.image}: {state.message}" for state in off)
    unknown = sum(1 for state in off if state.state == "unreachable")
    verdicts = (
        f"{counted(len(off) - unknown, 'image')} not as locked" if len(off) > unknown else "",
        f"nothing can be said of {counted(unknown, 'image')}" if unknown else "",
    )
    said = ", ".join(filter(None, verdicts)) or "every tag is as locked"
    parts = (table(("image", "tag", "state", "locked", "registry"), rows, style) if rows else "", told, said)
    return "\n\n".join(part for part in parts if part)
