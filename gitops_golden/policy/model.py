"""The values of a policy once it has been read: frozen, compared with ``==``, each with its place in the text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import timedelta
    from pathlib import Path

    from gitops_golden.documents import Node
    from gitops_golden.errors import Location
    from gitops_golden.policy.selectors import Choice


@dataclass(frozen=True, slots=True)
class Tracking:
    """``update: {tracking: {schedule}}``: CDI polls by itself, on a cron expression by robfig's standard rules."""

    schedule: str


Value = str | int | bool | tuple[str, ...] | Tracking | None
"""What a setting may be. A whole number is never also a truth value: each path has one type."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One leaf that a layer sets: a dotted path, its checked value, where it stands. None is the built-in again."""

    path: str
    value: Value
    where: Location


@dataclass(frozen=True, slots=True)
class Layer:
    """What one level of the precedence sets.

    ``origin`` is "defaults", "image NAME", "override NAME" or "cluster NAME"; ``where`` the place of that thing.
    """

    origin: str
    settings: tuple[Setting, ...] = ()
    where: Location | None = None

    def __iter__(self) -> Iterator[Setting]:
        """Leaves in the order of the text."""
        return iter(self.settings)


@dataclass(frozen=True, slots=True)
class CaBundle:
    """Public certificates that a registry is trusted by: the file, and its CERTIFICATE blocks without anything else."""

    file: Path
    certificates: str


@dataclass(frozen=True, slots=True)
class ExternalSecret:
    """Where the external-secrets operator finds the registry's account: a store, its kind, and a key in it."""

    store: str
    key: str
    store_kind: str = "ClusterSecretStore"


@dataclass(frozen=True, slots=True)
class Registry:
    """The single source of truth for images.

    ``address`` is host[:port][/prefix] as clusters pull it. ``layout`` is a folder of OCI image layouts to read
    releases from instead. ``pull_secret`` names a Secret on each cluster, ``external_secret`` what makes it there.
    """

    address: str
    layout: Path | None = None
    plain_http: bool = False
    pull_secret: str | None = None
    ca_bundle: CaBundle | None = None
    external_secret: ExternalSecret | None = None


@dataclass(frozen=True, slots=True)
class DeliveryTarget:
    """Where manifests go in Git: a branch, and a cluster's folder with ``{cluster}`` in it exactly once."""

    path: str = "clusters/{cluster}"
    branch: str = "main"

    def folder(self, cluster: str) -> str:
        """Return the folder of one cluster."""
        return self.path.replace("{cluster}", cluster)

    def cluster(self, folder: str) -> str:
        """Return the cluster whose folder this is; the folder itself if it is none, as after a change of ``path``."""
        before, _, after = self.path.partition("{cluster}")
        name = folder.removeprefix(before).removesuffix(after)
        return name if self.folder(name) == folder and "/" not in name else folder


@dataclass(frozen=True, slots=True)
class Image:
    """A golden image by name: a repository under the registry's address, a tag, and how clusters hold it."""

    name: str
    repository: str
    tag: str
    labels: tuple[tuple[str, str], ...]
    layer: Layer
    where: Location


@dataclass(frozen=True, slots=True)
class HyperConverged:
    """Where a cluster's HyperConverged is: its namespace and the version of its API to write."""

    namespace: str
    api_version: str = "hco.kubevirt.io/v1beta1"


@dataclass(frozen=True, slots=True)
class Platform:
    """What a cluster is: ``openshift``, ``kubevirt`` (upstream with HCO) or ``cdi`` (CDI alone).

    ``hyper_converged`` is None where there is none.
    """

    kind: str = "cdi"
    cdi_namespace: str = "cdi"
    hyper_converged: HyperConverged | None = None


@dataclass(frozen=True, slots=True)
class Cluster:
    """A managed cluster. ``context`` is its kubeconfig context, ``architecture`` a GOARCH value."""

    name: str
    context: str
    labels: tuple[tuple[str, str], ...]
    architecture: str
    layer: Layer
    where: Location
    platform: Platform = Platform()


@dataclass(frozen=True, slots=True)
class Placement:
    """The rule that gives images to clusters."""

    name: str
    images: Choice
    clusters: Choice
    where: Location


@dataclass(frozen=True, slots=True)
class Override:
    """Settings for some images on some clusters; a later one wins."""

    name: str
    images: Choice
    clusters: Choice
    layer: Layer
    where: Location


@dataclass(frozen=True, slots=True)
class Channel:
    """A second name for consumers, on every cluster that has the image."""

    name: str
    image: str
    where: Location


@dataclass(frozen=True, order=True, slots=True)
class Subject:
    """Who may clone: a ``Group``, a ``User``, or a ``ServiceAccount`` of a namespace, which is empty otherwise."""

    kind: str
    name: str
    namespace: str = ""


EVERY_USER: Final[tuple[Subject, ...]] = (Subject("Group", "system:authenticated"),)
"""Who may clone unless the policy says otherwise: as the platforms have it for their own images."""


@dataclass(frozen=True, slots=True)
class VendorTemplate:
    """A boot image of a cluster's admin, in full, as HyperConverged's list has it: that list has one owner."""

    name: str
    template: Mapping[str, Any]
    where: Location


@dataclass(frozen=True, slots=True)
class VendorImages:
    """What becomes of the boot images that the platform's vendor provides.

    ``imports`` switches their import on or off, None leaves that as it is. ``keep`` are the vendor's images that stay
    although the import is off, ``remove`` those that go although it is on, ``replace`` those whose place the
    fleet's image of the same name takes: each by the name of its DataSource. ``templates`` are a cluster admin's.
    """

    imports: bool | None
    where: Location
    keep: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    templates: tuple[VendorTemplate, ...] = ()


@dataclass(frozen=True, slots=True)
class Guardrail:
    """A rule over planned deliveries, ``mode`` being ``deny``, ``warn`` or ``off``.

    ``schema`` is a JSON Schema, or None where ``name`` is that of a built-in one; ``text`` is the schema with its
    places. It judges the deliveries of the images and on the clusters that it chooses.
    """

    name: str
    mode: str
    schema: Mapping[str, Any] | None
    images: Choice
    clusters: Choice
    where: Location
    text: Node | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a template and its file, as messages call it."""

    text: str
    shown: str


@dataclass(frozen=True, slots=True)
class Objective:
    """What the policy promises: ``converge`` is how long a change may take until every cluster serves it."""

    converge: timedelta


@dataclass(frozen=True, slots=True)
class Policy:
    """A whole fleet policy. Images and clusters are sorted by name; overrides keep their order.

    ``vendor_images`` None is hands off. ``templates`` are the user's, by name below their folder. Without an
    ``objective`` nothing is ever overdue. ``files`` are all that were read, by name, with their SHA-256 as they were.
    """

    name: str
    registry: Registry
    delivery: DeliveryTarget
    defaults: Layer
    images: tuple[Image, ...]
    clusters: tuple[Cluster, ...]
    placements: tuple[Placement, ...]
    overrides: tuple[Override, ...]
    folder: Path
    where: Location
    files: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    channels: tuple[Channel, ...] = ()
    consumers: tuple[Subject, ...] = EVERY_USER
    vendor_images: VendorImages | None = None
    guardrails: tuple[Guardrail, ...] = ()
    templates: tuple[tuple[str, Source], ...] = ()
    objective: Objective | None = None
