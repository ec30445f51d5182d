from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from gitops_golden.errors import InputError, OutsideError
from gitops_golden.policy.access import ca_bundle
from gitops_golden.policy.model import Registry as RegistryOfPolicy
from gitops_golden.registry.client import RegistryClient
from gitops_golden.registry.credentials import Credentials, Found
from gitops_golden.registry.layout import LayoutReader
from gitops_golden.registry.manifest import MEDIA_TYPES
from gitops_golden.registry.network import Network
from gitops_golden.registry.refusals import NoSuchTagError
from gitops_golden.registry.source import open_registry
from gitops_golden.registry.transport import Patience
from tests.testbed.containerdisk import DOCKER, OCI, containerdisk, multiarch
from tests.testbed.layout import write_layout
from tests.testbed.ports import reserve
from tests.testbed.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.testbed.binaries import Binaries
    from tests.testbed.containerdisk import Image
    from tests.testbed.registry import ReachableRegistry

HASTY = Patience(tries=2, pause=0.01, connect=2, read=5)
ANNA = Credentials("anna", "s3cret")


def images() -> list[Image]:
    """One of each media type that a tag can be."""
    found = []
    for types in (OCI, DOCKER):
        disks = [
            containerdisk(b"amd", types=types),
            containerdisk(b"arm", architecture="arm64", variant="v8", types=types),
        ]
        found += [multiarch(disks, types=types), disks[1]]
    return found


@pytest.fixture
def client(registry: ReachableRegistry) -> RegistryClient:
    return RegistryClient(registry.address, network=Network(), plain_http=True, patience=HASTY)


@pytest.fixture(scope="module")
def locked_up(binaries: Binaries) -> Iterator[Registry]:
    """A registry with TLS that only anna may read."""
    with Registry(htpasswd={ANNA.username: ANNA.password}, tls=True, binaries=binaries) as registry:
        yield registry


def reading(registry: ReachableRegistry, found: Found) -> RegistryClient:
    return RegistryClient(registry.address, network=Network(ca_file=str(registry.ca)), found=found, patience=HASTY)


@pytest.mark.parametrize(("image", "media_type"), list(zip(images(), MEDIA_TYPES, strict=True)))
def test_every_media_type_resolves_to_the_digest_that_the_registry_has(
    client: RegistryClient, registry: ReachableRegistry, image: Image, media_type: str
) -> None:
    digest = registry.push(image, "client/types", "9.6")
    release = client.resolve("client/types", "9.6")
    assert client.digest("client/types", "9.6") == release.digest == digest == image.digest
    assert release.media_type == media_type
    assert [platform.digest for platform in release.platforms] == [part.digest for part in image.parts or (image,)]
    assert release.platforms[-1].platform == "linux/arm64/v8"


def test_a_digest_is_held_until_its_manifest_is_deleted(client: RegistryClient, registry: ReachableRegistry) -> None:
    kept, gone = (registry.push(image, "client/held", tag) for image, tag in zip(images()[:2], "ab", strict=True))
    assert client.holds("client/held", kept)
    assert client.holds("client/held", gone)
    registry.delete_manifest("client/held", gone)
    assert client.holds("client/held", kept)
    assert not client.holds("client/held", gone)
    assert not client.holds("client/nowhere", kept)


def test_a_layout_and_a_registry_give_the_same_release(
    client: RegistryClient, registry: ReachableRegistry, tmp_path: Path
) -> None:
    image = images()[0]
    registry.push(image, "client/same", "9.6")
    write_layout(tmp_path / "client/same", image, "9.6")
    assert LayoutReader(tmp_path).resolve("client/same", "9.6") == client.resolve("client/same", "9.6")


def test_an_address_may_have_a_prefix(registry: ReachableRegistry) -> None:
    digest = registry.push(images()[0], "prefix/of/two/golden", "1")
    address = f"{registry.address}/prefix/of"
    client = RegistryClient(address, network=Network(), plain_http=True, patience=HASTY)
    assert client.digest("two/golden", "1") == digest
    assert client.where == address


def test_a_platform_that_the_registry_lost_is_left_out(client: RegistryClient, registry: ReachableRegistry) -> None:
    image = images()[0]
    registry.push(image, "client/sparse", "1")
    registry.delete_manifest("client/sparse", image.parts[0].digest)
    release = client.resolve("client/sparse", "1")
    assert (release.digest, len(release.platforms)) == (image.digest, 1)


def test_a_tag_that_is_not_there_is_told_with_its_whole_name(
    client: RegistryClient, registry: ReachableRegistry
) -> None:
    with pytest.raises(NoSuchTagError) as caught:
        client.digest("client/nothing", "9.7")
    assert str(caught.value) == (
        f"{registry.address}/client/nothing:9.7: the registry does not hold this (404) "
        "(push it, or correct the image's repository and tag in the policy)"
    )


def test_a_registry_that_is_down_is_told_and_comes_back(binaries: Binaries) -> None:
    with Registry(binaries=binaries) as own:
        digest = own.push(images()[0], "a", "1")
        client = RegistryClient(own.address, network=Network(), plain_http=True, patience=HASTY)
        own.stop()
        with pytest.raises(OutsideError, match="connection refused"):
            client.digest("a", "1")
        own.start()
        assert client.digest("a", "1") == digest


