"""What one kind of cluster holds: variants, pointers at them, and what can't stand beside each other.

Which placements and overrides a cluster matches is decided before (``compile``).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gitops_golden.errors import InputError, Problem
from gitops_golden.plan.model import Holding, Pointer, Variant
from gitops_golden.plan.vendor import VendorDecision
from gitops_golden.policy.model import Tracking
from gitops_golden.policy.names import NAME
from gitops_golden.policy.schedules import hashed, slot_of, spread
from gitops_golden.policy.settings import resolve
from gitops_golden.vendor.catalogue import golden_namespace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gitops_golden.errors import Location
    from gitops_golden.policy.model import Cluster, Image, Layer, Policy
    from gitops_golden.policy.settings import Settings
    from gitops_golden.registry.lock import Lock


def ca_name(fleet: str) -> str:
    """Return the name of the ConfigMap with the registry's certificates."""
    return f"{fleet}-registry-ca"


@dataclass(frozen=True, slots=True)
class _DataSource:
    """A DataSource that a cluster gets: of which kind of ``file``, and who says so ``where``."""

    namespace: str
    name: str
    owner: str
    where: Location
    file: str


@dataclass(slots=True)
class Holdings:
    """Makes holdings for one policy and lock, noting what is wrong with them in ``problems``."""

    policy: Policy
    lock: Lock
    problems: list[Problem] = field(default_factory=list)
    vendor: VendorDecision = field(init=False)
    _shared: dict[Variant, Variant] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.vendor = VendorDecision(self.policy.vendor_images, self.policy.images)

    def of(self, cluster: Cluster, chosen: Iterable[tuple[Image, Sequence[Layer]]]) -> Holding:
        """Return what a cluster holds of ``chosen`` images, each with the layers of its settings, farthest first."""
        variants: list[Variant] = []
        pointers: list[Pointer] = []
        for image, layers in chosen:
            try:
                settings = _on(resolve(layers), cluster)
            except InputError as error:
                self.problems.extend(error.problems)
                continue
            # A variant is of one architecture, whichever others its cluster has.
            own = replace(settings, architectures=()) if settings.architectures else settings
            made = tuple(self._variant(image, cluster, own, each) for each in settings.architectures or (None,))
            variants += made
            self._too_long(image, layers, made)
            end = _end(made, cluster)
            if end is None:
                self._lacks(image, layers, cluster, settings)
                continue
            if end.architecture:
                pointers.append(Pointer(image.name, end, channel=False))
            pointers += (Pointer(channel.name, end) for channel in self.policy.channels if channel.image == image.name)
        holding = Holding(
            tuple(sorted(variants, key=lambda variant: variant.data_source)),
            tuple(sorted(pointers, key=lambda pointer: (pointer.name, pointer.namespace))),
            cluster.platform,
            self.vendor.on(cluster, variants),
        )
        self._clashes(holding)
        return holding

    def _variant(self, image: Image, cluster: Cluster, settings: Settings, architecture: str | None) -> Variant:
        registry = self.policy.registry
        variant = Variant(
            image=image.name,
            source=f"{settings.mirror or registry.address}/{image.repository}",
            tag=image.tag,
            digest=self.lock.digest(image.name, repository=image.repository) if settings.update is None else None,
            settings=settings,
            pull_secret=registry.pull_secret,
            restarts=self.lock.restarts_on(image.name, cluster.name),
            attempts=self.lock.attempts_on(image.name, cluster.name),
            architecture=architecture,
            ca_config_map=ca_name(self.policy.name) if registry.ca_bundle else None,
        )
        return self._shared.setdefault(variant, variant)

    def _too_long(self, image: Image, layers: Sequence[Layer], made: tuple[Variant, ...]) -> None:
        for variant in made:
            if len(variant.data_source) > NAME:
                # CDI's webhook denies it, so an apply would fail for ever.
                what = f"DataSource {variant.data_source} would be longer than {NAME} characters"
                where = _said(layers, "architectures") or image.where
                self.problems.append(Problem(what, where, f"give image {image.name!r} a shorter name"))

    def _lacks(self, image: Image, layers: Sequence[Layer], cluster: Cluster, settings: Settings) -> None:
        listed = ", ".join(settings.architectures)
        what = f"image {image.name!r} is for {listed}, and {cluster.name} runs {cluster.architecture}"
        remedy = "add the architecture, or place the image on other clusters"
        self.problems.append(Problem(what, _said(layers, "architectures") or image.where, remedy))

    def _clashes(self, holding: Holding) -> None:
        """Note every name that two DataSources of one namespace would have, or two deliveries or two pointers.

        Files and reports tell those by their names alone, whatever their namespaces.
        """
        taken: dict[tuple[str, str], str] = {}
        alike: dict[tuple[str, str], str] = {}
        for made in self._data_sources(holding):
            first = taken.setdefault((made.namespace, made.name), made.owner)
            other = alike.setdefault((made.file, made.name), made.owner)
            if first != made.owner:
                what = f"{made.owner} and {first} would both be DataSource {made.name} in {made.namespace}"
                apart = "" if other != made.owner else ", or give it a namespace of its own"
                self.problems.append(Problem(what, made.where, f"rename one of them{apart}"))
            elif other != made.owner:
                what = f"{made.owner} and {other} would both be DataSource {made.name} on one cluster"
                self.problems.append(Problem(what, made.where, "rename one of them"))

    def _data_sources(self, holding: Holding) -> Iterator[_DataSource]:
        images = {image.name: image.where for image in self.policy.images}
        channels = {channel.name: channel.where for channel in self.policy.channels}
        for variant in holding.variants:
            owner, where = f"image {variant.image!r}", images[variant.image]
            yield _DataSource(variant.settings.namespace, variant.data_source, owner, where, "image")
        for pointer in holding.pointers:
            kind, places = ("channel", channels) if pointer.channel else ("image", images)
            owner = f"{kind} {pointer.name!r}"
            yield _DataSource(pointer.namespace, pointer.name, owner, places[pointer.name], "pointer")
        for vendors, variant in holding.vendor.replace if holding.vendor else ():
            # HyperConverged makes it, in the vendor's namespace.
            namespace, where = golden_namespace(holding.platform.kind), images[variant.image]
            yield _DataSource(namespace, vendors.name, "vendorImages.replace", where, "hyperconverged")


def _on(settings: Settings, cluster: Cluster) -> Settings:
    """Return settings with their schedule's H as this cluster has it."""
    if settings.update is None or not hashed(settings.update.schedule):
        return settings
    return replace(settings, update=Tracking(spread(settings.update.schedule, slot_of(cluster.name))))


def _end(made: tuple[Variant, ...], cluster: Cluster) -> Variant | None:
    """Return the variant that consumers of this cluster are given under the image's name."""
    if made[0].architecture is None:
        return made[0]
    return next((variant for variant in made if variant.architecture == cluster.architecture), None)


def _said(layers: Sequence[Layer], path: str) -> Location | None:
    """Return where a setting was last set."""
    places = [setting.where for layer in layers for setting in layer if setting.path == path]
    return places[-1] if places else None
