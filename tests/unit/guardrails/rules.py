"""Plans judged for tests: a policy with guardrails in, what they find out."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from gitops_golden.documents import parse_one
from gitops_golden.guardrails.judge import judge
from gitops_golden.guardrails.rules import rules_of
from gitops_golden.plan.compile import compile_plan
from gitops_golden.policy.guardrails import built_in_files
from gitops_golden.policy.model import Guardrail
from gitops_golden.policy.selectors import EVERYTHING
from tests.builders import HERE, lock, locked

if TYPE_CHECKING:
    from gitops_golden.guardrails.judge import Crons
    from gitops_golden.guardrails.model import Finding
    from gitops_golden.policy.model import Policy
    from gitops_golden.policy.selectors import Choice


@cache
def built_in() -> dict[str, dict[str, Any]]:
    return {name: json.loads(file.read_bytes()) for name, file in built_in_files().items()}


def guardrail(
    schema: dict[str, Any] | None = None,
    *,
    name: str = "mine",
    mode: str = "deny",
    images: Choice = EVERYTHING,
    clusters: Choice = EVERYTHING,
) -> Guardrail:
    text = None if schema is None else parse_one(json.dumps(schema, indent=1).encode(), "mine.schema.json")
    return Guardrail(name, mode, schema, images, clusters, HERE, text)


def judged(policy: Policy, crons: Crons | None = None) -> tuple[Finding, ...]:
    """Judge a policy whose images are all locked."""
    locks = lock(*(locked(image.name) for image in policy.images))
    return judge(compile_plan(policy, locks), policy, rules_of(policy, built_in()), crons)
