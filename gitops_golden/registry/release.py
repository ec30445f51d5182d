"""What one digest in a registry is: its platforms and sizes, put together from the manifests it leads to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from gitops_golden.errors import InputError, Location
from gitops_golden.registry.manifest import Index, Manifest, parse_manifest, parse_platform
from gitops_golden.registry.untrusted import Text, shown

if TYPE_CHECKING:
    from gitops_golden.registry.manifest import Descriptor


@dataclass(frozen=True, order=True, slots=True)
class PlatformImage:
    """The image of one platform in a release.

    ``platform`` is ``os/architecture[/variant]``, or ``unknown`` where the config does not say; ``digest``
    is that of the platform's own manifest. ``size`` is in bytes: what a node downloads, the manifest's
    config and layers together, compressed as they are stored.
    """

    platform: str
    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class Release:
    """One digest of an image, as a registry or a layout serves it now under a tag.

    ``digest`` is over the raw top-level manifest, an index or a single image. ``size`` is in bytes, the sum
    over all platforms. ``platforms`` is sorted; attestations are no platform.
    """

    digest: str
    tag: str
    media_type: str
    size: int
    platforms: tuple[PlatformImage, ...]


class Contents(Protocol):
    """The bytes of one repository by digest; whoever implements it has checked them against the digest."""

    def manifest(self, digest: str) -> bytes | None:
        """Return a manifest, or None if the repository does not hold it."""

    def blob(self, digest: str) -> bytes:
        """Return a small blob: an image's config."""


@dataclass(frozen=True, slots=True)
class Top:
    """The manifest that a tag names: its bytes, their digest, and what the outside calls them."""

    data: bytes
    digest: str
    media_type: str
    name: str


def assemble(tag: str, top: Top, contents: Contents) -> Release:
    """Build the release of a tag from its top-level manifest and what that leads to.

    A platform that an index lists and the repository does not hold is left out: mirrors copy indexes
    sparsely, and the digest of the index stays the same. Raises InputError for malformed contents and for
    an index of which nothing is held; what ``contents`` raises passes through.
    """
    parsed = parse_manifest(top.data, top.name, top.media_type)
    if isinstance(parsed, Manifest):
        platforms: tuple[PlatformImage, ...] = (_image(parsed, top.digest, "", top.name, contents),)
    else:
        platforms = tuple(sorted(filter(None, (_entry(entry, top, contents) for entry in parsed.entries))))
        _refuse_twins(platforms, top)
    if not platforms:
        raise InputError(
            "holds no image: each of its platforms is absent from the repository or no platform",
            where=Location(top.name),
            remedy="push at least one of the platforms that the index lists",
        )
    return Release(top.digest, tag, parsed.media_type, sum(image.size for image in platforms), platforms)


def _entry(entry: Descriptor, top: Top, contents: Contents) -> PlatformImage | None:
    data = None if entry.attestation else contents.manifest(entry.digest)
    if data is None:
        return None
    name = f"{top.name} ({entry.platform or entry.digest})"
    parsed = parse_manifest(data, name, entry.media_type)
    if isinstance(parsed, Index):
        Text(data, name).wrong("is an index inside an index")
    if not parsed.is_image and not entry.platform:
        return None
    return _image(parsed, entry.digest, entry.platform, name, contents)


def _image(manifest: Manifest, digest: str, platform: str, name: str, contents: Contents) -> PlatformImage:
    if not manifest.is_image:
        kind = shown(manifest.config.media_type)
        raise InputError(f"is no image: its config is of the type {kind}", where=Location(name))
    found = platform or parse_platform(contents.blob(manifest.config.digest), f"{name} (config)")
    return PlatformImage(found, digest, manifest.size)


def _refuse_twins(platforms: tuple[PlatformImage, ...], top: Top) -> None:
    names = [image.platform for image in platforms]
    twin = next((name for name in names if names.count(name) > 1), None)
    if twin:
        raise InputError(f"lists two images for the platform {twin}", where=Location(top.name))