def test_nothing_listens_is_connection_refused() -> None:
    port = reserve()
    client = RegistryClient(f"127.0.0.1:{port.number}", network=Network(), plain_http=True, patience=HASTY)
    with pytest.raises(OutsideError, match="connection refused") as caught:
        client.digest("a", "1")
    assert str(caught.value.problem.where) == f"127.0.0.1:{port.number}/a:1"
    port.release()


def test_https_is_never_given_up_for_plain_http(registry: ReachableRegistry) -> None:
    client = RegistryClient(registry.address, network=Network(), patience=HASTY)
    with pytest.raises(OutsideError, match="does not speak TLS") as caught:
        client.digest("a", "1")
    assert "plainHTTP: true" in caught.value.problem.remedy


def test_plain_http_to_a_registry_with_tls_is_told(locked_up: Registry) -> None:
    client = RegistryClient(locked_up.address, network=Network(), plain_http=True, patience=HASTY)
    with pytest.raises(OutsideError, match="400") as caught:
        client.digest("a", "1")
    assert "plainHTTP to false" in caught.value.problem.remedy


def test_basic_credentials_open_a_registry(locked_up: Registry) -> None:
    digest = locked_up.push(images()[0], "a", "1")
    assert reading(locked_up, Found(ANNA)).resolve("a", "1").digest == digest


@pytest.mark.parametrize("found", [Found(), Found(Credentials("anna", "wrong-pass"))])
def test_other_credentials_are_asked_for_without_a_secret_in_the_message(locked_up: Registry, found: Found) -> None:
    with pytest.raises(OutsideError, match="wants other credentials") as caught:
        reading(locked_up, found).digest("a", "1")
    assert "wrong-pass" not in str(caught.value)
    assert "log in with docker, podman or skopeo" in caught.value.problem.remedy


def test_a_certificate_that_nobody_vouches_for_is_refused(locked_up: Registry) -> None:
    client = RegistryClient(locked_up.address, network=Network(), found=Found(ANNA), patience=HASTY)
    with pytest.raises(OutsideError, match="certificate is not trusted") as caught:
        client.digest("a", "1")
    assert "SSL_CERT_FILE" in caught.value.problem.remedy


def test_a_file_without_certificates_is_told(locked_up: Registry, tmp_path: Path) -> None:
    empty = tmp_path / "ca.pem"
    empty.write_text("no certificate")
    client = RegistryClient(locked_up.address, network=Network(ca_file=str(empty)), patience=HASTY)
    with pytest.raises(OutsideError, match="TLS fails: NO_CERTIFICATE_OR_CRL_FOUND") as caught:
        client.digest("a", "1")
    assert "SSL_CERT_FILE" in caught.value.problem.remedy


def test_a_missing_file_of_certificates_is_the_users_to_mend(locked_up: Registry) -> None:
    client = RegistryClient(locked_up.address, network=Network(ca_file="/nowhere.pem"), patience=HASTY)
    with pytest.raises(InputError, match=r"cannot use the certificates in /nowhere\.pem"):
        client.digest("a", "1")


def test_a_policys_registry_is_opened_with_the_users_own_files(locked_up: Registry, tmp_path: Path) -> None:
    digest = locked_up.push(images()[0], "golden/rhel9", "9.6")
    secret = base64.b64encode(f"{ANNA.username}:{ANNA.password}".encode()).decode()
    auth_file = tmp_path / "auth.json"
    auth_file.write_text(json.dumps({"auths": {locked_up.address: {"auth": secret}}}))
    environ = {"REGISTRY_AUTH_FILE": str(auth_file), "SSL_CERT_FILE": str(locked_up.ca)}
    releases = open_registry(RegistryOfPolicy(locked_up.address), environ=environ, home=tmp_path)
    assert releases.digest("golden/rhel9", "9.6") == digest


def test_a_policys_layout_is_read_instead_of_the_registry(tmp_path: Path) -> None:
    write_layout(tmp_path / "golden/rhel9", images()[0], "9.6")
    registry = RegistryOfPolicy("registry.invalid", layout=tmp_path)
    releases = open_registry(registry, environ={}, home=tmp_path)
    assert releases.where == "layout"
    assert releases.digest("golden/rhel9", "9.6") == images()[0].digest


def test_a_registry_is_trusted_by_the_policys_certificates(locked_up: Registry, tmp_path: Path) -> None:
    assert locked_up.ca is not None
    (tmp_path / "auth.json").write_text(
        json.dumps({"auths": {locked_up.address: {"auth": base64.b64encode(b"anna:s3cret").decode()}}})
    )
    bundle = ca_bundle(locked_up.ca.read_bytes(), locked_up.ca)
    digest = locked_up.push(images()[0], "client/trusted", "1")
    environ = {"REGISTRY_AUTH_FILE": str(tmp_path / "auth.json")}
    trusting = open_registry(RegistryOfPolicy(locked_up.address, ca_bundle=bundle), environ=environ, home=tmp_path)
    assert trusting.digest("client/trusted", "1") == digest
    with pytest.raises(OutsideError, match="certificate is not trusted"):
        open_registry(RegistryOfPolicy(locked_up.address), environ=environ, home=tmp_path).digest("client/trusted", "1")
