"""Equal changes of many clusters made one: what differs is looked at once for each distinct pair of files."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

State = bytes | None
"""A file, or None where there is none."""
Key = TypeVar("Key", bound="Hashable")
Found = TypeVar("Found", bound="Hashable")


def alike(
    states: Iterable[tuple[str, Key, State, State]], between: Callable[[Key, State, State], Iterable[Found]]
) -> dict[Found, tuple[str, ...]]:
    """Return what ``between`` finds among (cluster, key, file before, file after), with its clusters, sorted."""
    pairs: dict[tuple[Key, State, State], list[str]] = {}
    for cluster, key, before, after in states:
        if before != after:
            pairs.setdefault((key, before, after), []).append(cluster)
    merged: dict[Found, list[str]] = {}
    for (key, before, after), clusters in pairs.items():
        for found in between(key, before, after):
            merged.setdefault(found, []).extend(clusters)
    return {found: tuple(sorted(clusters)) for found, clusters in merged.items()}
