"""Which rules hold for a policy: its own guardrails, and the built-in ones as it switches them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitops_golden.errors import InputErrors
from gitops_golden.guardrails.model import OFF, Rule, Scope
from gitops_golden.guardrails.schemas import examined, trusted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitops_golden.errors import Problem
    from gitops_golden.policy.model import Guardrail, Policy

    BuiltIn = Mapping[str, dict[str, Any]]

MODE_KEYWORD = "x-mode"
"""Where a built-in schema says how strict it is unless the policy says otherwise."""


def rules_of(policy: Policy, built_in: BuiltIn) -> tuple[Rule, ...]:
    """Return the rules that a policy's deliveries are judged by; ``built_in`` are our schemas by name.

    A built-in rule that the policy names has the mode that it gives there, for the images and clusters that it
    chooses, and its own for the others; a schema of the policy's under its name takes its place altogether. Raises
    InputErrors with the faults of all the policy's schemas.
    """
    named = {guardrail.name: guardrail for guardrail in policy.guardrails}
    rules: list[Rule] = []
    problems: list[Problem] = []
    for guardrail in policy.guardrails:
        try:
            rules += _named(guardrail, built_in)
        except InputErrors as error:
            problems += error.problems
    if problems:
        raise InputErrors(dict.fromkeys(problems))
    for name, data in built_in.items():
        switch = named.get(name)
        if data[MODE_KEYWORD] != OFF and (switch is None or switch.schema is None):
            but = None if switch is None else Scope(switch.images, switch.clusters)
            rules.append(Rule(name, data[MODE_KEYWORD], trusted(data), but=but, built_in=True))
    return tuple(rules)


def _named(guardrail: Guardrail, built_in: BuiltIn) -> Iterator[Rule]:
    """Yield the rule that a policy's guardrail makes; one that is switched off is examined all the same."""
    if guardrail.schema is None:
        schema = trusted(built_in[guardrail.name])
    else:
        assert guardrail.text is not None
        schema = examined(dict(guardrail.schema), guardrail.text)
    if guardrail.mode != OFF:
        scope = Scope(guardrail.images, guardrail.clusters)
        yield Rule(guardrail.name, guardrail.mode, schema, scope, built_in=guardrail.schema is None)
