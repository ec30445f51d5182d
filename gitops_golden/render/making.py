"""A renderer for a plan: the shipped templates with the user's over them, and what the user's need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitops_golden.render.checked import Checked
from gitops_golden.render.extras import Extras
from gitops_golden.render.kinds import Kinds
from gitops_golden.render.render import Renderer
from gitops_golden.render.values import Values
from gitops_golden.resources import shipped
from gitops_golden.templating.environment import Templates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gitops_golden.plan.model import Plan, Variant


def make_renderer(plan: Plan, delivery: Callable[[Variant], Mapping[str, Any]]) -> Renderer:
    """Return what renders a plan. ``delivery`` gives the published shape of a variant, for users' templates.

    Raises ``InputErrors`` with every mistake in users' templates that shows without values.
    """
    values = Values.of(plan)
    templates = Templates(shipped("templates"), dict(plan.templates))
    if not plan.templates:
        return Renderer(values, templates)
    return Renderer(
        values, templates, Checked(Kinds(shipped("policies") / "kinds")), Extras(values, templates, delivery)
    )
