"""The values of a plan: deliveries, and the variants that equal clusters share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops_golden.errors import Problem
    from gitops_golden.policy.model import Cluster, DeliveryTarget, Image
    from gitops_golden.policy.settings import Settings


@dataclass(frozen=True, slots=True)
class Variant:
    """A delivery without its cluster: all that its manifests say, so clusters that hold the same share one object.

    ``source`` is the image's repository with the registry's address, as clusters pull it; ``digest`` what the lock
    pins, or None where the image tracks its tag or is not locked yet. ``restarts`` and ``attempts`` are the lock's
    counts for getting an import unstuck.
    """

    image: str
    source: str
    tag: str
    digest: str | None
    settings: Settings
    pull_secret: str | None = None
    restarts: int = 0
    attempts: int = 0

    @property
    def tracking(self) -> bool:
        """Whether CDI polls the tag by itself instead of holding the locked digest."""
        return self.settings.update is not None

    @property
    def locked(self) -> bool:
        """Whether there is something to render: a pinned image needs a digest."""
        return self.tracking or self.digest is not None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One image on one cluster, with every setting resolved."""

    cluster: str
    variant: Variant

    @property
    def image(self) -> str:
        """The image's name."""
        return self.variant.image


@dataclass(frozen=True, slots=True)
class ClusterPlan:
    """What one cluster is to hold. Equal clusters share the very same ``variants`` tuple, sorted by image."""

    cluster: Cluster
    variants: tuple[Variant, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All deliveries of the fleet for one policy and one lock, with what is odd about them."""

    fleet: str
    target: DeliveryTarget
    images: tuple[Image, ...]
    clusters: tuple[ClusterPlan, ...]
    warnings: tuple[Problem, ...] = ()

    def deliveries(self) -> Iterator[Delivery]:
        """Yield every delivery, by cluster, then image."""
        for held in self.clusters:
            for variant in held.variants:
                yield Delivery(held.cluster.name, variant)

    @property
    def receiving(self) -> tuple[ClusterPlan, ...]:
        """The clusters that get any image: nothing is to be said of the others."""
        return tuple(held for held in self.clusters if held.variants)

    @property
    def size(self) -> int:
        """The number of deliveries."""
        return sum(len(held.variants) for held in self.clusters)

    def unlocked(self) -> tuple[str, ...]:
        """Return the names of pinned images that clusters are to hold and the lock has no release for."""
        return tuple(
            sorted({variant.image for variants in self.distinct() for variant in variants if not variant.locked})
        )

    def distinct(self) -> tuple[tuple[Variant, ...], ...]:
        """Return what clusters hold, each different holding once."""
        return tuple({id(held.variants): held.variants for held in self.clusters}.values())
