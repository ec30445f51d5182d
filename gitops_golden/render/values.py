"""What templates are given: the values of each kind of file, as texts, whole numbers, maps and lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from gitops_golden.plan.hold import ca_name
from gitops_golden.render.cdi import (
    FLEET_LABEL,
    OWNER_LABEL,
    cron_annotations,
    cron_labels,
    cron_spec,
    default_labels,
    hashed_name,
)
from gitops_golden.render.hyperconverged import NAME, hyper_converged_spec
from gitops_golden.render.rows import rows
from gitops_golden.vendor.catalogue import golden_namespace

if TYPE_CHECKING:
    from gitops_golden.plan.model import Holding, Plan, Pointer, Variant, VendorPlan
    from gitops_golden.policy.model import Registry, Subject


@dataclass(frozen=True, slots=True)
class Values:
    """Makes the values of one fleet's files."""

    fleet: str
    registry: Registry
    consumers: tuple[Subject, ...]

    @classmethod
    def of(cls, plan: Plan) -> Self:
        """Return what makes a plan's values."""
        return cls(plan.fleet, plan.registry, plan.consumers)

    def variant(self, variant: Variant, name: str | None = None) -> dict[str, Any]:
        """Return what a DataImportCron and its DataSource are made from; ``name`` is the cron's if not the usual."""
        spec = cron_spec(variant)
        name = name or hashed_name(spec, variant.restarts)
        template = spec["template"]["spec"]
        own = dict(variant.settings.labels) | {OWNER_LABEL: name, FLEET_LABEL: self.fleet}
        return {
            "fleet": self.fleet,
            "namespace": variant.settings.namespace,
            "cron": {
                "name": name,
                "labels": sorted(cron_labels(variant, self.fleet).items()),
                "annotations": sorted(cron_annotations(variant).items()),
            },
            "datasource": {"labels": sorted(own.items()), "annotations": variant.settings.annotations},
            "spec": spec,
            "source": template["source"]["registry"],
            "storage": template["storage"],
        }

    def pointer(self, pointer: Pointer) -> dict[str, Any]:
        """Return what a pointer is made from. It carries the preference itself: CDI copies the owner label alone."""
        settings = pointer.end.settings
        labels = dict(settings.labels) | default_labels(pointer.end) | {FLEET_LABEL: self.fleet}
        return {
            "fleet": self.fleet,
            "namespace": pointer.namespace,
            "pointer": {
                "name": pointer.name,
                "end": pointer.end.data_source,
                "labels": sorted(labels.items()),
                "annotations": settings.annotations,
            },
        }

    def namespace(self, namespace: str) -> dict[str, Any]:
        """Return what a namespace is made from."""
        return {"fleet": self.fleet, "namespace": namespace}

    def consumers_in(self, namespace: str) -> dict[str, Any]:
        """Return what the consumers' role in a namespace is made from."""
        subjects = [
            {"kind": subject.kind, "name": subject.name, "namespace": subject.namespace} for subject in self.consumers
        ]
        return {"fleet": self.fleet, "namespace": namespace, "name": f"{self.fleet}-consumers", "subjects": subjects}

    def ca_in(self, namespace: str) -> dict[str, Any]:
        """Return what the ConfigMap with the registry's certificates is made from."""
        assert self.registry.ca_bundle is not None
        certificates = self.registry.ca_bundle.certificates
        return {
            "fleet": self.fleet,
            "namespace": namespace,
            "name": ca_name(self.fleet),
            "certificates": certificates,
        }

    def secret_in(self, namespace: str) -> dict[str, Any]:
        """Return what the ExternalSecret that makes the pull secret is made from."""
        external = self.registry.external_secret
        assert external is not None
        return {
            "fleet": self.fleet,
            "namespace": namespace,
            "name": self.registry.pull_secret,
            "store": external.store,
            "store_kind": external.store_kind,
            "key": external.key,
        }

    def hyper_converged(self, plan: VendorPlan) -> dict[str, Any]:
        """Return what a cluster's HyperConverged is told."""
        spec = hyper_converged_spec(plan, self.fleet)
        where = plan.platform.hyper_converged
        assert where is not None
        return {
            "fleet": self.fleet,
            "namespace": where.namespace,
            "name": NAME,
            "api_version": where.api_version,
            "rows": rows(spec),
        }


def pulled_in(holding: Holding) -> tuple[str, ...]:
    """Return the namespaces in which something pulls from the registry: importers and, in CDI's own, its poller.

    CDI polls for tracking images in its own namespace, and stays ``NoDigest`` without secret and CA there (measured).
    """
    namespaces = {*holding.namespaces}
    if any(variant.tracking for variant in holding.variants):
        namespaces.add(holding.platform.cdi_namespace)
    if holding.vendor and holding.vendor.replace:
        namespaces.add(golden_namespace(holding.platform.kind))
    return tuple(sorted(namespaces))
