"""What the bytes of a manifest say: an index of platforms, or one image's config and layers.

Pure: fetching the bytes and checking their digest is the readers' work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops_golden.registry.reference import UNKNOWN_PLATFORM, is_platform
from gitops_golden.registry.untrusted import read_object, shown

if TYPE_CHECKING:
    from gitops_golden.registry.untrusted import Fields

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
MEDIA_TYPES = (OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST)
"""All that a tag of an image can be; a registry converts or refuses what a client does not ask for."""

_INDEXES = (OCI_INDEX, DOCKER_LIST)
_CONFIGS = ("application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json")
_REF_NAME = "org.opencontainers.image.ref.name"
_REFERENCE_TYPE = "vnd.docker.reference.type"
_ENTRIES_LIMIT = 256


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A pointer to other bytes. ``size`` is theirs; ``platform`` and ``tag`` are empty where unsaid.

    ``attestation`` marks what buildx puts into an index beside the images: provenance, not a platform.
    """

    media_type: str
    digest: str
    size: int
    platform: str = ""
    tag: str = ""
    attestation: bool = False


@dataclass(frozen=True, slots=True)
class Index:
    """An OCI index or a Docker manifest list."""

    media_type: str
    entries: tuple[Descriptor, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """One platform's image."""

    media_type: str
    config: Descriptor
    layers: tuple[Descriptor, ...]

    @property
    def is_image(self) -> bool:
        """Whether this can be run or imported: a chart or a signature is a manifest too."""
        return self.config.media_type in _CONFIGS

    @property
    def size(self) -> int:
        """Config and layers as they are stored, in bytes."""
        return self.config.size + sum(layer.size for layer in self.layers)


def parse_manifest(data: bytes, name: str, media_type: str = "") -> Index | Manifest:
    """Parse a manifest of any of the four media types.

    ``media_type`` is what the server or the descriptor called it; empty or unknown leaves the word to the
    bytes. Raises InputError for anything else, and where the bytes and their label disagree: which of an
    index and an image a digest is must not depend on the reader.
    """
    fields = read_object(data, name)
    said = fields.optional_string("mediaType")
    if said and media_type in MEDIA_TYPES and said != media_type:
        fields.text.wrong(f"calls itself {shown(said)} and is served as {media_type}", near=said)
    kind = said or (media_type if media_type in MEDIA_TYPES else _kind_by_shape(fields))
    if kind not in MEDIA_TYPES:
        fields.text.wrong(f"is neither an image nor an index: {shown(kind)}", near=kind)
    if fields.has("manifests") and (fields.has("config") or fields.has("layers")):
        fields.text.wrong("is an index and an image at once", near="manifests")
    if kind in _INDEXES:
        return Index(kind, _descriptors(fields, "manifests"))
    return Manifest(kind, _descriptor(fields.nested("config")), _descriptors(fields, "layers"))


def parse_platform(data: bytes, name: str) -> str:
    """Return the platform that an image's config names: ``os/architecture[/variant]``, or ``unknown``.

    Raises InputError if it is no config of an image.
    """
    return _platform(read_object(data, name)) or UNKNOWN_PLATFORM


def _kind_by_shape(fields: Fields) -> str:
    # OCI lets both leave mediaType out; Docker's types always carry it.
    return OCI_INDEX if fields.has("manifests") else OCI_MANIFEST


def _descriptors(fields: Fields, key: str) -> tuple[Descriptor, ...]:
    found = tuple(_descriptor(item) for item in fields.each(key))
    if len(found) > _ENTRIES_LIMIT:
        fields.text.wrong(f"{key} has more than {_ENTRIES_LIMIT} entries", near=key)
    return found


def _descriptor(fields: Fields) -> Descriptor:
    annotations = fields.optional_nested("annotations")
    platform = fields.optional_nested("platform")
    nowhere = platform.values.get("os") == platform.values.get("architecture") == "unknown"
    return Descriptor(
        media_type=fields.string("mediaType"),
        digest=fields.digest("digest"),
        size=fields.size("size"),
        platform="" if nowhere else _platform(platform),
        tag=annotations.optional_string(_REF_NAME),
        attestation=nowhere or annotations.has(_REFERENCE_TYPE),
    )


def _platform(fields: Fields) -> str:
    architecture = fields.optional_string("architecture")
    if not architecture:
        return ""
    parts = [fields.optional_string("os") or "linux", architecture, fields.optional_string("variant")]
    platform = "/".join(part for part in parts if part)
    if not is_platform(platform):
        fields.text.wrong(f"{fields.path}architecture is of no platform: {shown(platform)}", near=architecture)
    return platform
