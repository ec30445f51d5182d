"""Reports of one fleet's shards put together into one, if they are of one fleet and one state of Git.

A merged report is what one run over all of its clusters would have said, as of the earliest of its parts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Final

from gitops_golden.errors import InputError, InputErrors, Location, Problem
from gitops_golden.plan.narrow import shard_number
from gitops_golden.report.words import listed
from gitops_golden.verify.model import Scope, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from gitops_golden.verify.model import Basis, ImageResult, Origin, Report

_SHARDS: Final = re.compile(r"[0-9]{1,5}(?:-[0-9]{1,5})?(?:,[0-9]{1,5}(?:-[0-9]{1,5})?)*/[0-9]{1,5}")
_WHOLE: Final = Scope()
_ONCE: Final = "name each shard's report once"
_ONE_FLEET: Final = "merge one fleet's reports"
_ALIKE: Final = "merge reports that differ by their shard alone"
_AGAIN: Final = "verify all shards again, or merge with --allow-mixed"


@dataclass(frozen=True, slots=True)
class Shards:
    """Some of ``count`` shards, by number from 1; a report that is not narrowed to any has the one of one."""

    numbers: frozenset[int]
    count: int

    @property
    def missing(self) -> frozenset[int]:
        """The numbers of those that are not there."""
        return frozenset(range(1, self.count + 1)) - self.numbers

    def hold(self, cluster: str) -> bool:
        """Tell whether a cluster is in one of them."""
        return shard_number(cluster, self.count) in self.numbers

    def __str__(self) -> str:
        """``3/16``, or ``1-2,4-16/16`` of several; nothing, if they are all."""
        return f"{_ranges(self.numbers)}/{self.count}" if self.missing else ""


@dataclass(frozen=True, slots=True)
class Part:
    """A report and the file that it comes from, as the user named it."""

    file: str
    report: Report

    @property
    def shards(self) -> Shards:
        """What its scope says. Raises ``InputError`` if that is no shards."""
        shown = self.report.scope.shard if self.report.scope else ""
        found = _shards(shown) if shown else Shards(frozenset({1}), 1)
        if found is None:
            raise InputError(f"scope.shard: {shown!r} is no shard", where=Location(self.file), remedy="such as 3/16")
        return found

    @property
    def clusters(self) -> tuple[str, ...]:
        """The names of its clusters."""
        return tuple(result.cluster for result in self.report.clusters)


def merge(parts: Sequence[Part], *, partial: bool = False, allow_mixed: bool = False) -> Report:
    """Return one report of all parts, whatever their order.

    Raises ``InputErrors`` naming the files: for parts of several fleets, of narrowings that differ by more than their
    shard, of a shard or a cluster that is there twice; for missing shards unless ``partial``, which the result's
    scope then tells; and for parts that were judged by other commits unless ``allow_mixed``, which its ``mixed`` tells.
    """
    ordered = sorted(parts, key=lambda part: (part.report.at, sorted(part.shards.numbers), part.file))
    problems = [
        *_differing(ordered, _FLEETS),
        *_differing(ordered, _SCOPES),
        *_shards_twice(ordered),
        *_clusters_twice(ordered),
        *_strays(ordered),
    ]
    if not allow_mixed:
        problems += _differing(ordered, _BASES)
    there = _together(ordered)
    if there.missing and not partial and not problems:
        what = f"of {there.count} shards {_ranges(there.missing)} {'is' if len(there.missing) == 1 else 'are'} missing"
        problems.append(Problem(what, remedy="name their reports, too, or merge what is there with --partial"))
    if problems:
        raise InputErrors(problems)
    scope = replace(ordered[0].report.scope or _WHOLE, shard=str(there))
    return _merged([part.report for part in ordered], None if scope == _WHOLE else scope)


def _shards(text: str) -> Shards | None:
    """Return the shards that a text names in ascending order, or None if it is no such text."""
    if not _SHARDS.fullmatch(text):
        return None
    ranges, _, count = text.partition("/")
    numbers: set[int] = set()
    least = 1
    for each in ranges.split(","):
        first, _, last = each.partition("-")
        if not least <= int(first) <= int(last or first) <= int(count):
            return None
        numbers.update(range(int(first), int(last or first) + 1))
        least = max(numbers) + 1
    return Shards(frozenset(numbers), int(count))


def _together(parts: Sequence[Part]) -> Shards:
    numbers = chain.from_iterable(part.shards.numbers for part in parts)
    return Shards(frozenset(numbers), parts[0].shards.count)


@dataclass(frozen=True, slots=True)
class _Aspect:
    """Something that parts must have in common: how it is said, what it is, how that is told, and what to do."""

    said: str
    of: Callable[[Part], Hashable]
    told: Callable[[Report], str]
    remedy: str


def _differing(parts: Iterable[Part], aspect: _Aspect) -> Iterator[Problem]:
    alike: dict[Hashable, list[Part]] = {}
    for part in parts:
        alike.setdefault(aspect.of(part), []).append(part)
    if len(alike) > 1:
        differ = "; ".join(
            f"{aspect.said} {aspect.told(same[0].report)}: {listed(sorted(part.file for part in same))}"
            for same in alike.values()
        )
        yield Problem(f"the reports differ: {differ}", remedy=aspect.remedy)


def _judged_by(report: Report) -> str:
    """Return the bases of a report, briefly."""
    return " and ".join(map(_told, (report.basis, *report.mixed)))


def _told(basis: Basis) -> str:
    lock = _origin(basis.lock) if basis.lock else "none"
    tree = f"{basis.branch} {(basis.commit or 'no commit')[:12]}"
    return f"{tree}, policy {_origin(basis.policy)}, lock {lock}, version {basis.version}"


def _origin(origin: Origin) -> str:
    commit = (origin.commit or "no commit")[:12]
    return f"{origin.sha256[:12]} of {commit}{', modified' if origin.modified else ''}"


def _narrowed_to(report: Report) -> str:
    scope = report.scope or _WHOLE
    count = scope.shard.rpartition("/")[2]
    said = (
        f"images {', '.join(scope.images)}" if scope.images else "",
        f"clusters {', '.join(scope.clusters)}" if scope.clusters else "",
        f"clusters with {scope.selector}" if scope.selector else "",
        f"one of {count} shards" if count else "",
    )
    return ", ".join(filter(None, said)) or "nothing"


def _narrowing(part: Part) -> Hashable:
    """Return what a report is narrowed to, its shard aside but for how many there are."""
    return replace(part.report.scope or _WHOLE, shard=""), part.shards.count


_FLEETS: Final = _Aspect("of fleet", lambda part: part.report.fleet, lambda report: report.fleet, _ONE_FLEET)
_SCOPES: Final = _Aspect("narrowed to", _narrowing, _narrowed_to, _ALIKE)
_BASES: Final = _Aspect("judged by", lambda part: (part.report.basis, part.report.mixed), _judged_by, _AGAIN)


def _shards_twice(parts: Iterable[Part]) -> Iterator[Problem]:
    taken: dict[tuple[int, int], str] = {}
    for part in parts:
        shards = part.shards
        for number in sorted(shards.numbers if shards.count > 1 else ()):
            if first := taken.get((number, shards.count)):
                yield Problem(f"{first} and {part.file} are both of shard {number}/{shards.count}", remedy=_ONCE)
            taken[number, shards.count] = part.file


def _clusters_twice(parts: Iterable[Part]) -> Iterator[Problem]:
    where: dict[str, str] = {}
    for part in parts:
        if twice := [cluster for cluster in part.clusters if cluster in where]:
            files = listed(sorted({where[cluster] for cluster in twice}))
            yield Problem(f"{files} and {part.file} both have {listed(twice)}", remedy=_ONCE)
        where.update((cluster, part.file) for cluster in part.clusters)


def _strays(parts: Iterable[Part]) -> Iterator[Problem]:
    """Yield each report with clusters of other shards than it says: it was edited, and may lack others."""
    for part in parts:
        shards = part.shards
        if strays := [cluster for cluster in part.clusters if not shards.hold(cluster)]:
            what = f"it is of shard {shards} by its scope, and has {listed(strays)} of another"
            yield Problem(what, Location(part.file), "take the file as verify wrote it")


def _merged(reports: Sequence[Report], scope: Scope | None) -> Report:
    """Return one report of several, the earliest first: its basis is the one's, others are told besides."""
    first = reports[0]
    bases = dict.fromkeys(basis for report in reports for basis in (report.basis, *report.mixed))
    return replace(
        first,
        # A cluster's own deliveries keep their order.
        deliveries=tuple(
            sorted((each for report in reports for each in report.deliveries), key=lambda result: result.cluster)
        ),
        images=tuple(_images(reports)),
        clusters=tuple(
            sorted((each for report in reports for each in report.clusters), key=lambda result: result.cluster)
        ),
        scope=scope,
        mixed=tuple(basis for basis in bases if basis != first.basis),
    )


def _images(reports: Sequence[Report]) -> list[ImageResult]:
    """Return what was found of each image: what the latest report knows, rather than that the registry was silent."""
    found: dict[str, ImageResult] = {}
    for report in reports:
        for result in report.images:
            known = found.get(result.image)
            if known is None or _silent(known) or not _silent(result):
                found[result.image] = result
    return [found[name] for name in sorted(found)]


def _silent(result: ImageResult) -> bool:
    return result.finding is not None and result.finding.verdict is Verdict.UNREACHABLE


def _ranges(numbers: frozenset[int]) -> str:
    """Return numbers as people write many of them: ``1-2,4``."""
    told: list[list[int]] = []
    for number in sorted(numbers):
        if told and number == told[-1][1] + 1:
            told[-1][1] = number
        else:
            told.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in told)
