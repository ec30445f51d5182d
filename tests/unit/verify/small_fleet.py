"""A small fleet whose repository and clusters are as they should be, to change in tests."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gitops_golden.fleet.observation import Observation
from gitops_golden.plan.compile import compile_plan
from gitops_golden.render.manifests import read_documents, read_manifest
from gitops_golden.verify.expectations import Truth
from gitops_golden.verify.judge import Judge
from tests.builders import A, lock, policy
from tests.unit.verify.world import BASIS, NOW, outcome, renderer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gitops_golden.fleet.observation import Observed
    from gitops_golden.plan.model import Plan
    from gitops_golden.render.render import Renderer
    from gitops_golden.verify.case import Past, PastFile
    from gitops_golden.verify.model import Report

READY = {"conditions": [{"type": "Ready", "status": "True"}]}


def judge_fleet(plan: Plan, truth: Truth, observed: Mapping[str, Observed], now: datetime) -> Report:
    """Return the report of a whole run on clusters that were all read before."""
    judging = Judge(plan, truth, now)
    seen = ((held, observed.get(held.cluster.name)) for held in plan.receiving)
    return judging.report({held.cluster.name: judging.cluster(held, each) for held, each in seen if each})


class Fleet:
    """A fleet whose repository holds what is rendered, and clusters that have converged on it."""

    def __init__(self, **parts: Any) -> None:
        self.plan: Plan = compile_plan(policy(**parts), lock())
        self.renderer: Renderer = renderer(registry=self.plan.registry)
        self.clusters: dict[str, Observed] = {
            held.cluster.name: Observation(held.cluster.name, NOW, None, tuple(self._objects(held.cluster.name)))
            for held in self.plan.clusters
        }

    def _folder(self, name: str) -> dict[str, bytes]:
        (held,) = (each for each in self.plan.clusters if each.cluster.name == name)
        return {file.name: file.content for file in self.renderer.folder(held.holding).files}

    def _objects(self, name: str) -> Any:
        for content in self._folder(name).values():
            manifest = read_manifest(content)
            for each in read_documents(content) or ():
                if each["kind"] == "DataSource" and manifest:
                    yield from converged(each, content)
                elif each["kind"] == "DataSource":
                    yield each | {"status": READY}
                elif each["kind"] != "DataImportCron":
                    yield each

    def seen(self, name: str = "prod-1") -> Observation:
        """Return what a cluster that answers holds."""
        found = self.clusters[name]
        assert isinstance(found, Observation)
        return found

    def change(self, name: str, kind: str, of: str, **parts: Any) -> None:
        """Change one object of a cluster; ``gone`` removes it."""
        seen = self.seen(name)
        (found,) = (each for each in seen.objects if (each["kind"], each["metadata"]["name"]) == (kind, of))
        others = tuple(each for each in seen.objects if each is not found)
        self.clusters[name] = replace(seen, objects=others if "gone" in parts else (*others, dict(found) | parts))

    def published(self, cluster: str, data_source: str) -> bytes | None:
        return self.file(cluster, f"image-{data_source}.yaml")

    def past(self, cluster: str, data_source: str) -> tuple[Past, ...]:
        return ()

    def file(self, cluster: str, name: str) -> bytes | None:
        return self._folder(cluster).get(name)

    def file_past(self, cluster: str, name: str) -> tuple[PastFile, ...]:
        return ()

    @property
    def truth(self) -> Truth:
        """What the fleet is judged by."""
        content, folder = (lambda variant: self.renderer.image(variant).content), self.renderer.folder
        return Truth(self, lock(), {}, BASIS, content, folder)

    @property
    def report(self) -> Report:
        return judge_fleet(self.plan, self.truth, self.clusters, NOW)

    def said(self) -> dict[str, str]:
        """Return what is said of each DataSource, where clusters have different ones."""
        return {each.data_source: outcome(each.finding) for each in self.report.deliveries}


def converged(source: dict[str, Any], content: bytes) -> Any:
    """Yield what CDI makes of an image's file."""
    (cron,) = (each for each in read_documents(content) or () if each["kind"] == "DataImportCron")
    name, place = source["metadata"]["name"], {"namespace": source["metadata"]["namespace"]}
    volume, url = f"{name}-{A[7:19]}", cron["spec"]["template"]["spec"]["source"]["registry"]["url"]
    done = {"currentImports": [{"Digest": A, "DataVolumeName": volume}]}
    yield cron | {"status": done | {"conditions": [{"type": "UpToDate", "status": "True"}]}}
    endpoint = {"cdi.kubevirt.io/storage.import.endpoint": f"{url}@{A}"}
    yield {
        "kind": "PersistentVolumeClaim",
        "metadata": place | {"name": volume, "annotations": endpoint},
        "status": {"phase": "Bound"},
    }
    yield source | {"spec": {"source": {"pvc": place | {"name": volume}}}, "status": READY}
