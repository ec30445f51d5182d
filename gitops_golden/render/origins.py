"""Which templates, and which places of policy and lock, made a file of the tree.

Pure: it is told the policy and its plan, and takes for granted that the file is in the tree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitops_golden.plan.compile import layers_of
from gitops_golden.policy.settings import trace
from gitops_golden.render.extras import CLUSTER, IMAGE, extra_name
from gitops_golden.render.names import file_name, parse
from gitops_golden.render.render import IMAGE_TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitops_golden.errors import Location
    from gitops_golden.plan.model import ClusterPlan, Variant
    from gitops_golden.policy.model import Image, Policy, Subject
    from gitops_golden.policy.settings import Resolved


@dataclass(frozen=True, slots=True)
class Used:
    """A template by name, with the user's file if it is no built-in one."""

    name: str
    file: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """One thing of the policy behind a file: what it is, what it says, and where. None is a built-in."""

    what: str
    value: str
    where: Location | None


@dataclass(frozen=True, slots=True)
class Origins:
    """All that made one file. ``settings`` are by image, each with its history."""

    path: str
    cluster: str
    templates: tuple[Used, ...]
    lines: tuple[Line, ...]
    settings: tuple[tuple[str, tuple[Resolved, ...]], ...] = ()


_GUESTS: Final = ("preference.", "instancetype.", "metadata.")


def origins(path: str, held: ClusterPlan, policy: Policy, lock_file: Location) -> Origins:
    """Return what made a file of a cluster's folder."""
    kind, name = parse(path) or ("extra", "")
    teller = _Teller(held, policy, lock_file)
    lines: tuple[Line, ...] = ()
    settings: tuple[tuple[str, tuple[Resolved, ...]], ...] = ()
    match kind:
        case "image":
            variant = next(each for each in held.variants if each.data_source == name)
            lines, settings = tuple(teller.delivery(variant)), (teller.settings(variant.image),)
        case "pointer":
            lines, settings = tuple(teller.pointer(name)), (teller.pointer_settings(name),)
        case "namespace":
            settings = tuple(teller.in_namespace(name))
        case "hyperconverged":
            lines = tuple(teller.vendor())
        case "extra":
            of = [variant for _, variant in _added(name, held, policy) if variant]
            lines = tuple(line for variant in of for line in teller.delivery(variant))
            settings = tuple(teller.settings(variant.image) for variant in of)
        case _:
            lines, settings = tuple(teller.access(kind, name)), tuple(teller.in_namespace(name))
    cluster = held.cluster
    of_cluster = Line(f"cluster {cluster.name}", f"platform {cluster.platform.kind}", cluster.where)
    if kind == "extra":
        names: Iterable[str] = [template for template, _ in _added(name, held, policy)]
    else:
        names = IMAGE_TEMPLATES if kind == "image" else (f"{kind}.yaml.j2",)
    return Origins(path, cluster.name, _used(names, policy), (*lines, of_cluster), settings)


def _used(names: Iterable[str], policy: Policy) -> tuple[Used, ...]:
    """Return templates by name, the user's with their files."""
    own = dict(policy.templates)
    return tuple(Used(name, own[name].shown if name in own else None) for name in names)


def _added(name: str, held: ClusterPlan, policy: Policy) -> Iterator[tuple[str, Variant | None]]:
    """Yield the templates of the user that add a file of this name, each with the delivery that it is for, if any."""
    file = file_name("extra", name)
    for template, _ in policy.templates:
        if template.startswith(CLUSTER) and extra_name(template, "") == file:
            yield template, None
        elif template.startswith(IMAGE):
            for variant in held.variants:
                if extra_name(template, variant.data_source) == file:
                    yield template, variant


def _subject(subject: Subject) -> str:
    return (
        f"{subject.kind} {subject.namespace}/{subject.name}" if subject.namespace else f"{subject.kind} {subject.name}"
    )


