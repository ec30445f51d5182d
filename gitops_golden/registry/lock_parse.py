"""Bytes that anyone may have edited to a lock: every rule of the file, every problem in one run.

What the file looks like when we write it is lock_text's.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gitops_golden.documents import parse_one
from gitops_golden.policy import names
from gitops_golden.registry.lock import Count, Lock, LockedImage, LockedRelease
from gitops_golden.registry.lock_text import API_VERSION, KIND
from gitops_golden.registry.node_reader import NodeReader
from gitops_golden.registry.reference import is_digest, is_platform, is_repository, is_tag
from gitops_golden.registry.release import PlatformImage

if TYPE_CHECKING:
    from gitops_golden.documents import Node

TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"

_CHECKED = re.compile(r"[A-Za-z0-9._:/\[\]-]{1,300}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_LARGEST_SIZE = 2**63 - 1
_LARGEST_COUNT = 999_999


def parse_lock(data: bytes, file: str) -> Lock:
    """Return the lock that a text holds; ``file`` is what messages call it.

    Raises InputErrors with every problem, each at its place.
    """
    reader = NodeReader()
    fields = reader.fields(parse_one(data, file), {"apiVersion": True, "kind": True, "images": True})
    if "apiVersion" in fields:
        reader.word(fields["apiVersion"], "apiVersion", API_VERSION)
    if "kind" in fields:
        reader.word(fields["kind"], "kind", KIND)
    images = [
        _image(reader, reader.key(key, "an image's name", _is_name), node)
        for key, node in reader.entries(fields.get("images"))
    ]
    reader.finish()
    return Lock(tuple(sorted(images, key=lambda image: image.name)))


def _image(reader: NodeReader, name: str, node: Node) -> LockedImage:
    known = {"repository": True, "releases": True, "waves": True, "restarts": False, "attempts": False}
    fields = reader.fields(node, known)
    found = [_release(reader, item) for item in reader.items(fields.get("releases"))]
    releases = {release.digest: release for release in found}
    if len(releases) != len(found):
        reader.note(fields["releases"], "a digest is listed twice", "take one of the two away")
    waves = []
    for key, value in reader.entries(fields.get("waves")):
        digest = reader.text(value, "a digest", is_digest)
        if digest and digest not in releases:
            remedy = "run gitops-golden lock, which checks a release before it pins it"
            reader.note(value, "a wave holds a digest that is not among the releases", remedy)
        waves.append((reader.key(key, "a wave's name", _is_name), digest))
    return LockedImage(
        name,
        reader.text(fields.get("repository"), "a repository without registry, tag and digest", is_repository),
        tuple(sorted(releases.values(), key=lambda release: (release.first_seen, release.digest))),
        tuple(sorted(waves)),
        _count(reader, fields.get("restarts")),
        _count(reader, fields.get("attempts")),
    )


def _release(reader: NodeReader, node: Node) -> LockedRelease:
    known = ("digest", "tag", "firstSeen", "checked", "size", "platforms")
    fields = reader.fields(node, dict.fromkeys(known, True))
    platforms = [_platform(reader, item) for item in reader.items(fields.get("platforms"))]
    if "platforms" in fields and len({image.platform for image in platforms}) != max(len(platforms), 1):
        reader.note(fields["platforms"], "must list at least one platform, each once", "")
    return LockedRelease(
        digest=reader.text(fields.get("digest"), "a digest", is_digest),
        tag=reader.text(fields.get("tag"), "a tag", is_tag),
        first_seen=reader.text(fields.get("firstSeen"), 'a time in UTC such as "2026-11-21T10:00:00Z"', _is_time),
        checked=reader.text(
            fields.get("checked"),
            "a registry's address, or layout",
            lambda text: bool(_CHECKED.fullmatch(text)),
        ),
        size=reader.count(fields.get("size"), _LARGEST_SIZE),
        platforms=tuple(sorted(platforms)),
    )


def _platform(reader: NodeReader, node: Node) -> PlatformImage:
    fields = reader.fields(node, dict.fromkeys(("platform", "digest", "size"), True))
    return PlatformImage(
        reader.text(fields.get("platform"), "a platform such as linux/amd64", is_platform),
        reader.text(fields.get("digest"), "a digest", is_digest),
        reader.count(fields.get("size"), _LARGEST_SIZE),
    )


def _count(reader: NodeReader, node: Node | None) -> Count:
    fields = reader.fields(node, {"fleet": False, "clusters": False}) if node else {}
    clusters = [
        (reader.key(key, "a cluster's name", _is_name), reader.count(value, _LARGEST_COUNT))
        for key, value in reader.entries(fields.get("clusters"))
    ]
    raised = tuple(sorted((cluster, count) for cluster, count in clusters if count))
    return Count(reader.count(fields.get("fleet"), _LARGEST_COUNT), raised)


def _is_name(text: str) -> bool:
    return names.subdomain(text) is None


def _is_time(text: str) -> bool:
    if not _TIME.fullmatch(text):
        return False
    try:
        datetime.strptime(text, TIME_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return False
    return True
