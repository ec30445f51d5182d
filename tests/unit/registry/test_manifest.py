from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gitops_golden.errors import InputError
from gitops_golden.registry.manifest import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    Index,
    Manifest,
    parse_manifest,
    parse_platform,
)
from tests.testbed.containerdisk import DOCKER, OCI, containerdisk, multiarch

if TYPE_CHECKING:
    from tests.testbed.containerdisk import MediaTypes

DIGEST = f"sha256:{'a' * 64}"
LINK = {"mediaType": OCI_MANIFEST, "digest": DIGEST, "size": 7}


def parse(content: dict[str, Any], media_type: str = "") -> Index | Manifest:
    return parse_manifest(json.dumps(content).encode(), "golden/rhel9:9", media_type)


def index(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"mediaType": OCI_INDEX, "manifests": [LINK | entry for entry in entries]}


@pytest.mark.parametrize(("types", "single"), [(OCI, OCI_MANIFEST), (DOCKER, DOCKER_MANIFEST)])
def test_a_single_image_of_either_family_is_a_manifest(types: MediaTypes, single: str) -> None:
    disk = containerdisk(b"disk", types=types)
    parsed = parse_manifest(disk.manifest.content, "x", single)
    assert isinstance(parsed, Manifest)
    assert parsed.media_type == single
    assert parsed.is_image
    assert parsed.size == sum(len(blob.content) for blob in disk.blobs)


@pytest.mark.parametrize(("types", "many"), [(OCI, OCI_INDEX), (DOCKER, DOCKER_LIST)])
def test_an_index_of_either_family_lists_its_platforms(types: MediaTypes, many: str) -> None:
    disks = [
        containerdisk(b"a", types=types),
        containerdisk(b"b", architecture="arm64", variant="v8", types=types),
    ]
    parsed = parse_manifest(multiarch(disks, types=types).manifest.content, "x", many)
    assert isinstance(parsed, Index)
    assert [entry.platform for entry in parsed.entries] == ["linux/amd64", "linux/arm64/v8"]
    assert [entry.digest for entry in parsed.entries] == [disk.digest for disk in disks]


def test_oci_contents_without_a_media_type_are_told_by_shape() -> None:
    assert isinstance(parse({"manifests": []}), Index)
    assert isinstance(parse({"config": LINK, "layers": []}), Manifest)


def test_buildx_attestations_are_no_platform() -> None:
    nowhere = {"platform": {"os": "unknown", "architecture": "unknown"}}
    marked = {
        "platform": {"os": "linux", "architecture": "amd64"},
        "annotations": {"vnd.docker.reference.type": "attestation-manifest"},
    }
    parsed = parse(index(nowhere, marked, {"platform": {"os": "linux", "architecture": "amd64"}}))
    assert isinstance(parsed, Index)
    assert [entry.attestation for entry in parsed.entries] == [True, True, False]


@pytest.mark.parametrize(
    ("content", "media_type", "says"),
    [
        ({"mediaType": OCI_INDEX, "manifests": [], "layers": []}, "", "index and an image at once"),
        ({"mediaType": OCI_INDEX, "manifests": []}, OCI_MANIFEST, "calls itself"),
        ({"mediaType": "application/vnd.docker.distribution.manifest.v1+prettyjws"}, "", "neither an image"),
        ({"mediaType": 7}, "", "mediaType must be a string"),
        ({}, "", "config is missing"),
        ({"config": LINK}, "", "layers is missing"),
        ({"config": [], "layers": []}, "", "config must be an object"),
        ({"manifests": {}}, "", "manifests must be a list"),
        ({"manifests": ["a"]}, "", r"manifests\[0\] must be an object"),
        (
            index({"digest": "../../etc/passwd"}),
            "",
            r"manifests\[0\].digest is no digest: '../../etc/passwd'",
        ),
        (index({"digest": f"sha256:{'A' * 64}"}), "", "is no digest"),
        (index({"size": -1}), "", r"manifests\[0\].size must be a whole number"),
        (index({"size": 1e3}), "", "size must be a whole number"),
        (index({"platform": {"os": "linux", "architecture": "../x"}}), "", "of no platform"),
        (index({"annotations": {"org.opencontainers.image.ref.name": 9.6}}), "", "must be a string"),
        (index(*[{}] * 257), "", "more than 256"),
    ],
)
def test_malformed_manifests_are_refused(content: dict[str, Any], media_type: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        parse(content, media_type)


@pytest.mark.parametrize(
    ("config", "platform"),
    [
        ({"os": "linux", "architecture": "amd64"}, "linux/amd64"),
        ({"architecture": "arm64", "variant": "v8"}, "linux/arm64/v8"),
        ({"os": "linux"}, "unknown"),
        ({"os": "linux", "architecture": ""}, "unknown"),
    ],
)
def test_a_config_names_its_platform_or_none(config: dict[str, str], platform: str) -> None:
    assert parse_platform(json.dumps(config).encode(), "x") == platform
