"""Writes images into an OCI image layout, a folder that releases can be read from instead of a registry."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.testbed.containerdisk import OCI

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.containerdisk import Image

TAG = "org.opencontainers.image.ref.name"


def write_layout(folder: Path, image: Image, tag: str) -> None:
    """Add ``image`` as ``tag`` to the layout in ``folder``, which need not exist; a tag that is there moves.

    What a moved tag named before stays, without a name: its digest may be locked somewhere. The same images
    and tags give the same bytes, whatever order they came in.
    """
    index = folder / "index.json"
    present = json.loads(index.read_text())["manifests"] if index.exists() else []
    entry = image.manifest.descriptor() | {"annotations": {TAG: tag}}
    kept = [other for other in present if other["annotations"][TAG] != tag]
    manifests = sorted([*kept, entry], key=lambda other: str(other["annotations"][TAG]))
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    for blob in image.all_blobs():
        (blobs / blob.digest.removeprefix("sha256:")).write_bytes(blob.content)
    (folder / "oci-layout").write_text(json.dumps({"imageLayoutVersion": "1.0.0"}) + "\n")
    content = {"schemaVersion": 2, "mediaType": OCI.index, "manifests": manifests}
    index.write_text(json.dumps(content, indent=2) + "\n")
