"""The testbed's containerdisks: valid, told apart by their digests, and the same bytes on every machine."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import tarfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.testbed.containerdisk import (
    CLUSTER,
    DOCKER,
    OCI,
    OWN_CLUSTER,
    SECTOR,
    containerdisk,
    multiarch,
    qcow2,
)
from tests.testbed.layout import write_layout

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.containerdisk import (
        Image,
        MediaTypes,
    )

SIZES = st.integers(1, 1 << 18).map(lambda sectors: sectors * SECTOR)
LABELS = st.text(max_size=CLUSTER // 4).filter(lambda label: "\0" not in label)


def begins_with(disk: bytes) -> bytes:
    """Follow a qcow2's own pointers to the first bytes that a guest sees."""

    def at(offset: int) -> int:
        (entry,) = struct.unpack_from(">Q", disk, offset)
        assert entry & OWN_CLUSTER
        return int(entry & ~OWN_CLUSTER)

    first_level = struct.unpack_from(">Q", disk, 40)[0]
    data = at(at(first_level))
    return disk[data : data + CLUSTER].rstrip(b"\0")


@given(label=LABELS, size=SIZES)
def test_a_disk_is_a_qcow2_of_its_size_that_begins_with_its_label(label: str, size: int) -> None:
    disk = qcow2(label, size=size)
    magic, version = struct.unpack_from(">4sI", disk)
    assert (magic, version) == (b"QFI\xfb", 3)
    assert struct.unpack_from(">Q", disk, 24) == (size,)
    assert begins_with(disk) == label.encode()


@given(label=LABELS, size=SIZES)
def test_every_cluster_of_a_disk_is_counted_once(label: str, size: int) -> None:
    disk = qcow2(label, size=size)
    table = struct.unpack_from(">Q", disk, 48)[0]
    block = struct.unpack_from(">Q", disk, table)[0]
    counts = struct.unpack_from(f">{CLUSTER // 2}H", disk, block)
    clusters = len(disk) // CLUSTER
    assert len(disk) % CLUSTER == 0
    assert counts == (1,) * clusters + (0,) * (CLUSTER // 2 - clusters)


@pytest.mark.parametrize(("label", "size"), [("a", 0), ("a", 1000), ("a", 1 << 40), ("a" * 513, 512)])
def test_a_disk_that_does_not_fit_is_refused(label: str, size: int) -> None:
    with pytest.raises(ValueError, match=f"no disk of {size} bytes"):
        qcow2(label, size=size)


@pytest.mark.parametrize("zipped", [False, True])
def test_a_containerdisk_holds_one_disk_that_qemu_may_read(zipped: bool) -> None:  # noqa: FBT001 - pytest passes it
    disk = qcow2("golden")
    layer = containerdisk(disk, zipped=zipped).blobs[1]
    with tarfile.open(fileobj=io.BytesIO(layer.content)) as tar:
        entries = [(entry.name, entry.mode, entry.uid, entry.gid, entry.isdir()) for entry in tar]
        file = tar.extractfile("disk/disk.qcow2")
        assert file
        assert file.read() == disk
    assert entries == [("disk", 0o555, 107, 107, True), ("disk/disk.qcow2", 0o444, 107, 107, False)]
    assert layer.media_type.endswith("gzip") == zipped


@pytest.mark.parametrize("types", [OCI, DOCKER])
def test_a_manifest_refers_to_its_blobs_by_digest_and_size(types: MediaTypes) -> None:
    image = containerdisk(qcow2("golden"), env={"B": "2", "A": "1"}, labels={"shasum": "x"}, types=types)
    manifest = json.loads(image.manifest.content)
    config = json.loads(image.blobs[0].content)
    assert [manifest["config"], *manifest["layers"]] == [blob.descriptor() for blob in image.blobs]
    assert manifest["mediaType"] == image.manifest.media_type == types.manifest
    assert config["config"] == {"Env": ["A=1", "B=2"], "Labels": {"shasum": "x"}}
    assert config["rootfs"]["diff_ids"] == [image.blobs[1].digest]


@pytest.mark.parametrize("types", [OCI, DOCKER])
def test_an_index_names_each_image_with_its_platform(types: MediaTypes) -> None:
    amd64 = containerdisk(qcow2("a"), types=types)
    arm64 = containerdisk(qcow2("b"), architecture="arm64", variant="v8", types=types)
    index = json.loads(multiarch([amd64, arm64], types=types).manifest.content)
    assert [entry["digest"] for entry in index["manifests"]] == [amd64.digest, arm64.digest]
    assert [entry["platform"] for entry in index["manifests"]] == [
        {"architecture": "amd64", "os": "linux"},
        {"architecture": "arm64", "os": "linux", "variant": "v8"},
    ]


def test_an_image_is_the_same_bytes_on_every_machine() -> None:
    index = multiarch([containerdisk(qcow2("golden")), containerdisk(qcow2("arm"), architecture="arm64")])
    assert index.digest == "sha256:3c095f99b065e170118ac85de573f5c1e903c2e457693b6f5817d011d3a3f96d"


def test_images_that_differ_in_a_label_differ_in_their_digests() -> None:
    assert containerdisk(qcow2("9.5")).digest != containerdisk(qcow2("9.6")).digest


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def images() -> tuple[Image, Image]:
    return containerdisk(qcow2("9.5")), multiarch([containerdisk(qcow2("9.6"))])


def test_every_blob_of_a_layout_is_named_by_its_digest(tmp_path: Path, images: tuple[Image, Image]) -> None:
    for image, tag in zip(images, ("9.5", "9.6"), strict=True):
        write_layout(tmp_path, image, tag)
    blobs = tmp_path / "blobs" / "sha256"
    assert len(list(blobs.iterdir())) == 7  # an image is three, an index of one is four
    for blob in blobs.iterdir():
        assert hashlib.sha256(blob.read_bytes()).hexdigest() == blob.name
    assert json.loads((tmp_path / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}


def test_a_layout_is_the_same_in_whatever_order_it_was_written(tmp_path: Path, images: tuple[Image, Image]) -> None:
    write_layout(tmp_path / "one", images[0], "9.5")
    write_layout(tmp_path / "one", images[1], "9.6")
    write_layout(tmp_path / "other", images[1], "9.6")
    write_layout(tmp_path / "other", images[0], "9.5")
    assert files(tmp_path / "one") == files(tmp_path / "other")


def test_a_tag_of_a_layout_moves_and_what_it_named_stays(tmp_path: Path, images: tuple[Image, Image]) -> None:
    for image in images:
        write_layout(tmp_path, image, "stable")
    index = json.loads((tmp_path / "index.json").read_text())
    assert [entry["digest"] for entry in index["manifests"]] == [images[1].digest]
    assert (tmp_path / "blobs" / "sha256" / images[0].digest.removeprefix("sha256:")).exists()
