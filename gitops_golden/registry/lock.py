"""The values of a lock: which releases of an image are known, and which one each wave is to hold.

How they look as text is lock_text's; how they change when a tag moves is update's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gitops_golden.registry.release import PlatformImage

ALL = "all"
"""The one wave of a fleet that rolls out to every cluster at once."""


@dataclass(frozen=True, slots=True)
class Count:
    """A count that people raise: for the whole fleet, and on top of that for named clusters.

    ``clusters`` is sorted by name. Absent is 0.
    """

    fleet: int = 0
    clusters: tuple[tuple[str, int], ...] = ()

    def on(self, cluster: str) -> int:
        """Return what holds on one cluster: the sum, so that raising either always changes it."""
        return self.fleet + sum(count for name, count in self.clusters if name == cluster)

    def __bool__(self) -> bool:
        """Whether anything was ever raised."""
        return self.fleet > 0 or any(count > 0 for _, count in self.clusters)


@dataclass(frozen=True, slots=True)
class LockedRelease:
    """One digest of an image as the lock keeps it.

    ``tag`` is the one it was last locked under, ``first_seen`` an RFC 3339 time in UTC
    (``2026-11-21T10:00:00Z``), ``checked`` where it was resolved: the registry's address or ``layout``.
    ``size`` is in bytes, as in ``Release``.
    """

    digest: str
    tag: str
    first_seen: str
    checked: str
    size: int
    platforms: tuple[PlatformImage, ...]


@dataclass(frozen=True, slots=True)
class LockedImage:
    """What the lock knows about one image.

    ``releases`` are in the order they were first seen, so that a new one is appended. ``waves`` gives each
    wave's digest, sorted by name. ``restarts`` asks for fresh crons, ``attempts`` wakes those that are
    there.
    """

    name: str
    repository: str
    releases: tuple[LockedRelease, ...] = ()
    waves: tuple[tuple[str, str], ...] = ()
    restarts: Count = Count()
    attempts: Count = Count()

    def digest(self, wave: str = ALL) -> str | None:
        """Return the digest that a wave is to hold, or None for a wave that the lock does not name."""
        return next((digest for name, digest in self.waves if name == wave), None)

    def release(self, digest: str) -> LockedRelease | None:
        """Return what is known of a digest, or None."""
        return next((release for release in self.releases if release.digest == digest), None)


@dataclass(frozen=True)
class Lock:
    """All that a fleet has pinned; ``Lock()`` pins nothing. Images are sorted by name."""

    images: tuple[LockedImage, ...] = ()

    @cached_property
    def _by_name(self) -> dict[str, LockedImage]:
        return {image.name: image for image in self.images}

    def image(self, name: str) -> LockedImage | None:
        """Return one image's part of the lock, or None."""
        return self._by_name.get(name)

    def digest(self, image: str, wave: str = ALL, *, repository: str | None = None) -> str | None:
        """Return the digest that an image's wave is to hold, or None where nothing is pinned.

        ``repository`` is where the policy has the image now: a digest that was locked in another one is not there.
        """
        locked = self.image(image)
        if locked is None or repository not in {None, locked.repository}:
            return None
        return locked.digest(wave)

    def release(self, image: str, digest: str) -> LockedRelease | None:
        """Return what is known of one of an image's digests, or None."""
        locked = self.image(image)
        return locked.release(digest) if locked else None

    def restarts_on(self, image: str, cluster: str) -> int:
        """Return how many fresh crons were asked for, for an image on a cluster."""
        locked = self.image(image)
        return locked.restarts.on(cluster) if locked else 0

    def attempts_on(self, image: str, cluster: str) -> int:
        """Return how often an image's cron on a cluster was to be woken."""
        locked = self.image(image)
        return locked.attempts.on(cluster) if locked else 0
