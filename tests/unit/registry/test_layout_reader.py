from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from gitops_golden.errors import InputError, OutsideError
from gitops_golden.registry.layout import LayoutReader
from gitops_golden.registry.refusals import NoSuchTagError
from tests.testbed.containerdisk import containerdisk, multiarch
from tests.testbed.layout import write_layout

if TYPE_CHECKING:
    from pathlib import Path

AMD, ARM = containerdisk(b"amd"), containerdisk(b"arm", architecture="arm64")
BOTH = multiarch([AMD, ARM])
REPOSITORY = "golden/rhel9"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "registry"
    write_layout(root / REPOSITORY, AMD, "9.5")
    write_layout(root / REPOSITORY, BOTH, "9.6")
    return root


def index_of(root: Path) -> Path:
    return root / REPOSITORY / "index.json"


def edit(root: Path, **changes: Any) -> None:
    """Change each entry of the index."""
    content = json.loads(index_of(root).read_text())
    for entry in content["manifests"]:
        entry.update(changes)
    index_of(root).write_text(json.dumps(content, indent=1))


def test_a_tag_is_its_annotations_digest(root: Path) -> None:
    reader = LayoutReader(root)
    assert reader.digest(REPOSITORY, "9.5") == AMD.digest
    assert reader.digest(REPOSITORY, "9.6") == BOTH.digest


def test_a_layout_holds_a_digest_while_its_manifest_is_there(root: Path) -> None:
    reader = LayoutReader(root)
    assert reader.holds(REPOSITORY, AMD.digest)
    assert not reader.holds("golden/other", AMD.digest)
    (root / REPOSITORY / "blobs/sha256" / AMD.digest.removeprefix("sha256:")).unlink()
    assert not reader.holds(REPOSITORY, AMD.digest)
    assert reader.holds(REPOSITORY, BOTH.digest)


def test_a_release_holds_every_platform(root: Path) -> None:
    release = LayoutReader(root).resolve(REPOSITORY, "9.6")
    assert release.tag == "9.6"
    assert [(image.platform, image.digest) for image in release.platforms] == [
        ("linux/amd64", AMD.digest),
        ("linux/arm64", ARM.digest),
    ]


def test_a_tag_that_is_not_there_is_told_apart_from_no_layout(root: Path) -> None:
    with pytest.raises(NoSuchTagError, match=r"index\.json: holds no tag 9\.7"):
        LayoutReader(root).digest(REPOSITORY, "9.7")
    with pytest.raises(OutsideError, match="is no OCI image layout") as caught:
        LayoutReader(root).digest("golden/other", "9.6")
    assert not isinstance(caught.value, NoSuchTagError)
    with pytest.raises(OutsideError, match="is no OCI image layout"):
        LayoutReader(root / "nowhere").digest(REPOSITORY, "9.6")


@pytest.mark.parametrize("digest", ["../../../../../etc/passwd", "sha256:../../index.json", "sha256:", "/etc/passwd"])
def test_a_digest_that_is_a_path_is_refused_at_its_line(root: Path, digest: str) -> None:
    edit(root, digest=digest)
    with pytest.raises(InputError, match="is no digest") as caught:
        LayoutReader(root).digest(REPOSITORY, "9.6")
    where = caught.value.problem.where
    assert where
    assert (where.file, where.line) == (str(index_of(root)), 7)


def test_bytes_that_are_not_their_names_are_refused(root: Path) -> None:
    blob = root / REPOSITORY / "blobs" / "sha256" / BOTH.digest.removeprefix("sha256:")
    blob.write_bytes(blob.read_bytes() + b" ")
    with pytest.raises(InputError, match="holds other bytes than its name says"):
        LayoutReader(root).digest(REPOSITORY, "9.6")


def test_a_blob_that_is_missing_is_named(root: Path) -> None:
    blob = root / REPOSITORY / "blobs" / "sha256" / BOTH.digest.removeprefix("sha256:")
    blob.unlink()
    with pytest.raises(InputError, match=f"{blob.name}: is missing"):
        LayoutReader(root).digest(REPOSITORY, "9.6")


@pytest.mark.parametrize("what", ["", "index.json", "blobs"])
def test_a_link_out_of_the_folder_is_refused(root: Path, tmp_path: Path, what: str) -> None:
    inside, outside = root / REPOSITORY / what, tmp_path / "outside"
    inside.rename(outside)
    inside.symlink_to(outside)
    with pytest.raises(InputError, match="leads out of"):
        LayoutReader(root).digest(REPOSITORY, "9.6")


def test_a_link_within_the_folder_may_share_blobs(root: Path) -> None:
    (root / REPOSITORY / "blobs").rename(root / "blobs")
    (root / REPOSITORY / "blobs").symlink_to("../../blobs")
    assert LayoutReader(root).digest(REPOSITORY, "9.6") == BOTH.digest


def test_a_loop_of_links_a_pipe_and_a_folder_are_no_index(root: Path) -> None:
    file = index_of(root)
    file.unlink()
    file.symlink_to("index.json")
    with pytest.raises(InputError, match="cannot be read"):
        LayoutReader(root).digest(REPOSITORY, "9.6")
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(InputError, match="is no file"):
        LayoutReader(root).digest(REPOSITORY, "9.6")
    file.unlink()
    file.mkdir()
    with pytest.raises(InputError, match="is no file"):
        LayoutReader(root).digest(REPOSITORY, "9.6")


def test_a_tag_of_two_digests_is_refused(root: Path) -> None:
    edit(root, annotations={"org.opencontainers.image.ref.name": "9.6"})
    with pytest.raises(InputError, match=r"gives the tag 9\.6 to several digests"):
        LayoutReader(root).digest(REPOSITORY, "9.6")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is no JSON"),
        ("[]", "no JSON object"),
        ('{"manifests": 1}', "must be a list"),
        ('{"manifests": [{}]}', "mediaType is missing"),
    ],
)
def test_a_malformed_index_is_an_input_error_at_its_file(root: Path, text: str, says: str) -> None:
    index_of(root).write_text(text)
    with pytest.raises(InputError, match=says) as caught:
        LayoutReader(root).digest(REPOSITORY, "9.6")
    assert str(caught.value).startswith(str(index_of(root)))


def test_an_index_of_many_megabytes_is_refused(root: Path) -> None:
    index_of(root).write_bytes(b" " * 10_000_000)
    with pytest.raises(InputError, match="longer than 4 MiB"):
        LayoutReader(root).digest(REPOSITORY, "9.6")
