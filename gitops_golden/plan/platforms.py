"""Locked releases against the architectures of the clusters that are to hold them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_golden.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitops_golden.plan.model import ClusterPlan
    from gitops_golden.policy.model import Policy
    from gitops_golden.registry.lock import Lock


def missing_platforms(policy: Policy, lock: Lock, clusters: Iterable[ClusterPlan]) -> Iterable[Problem]:
    """Yield a warning for every pinned release that lacks an architecture, once, with the first cluster it is for.

    The importer would fail there again and again: it takes the cluster's platform out of an index. A release whose
    platforms the lock does not know is passed over.
    """
    images = {image.name: image for image in policy.images}
    for (image, digest, architecture), cluster in _needed(clusters).items():
        release = lock.release(image, digest)
        platforms = {platform.platform for platform in release.platforms} if release else set()
        if platforms and not any(platform.split("/")[:2] == ["linux", architecture] for platform in platforms):
            has = ", ".join(sorted(platforms))
            what = f"image {image!r} has no linux/{architecture}, which {cluster} needs; it has {has}"
            yield Problem(what, images[image].where, severity="warning")


def _needed(clusters: Iterable[ClusterPlan]) -> dict[tuple[str, str, str], str]:
    """Return which image and digest is held on which architecture, with the first cluster that does."""
    needed: dict[tuple[str, str, str], str] = {}
    seen: set[tuple[int, str]] = set()
    for held in clusters:
        alike = (id(held.variants), held.cluster.architecture)
        if alike not in seen:
            seen.add(alike)
            for variant in held.variants:
                if variant.digest:
                    key = (variant.image, variant.digest, variant.architecture or held.cluster.architecture)
                    needed.setdefault(key, held.cluster.name)
    return needed
