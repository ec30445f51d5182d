"""How verbs come by what they work on: policy, lock, plan, tree."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from gitops_golden.cli.terminal import warn
from gitops_golden.errors import InputError
from gitops_golden.plan.compile import compile_plan
from gitops_golden.policy.load import load
from gitops_golden.registry.lockfile import read_lock
from gitops_golden.resources import shipped

if TYPE_CHECKING:
    from pathlib import Path

    from gitops_golden.plan.model import Plan
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
    def tree(self) -> Tree:
        """The manifests of every cluster."""
        from gitops_golden.render.render import render_plan  # noqa: PLC0415 -- Jinja2 only where something is rendered

        return render_plan(self.plan, shipped("templates"))

    def renderer(self) -> Renderer:
        """Return what renders single variants, locked or not."""
        from gitops_golden.render.environment import Templates  # noqa: PLC0415 -- as above
        from gitops_golden.render.render import Renderer  # noqa: PLC0415 -- as above

        return Renderer(self.policy.name, Templates(shipped("templates")))

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
