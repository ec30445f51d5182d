"""What a plan has beside deliveries: second names, vendor images, secrets that somebody else must make."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from gitops_golden.render.values import pulled_in
from gitops_golden.report.words import counted, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

    from gitops_golden.plan.model import Holding, Plan

Key = TypeVar("Key", bound="Hashable")
_MOST = 8


@dataclass(frozen=True, slots=True)
class _Second:
    """A second name for consumers; ``own`` if it is an image's, whose architectures have names of their own."""

    name: str
    namespace: str
    end: str
    own: bool


@dataclass(frozen=True, slots=True)
class _Vendor:
    """What is said of the vendor's images on a kind of platform, all by name."""

    platform: str
    imports: bool | None
    keep: tuple[str, ...]
    remove: tuple[str, ...]
    replace: tuple[str, ...]
    templates: tuple[str, ...]


def beside_json(plan: Plan) -> dict[str, Any]:
    """Return it as JSON, each with the clusters that it is on."""
    return {
        "pointers": [
            {
                "name": second.name,
                "namespace": second.namespace,
                "end": second.end,
                "channel": not second.own,
                "clusters": clusters,
            }
            for second, clusters in _clusters_by(plan, _seconds)
        ],
        "vendorImages": [{**asdict(vendor), "clusters": clusters} for vendor, clusters in _clusters_by(plan, _vendors)],
        "secretsNeeded": [
            {"name": plan.registry.pull_secret, "namespace": namespace, "clusters": clusters}
            for namespace, clusters in _secrets(plan)
        ],
    }


def beside_text(plan: Plan) -> Iterator[str]:
    """Yield it for a person, a line for each kind of thing."""
    seconds = _clusters_by(plan, _seconds)
    for noun, own in (("channels", False), ("names", True)):
        told = [f"{each.name} → {each.end} ({len(clusters):,})" for each, clusters in seconds if each.own is own]
        if told:
            yield f"{noun}: {listed(told, _MOST)}"
    for vendor, clusters in _clusters_by(plan, _vendors):
        yield f"vendor images, {vendor.platform} ({counted(len(clusters), 'cluster')}): {_said(vendor)}"
    secrets = _secrets(plan)
    if secrets:
        places = [f"{namespace} ({counted(len(clusters), 'cluster')})" for namespace, clusters in secrets]
        yield f"Secret {plan.registry.pull_secret} is not rendered and must exist in {listed(places, _MOST)}"


def _said(vendor: _Vendor) -> str:
    imports = {True: ["import on"], False: ["import off"], None: []}[vendor.imports]
    named = {
        "kept": vendor.keep,
        "removed": vendor.remove,
        "replaced by the fleet's": vendor.replace,
        "listed for an admin": vendor.templates,
    }
    parts = [*imports, *(f"{listed(names, _MOST)} {fate}" for fate, names in named.items() if names)]
    return "; ".join(parts) or "nothing is said"


def _seconds(holding: Holding) -> Iterator[_Second]:
    for pointer in holding.pointers:
        end = pointer.end
        yield _Second(pointer.name, pointer.namespace, end.data_source, own=pointer.name == end.image)


def _vendors(holding: Holding) -> Iterator[_Vendor]:
    told = holding.vendor
    if told is not None:
        yield _Vendor(
            told.platform.kind,
            told.imports,
            tuple(image.name for image in told.keep),
            tuple(image.name for image in told.remove),
            tuple(image.name for image, _ in told.replace),
            tuple(template.name for template in told.templates),
        )


def _secrets(plan: Plan) -> list[tuple[str, list[str]]]:
    """Return the namespaces in which the pull secret must be, where nothing that is rendered makes it."""
    if not plan.registry.pull_secret or plan.registry.external_secret:
        return []
    return _clusters_by(plan, pulled_in)


def _clusters_by(plan: Plan, keys: Callable[[Holding], Iterable[Key]]) -> list[tuple[Key, list[str]]]:
    """Return the clusters for each key of what they hold, sorted; asked once for each different holding."""
    known = {id(holding): tuple(keys(holding)) for holding in plan.distinct()}
    found: dict[Key, list[str]] = {}
    for held in plan.clusters:
        for key in known[id(held.holding)]:
            found.setdefault(key, []).append(held.cluster.name)
    return sorted(found.items(), key=lambda item: repr(item[0]))
