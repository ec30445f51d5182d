"""The values of a policy once it has been read: frozen, compared with ``==``, each with its place in the text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitops_golden.errors import Location
    from gitops_golden.policy.selectors import Choice


@dataclass(frozen=True, slots=True)
class Tracking:
    """``update: {tracking: {schedule}}``: CDI polls by itself, on a cron expression by robfig's standard rules."""

    schedule: str


@dataclass(frozen=True, slots=True)
class Setting:
    """One leaf that a layer sets: a dotted path, its checked value, where it stands. None is the built-in again."""

    path: str
    value: str | int | Tracking | None
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
class Registry:
    """The single source of truth for images.

    ``address`` is host[:port][/prefix] as clusters pull it. ``layout`` is a folder of OCI image layouts to read
    releases from instead. ``pull_secret`` names a Secret on each cluster.
    """

    address: str
    layout: Path | None = None
    plain_http: bool = False
    pull_secret: str | None = None


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
class Cluster:
    """A managed cluster. ``context`` is its kubeconfig context, ``architecture`` a GOARCH value."""

    name: str
    context: str
    labels: tuple[tuple[str, str], ...]
    architecture: str
    layer: Layer
    where: Location


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
class Policy:
    """A whole fleet policy. Images and clusters are sorted by name; overrides keep their order."""

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
    files: tuple[str, ...] = field(default=(), compare=False)
