from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from gitops_golden.errors import InputError
from gitops_golden.registry.manifest import OCI_INDEX, OCI_MANIFEST
from gitops_golden.registry.release import PlatformImage, Release, Top, assemble
from tests.testbed.containerdisk import Blob, Image, containerdisk, multiarch

if TYPE_CHECKING:
    from collections.abc import Mapping

AMD, ARM = containerdisk(b"amd disk"), containerdisk(b"arm disk!", architecture="arm64")


@dataclass(frozen=True)
class Held:
    """A repository in memory."""

    blobs: Mapping[str, bytes] = field(default_factory=dict)

    def manifest(self, digest: str) -> bytes | None:
        return self.blobs.get(digest)

    def blob(self, digest: str) -> bytes:
        return self.blobs[digest]


def holding(*images: Image) -> Held:
    return Held({blob.digest: blob.content for image in images for blob in image.all_blobs()})


def top(image: Image) -> Top:
    return Top(image.manifest.content, image.digest, image.manifest.media_type, "golden/rhel9:9.6")


def size(image: Image) -> int:
    return sum(len(blob.content) for blob in image.blobs)


def test_a_single_image_is_a_release_of_the_platform_in_its_config() -> None:
    release = assemble("9.6", top(ARM), holding(ARM))
    image = PlatformImage("linux/arm64", ARM.digest, size(ARM))
    assert release == Release(ARM.digest, "9.6", OCI_MANIFEST, size(ARM), (image,))


def test_an_index_is_a_release_of_all_its_platforms_sorted() -> None:
    both = multiarch([ARM, AMD])
    release = assemble("9.6", top(both), holding(both))
    assert release.digest == both.digest
    assert release.size == size(AMD) + size(ARM)
    assert release.platforms == (
        PlatformImage("linux/amd64", AMD.digest, size(AMD)),
        PlatformImage("linux/arm64", ARM.digest, size(ARM)),
    )


def test_a_platform_that_a_sparse_mirror_lacks_is_left_out() -> None:
    both = multiarch([AMD, ARM])
    release = assemble("9.6", top(both), holding(AMD))
    assert [image.platform for image in release.platforms] == ["linux/amd64"]
    assert release.digest == both.digest


def test_an_index_of_which_nothing_is_held_is_no_release() -> None:
    with pytest.raises(InputError, match=r"golden/rhel9:9\.6: holds no image"):
        assemble("9.6", top(multiarch([AMD, ARM])), Held())


def test_an_index_inside_an_index_is_refused() -> None:
    inner = multiarch([AMD])
    outer = multiarch([replace(inner, platform=(("architecture", "amd64"), ("os", "linux")))])
    with pytest.raises(InputError, match="index inside an index"):
        assemble("9.6", top(outer), holding(outer))


def test_two_images_for_one_platform_are_refused() -> None:
    twins = multiarch([AMD, containerdisk(b"another")])
    with pytest.raises(InputError, match="two images for the platform linux/amd64"):
        assemble("9.6", top(twins), holding(twins))


def _artifact() -> Image:
    config = Blob("application/vnd.oci.empty.v1+json", b"{}")
    content = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config.descriptor(), "layers": []}
    return Image(Blob(OCI_MANIFEST, json.dumps(content).encode()), (config,))


def test_an_artifact_is_no_image() -> None:
    with pytest.raises(InputError, match=r"is no image: its config is of the type .application/vnd\.oci\.empty"):
        assemble("9.6", top(_artifact()), holding(_artifact()))


def test_an_artifact_beside_images_in_an_index_is_no_platform() -> None:
    entries = [AMD.manifest.descriptor(), _artifact().manifest.descriptor()]
    index = Image(Blob(OCI_INDEX, json.dumps({"manifests": entries}).encode()), parts=(AMD, _artifact()))
    release = assemble("9.6", top(index), holding(index))
    assert [image.platform for image in release.platforms] == ["linux/amd64"]
