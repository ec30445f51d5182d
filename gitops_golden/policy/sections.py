"""The parts of a policy out of nodes: registry, delivery, images, clusters, placements, overrides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from gitops_golden.policy import layers, names, references
from gitops_golden.policy.access import external_secret
from gitops_golden.policy.choices import choice
from gitops_golden.policy.fields import Shape
from gitops_golden.policy.model import Cluster, DeliveryTarget, Image, Layer, Override, Placement, Platform, Registry
from gitops_golden.policy.platforms import platform
from gitops_golden.policy.selectors import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitops_golden.documents import Node
    from gitops_golden.errors import Location
    from gitops_golden.policy.beside import Beside
    from gitops_golden.policy.fields import Check, Reader
    from gitops_golden.policy.selectors import Choice

    Fields = Mapping[str, Node]

SPEC: Final = Shape(
    "spec",
    frozenset(
        {
            *("registry", "delivery", "defaults", "images", "inventory", "clusters", "placements", "overrides"),
            *("vendorImages", "channels", "consumers", "guardrails", "templates", "objective"),
        }
    ),
    ("registry",),
    path="spec.",
)
INVENTORY: Final = Shape("An inventory", frozenset({"apiVersion", "kind", "clusters"}), ("clusters",))
REGISTRY: Final = Shape(
    "registry",
    frozenset({"address", "layout", "plainHTTP", "pullSecret", "caBundle", "externalSecret"}),
    ("address",),
    path="registry.",
)
DELIVERY: Final = Shape("delivery", frozenset({"engine", "branch", "path"}), (), frozenset({"repository"}), "delivery.")
SETTINGS: Final = Shape("A map of settings", layers.FIELDS)
IMAGE: Final = Shape("An image", frozenset({"labels", "repository", "tag"}) | layers.FIELDS, ("repository", "tag"))
CLUSTER: Final = Shape("A cluster", frozenset({"context", "labels", "architecture", "platform", "set"}))
PLACEMENT: Final = Shape("A placement", frozenset({"images", "clusters"}), ("images", "clusters"))
OVERRIDE: Final = Shape("An override", frozenset({"images", "clusters", "set"}), ("set",))

_ENGINES: Final = ("none", "argocd", "acm", "flux")
_ARCHITECTURE: Final = "amd64"
CDI_ALONE: Final = Platform()


def registry(reader: Reader, node: Node, beside: Beside) -> Registry:
    """Return the registry, with what it names ``beside`` the policy."""
    fields = reader.fields(node, REGISTRY)
    if "externalSecret" in fields and "pullSecret" not in fields:
        what = "registry.externalSecret makes the pull secret, and there is no registry.pullSecret"
        reader.note(fields["externalSecret"], what, "name the Secret in registry.pullSecret")
    return Registry(
        address=_text(reader, fields, "address", references.address, "registry.address"),
        layout=beside.layout(fields["layout"]) if "layout" in fields else None,
        ca_bundle=beside.ca_bundle(fields["caBundle"]) if "caBundle" in fields else None,
        external_secret=external_secret(reader, fields["externalSecret"]) if "externalSecret" in fields else None,
        plain_http=reader.boolean(fields["plainHTTP"], "registry.plainHTTP") if "plainHTTP" in fields else False,
        pull_secret=_text(reader, fields, "pullSecret", names.subdomain, "registry.pullSecret") or None,
    )


def delivery(reader: Reader, node: Node) -> DeliveryTarget:
    """Return where manifests go."""
    fields = reader.fields(node, DELIVERY)
    if "engine" in fields:
        engine = reader.word(fields["engine"], "delivery.engine", _ENGINES)
        if engine not in {"none", ""}:
            reader.note(fields["engine"], f"delivery.engine: {engine} is not supported yet", "write none for now")
    built_in = DeliveryTarget()
    return DeliveryTarget(
        path=_text(reader, fields, "path", references.folder, "delivery.path") or built_in.path,
        branch=_text(reader, fields, "branch", references.branch, "delivery.branch") or built_in.branch,
    )


def defaults(reader: Reader, node: Node) -> Layer:
    """Return the settings for every image."""
    return layers.layer(reader, reader.fields(node, SETTINGS), "defaults", node.where)


def image(reader: Reader, name: str, fields: Fields, where: Location) -> Image:
    """Return an image whose name is already checked."""
    return Image(
        name=name,
        repository=_text(reader, fields, "repository", references.repository),
        tag=_text(reader, fields, "tag", references.tag),
        labels=reader.labels(fields["labels"], "labels") if "labels" in fields else (),
        layer=layers.layer(reader, fields, f"image {name}", where),
        where=where,
    )


def cluster(reader: Reader, name: str, fields: Fields, where: Location) -> Cluster:
    """Return a cluster whose name is already checked."""
    return Cluster(
        name=name,
        context=_text(reader, fields, "context", names.free_text) or name,
        labels=reader.labels(fields["labels"], "labels") if "labels" in fields else (),
        architecture=_text(reader, fields, "architecture", names.architecture) or _ARCHITECTURE,
        layer=_set(reader, fields, f"cluster {name}", where),
        where=where,
        platform=platform(reader, fields["platform"]) if "platform" in fields else CDI_ALONE,
    )


def placement(reader: Reader, name: str, fields: Fields, where: Location) -> Placement:
    """Return a placement whose name is already checked."""
    return Placement(name, _choice(reader, fields, "images"), _choice(reader, fields, "clusters"), where)


def override(reader: Reader, name: str, fields: Fields, where: Location) -> Override:
    """Return an override whose name is already checked; without ``images`` or ``clusters`` it means all."""
    images, clusters = _choice(reader, fields, "images"), _choice(reader, fields, "clusters")
    return Override(name, images, clusters, _set(reader, fields, f"override {name}", where), where)


def _choice(reader: Reader, fields: Fields, path: Literal["images", "clusters"]) -> Choice:
    return choice(reader, fields[path], path) if path in fields else EVERYTHING


def _set(reader: Reader, fields: Fields, origin: str, where: Location) -> Layer:
    if "set" not in fields:
        return Layer(origin, (), where)
    return layers.layer(reader, reader.fields(fields["set"], SETTINGS), origin, where)


def _text(reader: Reader, fields: Fields, name: str, check: Check, path: str = "") -> str:
    """Return a field that is text, or nothing where it is absent."""
    return reader.text(fields[name], path or name, check) if name in fields else ""
