"""The tree manifest: a file in the repository that lists our paths, so that nothing else is ever removed.

Text to value and back. What follows from a listing is decided where trees are laid over each other
(:mod:`gitops_golden.git.overlay`).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gitops_golden.errors import InputError, Location
from gitops_golden.git.paths import MANIFEST_FOLDER, name_problem, path_problem
from gitops_golden.render.tree import require_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops_golden.render.tree import Tree

MAX_MANIFEST_BYTES = 64 * 1024 * 1024
MAX_PATHS = 5_000_000


@dataclass(frozen=True, slots=True)
class Listing:
    """The paths that are ours in a repository: per folder the names of our files in it, both sorted."""

    fleet: str
    folders: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """Full path of every file listed, folder by folder."""
        return tuple(f"{folder}/{name}" for folder, names in self.folders for name in names)


def manifest_path(fleet: str) -> str:
    """Return where in the repository the manifest of a fleet stands.

    At the root and in a folder with a dot, where no engine looks for clusters. JSON: it has no tags and
    anchors to guard against, is read at the speed of C, and is passed over by what collects ``*.yaml``.
    """
    return f"{MANIFEST_FOLDER}/{manifest_name(fleet)}"


def manifest_name(fleet: str) -> str:
    """Return the manifest's own name. Raises :class:`InputError` for a fleet that can't name a file."""
    name = f"{fleet}.json"
    if problem := name_problem(name):
        raise InputError(f"the fleet's name can't name a file: {problem}", remedy="choose another metadata.name")
    return name


def listing_of(tree: Tree) -> Listing:
    """Return which paths ``tree`` makes ours."""
    names: dict[int, tuple[str, ...]] = {}
    for _, folder in tree.folders:
        if id(folder) not in names:
            names[id(folder)] = folder.names
    return Listing(tree.fleet, tuple((path, names[id(folder)]) for path, folder in tree.folders))


def tree_manifest(tree: Tree) -> bytes:
    """Return the manifest of ``tree``: our paths, one a line, folders with the same file names in one group.

    It depends on names alone, so a commit that only moves digests leaves it as it is.
    """
    return manifest_bytes(listing_of(tree))


def manifest_bytes(listing: Listing) -> bytes:
    """Return ``listing`` as :func:`parse_manifest` reads it; equal listings give equal bytes."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for path, names in listing.folders:
        groups.setdefault(names, []).append(path)
    document: dict[str, Any] = {
        "about": "The paths that gitops-golden owns here and may remove. Only `publish` writes this file.",
        "version": 1,
        "fleet": listing.fleet,
        "groups": [{"files": list(names), "folders": groups[names]} for names in sorted(groups)],
    }
    document["checksum"] = _checksum(document)
    return json.dumps(document, indent=1, ensure_ascii=False).encode() + b"\n"


def parse_manifest(data: bytes, *, fleet: str) -> Listing:
    """Return the paths that a manifest lists.

    The bytes come from a repository that many people write to, and what they list may be removed: so they
    must be exactly what :func:`manifest_bytes` writes, checksum included. Raises :class:`InputError` if they
    aren't, if they belong to another fleet, or if a path leads out of the repository.
    """
    where = Location(manifest_path(fleet))
    if len(data) > MAX_MANIFEST_BYTES:
        raise _broken("is too big", where)
    try:
        listing = _listing(json.loads(data))
    except (ValueError, RecursionError, TypeError, KeyError) as error:
        raise _broken(f"can't be read: {error}", where) from error
    if listing.fleet != fleet:
        raise _broken(f"belongs to fleet {listing.fleet[:80]!r}", where)
    for path, names in _distinct(listing):
        if problem := path_problem(path) or next(filter(None, map(name_problem, names)), ""):
            raise _broken(f"lists a path that can't be ours: {problem}", where)
    if manifest_bytes(listing) != data:
        raise _broken("was changed by hand", where)
    return listing


def _listing(document: Any) -> Listing:
    """Return the listing in a parsed document; ``ValueError``, ``TypeError``, ``KeyError`` if misshapen."""
    if not isinstance(document["fleet"], str):
        raise TypeError("fleet must be a string")
    folders: list[tuple[str, tuple[str, ...]]] = []
    count = 0
    for group in document["groups"]:
        names, paths = _strings(group["files"]), _strings(group["folders"])
        count += max(len(names), 1) * len(paths)
        if count > MAX_PATHS:
            raise ValueError("it lists too many paths")
        require_order(names, "file name")
        folders.extend((path, names) for path in paths)
    folders.sort(key=lambda item: item[0])
    require_order(tuple(path for path, _ in folders), "folder")
    return Listing(document["fleet"], tuple(folders))


def _strings(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise TypeError("files and folders must be lists of strings")
    return tuple(value)


def _distinct(listing: Listing) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each folder with its names, names given once though thousands of folders share them."""
    seen: set[int] = set()
    for path, names in listing.folders:
        yield path, () if id(names) in seen else names
        seen.add(id(names))


def _checksum(document: dict[str, Any]) -> str:
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _broken(what: str, where: Location) -> InputError:
    return InputError(
        f"the manifest of our paths {what}",
        where=where,
        remedy="put back the version of the last publish, `git log` on that file finds it",
    )
