"""How many deliveries a publish would take away: what the guard against an empty inventory needs to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops_golden.render.names import data_source_of

if TYPE_CHECKING:
    from gitops_golden.git.manifest import Listing
    from gitops_golden.render.tree import Tree


@dataclass(frozen=True, slots=True)
class Removals:
    """Deliveries in Git now, and how many of them would go."""

    going: int
    present: int

    @property
    def share(self) -> float:
        """The part that would go, from 0 to 1; 0 where there is nothing."""
        return self.going / self.present if self.present else 0.0


def removals(tree: Tree, listing: Listing) -> Removals:
    """Count the deliveries (files named ``image-*.yaml``) that are ours in Git, and those ``tree`` lacks."""
    wanted = dict(tree.folders)
    alike: dict[tuple[tuple[str, ...], int], tuple[int, int]] = {}
    present = going = 0
    for path, names in listing.folders:
        folder = wanted.get(path)
        key = names, id(folder)
        if key not in alike:
            here = frozenset(name for name in names if data_source_of(name))
            alike[key] = len(here), len(here.difference(folder.names if folder else ()))
        present += alike[key][0]
        going += alike[key][1]
    return Removals(going, present)
