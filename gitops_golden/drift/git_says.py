"""What Git says that a cluster holds, at the branch's head and before; each distinct folder and file is read once."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

from gitops_golden.fleet.kinds import CRON, DATA_SOURCE, RIGHTS
from gitops_golden.fleet.shapes import mapping, text, texts
from gitops_golden.render.cdi import DIGEST_ANNOTATION
from gitops_golden.render.manifests import read_documents
from gitops_golden.render.names import file_name, parse
from gitops_golden.render.tree import File
from gitops_golden.verify.beside import beside
from gitops_golden.verify.case import GitTruth

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from gitops_golden.render.tree import Folder
    from gitops_golden.verify.case import Beside, PastFile

FILES = ("image", "pointer", "consumers")
"""The kinds of files that are looked into: of what users' templates add, nobody knows where it may be read."""
CLAIMED = (CRON, DATA_SOURCE, *RIGHTS)
"""The kinds that are compared field by field."""


class PublishedTruth(GitTruth, Protocol):
    """What drift asks of the repository that the clusters follow, beside what verify does."""

    def folder(self, cluster: str) -> Folder | None:
        """Return what the branch's head holds of a cluster; equal clusters share one object."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One object as Git has it, in the file ``file``. ``pointer``: a DataSource that points at another."""

    kind: str
    namespace: str
    name: str
    file: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    raw: Mapping[str, Any]
    data_source: str
    tracking: bool
    pointer: bool

    @property
    def key(self) -> tuple[str, str, str]:
        """Its kind, namespace and name."""
        return self.kind, self.namespace, self.name

    @property
    def digest(self) -> str | None:
        """The digest that a pinned cron is to import."""
        return None if self.tracking else self.annotations.get(DIGEST_ANNOTATION)


@dataclass(frozen=True, slots=True)
class Claims:
    """All that Git says of one cluster, as far as it is compared. ``crons`` are by namespace and managed DataSource."""

    all: tuple[Claim, ...] = ()
    keys: frozenset[tuple[str, str, str]] = frozenset()
    crons: Mapping[tuple[str, str], Claim] = field(default_factory=dict)
    namespaces: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Held:
    """An object as a commit had it, from that commit on; ``claim`` is None where the commit did not have it."""

    commit: str
    since: datetime
    claim: Claim | None


class GitSays:
    """Reads what Git says. Nothing of the past is asked for what is in order."""

    def __init__(self, truth: PublishedTruth) -> None:
        self.truth = truth
        self._folders: dict[int, Claims] = {}
        self._files: dict[tuple[str, bytes], tuple[Claim, ...] | None] = {}
        self.unreadable: set[str] = set()
        """Files of the head, as ``CLUSTER: NAME``, that are no manifests: what they last were is taken to be meant."""
        self._beside: dict[bytes, Beside] = {}
        self._ever: dict[int, tuple[tuple[Held, ...], frozenset[tuple[str, str, str]]]] = {}
        self._past: dict[tuple[int, tuple[str, str, str]], tuple[tuple[PastFile, ...], tuple[Held, ...]]] = {}

    def claims(self, cluster: str) -> Claims:
        """Return what the branch's head says of a cluster."""
        folder = self.truth.folder(cluster)
        if folder is None:
            return Claims()
        if id(folder) not in self._folders:
            files = (file for file in folder.files if (parse(file.name) or ("",))[0] in FILES)
            self._folders[id(folder)] = _claims(tuple(claim for file in files for claim in self._said(cluster, file)))
        return self._folders[id(folder)]

    def _said(self, cluster: str, file: File) -> tuple[Claim, ...]:
        found = self._file(file.name, file.content)
        if found is not None:
            return found
        self.unreadable.add(f"{cluster}: {file.name}")
        past = (
            self._file(file.name, each.content) for each in self.truth.file_past(cluster, file.name) if each.content
        )
        return next((claims for claims in past if claims is not None), ())

    def file(self, cluster: str, name: str) -> Beside | None:
        """Return a file of the branch's head with its objects."""
        content = self.truth.file(cluster, name)
        if content is None:
            return None
        if content not in self._beside:
            self._beside[content] = beside(File(name, content))
        return self._beside[content]

    def past(self, cluster: str, file: str, key: tuple[str, str, str]) -> tuple[Held, ...]:
        """Return how an object changed, newest first; the first is what the head has."""
        past = self.truth.file_past(cluster, file)
        # Clusters that changed alike share one past. It is kept, for an id is told apart only while its object lives.
        known = self._past.get((id(past), key))
        if known is None or known[0] is not past:
            known = self._past[id(past), key] = past, tuple(self._held(past, file, key))
        return known[1]

    def ever(self, cluster: str, claim: Claim) -> frozenset[tuple[str, str, str]]:
        """Return every label and annotation that commits before the head gave an object: where, key and value."""
        past = self.past(cluster, claim.file, claim.key)
        known = self._ever.get(id(past))
        if known is None or known[0] is not past:
            said = (held.claim for held in past[1:] if held.claim)
            known = self._ever[id(past)] = past, frozenset(pair for each in said for pair in _pairs(each))
        return known[1]

    def retired(self, cluster: str, kind: str, namespace: str, name: str, data_source: str) -> Held | None:
        """Return the commit that took an object out of Git, or None if no commit that is looked at held it."""
        for file in (file_name("image", data_source), file_name("pointer", data_source)):
            past = self.past(cluster, file, (kind, namespace, name))
            for newer, older in pairwise(past):
                if newer.claim is None and older.claim is not None:
                    return newer
        return None

    def _held(self, past: tuple[PastFile, ...], file: str, key: tuple[str, str, str]) -> Iterator[Held]:
        for each in past:
            claims = self._file(file, each.content) if each.content is not None else ()
            if claims is not None:
                yield Held(each.commit, each.since, next((claim for claim in claims if claim.key == key), None))

    def _file(self, name: str, content: bytes) -> tuple[Claim, ...] | None:
        """Return what a file claims, or None for what cannot be read: nothing is known to have been taken out of it."""
        key = name, content
        if key not in self._files:
            read = read_documents(content)
            self._files[key] = None if read is None else tuple(_claim(each, name) for each in read if _compared(each))
        return self._files[key]


def _pairs(claim: Claim) -> Iterator[tuple[str, str, str]]:
    yield from (("labels", key, value) for key, value in claim.labels.items())
    yield from (("annotations", key, value) for key, value in claim.annotations.items())


def _compared(document: Mapping[str, Any]) -> bool:
    return document.get("kind") in CLAIMED and bool(text(document, "metadata", "name"))


def _claim(document: Mapping[str, Any], file: str) -> Claim:
    kind, name, spec = text(document, "kind"), text(document, "metadata", "name"), mapping(document, "spec")
    data_source = {CRON: text(spec, "managedDataSource"), DATA_SOURCE: name}.get(kind, "")
    return Claim(
        kind=kind,
        namespace=text(document, "metadata", "namespace"),
        name=name,
        file=file,
        labels=texts(document, "metadata", "labels"),
        annotations=texts(document, "metadata", "annotations"),
        raw=document,
        data_source=data_source,
        tracking=kind == CRON and bool(spec.get("schedule")),
        pointer=kind == DATA_SOURCE and bool(mapping(spec, "source", "dataSource")),
    )


def _claims(found: tuple[Claim, ...]) -> Claims:
    crons = {(claim.namespace, claim.data_source): claim for claim in found if claim.kind == CRON}
    namespaces = frozenset(claim.namespace for claim in found)
    return Claims(found, frozenset(claim.key for claim in found), crons, namespaces)
