"""A verification's JSON back to its value, whoever wrote it: what ``verification_json`` would not write is refused.

Judged by hand and in one pass, because ten thousand clusters are millions of values, which a JSON Schema is slow with;
a test holds the two to the same answers. Deliveries become values while the text is parsed, so they are never all
there as maps.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NoReturn

from gitops_golden.errors import InputError, Location
from gitops_golden.report import json_fields as fields
from gitops_golden.report.reading_results import Results
from gitops_golden.report.verification_json import summary
from gitops_golden.report.words import API_VERSION
from gitops_golden.verify.model import Basis, Origin, Report, Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LARGEST: Final = 256 * 2**20
"""Bytes. Ten thousand clusters with twenty images come to a third of it."""

_KIND: Final = "VerifyReport"
_REMEDY: Final = "take the file as `gitops-golden verify -o json` of this version writes it"
_COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")

_HEAD: Final = frozenset(
    {"apiVersion", "kind", "metadata", "at", "commit", "basis", "mixed", "objective", "scope", "summary"}
    | {"deliveries", "images", "clusters"}
)
_BASIS: Final = frozenset({"version", "branch", "commit", "policy", "lock"})
_ORIGIN: Final = frozenset({"sha256", "commit", "modified"})
_SCOPE: Final = frozenset({"images", "clusters", "selector", "shard"})


def read_report(data: bytes, file: str) -> Report:
    """Return the report that a text holds. Raises ``InputError`` for anything else, at its place in the JSON."""
    if len(data) > LARGEST:
        raise InputError(f"a report has at most {LARGEST // 2**20} MiB", where=Location(file))
    results = Results()
    try:
        value = json.loads(data.decode(), object_pairs_hook=results.map, parse_constant=_no_json)
        return _report(value, results)
    except fields.WrongFieldError as error:
        raise InputError(error.told, where=Location(file), remedy=_REMEDY) from None
    except json.JSONDecodeError as error:
        raise InputError(f"no JSON: {error.msg}", where=Location(file, error.lineno, error.colno)) from None
    except RecursionError:
        raise InputError("no JSON of ours: it is nested too deeply", where=Location(file)) from None
    except ValueError as error:
        raise InputError(f"no JSON: {error}", where=Location(file)) from None


def _no_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON value")


def _report(value: object, results: Results) -> Report:
    if not isinstance(value, dict) or value.get("kind") != _KIND or value.get("apiVersion") != API_VERSION:
        fields.wrong(f"this is no {_KIND} of {API_VERSION}")
    fields.keys(value, _HEAD)
    report = Report(
        fleet=fields.inside(value, "metadata", _fleet),
        at=fields.moment(value, "at"),
        basis=fields.inside(value, "basis", _basis),
        deliveries=fields.each(value, "deliveries", results.delivery),
        images=fields.each(value, "images", results.image),
        clusters=fields.each(value, "clusters", results.cluster),
        objective=fields.inside(value, "objective", _objective),
        scope=fields.inside(value, "scope", _scope),
        mixed=fields.each(value, "mixed", _basis),
    )
    if value["commit"] != report.commit:
        fields.wrong("is not that of basis", "commit")
    fields.inside(value, "summary", lambda found: _counts(found, report))
    _agrees(report)
    return report


def _fleet(value: object) -> str:
    found = fields.mapping(value)
    fields.keys(found, frozenset({"name"}))
    return fields.name(found, "name")


def _basis(value: object) -> Basis:
    found = fields.mapping(value)
    fields.keys(found, _BASIS)
    return Basis(
        branch=fields.name(found, "branch"),
        commit=fields.maybe(found, "commit", _commit),
        policy=fields.inside(found, "policy", _origin),
        lock=None if found["lock"] is None else fields.inside(found, "lock", _origin),
        version=fields.name(found, "version"),
    )


def _origin(value: object) -> Origin:
    found = fields.mapping(value)
    fields.keys(found, _ORIGIN)
    digits = fields.like(found, "sha256", _SHA256, "64 hexadecimal digits")
    return Origin(digits, fields.maybe(found, "commit", _commit), fields.flag(found, "modified"))


def _commit(value: Mapping[str, Any], key: str) -> str:
    return fields.like(value, key, _COMMIT, "a commit's 40 or 64 hexadecimal digits")


def _objective(value: object) -> timedelta | None:
    if value is None:
        return None
    found = fields.mapping(value)
    fields.keys(found, frozenset({"convergeSeconds"}))
    return timedelta(seconds=fields.number(found, "convergeSeconds", 1))


def _scope(value: object) -> Scope | None:
    if value is None:
        return None
    found = fields.mapping(value)
    fields.keys(found, _SCOPE)
    return Scope(
        images=fields.each(found, "images", _named),
        clusters=fields.each(found, "clusters", _named),
        selector=fields.maybe(found, "selector", fields.text) or "",
        shard=fields.maybe(found, "shard", fields.text) or "",
    )


def _named(value: object) -> str:
    return value if isinstance(value, str) and value else fields.wrong("should be a name")


def _counts(value: object, report: Report) -> None:
    found, counted = fields.mapping(value), summary(report)
    fields.keys(found, frozenset(counted))
    for key, number in counted.items():
        if fields.number(found, key) != number:
            fields.wrong(f"should be {number}, by what follows", key)


def _agrees(report: Report) -> None:
    """See that nothing stands twice, that every delivery's cluster is there, and that none converged that cannot have.

    Whatever says so was served what it expects, by a cluster that answered.
    """
    _once("deliveries", ((result.cluster, result.data_source) for result in report.deliveries))
    _once("images", ((result.image,) for result in report.images))
    _once("clusters", ((result.cluster,) for result in report.clusters))
    answered = {result.cluster: result.answered for result in report.clusters}
    for index, result in enumerate(report.deliveries):
        if result.cluster not in answered:
            fields.wrong("is not among clusters", "deliveries", index, "cluster")
        if result.finding is None and (result.expected is None or result.actual != result.expected):
            fields.wrong("should be what is expected, where that has converged", "deliveries", index, "actual")
        if result.finding is None and not answered[result.cluster]:
            fields.wrong("cannot be converged: its cluster did not answer", "deliveries", index, "verdict")


def _once(key: str, names: Iterable[tuple[str, ...]]) -> None:
    seen: set[tuple[str, ...]] = set()
    for index, name in enumerate(names):
        if name in seen:
            fields.wrong(f"{' on '.join(reversed(name))} stands here twice", key, index)
        seen.add(name)
