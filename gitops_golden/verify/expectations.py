"""What a plan claims, worked out once for each variant and each holding: what deliveries and clusters are judged by."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from gitops_golden.render.hyperconverged import replaced_cron
from gitops_golden.render.names import file_name, parse
from gitops_golden.vendor.catalogue import golden_namespace
from gitops_golden.verify.beside import beside
from gitops_golden.verify.case import expected_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import timedelta

    from gitops_golden.plan.model import ClusterPlan, Holding, Variant, VendorPlan
    from gitops_golden.registry.lock import Lock
    from gitops_golden.registry.update import TagState
    from gitops_golden.render.tree import File, Folder
    from gitops_golden.verify.case import Beside, Expected, GitTruth
    from gitops_golden.verify.model import Basis

NEEDED: Final = ("namespace", "consumers", "registry-ca", "pull-secret")
"""The kinds of files that a delivery needs in the namespaces that it works in."""


class Truth(NamedTuple):
    """What the fleet is judged by: what Git, lock and registry say, and what is rendered."""

    git: GitTruth
    lock: Lock
    tags: Mapping[str, TagState]
    basis: Basis
    content: Callable[[Variant], bytes]
    folder: Callable[[Holding], Folder]
    added: Callable[[ClusterPlan], tuple[File, ...]] = lambda _: ()
    """What users' templates add to a cluster's folder."""
    objective: timedelta | None = None
    """How long a change may take to reach every cluster."""


@dataclass(slots=True)
class Expectations:
    """What one fleet's variants and holdings claim."""

    fleet: str
    truth: Truth
    _variants: dict[Variant, Expected] = field(default_factory=dict)
    _held: dict[int, tuple[Variant, Expected]] = field(default_factory=dict)
    _read: dict[File, Beside] = field(default_factory=dict)
    _files: dict[int, dict[str, Beside]] = field(default_factory=dict)
    _needs: dict[tuple[int, int], tuple[Beside, ...]] = field(default_factory=dict)
    _others: dict[int, tuple[Beside, ...]] = field(default_factory=dict)

    def of(self, variant: Variant) -> Expected:
        """Return what a variant's manifests claim."""
        # Clusters share variants, and a variant is slow to hash: it is known by its place in memory while it is held.
        known = self._held.get(id(variant))
        if known is None:
            known = self._held[id(variant)] = (variant, self._made(variant))
        return known[1]

    def _made(self, variant: Variant) -> Expected:
        expected = self._variants.get(variant)
        if expected is None:
            state = self.truth.tags.get(variant.image)
            expected = self._variants[variant] = expected_of(
                variant,
                self.fleet,
                content=self.truth.content(variant),
                served=state.served if state else None,
                locked=self.truth.lock.image(variant.image),
            )
        return expected

    def replacing(self, plan: VendorPlan) -> Iterator[Expected]:
        """Yield what is claimed of each image that stands in for one of the vendor's, under the vendor's name."""
        for image, variant in plan.replace:
            yield replace(
                self.of(variant),
                data_source=image.name,
                namespace=golden_namespace(plan.platform.kind),
                cron=replaced_cron(image, variant),
            )

    def beside(self, holding: Holding, variant: Variant) -> tuple[Beside, ...]:
        """Return what a delivery needs on its cluster beside its own file, as far as it is rendered."""
        key = (id(holding), id(variant))
        if key not in self._needs:
            self._needs[key] = self._needed(holding, variant)
        return self._needs[key]

    def _needed(self, holding: Holding, variant: Variant) -> tuple[Beside, ...]:
        files = self._of(holding)
        namespaces = [variant.settings.namespace]
        if variant.tracking:
            # CDI polls in its own namespace, with its own copy of secret and certificates.
            namespaces.append(holding.platform.cdi_namespace)
        names = [file_name("pointer", pointer.name) for pointer in holding.pointers if pointer.end == variant]
        names += [file_name(kind, namespace) for namespace in namespaces for kind in NEEDED]
        return tuple(files[name] for name in names if name in files)

    def of_cluster(self, held: ClusterPlan) -> tuple[Beside, ...]:
        """Return the files that no delivery needs: what is said to HyperConverged, and what users add."""
        return (*self._not_needed(held.holding), *map(self._beside, self.truth.added(held)))

    def _not_needed(self, holding: Holding) -> tuple[Beside, ...]:
        if id(holding) not in self._others:
            needed = {file.name for variant in holding.variants for file in self.beside(holding, variant)}
            rest = (file for file in self._of(holding).values() if file.name not in needed)
            self._others[id(holding)] = tuple(rest)
        return self._others[id(holding)]

    def _of(self, holding: Holding) -> dict[str, Beside]:
        """Return the files of a holding by name, those of deliveries left out."""
        files = self._files.get(id(holding))
        if files is None:
            files = self._files[id(holding)] = {
                file.name: self._beside(file)
                for file in self.truth.folder(holding).files
                if (found := parse(file.name)) and found[0] != "image"
            }
        return files

    def _beside(self, file: File) -> Beside:
        if file not in self._read:
            self._read[file] = beside(file)
        return self._read[file]
