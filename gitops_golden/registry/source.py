"""Where releases come from: a registry over HTTP or a folder of layouts, as the policy says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from gitops_golden.registry.layout import LayoutReader

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gitops_golden.policy.model import Registry
    from gitops_golden.registry.release import Release


class Releases(Protocol):
    """The registry as the rest of the program sees it. Used from several threads at a time."""

    @property
    def where(self) -> str:
        """What the lock calls this place: the registry's address, or ``layout``."""

    def digest(self, repository: str, tag: str) -> str:
        """Return the digest that a tag is now.

        Raises NoSuchTagError if the tag is not there, another OutsideError if nothing can be said,
        InputError for a layout that is malformed.
        """

    def holds(self, repository: str, digest: str) -> bool:
        """Return whether a digest can be pulled; raises as ``digest`` does, but for what is not there."""

    def resolve(self, repository: str, tag: str) -> Release:
        """Return what a tag is now, with its platforms and sizes; raises as ``digest`` does."""


def open_registry(registry: Registry, *, environ: Mapping[str, str], home: Path) -> Releases:
    """Return the reader that a policy's registry asks for. Nothing is read from it yet.

    ``environ`` and ``home`` are where credentials, proxies and certificates are looked for; a layout needs
    none. Raises InputError if a file of credentials is malformed.
    """
    if registry.layout is not None:
        return LayoutReader(registry.layout)
    # Commands that never ask a registry, or read a layout, start without an HTTP client.
    from gitops_golden.registry.client import RegistryClient  # noqa: PLC0415 - see above
    from gitops_golden.registry.credentials import find  # noqa: PLC0415
    from gitops_golden.registry.network import network  # noqa: PLC0415

    return RegistryClient(
        registry.address,
        network=network(environ, certificates=registry.ca_bundle.certificates if registry.ca_bundle else ""),
        plain_http=registry.plain_http,
        found=find(registry.address, environ, home),
    )
