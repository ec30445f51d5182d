"""Whose hand wrote a field that differs, and when: for messages, and for since when something is broken."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from gitops_golden.fleet.managed import written

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from typing import Any

Field: TypeAlias = tuple[str, str, str]
"""The path of a label or an annotation."""
LONGEST = 60
"""Characters of a manager's name that are told: names come from the cluster, and whoever may write there picks them."""


class Hand(NamedTuple):
    """Who wrote something: a clause to end a sentence with, empty if that is not known, and when."""

    told: str
    when: datetime | None


def hand(obj: Mapping[str, Any], *paths: Iterable[str]) -> Hand:
    """Return who last wrote one of some fields of an object, as far as the API server noted it."""
    writers = [writer for path in paths if (writer := written(obj, *path))]
    if not writers:
        return Hand("", None)
    dated = [(writer.when, place) for place, writer in enumerate(writers) if writer.when]
    last = writers[max(dated)[1]] if dated else writers[0]
    name = last.manager if len(last.manager) <= LONGEST else f"{last.manager[: LONGEST - 1]}…"
    at = f" at {last.when:%Y-%m-%d %H:%M} UTC" if last.when else ""
    return Hand(f", last written by {name or 'nobody named'}{at}", last.when)


def label(key: str) -> Field:
    """Return the path of a label."""
    return "metadata", "labels", key


def annotation(key: str) -> Field:
    """Return the path of an annotation."""
    return "metadata", "annotations", key
