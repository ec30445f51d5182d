"""The files that users' templates add: one for each cluster, or one for each of its images.

A template that doesn't look at ``cluster`` makes one file for all clusters that hold the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gitops_golden.errors import InputError, Location
from gitops_golden.render.names import file_name
from gitops_golden.render.tree import File

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping

    from gitops_golden.plan.model import ClusterPlan, Variant
    from gitops_golden.policy.model import Cluster
    from gitops_golden.render.values import Values
    from gitops_golden.templating.environment import Templates

CLUSTER = "cluster/"
IMAGE = "image/"
SUFFIX = ".yaml.j2"
MOST_WRITTEN = 64 * 2**20
"""How many characters all added files of a fleet may have: one template is bounded, ten thousand clusters are many."""


@dataclass(slots=True)
class Extras:
    """Renders added files, remembering them. ``delivery`` gives the published shape of a variant."""

    values: Values
    templates: Templates
    delivery: Callable[[Variant], Mapping[str, Any]]
    _files: dict[Hashable, File | None] = field(default_factory=dict)
    _written: int = 0

    def of(self, held: ClusterPlan, renamed: Mapping[Variant, str]) -> Iterator[tuple[File, str]]:
        """Yield the files that are added for one cluster, each with its template; one that writes nothing adds none.

        ``renamed`` are the names of crons whose spec a user's template has made another.
        """
        for name in self.templates.own_under(CLUSTER):
            values = {"fleet": self.values.fleet, "deliveries": [self.delivery(variant) for variant in held.variants]}
            file = self._file(name, "", held.cluster, id(held.holding), values)
            if file:
                yield file, name
        for name in self.templates.own_under(IMAGE):
            for variant in held.variants:
                values = self.values.variant(variant, renamed.get(variant)) | {"delivery": self.delivery(variant)}
                file = self._file(name, variant.data_source, held.cluster, variant, values)
                if file:
                    yield file, name

    def _file(self, template: str, of: str, cluster: Cluster, key: Hashable, values: Mapping[str, Any]) -> File | None:
        """Return a template's file, once for each ``key`` and, where it looks at it, for each cluster."""
        alone = cluster.name if "cluster" in self.templates.uses(template) else None
        if (template, key, alone) not in self._files:
            given = values if alone is None else {**values, "cluster": cluster_values(cluster)}
            text = self.templates.render(template, given)
            file = File(extra_name(template, of), text.encode()) if text else None
            self._files[template, key, alone] = file
            self._written += len(text)
            if self._written > MOST_WRITTEN:
                what = f"templates add more than {MOST_WRITTEN // 2**20} MiB to this fleet"
                remedy = "let a template that looks at cluster write less, or look at none"
                raise InputError(what, where=Location(self.templates.shown(template)), remedy=remedy)
        return self._files[template, key, alone]


def extra_name(template: str, of: str) -> str:
    """Return the name of the file that a template adds, for one image or for the cluster."""
    stem = template.rpartition("/")[2].removesuffix(SUFFIX)
    return file_name("extra", f"{stem}-{of}" if of else stem)


def cluster_values(cluster: Cluster) -> dict[str, Any]:
    """Return what a template may know of a cluster."""
    return {"name": cluster.name, "labels": dict(cluster.labels), "platform": cluster.platform.kind}
