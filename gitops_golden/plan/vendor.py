"""What HyperConverged is told about the vendor's boot images, and what is odd about that, cluster by cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_golden.errors import Problem
from gitops_golden.plan.model import VendorPlan
from gitops_golden.policy.schedules import slot_of
from gitops_golden.vendor.catalogue import catalogue, golden_namespace, known_data_sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gitops_golden.plan.model import Holding, Variant
    from gitops_golden.policy.model import Cluster, Image, Platform, VendorImages
    from gitops_golden.vendor.catalogue import VendorImage

KINDS = ("openshift", "kubevirt")
_NAMED = 5


class VendorDecision:
    """What a policy says of vendor images, applied to one cluster after the other."""

    def __init__(self, said: VendorImages | None, images: Sequence[Image]) -> None:
        self._said = said
        self._images = images
        self._unknown_on: dict[tuple[str, str], str] = {}

    def on(self, cluster: Cluster, variants: Iterable[Variant]) -> VendorPlan | None:
        """Return what a cluster's HyperConverged is told; None where the policy says nothing or there is none."""
        said, platform = self._said, cluster.platform
        if said is None:
            return None
        if platform.hyper_converged is None:
            return None
        known = {image.name: image for image in catalogue(platform.kind)}
        held = {variant.image: variant for variant in variants if variant.architecture in {None, cluster.architecture}}
        return VendorPlan(
            platform=platform,
            imports=said.imports,
            keep=self._known(said.keep, known, cluster),
            remove=self._known(said.remove, known, cluster),
            replace=tuple(
                (image, held[image.name]) for image in self._known(said.replace, known, cluster) if image.name in held
            ),
            templates=said.templates,
            slot=slot_of(cluster.name) if said.keep else 0,
        )

    def _known(
        self, names: tuple[str, ...], known: dict[str, VendorImage], cluster: Cluster
    ) -> tuple[VendorImage, ...]:
        for name in names:
            if name not in known:
                self._unknown_on.setdefault((name, cluster.platform.kind), cluster.name)
        return tuple(known[name] for name in names if name in known)

    def problems(self) -> Iterator[Problem]:
        """Yield an error for every name that no vendor knows, and for every name that would be listed twice."""
        if self._said is None:
            return
        known = sorted({image.name for kind in KINDS for image in catalogue(kind)})
        for name in (*self._said.keep, *self._said.remove, *self._said.replace):
            if name not in known:
                what = f"vendorImages names {name!r}, which no vendor provides"
                yield Problem(what, self._said.where, f"known are {', '.join(known)}")
        yield from self._taken()

    def _taken(self) -> Iterator[Problem]:
        """Yield an error for every admin's template of a name that the list has already: HCO refuses a list with both.

        That name is the vendor's where an image is switched off, and one of our own where it is kept.
        """
        assert self._said is not None
        vendors = {image.name: image for kind in KINDS for image in catalogue(kind)}
        said = (("keep", self._said.keep), ("remove", self._said.remove), ("replace", self._said.replace))
        taken = {
            vendors[name].kept if field == "keep" else vendors[name].cron: f"vendorImages.{field} writes for {name}"
            for field, names in said
            for name in names
            if name in vendors
        }
        for template in self._said.templates:
            if template.name in taken:
                what = f"a template has the name {template.name}, which {taken[template.name]}"
                yield Problem(what, template.where, "take it away, or give it another name on the clusters, too")

    def warnings(self, clusters: Sequence[Cluster]) -> Iterator[Problem]:
        """Yield what is odd: clusters without HyperConverged, and vendor images that a platform doesn't have."""
        if self._said is None:
            return
        names = [cluster.name for cluster in clusters if cluster.platform.hyper_converged is None]
        if names:
            shown = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
            what = f"vendorImages says nothing to {shown}: there is no HyperConverged by their platform"
            yield Problem(what, self._said.where, "set the clusters' platform if there is one", "warning")
        for (name, kind), cluster in sorted(self._unknown_on.items()):
            what = f"vendorImages names {name!r}, which platform {kind} doesn't provide, as on {cluster}"
            yield Problem(what, self._said.where, severity="warning")


def observed_namespaces(holding: Holding) -> tuple[str, ...]:
    """Return the namespaces that a verdict on a cluster rests on: those of its images and, if told, the vendor's."""
    vendor = {golden_namespace(holding.platform.kind)} if holding.vendor else set()
    return tuple(sorted({*holding.namespaces, *vendor}))


def fought_over(holdings: Iterable[tuple[str, Holding]], images: Sequence[Image]) -> Iterator[Problem]:
    """Yield a warning for each DataSource that the vendor's operator would put back to what it wants, again and again.

    ``holdings`` come with the name of a cluster that has them. SSP resets label and spec of every DataSource of its
    own namespace whose name it knows (kubevirt/ssp-operator).
    """
    where = {image.name: image.where for image in images}
    told: set[tuple[str, str]] = set()
    for cluster, holding in holdings:
        for image, name in _fought(holding, holding.platform):
            if (image, name) not in told:
                told.add((image, name))
                what = f"DataSource {name} in {golden_namespace(holding.platform.kind)} is kept by SSP, as on {cluster}"
                remedy = "use a namespace of your own, another name, or vendorImages.replace"
                yield Problem(f"image {image!r}: {what}", where[image], remedy, "warning")


def _fought(holding: Holding, platform: Platform) -> Iterator[tuple[str, str]]:
    if platform.hyper_converged is None:
        return
    namespace, known = golden_namespace(platform.kind), known_data_sources(platform.kind)
    named = [(v.image, v.data_source, v.settings.namespace) for v in holding.variants]
    named += [(pointer.end.image, pointer.name, pointer.namespace) for pointer in holding.pointers]
    for image, name, where in named:
        if where == namespace and name in known:
            yield image, name
