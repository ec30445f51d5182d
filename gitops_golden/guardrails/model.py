"""The values of judging: a rule, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitops_golden.errors import Problem
from gitops_golden.policy.selectors import EVERYTHING

if TYPE_CHECKING:
    from gitops_golden.errors import Location
    from gitops_golden.guardrails.schemas import Schema
    from gitops_golden.policy.model import Cluster, Image
    from gitops_golden.policy.selectors import Choice

DENY: Final = "deny"
WARN: Final = "warn"
OFF: Final = "off"
NAMED_CLUSTERS: Final = 3


@dataclass(frozen=True, slots=True)
class Scope:
    """The deliveries that a rule is about: some images on some clusters."""

    images: Choice = EVERYTHING
    clusters: Choice = EVERYTHING

    def has_image(self, image: Image) -> bool:
        """Tell whether any delivery of an image may be in it."""
        return self.images.matches(image.name, dict(image.labels))

    def has_cluster(self, cluster: Cluster) -> bool:
        """Tell whether any delivery on a cluster may be in it."""
        return self.clusters is EVERYTHING or self.clusters.matches(cluster.name, dict(cluster.labels))


@dataclass(frozen=True, slots=True)
class Rule:
    """A guardrail ready to judge: ``mode`` is ``deny`` or ``warn``.

    ``but`` are the deliveries for which the policy says something else of this rule. ``built_in`` tells our own.
    """

    name: str
    mode: str
    schema: Schema
    scope: Scope = Scope()
    but: Scope | None = None
    built_in: bool = False

    def judges(self, image: Image, cluster: Cluster) -> bool:
        """Tell whether it judges one delivery."""
        if not (self.scope.has_image(image) and self.scope.has_cluster(cluster)):
            return False
        return not (self.but and self.but.has_image(image) and self.but.has_cluster(cluster))


@dataclass(frozen=True, slots=True)
class Finding:
    """What one guardrail finds wrong with one image on some clusters, at the line of the policy that caused it.

    ``path`` is the property's in the delivery's shape, dotted; ``advice`` what the schema says of its rule.
    """

    guardrail: str
    mode: str
    image: str
    data_source: str
    clusters: tuple[str, ...]
    path: str
    message: str
    advice: str
    where: Location

    @property
    def denies(self) -> bool:
        """Whether nothing may be rendered because of it."""
        return self.mode == DENY

    def problem(self) -> Problem:
        """Return it as a line for a person."""
        count = len(self.clusters)
        named = ", ".join(self.clusters[:NAMED_CLUSTERS])
        rest = f" and {count - NAMED_CLUSTERS:,} more" if count > NAMED_CLUSTERS else ""
        what = f"guardrail {self.guardrail}: {self.data_source} on {named}{rest}: {self.message}"
        return Problem(what, self.where, self.advice, "error" if self.denies else "warning")
