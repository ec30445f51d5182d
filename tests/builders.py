"""Small policies, locks and objects for tests: what matters to a test is an argument, the rest is ordinary."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitops_golden.errors import Location
from gitops_golden.guardrails.shape import delivery_shape
from gitops_golden.plan.model import Variant
from gitops_golden.policy.model import (
    Cluster,
    DeliveryTarget,
    Image,
    Layer,
    Override,
    Placement,
    Policy,
    Registry,
    Setting,
    Tracking,
)
from gitops_golden.policy.selectors import EVERYTHING, Choice, Requirement, Selector
from gitops_golden.policy.settings import Settings
from gitops_golden.registry.lock import Count, Lock, LockedImage, LockedRelease
from gitops_golden.render.making import make_renderer
from gitops_golden.render.render import Renderer, render_plan
from gitops_golden.render.values import Values
from gitops_golden.resources import shipped
from gitops_golden.templating.environment import Templates

if TYPE_CHECKING:
    from gitops_golden.plan.model import Plan
    from gitops_golden.render.tree import Tree

HERE = Location("fleet.yaml", 1, 1)
A, B, C = (f"sha256:{letter * 64}" for letter in "abc")


def layer(origin: str = "test", line: int = 1, **settings: Any) -> Layer:
    """Make a layer; ``storage_size`` stands for ``storage.size``."""
    return Layer(
        origin,
        tuple(
            Setting(name.replace("_", ".", 1), value, Location("fleet.yaml", line, 1))
            for name, value in settings.items()
        ),
    )


def image(name: str = "rhel9", *, labels: dict[str, str] | None = None, tag: str = "1", **settings: Any) -> Image:
    settings.setdefault("storage_size", "30Gi")
    return Image(
        name,
        f"golden/{name}",
        tag,
        tuple(sorted((labels or {}).items())),
        layer(f"image {name}", 2, **settings),
        HERE,
    )


def cluster(name: str = "prod-1", *, labels: dict[str, str] | None = None, **settings: Any) -> Cluster:
    own = layer(f"cluster {name}", 3, **settings)
    return Cluster(name, name, tuple(sorted((labels or {}).items())), "amd64", own, HERE)


def where(**labels: str) -> Choice:
    """Choose by labels."""
    return Choice(selector=Selector(tuple(Requirement(key, "In", (value,)) for key, value in labels.items())))


def named(*names: str) -> Choice:
    return Choice(names=frozenset(names))


def placement(name: str = "all", images: Choice = EVERYTHING, clusters: Choice = EVERYTHING) -> Placement:
    return Placement(name, images, clusters, HERE)


def override(name: str = "o", images: Choice = EVERYTHING, clusters: Choice = EVERYTHING, **settings: Any) -> Override:
    return Override(name, images, clusters, layer(f"override {name}", 4, **settings), HERE)


def policy(**parts: Any) -> Policy:
    base = Policy(
        name="acme",
        registry=Registry("registry.example:5000"),
        delivery=DeliveryTarget(),
        defaults=layer("defaults"),
        images=(image(),),
        clusters=(cluster(),),
        placements=(placement(),),
        overrides=(),
        folder=Path(),
        where=HERE,
    )
    return replace(base, **parts)


def locked(name: str = "rhel9", digest: str = A, *earlier: str, restarts: int = 0, attempts: int = 0) -> LockedImage:
    releases = tuple(
        LockedRelease(known, "1", "2026-11-21T10:00:00Z", "registry.example:5000", 1, ())
        for known in (*earlier, digest)
    )
    return LockedImage(name, f"golden/{name}", releases, (("all", digest),), Count(restarts), Count(attempts))


def lock(*images: LockedImage) -> Lock:
    return Lock(images or (locked(),))


def settings(**parts: Any) -> Settings:
    return replace(Settings("golden-images", None, 3, "30Gi"), **parts)


def variant(name: str = "rhel9", digest: str | None = A, **parts: Any) -> Variant:
    base = Variant(name, f"registry.example:5000/golden/{name}", "1", digest, settings())
    return replace(base, **parts)


def tracking_variant(name: str = "rhel9", schedule: str = "0 2 * * *", **parts: Any) -> Variant:
    return variant(name, None, settings=settings(update=Tracking(schedule)), **parts)


def built_in_templates() -> Templates:
    return Templates(shipped("templates"))


def renderer(fleet: str = "acme", **parts: Any) -> Renderer:
    """Return what renders holdings of a fleet with the built-in templates."""
    return Renderer(replace(Values(fleet, Registry("registry.example:5000"), ()), **parts), built_in_templates())


def rendered(policy: Policy, plan: Plan) -> Tree:
    """Return a plan's tree, made as the commands make it."""
    images = {image.name: image for image in policy.images}

    def delivery(variant: Variant) -> dict[str, Any]:
        return delivery_shape(variant, images[variant.image], policy.registry, fleet=policy.name)

    return render_plan(plan, make_renderer(plan, delivery))
