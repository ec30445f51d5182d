"""Policy and lock to plan: which cluster gets which image with which settings.

Most of a large fleet is alike, so everything is decided once per distinct combination of matching placements,
matching overrides and own settings; a cluster then only looks its combination up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gitops_golden.errors import InputErrors, Problem
from gitops_golden.plan.hold import Holdings
from gitops_golden.plan.model import ClusterPlan, Plan
from gitops_golden.plan.platforms import missing_platforms
from gitops_golden.plan.vendor import fought_over
from gitops_golden.policy.model import Tracking
from gitops_golden.policy.schedules import hashed, slot_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gitops_golden.plan.model import Holding
    from gitops_golden.policy.model import Cluster, Image, Layer, Override, Placement, Policy
    from gitops_golden.policy.selectors import Choice
    from gitops_golden.registry.lock import Lock

Matched = tuple[tuple[int, ...], tuple[int, ...]]
"""The positions of the placements and of the overrides that a cluster's name and labels match."""


def compile_plan(policy: Policy, lock: Lock) -> Plan:
    """Return what every cluster is to hold.

    Images that the lock does not know are planned without a digest (``Plan.unlocked`` names them). Raises
    ``InputErrors`` with every delivery that lacks a setting it needs or can't stand beside another, each located in
    the policy.
    """
    compiler = _Compiler(policy, Holdings(policy, lock))
    clusters = tuple(compiler.cluster(cluster) for cluster in policy.clusters)
    problems = (*compiler.holdings.problems, *compiler.holdings.vendor.problems())
    if problems:
        raise InputErrors(dict.fromkeys(problems))
    alike = {id(held.holding): (held.cluster.name, held.holding) for held in reversed(clusters)}
    warnings = (
        *compiler.warnings(),
        *compiler.holdings.vendor.warnings(policy.clusters),
        *fought_over(alike.values(), policy.images),
        *missing_platforms(policy, lock, clusters),
    )
    return Plan(
        fleet=policy.name,
        target=policy.delivery,
        images=policy.images,
        clusters=clusters,
        registry=policy.registry,
        consumers=policy.consumers,
        templates=policy.templates,
        warnings=warnings,
    )


def layers_of(policy: Policy, image: Image, cluster: Cluster) -> tuple[Layer, ...]:
    """Return the layers that decide one delivery's settings, farthest first, as ``resolve`` and ``trace`` take them."""
    labels = dict(cluster.labels)
    there = (override for override in policy.overrides if override.clusters.matches(cluster.name, labels))
    return _layers(policy, image, there, cluster)


def _layers(policy: Policy, image: Image, overrides: Iterable[Override], cluster: Cluster) -> tuple[Layer, ...]:
    """Return the layers of one delivery's settings, farthest first, of ``overrides`` that match its cluster."""
    nearer = (override.layer for override in overrides if _chooses(override.images, image))
    return (policy.defaults, image.layer, *nearer, cluster.layer)


@dataclass(slots=True)
class _Compiler:
    """One compilation: its memory of what was decided already."""

    policy: Policy
    holdings: Holdings
    _matched: dict[tuple[tuple[str, str], ...], Matched] = field(default_factory=dict)
    _held: dict[object, Holding] = field(default_factory=dict)
    _used: set[Matched] = field(default_factory=set)
    _named: frozenset[str] = field(init=False)
    _counted: frozenset[str] = field(init=False)
    _spreads: bool = field(init=False)

    def __post_init__(self) -> None:
        """Note the clusters that a rule or a count names, for equal labels do not mean equal treatment there."""
        rules: tuple[Placement | Override, ...] = (*self.policy.placements, *self.policy.overrides)
        self._named = frozenset(name for rule in rules for name in rule.clusters.names)
        layers = (self.policy.defaults, *(image.layer for image in self.policy.images))
        layers += (*(rule.layer for rule in self.policy.overrides), *(each.layer for each in self.policy.clusters))
        vendor = self.policy.vendor_images
        self._spreads = bool(vendor and vendor.keep) or any(
            isinstance(setting.value, Tracking) and hashed(setting.value.schedule)
            for layer in layers
            for setting in layer.settings
        )
        self._counted = frozenset(
            name
            for image in self.holdings.lock.images
            for count in (image.restarts, image.attempts)
            for name, _ in count.clusters
        )

    def cluster(self, cluster: Cluster) -> ClusterPlan:
        """Return one cluster's plan, sharing the holding of an equal one."""
        matched = self._match(cluster)
        own = tuple((setting.path, setting.value) for setting in cluster.layer)
        counted = cluster.name if cluster.name in self._counted else None
        slot = slot_of(cluster.name) if self._spreads else None
        key = (matched, own, cluster.architecture, cluster.platform, counted, slot)
        holding = self._held.get(key)
        if holding is None:
            holding = self._held[key] = self.holdings.of(cluster, self._chosen(cluster, matched))
        return ClusterPlan(cluster, holding)

    def _match(self, cluster: Cluster) -> Matched:
        if cluster.name in self._named:
            return self._match_afresh(cluster)
        matched = self._matched.get(cluster.labels)
        if matched is None:
            matched = self._matched[cluster.labels] = self._match_afresh(cluster)
        return matched

    def _match_afresh(self, cluster: Cluster) -> Matched:
        labels = dict(cluster.labels)
        matched = (
            _matching(self.policy.placements, cluster.name, labels),
            _matching(self.policy.overrides, cluster.name, labels),
        )
        self._used.add(matched)
        return matched

    def _chosen(self, cluster: Cluster, matched: Matched) -> Iterator[tuple[Image, tuple[Layer, ...]]]:
        """Yield the images that a cluster gets, each with the layers of its settings, farthest first."""
        placements = [self.policy.placements[position] for position in matched[0]]
        overrides = [self.policy.overrides[position] for position in matched[1]]
        for image in self.policy.images:
            if any(_chooses(placement.images, image) for placement in placements):
                yield image, _layers(self.policy, image, overrides, cluster)

    def warnings(self) -> Iterable[Problem]:
        """Yield a warning for every rule that chooses nothing and every image that no placement names."""
        for kind, slot in (("placement", 0), ("override", 1)):
            rules: tuple[Placement | Override, ...] = (self.policy.placements, self.policy.overrides)[slot]
            live = {position for matched in self._used for position in matched[slot]}
            for position, rule in enumerate(rules):
                if position not in live:
                    yield _warning(f"{kind} {rule.name!r} selects no cluster", rule)
                if not any(_chooses(rule.images, image) for image in self.policy.images):
                    yield _warning(f"{kind} {rule.name!r} selects no image", rule)
        for image in self.policy.images:
            if not any(_chooses(placement.images, image) for placement in self.policy.placements):
                yield _warning(f"image {image.name!r} is in no placement, so no cluster gets it", image)


def _matching(rules: Sequence[Placement | Override], name: str, labels: Mapping[str, str]) -> tuple[int, ...]:
    return tuple(position for position, rule in enumerate(rules) if rule.clusters.matches(name, labels))


def _chooses(choice: Choice, image: Image) -> bool:
    return choice.matches(image.name, dict(image.labels))


def _warning(what: str, thing: Placement | Override | Image) -> Problem:
    return Problem(what, thing.where, severity="warning")
