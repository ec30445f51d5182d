"""Deliveries to judge in tests: a repository as a list of what it said, and clusters as lists of objects."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from gitops_golden.fleet.observation import Observation, Server
from gitops_golden.plan.model import Plan
from gitops_golden.policy.model import EVERY_USER, DeliveryTarget, Registry
from gitops_golden.render.cdi import DIGEST_ANNOTATION
from gitops_golden.render.manifests import Manifest
from gitops_golden.render.render import Renderer
from gitops_golden.render.values import Values
from gitops_golden.resources import shipped
from gitops_golden.templating.environment import Templates
from gitops_golden.verify.case import Case, Expected, Past, PastFile, storage_of
from gitops_golden.verify.judge import judge
from gitops_golden.verify.model import Basis, Origin
from gitops_golden.verify.serving import boot_source, served_digest
from tests.builders import A

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gitops_golden.fleet.observation import Observed
    from gitops_golden.verify.case import Beside
    from gitops_golden.verify.model import Finding

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CONTENT = b"what is rendered"
BASIS = Basis("main", "c" * 40, Origin("0" * 64), None, "0")


@dataclass(frozen=True, slots=True)
class Git:
    """A repository that holds one delivery: its content now, and what it said before, newest first."""

    content: bytes | None = CONTENT
    history: tuple[Past, ...] = ()
    files: Mapping[str, tuple[PastFile, ...]] = field(default_factory=dict)

    def published(self, cluster: str, image: str) -> bytes | None:
        return self.content

    def past(self, cluster: str, image: str) -> tuple[Past, ...]:
        return self.history

    def file(self, cluster: str, name: str) -> bytes | None:
        past = self.files.get(name, ())
        return past[0].content if past else None

    def file_past(self, cluster: str, name: str) -> tuple[PastFile, ...]:
        return self.files.get(name, ())


def renderer(**parts: Any) -> Renderer:
    """Return what renders a fleet like those of ``builders``."""
    plan = Plan("acme", DeliveryTarget(), (), (), Registry("registry.example:5000"), EVERY_USER)
    return Renderer(Values.of(replace(plan, **parts)), _templates())


@cache
def _templates() -> Templates:
    return Templates(shipped("templates"))


def manifest(expected: Expected, digest: str | None, **parts: Any) -> Manifest:
    base = Manifest(expected.cron, expected.namespace, expected.image, digest, None, "acme", {}, expected.spec)
    return replace(base, **parts)


def history(expected: Expected, *digests: str | Manifest | None) -> tuple[Past, ...]:
    """Return commits a minute apart, newest first; a digest stands for the expected manifest, None for no file."""
    return tuple(
        Past(
            f"{age:040x}",
            NOW - timedelta(minutes=age),
            manifest(expected, entry) if isinstance(entry, str) else entry,
        )
        for age, entry in enumerate(digests)
    )


def versions(*contents: bytes | None) -> tuple[PastFile, ...]:
    """Return what a file was, newest first, in commits a minute apart."""
    return tuple(PastFile(f"{age:040x}", NOW - timedelta(minutes=age), content) for age, content in enumerate(contents))


def cron_of(objects: Iterable[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(each for each in objects if each["kind"] == "DataImportCron" and each["metadata"]["name"] == name)


def expecting(objects: Iterable[dict[str, Any]], cron: str, digest: str = A, **parts: Any) -> Expected:
    """Return what Git would claim if a recorded cron were exactly as it was rendered, pinned to ``digest``."""
    found = cron_of(objects, cron)
    template = {"spec": found["spec"]["template"]["spec"]}
    spec = {**found["spec"], "template": template}
    base = Expected(
        image=spec["managedDataSource"],
        data_source=spec["managedDataSource"],
        namespace=found["metadata"]["namespace"],
        cron=cron,
        spec=spec,
        labels={},
        annotations={DIGEST_ANNOTATION: digest},
        digest=digest,
        schedule=None,
        storage_class=template["spec"]["storage"].get("storageClassName"),
        content=CONTENT,
        known=frozenset({digest}),
        **storage_of(spec),
    )
    return replace(base, **parts)


@dataclass(frozen=True)
class Judged:
    """One delivery with a way to say what is odd about it."""

    objects: tuple[dict[str, Any], ...]
    expected: Expected
    git: Git = field(default_factory=Git)
    beside: tuple[Beside, ...] = ()

    def finding(self, **parts: Any) -> Finding | None:
        observed: Observed = Observation("c", NOW, Server("v1.36.0", "uid"), self.objects, **parts)
        return judge(Case("c", self.expected, self.git, observed, NOW, self.beside))


def aged(objects: Iterable[dict[str, Any]], age: timedelta) -> tuple[dict[str, Any], ...]:
    """Return objects that were all made so long ago, their conditions as old: recordings have no times."""
    when = stamp(age)
    return tuple(_at(each, when) for each in objects)


def stamp(age: timedelta) -> str:
    """Return the time so long ago as the API server writes it."""
    return (NOW - age).strftime("%Y-%m-%dT%H:%M:%SZ")


def _at(found: dict[str, Any], when: str) -> dict[str, Any]:
    metadata, status = found["metadata"] | {"creationTimestamp": when}, found.get("status")
    if "deletionTimestamp" in metadata:
        metadata["deletionTimestamp"] = when
    if not isinstance(status, dict) or "conditions" not in status:
        return found | {"metadata": metadata}
    conditions = [each | {"lastTransitionTime": when} for each in status["conditions"]]
    return found | {"metadata": metadata, "status": status | {"conditions": conditions}}


def written(found: dict[str, Any], manager: str, age: timedelta, *path: str) -> dict[str, Any]:
    """Return an object whose field the API server notes as written by somebody so long ago."""
    fields: dict[str, Any] = {}
    for step in reversed(path):
        fields = {f"f:{step}": fields}
    entry = {"manager": manager, "operation": "Update", "time": stamp(age), "fieldsV1": fields}
    metadata = found["metadata"]
    return found | {"metadata": metadata | {"managedFields": [*metadata.get("managedFields", ()), entry]}}


def served(seen: Observation, expected: Expected) -> str | None:
    """Return the digest that a delivery's consumers are given."""
    source = boot_source(seen, expected.namespace, expected.data_source)
    return served_digest(seen, source, expected.known) if source else None


def outcome(finding: Finding | None) -> str:
    """Return a finding as one word a table can hold."""
    return f"{finding.verdict} {finding.link} {finding.reason}" if finding else "converged"
