"""Plan to tree: one folder per cluster, rendered once per distinct holding.

A cluster's folder holds ``image-<name>.yaml`` per delivery, ``pointer-<name>.yaml`` per second name, and what they
need: namespaces, the registry's CA, the pull secret, consumers' roles, the word to HyperConverged. No cluster's name is
in any of them, so equal clusters share one folder object.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from gitops_golden.errors import InputError, Location
from gitops_golden.render.cdi import cron_name, cron_spec, hashed_name, renders_namespace
from gitops_golden.render.demanded import lacking
from gitops_golden.render.manifests import manifest_of, read_documents
from gitops_golden.render.names import CRON_TEMPLATE, file_name
from gitops_golden.render.tree import File, Folder, Tree
from gitops_golden.render.values import pulled_in

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping
    from typing import Any

    from gitops_golden.plan.model import ClusterPlan, Holding, Plan, Variant
    from gitops_golden.render.checked import Checked
    from gitops_golden.render.extras import Extras
    from gitops_golden.render.names import Kind
    from gitops_golden.render.values import Values
    from gitops_golden.templating.environment import Templates

SEPARATOR = "---\n"
IMAGE_TEMPLATES = (CRON_TEMPLATE, "datasource.yaml.j2")
Thing = TypeVar("Thing")


def render_plan(plan: Plan, renderer: Renderer) -> Tree:
    """Return the tree of a plan. Raises ``InputError`` if an image is not locked yet, or for a template's mistake."""
    unlocked = plan.unlocked()
    if unlocked:
        raise InputError(
            f"no release is locked for {_listed(unlocked)}",
            remedy="run `gitops-golden lock` and commit the lock",
        )
    return Tree.of(
        plan.fleet,
        ((plan.target.folder(held.cluster.name), renderer.folder_of(held)) for held in plan.receiving),
    )


@dataclass(slots=True)
class Renderer:
    """Renders what clusters of one fleet hold, remembering what it rendered.

    ``checked`` and ``extras`` are what users' templates need; None where there are none.
    """

    values: Values
    templates: Templates
    checked: Checked | None = None
    extras: Extras | None = None
    _files: dict[Hashable, File | None] = field(default_factory=dict)
    _folders: dict[int, Folder] = field(default_factory=dict)
    _shared: dict[Folder, Folder] = field(default_factory=dict)
    _renamed: dict[Variant, str] = field(default_factory=dict)

    def folder_of(self, held: ClusterPlan) -> Folder:
        """Return the folder of one cluster, with the files that users' templates add to it."""
        folder = self.folder(held.holding)
        added = self.added(held)
        if not added:
            return folder
        made = Folder.of((*folder.files, *added))
        return self._shared.setdefault(made, made)

    def added(self, held: ClusterPlan) -> tuple[File, ...]:
        """Return the files that users' templates add to one cluster's folder.

        Raises ``InputError`` for what can't be published, alone or beside the cluster's other files.
        """
        if self.extras is None:
            return ()
        others = self.folder(held.holding).files
        made: dict[str, tuple[File, str]] = {}
        for file, template in self.extras.of(held, self._renamed):
            where = self.templates.shown(template)
            if file.name in made:
                what = f"it would write {file.name}, as {made[file.name][1]} does"
                raise InputError(what, where=Location(where), remedy="give one of them another name")
            made[file.name] = file, where
            if self.checked:
                self.checked.file(file, where)
        files = tuple(file for file, _ in made.values())
        if self.checked:
            self.checked.together((*others, *files))
        return files

    def folder(self, holding: Holding) -> Folder:
        """Return the folder of a cluster that holds ``holding``; the same object for equal content."""
        folder = self._folders.get(id(holding))
        if folder is None:
            made = Folder.of(file for file in self._of(holding) if file)
            folder = self._folders[id(holding)] = self._shared.setdefault(made, made)
        return folder

    def image(self, variant: Variant) -> File:
        """Return the file with a variant's DataImportCron and DataSource. Raises ``InputError`` if it is empty."""
        file = self._files.get(variant)
        if file is None:
            file = self._image(variant, None)
            if any(map(self.templates.is_own, IMAGE_TEMPLATES)):
                file = self._named(variant, file)
            self._files[variant] = file
        return file

    def _named(self, variant: Variant, file: File) -> File:
        """Return what users' templates write with the name that the cron must have for the spec in it.

        Raises ``InputError`` if the cron or its DataSource is not there, or is another.
        """
        name, documents = cron_name(variant), read_documents(file.content) or ()
        made = manifest_of(documents)
        if made and made.spec != cron_spec(variant):
            name = self._renamed[variant] = hashed_name(made.spec, variant.restarts)
            file = self._image(variant, name)
            documents = read_documents(file.content) or ()
        if wrong := lacking(documents, variant, name):
            own = [self.templates.shown(template) for template in IMAGE_TEMPLATES if self.templates.is_own(template)]
            where = Location(", ".join(own))
            raise InputError(f"in {file.name}, {wrong}", where=where, remedy="see docs/templates.md")
        return file

    def _image(self, variant: Variant, name: str | None) -> File:
        file = self._made("image", variant.data_source, IMAGE_TEMPLATES, self.values.variant(variant, name))
        if file is None:
            what = f"the templates {' and '.join(IMAGE_TEMPLATES)} write nothing for {variant.data_source}"
            raise InputError(what, remedy="take the image out of the policy instead")
        return file

    def _of(self, holding: Holding) -> Iterator[File | None]:
        yield from map(self.image, holding.variants)
        for pointer in holding.pointers:
            yield self._file("pointer", pointer.name, pointer, self.values.pointer, pointer)
        for namespace in holding.namespaces:
            if renders_namespace(namespace, holding.platform):
                yield self._file("namespace", namespace, namespace, self.values.namespace, namespace)
            if self.values.consumers:
                yield self._file("consumers", namespace, namespace, self.values.consumers_in, namespace)
        for namespace in pulled_in(holding):
            if self.values.registry.ca_bundle:
                yield self._file("registry-ca", namespace, namespace, self.values.ca_in, namespace)
            if self.values.registry.external_secret:
                yield self._file("pull-secret", namespace, namespace, self.values.secret_in, namespace)
        if holding.vendor and not holding.vendor.silent:
            yield self._file("hyperconverged", "", id(holding), self.values.hyper_converged, holding.vendor)

    def _file(
        self, kind: Kind, name: str, key: Hashable, values: Callable[[Thing], Mapping[str, Any]], thing: Thing
    ) -> File | None:
        """Return a file made by the template of its kind, once for each ``key``."""
        if (kind, key) not in self._files:
            self._files[kind, key] = self._made(kind, name, (f"{kind}.yaml.j2",), values(thing))
        return self._files[kind, key]

    def _made(self, kind: Kind, name: str, templates: tuple[str, ...], values: Mapping[str, Any]) -> File | None:
        """Return the file that some templates write together, checked if one of them is the user's."""
        parts = [self.templates.render(template, values) for template in templates]
        text = SEPARATOR.join(filter(None, parts))
        file = File(file_name(kind, name), text.encode()) if text else None
        own = [template for template in templates if self.templates.is_own(template)]
        if file and own and self.checked:
            self.checked.file(file, ", ".join(map(self.templates.shown, own)))
        return file


def _listed(names: tuple[str, ...], most: int = 5) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
