"""Policy and lock to plan: which cluster gets which image with which settings.

Most of a large fleet is alike, so everything is decided once per distinct combination of matching placements,
matching overrides and own settings; a cluster then only looks its combination up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gitops_golden.errors import InputError, InputErrors, Problem
from gitops_golden.plan.model import ClusterPlan, Plan, Variant
from gitops_golden.plan.platforms import missing_platforms
from gitops_golden.policy.settings import resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gitops_golden.policy.model import Cluster, Image, Layer, Override, Placement, Policy
    from gitops_golden.policy.selectors import Choice
    from gitops_golden.policy.settings import Settings
    from gitops_golden.registry.lock import Lock

Matched = tuple[tuple[int, ...], tuple[int, ...]]
"""The positions of the placements and of the overrides that a cluster's name and labels match."""


def compile_plan(policy: Policy, lock: Lock) -> Plan:
    """Return what every cluster is to hold.

    Images that the lock does not know are planned without a digest (``Plan.unlocked`` names them). Raises
    ``InputErrors`` with every delivery that lacks a setting it needs, each located at the image.
    """
    compiler = _Compiler(policy, lock)
    clusters = tuple(compiler.cluster(cluster) for cluster in policy.clusters)
    if compiler.problems:
        raise InputErrors(dict.fromkeys(compiler.problems))
    warnings = (*compiler.warnings(), *missing_platforms(policy, lock, clusters))
    return Plan(policy.name, policy.delivery, policy.images, clusters, warnings)


def layers_of(policy: Policy, image: Image, cluster: Cluster) -> tuple[Layer, ...]:
    """Return the layers that decide one delivery's settings, farthest first, as ``resolve`` and ``trace`` take them."""
    labels = dict(cluster.labels)
    overrides = [
        override.layer
        for override in policy.overrides
        if override.clusters.matches(cluster.name, labels) and override.images.matches(image.name, dict(image.labels))
    ]
    return (policy.defaults, image.layer, *overrides, cluster.layer)


@dataclass(slots=True)
class _Compiler:
    """One compilation: its memory of what was decided already."""

    policy: Policy
    lock: Lock
    problems: list[Problem] = field(default_factory=list)
    _matched: dict[tuple[tuple[str, str], ...], Matched] = field(default_factory=dict)
    _held: dict[object, tuple[Variant, ...]] = field(default_factory=dict)
    _variants: dict[Variant, Variant] = field(default_factory=dict)
    _used: set[Matched] = field(default_factory=set)
    _named: frozenset[str] = field(init=False)
    _counted: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Note the clusters that a rule or a count names, for equal labels do not mean equal treatment there."""
        rules: tuple[Placement | Override, ...] = (*self.policy.placements, *self.policy.overrides)
        self._named = frozenset(name for rule in rules for name in rule.clusters.names)
        self._counted = frozenset(
            name
            for image in self.lock.images
            for count in (image.restarts, image.attempts)
            for name, _ in count.clusters
        )

    def cluster(self, cluster: Cluster) -> ClusterPlan:
        """Return one cluster's plan, sharing the variants of an equal one."""
        matched = self._match(cluster)
        own = tuple((setting.path, setting.value) for setting in cluster.layer)
        key = (matched, own, cluster.name if cluster.name in self._counted else None)
        held = self._held.get(key)
        if held is None:
            held = self._held[key] = self._hold(cluster, matched)
        return ClusterPlan(cluster, held)

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

    def _hold(self, cluster: Cluster, matched: Matched) -> tuple[Variant, ...]:
        placements = [self.policy.placements[position] for position in matched[0]]
        held = []
        for image in self.policy.images:
            if not any(_chooses(placement.images, image) for placement in placements):
                continue
            overrides = [self.policy.overrides[position] for position in matched[1]]
            chosen = [override.layer for override in overrides if _chooses(override.images, image)]
            try:
                settings = resolve((self.policy.defaults, image.layer, *chosen, cluster.layer))
            except InputError as error:
                self.problems.extend(error.problems)
                continue
            held.append(self._variant(image, cluster.name, settings))
        return tuple(held)

    def _variant(self, image: Image, cluster: str, settings: Settings) -> Variant:
        variant = Variant(
            image=image.name,
            source=f"{self.policy.registry.address}/{image.repository}",
            tag=image.tag,
            digest=self.lock.digest(image.name, repository=image.repository) if settings.update is None else None,
            settings=settings,
            pull_secret=self.policy.registry.pull_secret,
            restarts=self.lock.restarts_on(image.name, cluster),
            attempts=self.lock.attempts_on(image.name, cluster),
        )
        return self._variants.setdefault(variant, variant)

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
