"""Clusters named by what they have in common: a label of the policy, if counting shows that it explains them."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

from gitops_golden.report.words import counted, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops_golden.verify.model import Report

NAMED: Final = 3
"""So few clusters are named; only more are looked at for what they share."""
MOST: Final = 0.8
"""A label explains a group if at least this part of those that bear it are in the group..."""
FEW: Final = 0.5
"""...while of all clusters less than this part are, unless it is each that bears the label."""

Label = tuple[str, str]


class Sites:
    """The labels of a report's clusters."""

    def __init__(self, report: Report) -> None:
        """Count who bears what."""
        self._labels = {result.cluster: result.labels for result in report.clusters}
        self._holding: dict[str, set[str]] = defaultdict(set)
        for result in report.deliveries:
            self._holding[result.data_source].add(result.cluster)
        self._counted: dict[tuple[str, ...], tuple[int, Counter[Label]]] = {}

    def where(self, images: Sequence[str], clusters: Sequence[str], room: int | None = None) -> str:
        """Return images and, after a colon, clusters: ``rhel9, fedora +3: all of site=edge-3``.

        So many names as fit into ``room`` characters, three at most; the rest is counted, and images left out at last.
        """
        for most in range(NAMED, -1, -1):
            told = self.told(images, clusters, most)
            whole = ": ".join(part for part in (self._images(images, most), told) if part)
            if room is None or len(whole) <= room:
                return whole
        return told or whole

    def _images(self, images: Sequence[str], most: int) -> str:
        known = len(self._holding)
        if 1 < known == len(images):
            return f"all {known} images"
        return listed(images, min(most, 2)) if most or len(images) == 1 else counted(len(images), "image")

    def told(self, images: Sequence[str], clusters: Sequence[str], most: int = NAMED) -> str:
        """Return clusters in a few words, ``most`` of them by name; of those that share a label, the label.

        ``all of site=edge-3`` means all that get one of the images.
        """
        total, bearers = self._bearers(tuple(images))
        if NAMED < total == len(clusters):
            return f"all {total:,} clusters"
        if len(clusters) <= most:
            return ", ".join(clusters)
        parts, left = self._explained(clusters, total, bearers) if len(clusters) > NAMED else ([], clusters)
        if left and most:
            parts.append(listed(left, max(1, most - len(parts))))
        elif left:
            parts.append(f"{len(left):,} more" if parts else counted(len(left), "cluster"))
        return ", ".join(parts)

    def _bearers(self, images: tuple[str, ...]) -> tuple[int, Counter[Label]]:
        """Return how many clusters get one of some images, and how many of them bear each label; no image is any."""
        if images not in self._counted:
            held = set().union(*(self._holding[image] for image in images)) if images else set(self._labels)
            counter = Counter(label for cluster in held for label in self._labels.get(cluster, ()))
            self._counted[images] = len(held), counter
        return self._counted[images]

    def _explained(
        self, clusters: Sequence[str], total: int, bearers: Counter[Label]
    ) -> tuple[list[str], Sequence[str]]:
        """Return the labels that explain clusters, in words, and the clusters that they do not."""
        here = Counter(label for cluster in clusters for label in self._labels.get(cluster, ()))
        rare = len(clusters) < FEW * total
        apt = [
            label
            for label, count in here.items()
            if bearers[label] < total
            and count > 1
            and (count == bearers[label] or (rare and count >= MOST * bearers[label]))
        ]
        left = list(clusters)
        whole: dict[str, list[str]] = defaultdict(list)
        partly: list[str] = []
        for key, value in sorted(apt, key=lambda label: (-here[label], label)):
            rest = [cluster for cluster in left if (key, value) not in self._labels.get(cluster, ())]
            if len(rest) == len(left):
                continue
            left = rest
            count, size = here[key, value], bearers[key, value]
            if count == size:
                whole[key].append(value)
            else:
                partly.append(f"{count:,} of {size:,} of {key}={value}")
        return [f"all of {key}={listed(values)}" for key, values in whole.items()] + partly, left
