"""How verbs come by what they work on: policy, lock, plan, tree."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from gitops_golden.cli.terminal import warn
from gitops_golden.errors import GuardrailError, InputError
from gitops_golden.plan.compile import compile_plan
from gitops_golden.policy.guardrails import built_in_files
from gitops_golden.policy.load import load
from gitops_golden.registry.lockfile import read_lock
from gitops_golden.render.names import CRON_TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from gitops_golden.guardrails.judge import Crons
    from gitops_golden.guardrails.model import Finding
    from gitops_golden.plan.model import Plan, Variant
    from gitops_golden.policy.model import Image, Policy
    from gitops_golden.registry.lock import Lock
    from gitops_golden.render.render import Renderer
    from gitops_golden.render.tree import Tree


@dataclass(frozen=True)
class Fleet:
    """A policy as the user named it, with what follows from it, each worked out when it is first asked for."""

    policy: Policy

    @cached_property
    def lock(self) -> Lock:
        """The lock beside the policy; empty if there is none yet."""
        return read_lock(self.policy.folder)

    @cached_property
    def plan(self) -> Plan:
        """What every cluster is to hold; what is odd about it is told once."""
        plan = compile_plan(self.policy, self.lock)
        warn(plan.warnings)
        return plan

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What guardrails find in the plan; what only warns is told once."""
        from gitops_golden.guardrails.doubts import doubts  # noqa: PLC0415 -- jsonschema only where something is judged
        from gitops_golden.guardrails.judge import judge  # noqa: PLC0415 -- as above
        from gitops_golden.guardrails.rules import rules_of  # noqa: PLC0415 -- as above

        built_in = {name: json.loads(file.read_bytes()) for name, file in built_in_files().items()}
        found = judge(self.plan, self.policy, rules_of(self.policy, built_in), self._written_crons())
        warn(doubts(self.policy))
        warn(finding.problem() for finding in found if not finding.denies)
        return found

    def guard(self) -> None:
        """Raise ``GuardrailError`` if a guardrail denies what is planned."""
        denied = [finding.problem() for finding in self.findings if finding.denies]
        if denied:
            raise GuardrailError(denied)

    def _written_crons(self) -> Crons | None:
        """Return what tells the crons that a template of the user's writes, if there is one."""
        if CRON_TEMPLATE not in dict(self.policy.templates):
            return None
        from gitops_golden.guardrails.crons import written_cron  # noqa: PLC0415 -- as above

        renderer = self.renderer
        return lambda variant: written_cron(renderer.image(variant).content) if variant.locked else None

    @cached_property
    def tree(self) -> Tree:
        """The manifests of every cluster. Raises ``GuardrailError`` if a guardrail denies them."""
        self.guard()
        return self.unguarded

    @cached_property
    def unguarded(self) -> Tree:
        """The manifests of every cluster, whatever guardrails say of them."""
        from gitops_golden.render.render import render_plan  # noqa: PLC0415 -- Jinja2 only where something is rendered

        return render_plan(self.plan, self.renderer)

    @cached_property
    def renderer(self) -> Renderer:
        """What renders what is planned. Raises ``InputErrors`` for users' templates that are wrong."""
        from gitops_golden.render.making import make_renderer  # noqa: PLC0415 -- as above

        return make_renderer(self.plan, self._delivery)

    def _delivery(self, variant: Variant) -> Mapping[str, Any]:
        """Return the published shape of a delivery, as users' templates see it."""
        from gitops_golden.guardrails.shape import delivery_shape  # noqa: PLC0415 -- as above

        image = self.image(variant.image)
        return delivery_shape(variant, image, self.policy.registry, fleet=self.policy.name)

    def image(self, name: str) -> Image:
        """Return an image by name. Raises ``InputError`` for one that the policy does not have."""
        found = next((image for image in self.policy.images if image.name == name), None)
        if found is None:
            names = ", ".join(image.name for image in self.policy.images) or "none"
            raise InputError(f"the policy has no image {name!r}", remedy=f"it has {names}")
        return found


def open_fleet(path: Path) -> Fleet:
    """Return the fleet that FLEET names, telling what is odd about its policy."""
    loaded = load(path)
    warn(loaded.warnings)
    return Fleet(loaded.policy)
