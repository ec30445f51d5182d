"""Makes container images that hold a disk, tiny but valid, as values: the same call gives the same bytes.

registry.py pushes them, layout.py writes them into a folder; what they mean to a cluster is CDI's business.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import struct
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

QEMU = 107  # uid and gid that a virtual machine's process has, whom the disk must belong to
SECTOR = 512
CLUSTER_BITS = 9  # the least that qcow2 allows
CLUSTER = 1 << CLUSTER_BITS
OWN_CLUSTER = 1 << 63  # qcow2's flag of a table entry whose cluster nothing else refers to


@dataclass(frozen=True, slots=True)
class MediaTypes:
    """What a family of images calls its parts. ``layer`` is a plain tar; a gzip'd one adds ``zipped``."""

    index: str
    manifest: str
    config: str
    layer: str
    zipped: str


OCI = MediaTypes(
    index="application/vnd.oci.image.index.v1+json",
    manifest="application/vnd.oci.image.manifest.v1+json",
    config="application/vnd.oci.image.config.v1+json",
    layer="application/vnd.oci.image.layer.v1.tar",
    zipped="+gzip",
)
DOCKER = MediaTypes(
    index="application/vnd.docker.distribution.manifest.list.v2+json",
    manifest="application/vnd.docker.distribution.manifest.v2+json",
    config="application/vnd.docker.container.image.v1+json",
    layer="application/vnd.docker.image.rootfs.diff.tar",
    zipped=".gzip",
)


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes with their media type."""

    media_type: str
    content: bytes

    @property
    def digest(self) -> str:
        """``sha256:`` and the hash of the content."""
        return f"sha256:{hashlib.sha256(self.content).hexdigest()}"

    def descriptor(self) -> dict[str, Any]:
        """Return what another document says to refer to it."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.content)}


@dataclass(frozen=True, slots=True)
class Image:
    """A manifest with the blobs that it names, or an index with its images (``parts``)."""

    manifest: Blob
    blobs: tuple[Blob, ...] = ()
    parts: tuple[Image, ...] = ()
    platform: tuple[tuple[str, str], ...] = ()

    @property
    def digest(self) -> str:
        """What a tag that names it resolves to."""
        return self.manifest.digest

    def all_blobs(self) -> tuple[Blob, ...]:
        """Return all that it consists of: blobs, then the images of an index, then the manifest itself."""
        nested = tuple(blob for part in self.parts for blob in part.all_blobs())
        return (*self.blobs, *nested, self.manifest)


def containerdisk(
    disk: bytes,
    *,
    architecture: str = "amd64",
    variant: str = "",
    env: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    types: MediaTypes = OCI,
    zipped: bool = False,
) -> Image:
    """Return an image whose one layer holds ``disk`` as ``disk/disk.qcow2``.

    ``env`` and ``labels`` are the config's. A ``zipped`` layer's bytes depend on the machine's zlib.
    """
    tar = _tar(disk)
    media_type = types.layer + (types.zipped if zipped else "")
    layer = Blob(media_type, gzip.compress(tar, mtime=0) if zipped else tar)
    platform = {"architecture": architecture, "os": "linux"} | ({"variant": variant} if variant else {})
    settings: dict[str, Any] = {"Env": [f"{name}={value}" for name, value in sorted((env or {}).items())]}
    if labels:
        settings["Labels"] = dict(labels)
    uncompressed = f"sha256:{hashlib.sha256(tar).hexdigest()}"
    root = {"type": "layers", "diff_ids": [uncompressed]}
    config = _document(types.config, platform | {"config": settings, "rootfs": root})
    manifest = _document(
        types.manifest,
        {
            "schemaVersion": 2,
            "mediaType": types.manifest,
            "config": config.descriptor(),
            "layers": [layer.descriptor()],
        },
    )
    return Image(manifest, (config, layer), platform=tuple(platform.items()))


def multiarch(images: Sequence[Image], *, types: MediaTypes = OCI) -> Image:
    """Return an index of images, one for each platform."""
    manifests = [image.manifest.descriptor() | {"platform": dict(image.platform)} for image in images]
    content = {"schemaVersion": 2, "mediaType": types.index, "manifests": manifests}
    return Image(_document(types.index, content), parts=tuple(images))


def qcow2(label: str, *, size: int = 1 << 20) -> bytes:
    """Return a disk of ``size`` bytes that begins with ``label`` and is empty otherwise.

    Version 3 as QEMU's docs/interop/qcow2.rst lays it out: header, reference counts (table and block), two
    levels of mapping, the one cluster that holds anything. Raises ValueError for what doesn't fit this.
    """
    reach = CLUSTER // 8 * CLUSTER  # bytes that one second-level table maps
    entries = -(-size // reach)
    first_level = -(-entries * 8 // CLUSTER)
    second_level = 3 + first_level
    clusters = second_level + 2
    if size % SECTOR or not size > 0 or clusters > CLUSTER // 2 or len(label.encode()) > CLUSTER:
        raise ValueError(f"no disk of {size} bytes with a label of {len(label)} characters")
    header = struct.pack(
        ">4sIQIIQIIQQIIQQQQII",
        b"QFI\xfb",
        3,
        *(0, 0),  # no backing file
        CLUSTER_BITS,
        size,
        0,  # not encrypted
        entries,
        3 * CLUSTER,
        *(CLUSTER, 1),  # table of reference counts
        *(0, 0),  # no snapshots
        *(0, 0, 0),  # no features
        4,  # 16 bits in a reference count
        104,  # length of this header
    )
    parts = (
        header,
        struct.pack(">Q", 2 * CLUSTER),
        struct.pack(f">{clusters}H", *[1] * clusters),
        struct.pack(">Q", second_level * CLUSTER | OWN_CLUSTER).ljust(first_level * CLUSTER, b"\0"),
        struct.pack(">Q", (second_level + 1) * CLUSTER | OWN_CLUSTER),
        label.encode().ljust(CLUSTER, b"\0"),
    )
    return b"".join(part.ljust(-(-len(part) // CLUSTER) * CLUSTER, b"\0") for part in parts)


def _tar(disk: bytes) -> bytes:
    """Return a layer, in the plain tar format without times or names that depend on the machine."""
    folder, file = tarfile.TarInfo("disk"), tarfile.TarInfo("disk/disk.qcow2")
    folder.type, folder.mode = tarfile.DIRTYPE, 0o555
    file.size, file.mode = len(disk), 0o444
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for entry in (folder, file):
            entry.uid = entry.gid = QEMU
        tar.addfile(folder)
        tar.addfile(file, io.BytesIO(disk))
    return buffer.getvalue()


def _document(media_type: str, content: Mapping[str, Any]) -> Blob:
    return Blob(media_type, json.dumps(content, separators=(",", ":")).encode())
