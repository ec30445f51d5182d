"""``--only``, ``--clusters`` and ``--shard``: which part of a fleet a verb is asked about."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from gitops_golden.plan.narrow import Narrowing, Shard
from gitops_golden.policy.selector_text import selector
from gitops_golden.verify.model import Scope

if TYPE_CHECKING:
    from collections.abc import Callable

_SHARD = re.compile(r"([0-9]{1,5})/([0-9]{1,5})")


class Only(NamedTuple):
    """Names of images or of clusters that are asked about."""

    kind: str
    names: tuple[str, ...]


class _Only(click.ParamType[Only]):
    """``image=NAME[,NAME]`` or ``cluster=NAME[,NAME]``."""

    name = "only"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Only:
        """Return the kind and its names."""
        if isinstance(value, Only):
            return value
        kind, _, listed = str(value).partition("=")
        names = tuple(name.strip() for name in listed.split(","))
        if kind not in {"image", "cluster"} or not all(names):
            self.fail(f"{value!r} is not image=NAME[,NAME] or cluster=NAME[,NAME]", param, ctx)
        return Only(kind, names)


class _Shard(click.ParamType[Shard]):
    """``3/16``."""

    name = "shard"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Shard:
        """Return the shard, counted from 1."""
        if isinstance(value, Shard):
            return value
        found = _SHARD.fullmatch(str(value))
        number, count = (int(found[1]), int(found[2])) if found else (0, 0)
        if not 1 <= number <= count:
            self.fail(f"{value!r} is no shard such as 3/16, the third of sixteen", param, ctx)
        return Shard(number, count)


def narrowing_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options, which reach the command as one ``narrowing``."""

    @functools.wraps(function)
    def narrowed(
        *arguments: Any, only: tuple[Only, ...], clusters: str | None, shard: Shard | None, **options: Any
    ) -> Any:
        # An empty one leaves all, as for kubectl: what a job was given no value for narrows nothing.
        text = (clusters or "").strip()
        narrowing = Narrowing(
            images=_named("image", only),
            clusters=_named("cluster", only),
            selector=selector(text) if text else None,
            selector_text=text,
            shard=shard,
        )
        return function(*arguments, narrowing=narrowing, **options)

    shard_help = "Ask about one part of the clusters, such as 3/16; a cluster's name decides which part it is in."
    wrapped = click.option("--shard", metavar="N/M", type=_Shard(), help=shard_help)(narrowed)
    clusters_help = "Ask about the clusters with these labels alone, as for kubectl: 'site=edge,env in (dev,prod)'."
    wrapped = click.option("--clusters", metavar="SELECTOR", help=clusters_help)(wrapped)
    only_help = "Ask about some images or clusters alone, as image=A,B or cluster=C; may be given several times."
    return click.option("--only", metavar="KIND=NAMES", type=_Only(), multiple=True, help=only_help)(wrapped)


def scope_of(narrowing: Narrowing) -> Scope | None:
    """Return a narrowing as a report tells it; None for the whole fleet."""
    if not narrowing.narrows:
        return None
    shard = str(narrowing.shard) if narrowing.shard else ""
    return Scope(narrowing.images, narrowing.clusters, narrowing.selector_text, shard)


def _named(kind: str, only: tuple[Only, ...]) -> tuple[str, ...]:
    """Return the names of one kind, sorted, each once."""
    return tuple(sorted({name for each in only if each.kind == kind for name in each.names}))
