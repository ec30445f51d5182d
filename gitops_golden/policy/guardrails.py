"""Guardrails out of nodes: which schema, how strict, and which deliveries it judges.

What a schema finds is decided in ``guardrails``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitops_golden.errors import Problem
from gitops_golden.policy.choices import choice
from gitops_golden.policy.fields import Shape
from gitops_golden.policy.model import Guardrail
from gitops_golden.policy.selectors import EVERYTHING
from gitops_golden.resources import shipped

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gitops_golden.documents import Node
    from gitops_golden.errors import Location
    from gitops_golden.policy.beside import Beside
    from gitops_golden.policy.fields import Reader

_SUFFIX: Final = ".schema.json"
MODES: Final = ("deny", "warn", "off")
GUARDRAIL: Final = Shape("A guardrail", frozenset({"schema", "mode", "images", "clusters"}))


def built_in_files() -> dict[str, Path]:
    """Return the built-in guardrails' schemas by name, sorted."""
    folder = shipped("policies") / "guardrails"
    return {path.name.removesuffix(_SUFFIX): path for path in sorted(folder.glob(f"*{_SUFFIX}"))}


def guardrail(
    reader: Reader, name: str, fields: Mapping[str, Node], where: Location, *, beside: Beside, built_in: frozenset[str]
) -> Guardrail:
    """Return a guardrail whose name is already checked; one without a schema switches a built-in one."""
    if "schema" not in fields and name and name not in built_in:
        known = ", ".join(sorted(built_in))
        what = f'the guardrail "{name}" has no schema, and none is built in under this name'
        reader.problems.append(Problem(what, where, f"built in are {known}"))
    read = beside.schema(fields["schema"]) if "schema" in fields else None
    return Guardrail(
        name=name,
        mode=reader.word(fields["mode"], "a guardrail's mode", MODES) if "mode" in fields else "deny",
        schema=read[0] if read else None,
        images=choice(reader, fields["images"], "images") if "images" in fields else EVERYTHING,
        clusters=choice(reader, fields["clusters"], "clusters") if "clusters" in fields else EVERYTHING,
        where=where,
        text=read[1] if read else None,
    )
