"""The values of a plan: deliveries, and what equal clusters share of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops_golden.errors import Problem
    from gitops_golden.policy.model import (
        Cluster,
        DeliveryTarget,
        Image,
        Platform,
        Registry,
        Source,
        Subject,
        VendorTemplate,
    )
    from gitops_golden.policy.settings import Settings
    from gitops_golden.vendor.catalogue import VendorImage


@dataclass(frozen=True, slots=True)
class Variant:
    """A delivery without its cluster: all that its manifests say, so clusters that hold the same share one object.

    ``source`` is the image's repository with the registry's address or its mirror's, as clusters pull it; ``digest``
    what the lock pins, or None where the image tracks its tag or is not locked yet. ``restarts`` and ``attempts`` are
    the lock's counts for getting an import unstuck. ``architecture`` is that of the volume where the image has a
    volume for each, so that an image may have several variants on a cluster.
    """

    image: str
    source: str
    tag: str
    digest: str | None
    settings: Settings
    pull_secret: str | None = None
    restarts: int = 0
    attempts: int = 0
    architecture: str | None = None
    ca_config_map: str | None = None

    @property
    def data_source(self) -> str:
        """The name of the DataSource that consumers clone from, and what the delivery's file is called after."""
        return f"{self.image}-{self.architecture}" if self.architecture else self.image

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
class Pointer:
    """A DataSource that points at a delivery's: a channel, or an image's name where each architecture has its own.

    ``end`` is never itself a pointer: CDI refuses a second step (``MaxReferenceDepthReached``).
    """

    name: str
    end: Variant
    channel: bool = True

    @property
    def namespace(self) -> str:
        """Its namespace, which is that of its end: CDI refuses references across."""
        return self.end.settings.namespace


@dataclass(frozen=True, slots=True)
class VendorPlan:
    """What a cluster's HyperConverged is told about boot images.

    ``imports`` switches the vendor's own on or off, None says nothing of it. ``keep`` are listed in full, ``remove``
    switched off, ``replace`` served from the fleet's variant; ``templates`` are the cluster admin's own. Without any
    of these the list is not touched. ``slot`` is the cluster's, by which the schedules of what is kept are spread.
    """

    platform: Platform
    imports: bool | None
    keep: tuple[VendorImage, ...] = ()
    remove: tuple[VendorImage, ...] = ()
    replace: tuple[tuple[VendorImage, Variant], ...] = ()
    templates: tuple[VendorTemplate, ...] = ()
    slot: int = 0

    @property
    def lists(self) -> bool:
        """Whether the list of templates is ours to write."""
        return bool(self.keep or self.remove or self.replace or self.templates)

    @property
    def silent(self) -> bool:
        """Whether HyperConverged is told nothing, as where the platform has none of the images that are named."""
        return self.imports is None and not self.lists


@dataclass(frozen=True, slots=True)
class Holding:
    """What a cluster holds, without its name: clusters that hold the same share one object.

    ``variants`` are sorted by DataSource, ``pointers`` by name.
    """

    variants: tuple[Variant, ...]
    pointers: tuple[Pointer, ...]
    platform: Platform
    vendor: VendorPlan | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to render for it."""
        return not self.variants and (self.vendor is None or self.vendor.silent)

    @property
    def namespaces(self) -> tuple[str, ...]:
        """The namespaces that hold its images, sorted."""
        return tuple(sorted({variant.settings.namespace for variant in self.variants}))


@dataclass(frozen=True, slots=True)
class ClusterPlan:
    """What one cluster is to hold. Equal clusters share the very same ``holding``."""

    cluster: Cluster
    holding: Holding

    @property
    def variants(self) -> tuple[Variant, ...]:
        """Its deliveries without its name, sorted by DataSource."""
        return self.holding.variants


@dataclass(frozen=True, slots=True)
class Plan:
    """All deliveries of the fleet for one policy and one lock, with what is odd about them."""

    fleet: str
    target: DeliveryTarget
    images: tuple[Image, ...]
    clusters: tuple[ClusterPlan, ...]
    registry: Registry
    consumers: tuple[Subject, ...] = ()
    templates: tuple[tuple[str, Source], ...] = ()
    warnings: tuple[Problem, ...] = ()

    def deliveries(self) -> Iterator[Delivery]:
        """Yield every delivery, by cluster, then DataSource."""
        for held in self.clusters:
            for variant in held.variants:
                yield Delivery(held.cluster.name, variant)

    @property
    def receiving(self) -> tuple[ClusterPlan, ...]:
        """The clusters that anything is rendered for: nothing is to be said of the others."""
        return tuple(held for held in self.clusters if not held.holding.empty)

    @property
    def size(self) -> int:
        """The number of deliveries."""
        return sum(len(held.variants) for held in self.clusters)

    def unlocked(self) -> tuple[str, ...]:
        """Return the names of pinned images that clusters are to hold and the lock has no release for."""
        return tuple(sorted({variant.image for variant in self.variants() if not variant.locked}))

    def distinct(self) -> tuple[Holding, ...]:
        """Return what clusters hold, each different holding once."""
        return tuple({id(held.holding): held.holding for held in self.clusters}.values())

    def variants(self) -> tuple[Variant, ...]:
        """Return every distinct variant, in the order of the clusters that hold them."""
        found = {id(variant): variant for holding in self.distinct() for variant in holding.variants}
        return tuple(found.values())
