"""Amounts of storage over a fleet: counted in bytes, written as people read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gitops_golden.policy.quantities import in_bytes
from gitops_golden.policy.settings import most_kept

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitops_golden.plan.model import Plan, Variant

_STEP: Final = 1024
_SUFFIXES: Final = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_SMALL: Final = 10


@dataclass(frozen=True, slots=True)
class Amount:
    """How much clusters hold after the first import, and how much at most; None where nothing bounds it."""

    first: int = 0
    most: int | None = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.first + other.first, added(self.most, other.most))

    def __mul__(self, clusters: int) -> Amount:
        return Amount(self.first * clusters, times(self.most, clusters))

    def __str__(self) -> str:
        if self.most is None:
            return f"{readable(self.first)} and up"
        return readable(self.first) if self.first == self.most else f"{readable(self.first)} to {readable(self.most)}"

    @property
    def json(self) -> dict[str, Any]:
        """It in bytes."""
        return {"first": self.first, "most": self.most}


def held(variant: Variant) -> Amount:
    """Return what a cluster holds of a variant: with ``keep: 0``, too, one volume until CDI collects it."""
    settings = variant.settings
    size = in_bytes(settings.size)
    return Amount(size, times(most_kept(settings.keep, settings.garbage_collect), size))


def held_by_fleet(plan: Plan) -> Amount:
    """Return what all clusters of a plan hold."""
    known: dict[int, Amount] = {}
    total = Amount()
    for cluster in plan.clusters:
        key = id(cluster.holding)
        if key not in known:
            vendor = cluster.holding.vendor
            # What replaces a vendor's image has a volume of its own, in the vendor's namespace.
            replacing = tuple(variant for _, variant in vendor.replace) if vendor else ()
            known[key] = total_of(held(variant) for variant in (*cluster.variants, *replacing))
        total += known[key]
    return total


def total_of(amounts: Iterable[Amount]) -> Amount:
    """Return a sum."""
    return sum(amounts, Amount())


def added(one: int | None, other: int | None) -> int | None:
    """Return a sum of two numbers of which None has no bound."""
    return None if one is None or other is None else one + other


def times(number: int | None, factor: int | None) -> int | None:
    """Return a product of two numbers of which None has no bound."""
    return None if number is None or factor is None else number * factor


def readable(count: int) -> str:
    """Return a number of bytes in about three digits: ``240Gi``, ``1.2Ti``."""
    power = 0
    amount = float(count)
    while amount >= _STEP and power < len(_SUFFIXES) - 1:
        amount /= _STEP
        power += 1
    digits = 0 if amount >= _SMALL or amount == int(amount) else 1
    return f"{amount:,.{digits}f}{_SUFFIXES[power]}".replace(".0", "")
