"""A plan narrowed to what somebody asks about: some images, some clusters, one shard of the fleet."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from gitops_golden.errors import InputError, InputErrors, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gitops_golden.plan.model import ClusterPlan, Holding, Plan
    from gitops_golden.policy.selectors import Selector

MOST_LISTED: Final = 8
"""How many names a message lists."""


def shard_number(cluster: str, count: int) -> int:
    """Return which of ``count`` shards a cluster of this name is in, from 1: the same on every machine and day."""
    digest = hashlib.sha256(cluster.encode()).digest()
    return int.from_bytes(digest[:8], "big") % count + 1


@dataclass(frozen=True, slots=True)
class Shard:
    """One of ``count`` parts of a fleet, ``number`` from 1.

    A cluster's name alone decides which part it is in, so a cluster that comes or goes moves no other one.
    """

    number: int
    count: int

    def holds(self, cluster: str) -> bool:
        """Tell whether a cluster is in this part."""
        return shard_number(cluster, self.count) == self.number

    def __str__(self) -> str:
        """``3/16``."""
        return f"{self.number}/{self.count}"


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What a plan is narrowed to; without anything it is the whole plan.

    ``images`` and ``clusters`` are names, none for all. ``selector`` is by clusters' labels, ``selector_text`` as it
    was written.
    """

    images: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    selector: Selector | None = None
    selector_text: str = ""
    shard: Shard | None = None

    @property
    def narrows(self) -> bool:
        """Whether it leaves anything out."""
        return self != Narrowing()

    @property
    def whole_clusters(self) -> bool:
        """Whether clusters are looked at as a whole, not by some of their images alone."""
        return not self.images


EVERYTHING: Final = Narrowing()
"""What leaves nothing out."""


def narrow(plan: Plan, narrowing: Narrowing) -> Plan:
    """Return the part of a plan that is asked about; equal clusters still share one holding.

    Under ``images`` a holding has their variants and the pointers at them, and nothing of the vendor's images, which
    are a matter of the cluster as a whole. A shard may be empty. Raises ``InputError`` for names that the plan does
    not have, and where nothing is left before the shard is taken: no finding of nothing would be no proof.
    """
    if not narrowing.narrows:
        return plan
    _known(plan, narrowing)
    clusters = _selected(plan, narrowing)
    if narrowing.images:
        images = frozenset(narrowing.images)
        clusters = _of_images(clusters, images)
        plan = replace(plan, images=tuple(image for image in plan.images if image.name in images))
    if all(held.holding.empty for held in clusters):
        what = "anything" if narrowing.whole_clusters else _listed(narrowing.images)
        remedy = "see `gitops-golden plan -o wide` for which cluster holds what"
        raise InputError(f"no cluster that is asked for is to hold {what}", remedy=remedy)
    shard = narrowing.shard
    return replace(plan, clusters=tuple(held for held in clusters if shard is None or shard.holds(held.cluster.name)))


def _known(plan: Plan, narrowing: Narrowing) -> None:
    images = [image.name for image in plan.images]
    clusters = [held.cluster.name for held in plan.clusters]
    problems = (*_unknown("image", narrowing.images, images), *_unknown("cluster", narrowing.clusters, clusters))
    if problems:
        raise InputErrors(problems)


def _unknown(kind: str, names: Iterable[str], known: Sequence[str]) -> Iterator[Problem]:
    there = frozenset(known)
    for name in names:
        if name not in there:
            near = get_close_matches(name, known, 1)
            remedy = f"did you mean {near[0]}?" if near else f"it has {_listed(known)}"
            yield Problem(f"the policy has no {kind} {name!r}", remedy=remedy)


def _selected(plan: Plan, narrowing: Narrowing) -> tuple[ClusterPlan, ...]:
    """Return the clusters of the given names, or all, that the selector matches, too."""
    names, selector = frozenset(narrowing.clusters), narrowing.selector
    named = tuple(held for held in plan.clusters if not names or held.cluster.name in names)
    found = tuple(held for held in named if selector is None or selector.matches(dict(held.cluster.labels)))
    if not found:
        which = "none of the clusters that are named" if names else "no cluster"
        what = f"the selector {narrowing.selector_text!r} matches {which}"
        raise InputError(what, remedy=f"their labels are {_labels(named)}" if named else "the policy has no cluster")
    return found


def _of_images(clusters: Sequence[ClusterPlan], images: frozenset[str]) -> tuple[ClusterPlan, ...]:
    """Return clusters with what they hold of some images, each different holding made once."""
    made: dict[int, Holding] = {}
    for held in clusters:
        whole = held.holding
        if id(whole) not in made:
            made[id(whole)] = replace(
                whole,
                variants=tuple(variant for variant in whole.variants if variant.image in images),
                pointers=tuple(pointer for pointer in whole.pointers if pointer.end.image in images),
                vendor=None,
            )
    return tuple(replace(held, holding=made[id(held.holding)]) for held in clusters)


def _labels(clusters: Iterable[ClusterPlan]) -> str:
    """Return the labels that clusters have, each with some of its values."""
    values: dict[str, set[str]] = {}
    for held in clusters:
        for key, value in held.cluster.labels:
            values.setdefault(key, set()).add(value)
    return _listed([f"{key}={'|'.join(_some(sorted(found)))}" for key, found in sorted(values.items())])


def _some(names: Sequence[str]) -> Sequence[str]:
    return [*names[:MOST_LISTED], "..."] if len(names) > MOST_LISTED else names


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
    return ", ".join(names[:MOST_LISTED]) + more if names else "none"
