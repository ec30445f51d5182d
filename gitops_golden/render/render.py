"""Plan to tree: one folder per cluster, rendered once per distinct variant.

A cluster's folder holds ``image-<name>.yaml`` per delivery and ``namespace-<name>.yaml`` per namespace. No cluster's
name is in any of them, so equal clusters share one folder object.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gitops_golden.errors import InputError
from gitops_golden.render.cdi import cron_annotations, cron_labels, cron_name, cron_spec, renders_namespace
from gitops_golden.render.environment import Templates
from gitops_golden.render.tree import File, Folder, Tree

if TYPE_CHECKING:
    from pathlib import Path

    from gitops_golden.plan.model import Plan, Variant

SEPARATOR = "---\n"


def render_plan(plan: Plan, templates: Path) -> Tree:
    """Return the tree of a plan. Raises ``InputError`` if an image is not locked yet, or for a template's mistake."""
    unlocked = plan.unlocked()
    if unlocked:
        raise InputError(
            f"no release is locked for {_listed(unlocked)}",
            remedy="run `gitops-golden lock` and commit the lock",
        )
    renderer = Renderer(plan.fleet, Templates(templates))
    return Tree.of(
        plan.fleet,
        (
            (plan.target.folder(held.cluster.name), renderer.folder(held.variants))
            for held in plan.clusters
            if held.variants
        ),
    )


def image_file(image: str) -> str:
    """Return the name of the file that holds an image's manifests."""
    return f"image-{image}.yaml"


def image_of(path: str) -> str | None:
    """Return the image whose manifests a path of the tree holds, or None for another kind of file."""
    name = path.rpartition("/")[2]
    if name.startswith("image-") and name.endswith(".yaml"):
        return name.removeprefix("image-").removesuffix(".yaml")
    return None


@dataclass(slots=True)
class Renderer:
    """Renders the variants of one fleet, remembering what it rendered."""

    fleet: str
    templates: Templates
    _images: dict[Variant, File] = field(default_factory=dict)
    _namespaces: dict[str, File] = field(default_factory=dict)
    _folders: dict[int, Folder] = field(default_factory=dict)
    _shared: dict[Folder, Folder] = field(default_factory=dict)

    def folder(self, variants: tuple[Variant, ...]) -> Folder:
        """Return the folder of a cluster that holds ``variants``; the same object for equal content."""
        folder = self._folders.get(id(variants))
        if folder is None:
            files = [self.image(variant) for variant in variants]
            namespaces = {variant.settings.namespace for variant in variants}
            files += [self.namespace(name) for name in namespaces if renders_namespace(name)]
            made = Folder.of(files)
            folder = self._folders[id(variants)] = self._shared.setdefault(made, made)
        return folder

    def image(self, variant: Variant) -> File:
        """Return the file with a variant's DataImportCron and DataSource."""
        file = self._images.get(variant)
        if file is None:
            file = self._images[variant] = File(image_file(variant.image), self._manifests(variant).encode())
        return file

    def namespace(self, name: str) -> File:
        """Return the file with a namespace that no engine may prune: its volumes would go with it."""
        file = self._namespaces.get(name)
        if file is None:
            text = self.templates.render("namespace.yaml.j2", {"namespace": name})
            file = self._namespaces[name] = File(f"namespace-{name}.yaml", text.encode())
        return file

    def _manifests(self, variant: Variant) -> str:
        spec = cron_spec(variant)
        template = spec["template"]["spec"]
        values = {
            "fleet": self.fleet,
            "namespace": variant.settings.namespace,
            "cron": {
                "name": cron_name(variant),
                "labels": sorted(cron_labels(variant, self.fleet).items()),
                "annotations": sorted(cron_annotations(variant).items()),
            },
            "spec": spec,
            "source": template["source"]["registry"],
            "storage": template["storage"],
        }
        parts = (self.templates.render(name, values) for name in ("cron.yaml.j2", "datasource.yaml.j2"))
        return SEPARATOR.join(parts)


def _listed(names: tuple[str, ...], most: int = 5) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
