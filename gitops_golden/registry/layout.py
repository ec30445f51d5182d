"""Releases from a folder of OCI image layouts, one per repository: the registry of an air gap or a demo.

Nothing outside the folder is read, whatever its files or links say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from gitops_golden.errors import InputError, Location, OutsideError
from gitops_golden.registry.folder import read_inside
from gitops_golden.registry.manifest import OCI_INDEX, Index, parse_manifest
from gitops_golden.registry.reference import matches
from gitops_golden.registry.refusals import NoSuchTagError
from gitops_golden.registry.release import Top, assemble
from gitops_golden.registry.untrusted import SIZE_LIMIT

if TYPE_CHECKING:
    from pathlib import Path

    from gitops_golden.registry.release import Release

_COPY_AGAIN = "copy the image into the layout again"


@dataclass(frozen=True, slots=True)
class LayoutReader:
    """Reads the layouts at ``<folder>/<repository>``.

    A tag is the annotation ``org.opencontainers.image.ref.name``. Every method raises InputError for a
    layout that is malformed, or whose files or links lead out of the folder; OutsideError where there is
    none; NoSuchTagError where it does not hold the tag.
    """

    folder: Path

    @property
    def where(self) -> str:
        """What the lock calls the place that was read: the same wherever the folder is."""
        return "layout"

    def digest(self, repository: str, tag: str) -> str:
        """Return the digest that a tag is now, its manifest read and checked."""
        return self._top(repository, tag).digest

    def holds(self, repository: str, digest: str) -> bool:
        """Return whether the layout holds a digest's manifest, its bytes checked."""
        return _Layout(self.folder, self.folder / repository).manifest(digest) is not None

    def resolve(self, repository: str, tag: str) -> Release:
        """Return what a tag is now, with its platforms."""
        return assemble(tag, self._top(repository, tag), _Layout(self.folder, self.folder / repository))

    def _top(self, repository: str, tag: str) -> Top:
        layout = _Layout(self.folder, self.folder / repository)
        index_file = layout.path / "index.json"
        data = layout.read(index_file)
        if data is None:
            raise OutsideError(
                "is no OCI image layout: there is no index.json",
                where=Location(str(layout.path)),
                remedy="correct spec.registry.layout or the image's repository, or copy the image there",
            )
        index = parse_manifest(data, str(index_file), OCI_INDEX)
        named = [entry for entry in index.entries if entry.tag == tag] if isinstance(index, Index) else []
        if not named:
            raise NoSuchTagError(
                f"holds no tag {tag}",
                where=Location(str(index_file)),
                remedy="copy the image into the layout, or correct its tag in the policy",
            )
        if len({entry.digest for entry in named}) > 1:
            raise InputError(
                f"gives the tag {tag} to several digests", where=Location(str(index_file)), remedy=_COPY_AGAIN
            )
        entry = named[0]
        return Top(layout.blob(entry.digest), entry.digest, entry.media_type, str(layout.file(entry.digest)))


@dataclass(frozen=True, slots=True)
class _Layout:
    """One layout below the root that bounds all reading."""

    root: Path
    path: Path

    def manifest(self, digest: str) -> bytes | None:
        data = self.read(self.file(digest))
        if data is not None and not matches(digest, data):
            _refuse(self.file(digest), "holds other bytes than its name says")
        return data

    def blob(self, digest: str) -> bytes:
        data = self.manifest(digest)
        if data is None:
            _refuse(self.file(digest), "is missing from the layout")
        return data

    def file(self, digest: str) -> Path:
        algorithm, _, encoded = digest.partition(":")
        return self.path / "blobs" / algorithm / encoded

    def read(self, path: Path) -> bytes | None:
        return read_inside(self.root, path, limit=SIZE_LIMIT)


def _refuse(path: Path, what: str) -> NoReturn:
    raise InputError(what, where=Location(str(path)), remedy=_COPY_AGAIN)
