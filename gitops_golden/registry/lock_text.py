"""A lock as text: equal locks become the same bytes.

Written to be small in a diff: a new release adds its lines and changes the one that says what a wave holds.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops_golden.registry.lock import Count, Lock, LockedImage, LockedRelease

API_VERSION = "gitops-golden/v1alpha1"
KIND = "FleetLock"

_PLAIN = re.compile(r"[a-z][a-z0-9]*(?:[./:_-]+[a-z0-9]+)*")
# YAML 1.1, which many tools still read, takes these for booleans and nulls.
_NOT_TEXT = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def dump_lock(lock: Lock) -> bytes:
    """Return a lock as the file holds it: the same bytes for equal locks, sorted."""
    return "".join(f"{line}\n" for line in _lines(lock)).encode()


def _lines(lock: Lock) -> Iterator[str]:
    yield "# Written by `gitops-golden lock`. Commit it with the policy."
    yield f"apiVersion: {API_VERSION}"
    yield f"kind: {KIND}"
    if not lock.images:
        yield "images: {}"
        return
    yield "images:"
    for image in sorted(lock.images, key=lambda image: image.name):
        yield f"  {_scalar(image.name)}:"
        yield from _image_lines(image)


def _image_lines(image: LockedImage) -> Iterator[str]:
    yield f"    repository: {_scalar(image.repository)}"
    yield "    releases:" if image.releases else "    releases: []"
    for release in sorted(image.releases, key=lambda release: (release.first_seen, release.digest)):
        yield from _release_lines(release)
    yield "    waves:" if image.waves else "    waves: {}"
    for wave, digest in sorted(image.waves):
        yield f"      {_scalar(wave)}: {digest}"
    yield from _count_lines("restarts", image.restarts)
    yield from _count_lines("attempts", image.attempts)


def _release_lines(release: LockedRelease) -> Iterator[str]:
    yield f"      - digest: {release.digest}"
    yield f"        tag: {json.dumps(release.tag)}"
    yield f"        firstSeen: {json.dumps(release.first_seen)}"
    yield f"        checked: {_scalar(release.checked)}"
    yield f"        size: {release.size}"
    yield "        platforms:"
    for image in sorted(release.platforms):
        platform = _scalar(image.platform)
        yield f'          - {{platform: {platform}, digest: "{image.digest}", size: {image.size}}}'


def _count_lines(key: str, count: Count) -> Iterator[str]:
    raised = [(cluster, value) for cluster, value in sorted(count.clusters) if value]
    if not count:
        return
    yield f"    {key}:"
    if count.fleet:
        yield f"      fleet: {count.fleet}"
    if raised:
        yield "      clusters:"
    for cluster, value in raised:
        yield f"        {_scalar(cluster)}: {value}"


def _scalar(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and text not in _NOT_TEXT else json.dumps(text)
