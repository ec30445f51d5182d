"""The testbed's registry is the real server: what is pushed comes back under the digest of its bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from tests.testbed.api import wait_until
from tests.testbed.containerdisk import DOCKER, OCI, containerdisk, multiarch, qcow2
from tests.testbed.processes import StartError, alive
from tests.testbed.registry import MANIFESTS, ReachableRegistry, Registry

if TYPE_CHECKING:
    from tests.testbed.binaries import Binaries
    from tests.testbed.containerdisk import MediaTypes

IMAGE = containerdisk(qcow2("one"))
OTHER = containerdisk(qcow2("other"), zipped=True)


@pytest.mark.parametrize("types", [OCI, DOCKER])
def test_what_was_pushed_is_served_under_the_digest_of_its_bytes(
    registry: ReachableRegistry, types: MediaTypes
) -> None:
    image = containerdisk(qcow2("golden"), types=types)
    index = multiarch([image, containerdisk(qcow2("arm"), architecture="arm64", types=types)], types=types)
    for pushed in (image, index):
        assert registry.push(pushed, "testbed/pushed", "1") == pushed.digest
        assert registry.digest("testbed/pushed", "1") == pushed.digest
        answer = requests.get(
            f"{registry.url}/v2/testbed/pushed/manifests/1", headers={"Accept": MANIFESTS}, timeout=10
        )
        assert answer.content == pushed.manifest.content
        assert answer.headers["Content-Type"] == pushed.manifest.media_type


def test_a_tag_moves_and_back_while_both_digests_stay(registry: ReachableRegistry) -> None:
    for image in (IMAGE, OTHER):
        registry.push(image, "testbed/moved", "1")
    assert registry.digest("testbed/moved", "1") == OTHER.digest
    registry.tag("testbed/moved", "1", IMAGE.digest)
    assert registry.digest("testbed/moved", "1") == IMAGE.digest
    assert registry.digest("testbed/moved", OTHER.digest) == OTHER.digest


def test_a_deleted_manifest_takes_its_tags_with_it(registry: ReachableRegistry) -> None:
    registry.push(IMAGE, "testbed/deleted", "1")
    registry.delete_manifest("testbed/deleted", IMAGE.digest)
    with pytest.raises(requests.HTTPError, match="404"):
        registry.digest("testbed/deleted", "1")


def test_a_stopped_registry_refuses_and_comes_back_with_its_images(binaries: Binaries) -> None:
    with Registry(binaries=binaries) as registry:
        registry.push(IMAGE, "golden", "1")
        registry.stop()
        with pytest.raises(requests.ConnectionError):
            registry.digest("golden", "1")
        registry.start()
        assert registry.digest("golden", "1") == IMAGE.digest


def test_a_registry_with_passwords_lets_in_only_who_has_one(binaries: Binaries) -> None:
    with Registry(htpasswd={"ci": "s3cret"}, binaries=binaries) as registry:
        registry.push(IMAGE, "golden", "1")
        place = f"{registry.url}/v2/golden/manifests/1"
        codes = [
            requests.head(place, auth=auth, headers={"Accept": MANIFESTS}, timeout=10).status_code
            for auth in (None, ("ci", "wrong"), ("ci", "s3cret"))
        ]
    assert codes == [401, 401, 200]


def test_a_registry_with_tls_is_proven_by_its_own_authority(binaries: Binaries) -> None:
    with Registry(tls=True, binaries=binaries) as registry, Registry(tls=True, binaries=binaries) as other:
        assert registry.push(IMAGE, "golden", "1") == IMAGE.digest
        with (
            ReachableRegistry(registry.url, ca=other.ca) as stranger,
            pytest.raises(requests.exceptions.SSLError),
        ):
            stranger.digest("golden", "1")


def test_registries_side_by_side_share_nothing(binaries: Binaries) -> None:
    with Registry(binaries=binaries) as one, Registry(binaries=binaries) as other:
        one.push(IMAGE, "golden", "1")
        with pytest.raises(requests.HTTPError, match="404"):
            other.digest("golden", "1")


def test_a_closed_registry_leaves_neither_process_nor_data(binaries: Binaries) -> None:
    with Registry(binaries=binaries) as registry:
        (pid,) = registry.pids
        data = registry.data
        assert data.exists()
    assert not registry.pids
    assert not data.exists()
    wait_until(lambda: not alive(pid))


def test_a_registry_that_cannot_start_leaves_nothing(binaries: Binaries) -> None:
    registry = Registry(binaries=binaries)
    (registry.data / "config.json").write_text("{}")
    with pytest.raises(StartError, match="registry ended while starting"), registry:
        pass
    assert not registry.data.exists()