@dataclass(frozen=True, slots=True)
class _Teller:
    """Tells the places behind what one cluster holds."""

    held: ClusterPlan
    policy: Policy
    lock_file: Location

    def settings(self, name: str, *paths: str) -> tuple[str, tuple[Resolved, ...]]:
        """Return an image's settings, or those of them that begin with one of ``paths``."""
        traced = trace(layers_of(self.policy, self._image(name), self.held.cluster))
        return name, tuple(each for each in traced if not paths or each.path.startswith(paths))

    def delivery(self, variant: Variant) -> Iterator[Line]:
        """Yield where a delivery comes from."""
        image, registry = self._image(variant.image), self.policy.registry
        yield Line(f"image {image.name}", f"{image.repository}:{image.tag}", image.where)
        yield from self._placements(image)
        yield Line("registry.address", registry.address, self.policy.where)
        if registry.pull_secret:
            yield Line("registry.pullSecret", registry.pull_secret, self.policy.where)
        if registry.ca_bundle:
            yield Line("registry.caBundle", str(registry.ca_bundle.file), self.policy.where)
        if variant.digest:
            yield Line("lock", variant.digest, self.lock_file)
        if variant.restarts or variant.attempts:
            yield Line("lock", f"restarts {variant.restarts}, attempts {variant.attempts}", self.lock_file)

    def pointer(self, name: str) -> Iterator[Line]:
        """Yield where a second name comes from."""
        end = self._end(name)
        image = self._image(end.image)
        channel = next((each for each in self.policy.channels if each.name == name), None)
        if channel is not None:
            yield Line(f"channel {name}", f"image {channel.image}", channel.where)
        yield Line(f"image {image.name}", f"points at {end.data_source}", image.where)
        yield from self._placements(image)

    def pointer_settings(self, name: str) -> tuple[str, tuple[Resolved, ...]]:
        """Return the settings that a second name carries."""
        return self.settings(self._end(name).image, "namespace", "architectures", *_GUESTS)

    def in_namespace(self, namespace: str) -> Iterator[tuple[str, tuple[Resolved, ...]]]:
        """Yield the setting by which each image of a namespace is in it."""
        held = {variant.image for variant in self.held.variants if variant.settings.namespace == namespace}
        for name in sorted(held):
            yield self.settings(name, "namespace")

    def access(self, kind: str, namespace: str) -> Iterator[Line]:
        """Yield what the policy says of access to the registry, or to images, and for whom that is in a namespace."""
        registry, where = self.policy.registry, self.policy.where
        if kind == "consumers":
            yield Line("consumers", ", ".join(map(_subject, self.policy.consumers)), where)
            return
        if kind == "registry-ca" and registry.ca_bundle:
            yield Line("registry.caBundle", str(registry.ca_bundle.file), where)
        elif registry.external_secret:
            external = registry.external_secret
            yield Line("registry.pullSecret", registry.pull_secret or "", where)
            yield Line("registry.externalSecret", f"{external.store_kind} {external.store}, key {external.key}", where)
        if namespace == self.held.cluster.platform.cdi_namespace:
            for name in sorted({variant.image for variant in self.held.variants if variant.tracking}):
                yield Line(f"image {name}", f"CDI polls its tag from {namespace}", self._image(name).where)

    def vendor(self) -> Iterator[Line]:
        """Yield what the policy says of the vendor's images."""
        said = self.policy.vendor_images
        if said is None:
            return
        imports = {True: "keep", False: "remove" if not said.keep else "", None: ""}[said.imports]
        named = (("keep", said.keep), ("remove", said.remove), ("replace", said.replace))
        told = [imports, *(f"{field} {', '.join(names)}" for field, names in named if names)]
        yield Line("vendorImages", "; ".join(filter(None, told)) or "templates", said.where)
        for template in said.templates:
            yield Line(f"template {template.name}", "an admin's own", template.where)
        for name in said.replace:
            image = self._image(name)
            yield Line(f"image {name}", f"{image.repository}:{image.tag}", image.where)

    def _placements(self, image: Image) -> Iterator[Line]:
        labels, cluster = dict(image.labels), self.held.cluster
        for placement in self.policy.placements:
            if placement.images.matches(image.name, labels) and placement.clusters.matches(
                cluster.name, dict(cluster.labels)
            ):
                yield Line(f"placement {placement.name}", f"gives {image.name} to {cluster.name}", placement.where)

    def _end(self, name: str) -> Variant:
        return next(pointer.end for pointer in self.held.holding.pointers if pointer.name == name)

    def _image(self, name: str) -> Image:
        return next(image for image in self.policy.images if image.name == name)
