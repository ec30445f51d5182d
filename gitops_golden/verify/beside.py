"""The files beside a delivery's own, and objects of theirs: as Git has them now, or had them before."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from gitops_golden.fleet.shapes import text
from gitops_golden.render.manifests import read_documents
from gitops_golden.verify.case import Beside
from gitops_golden.verify.model import Finding, Link, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from typing import Any

    from gitops_golden.render.tree import File
    from gitops_golden.verify.case import GitTruth, PastFile


class Dated(Protocol):
    """What a commit said, from when on."""

    @property
    def commit(self) -> str:
        """The commit's hash."""

    @property
    def since(self) -> datetime:
        """When it was made."""


_Said = TypeVar("_Said", bound=Dated)
PUBLISH = "run `gitops-golden publish`"
SYNC = "let the GitOps engine sync this cluster"
RESYNC = f"{SYNC}, which puts back what Git holds"


def beside(file: File) -> Beside:
    """Return a rendered file with its objects."""
    return Beside(file.name, file.content, read_documents(file.content) or ())


class Behind(NamedTuple):
    """The commit that a cluster is at, and since when there is a later one that it has not followed."""

    commit: str
    since: datetime


def left_at(past: Iterable[_Said], is_as: Callable[[_Said], bool]) -> Behind | None:
    """Return the newest commit before the head that a cluster is as, of a history that is newest first."""
    return next((Behind(earlier.commit, newer.since) for newer, earlier in pairwise(past) if is_as(earlier)), None)


def unpublished(git: GitTruth, cluster: str, files: Iterable[Beside]) -> Finding | None:
    """Break where the branch's head does not hold one of these files as it is rendered."""
    for file in files:
        held = git.file(cluster, file.name)
        if held != file.content:
            what = f"no {file.name}" if held is None else f"another {file.name} than is rendered"
            return Finding(Verdict.BROKEN, Link.GIT, "NotPublished", f"the branch holds {what}", PUBLISH)
    return None


def not_synced(
    past: tuple[PastFile, ...],
    link: Link | None,
    what: str,
    is_as: Callable[[tuple[Mapping[str, Any], ...]], bool],
) -> Finding | None:
    """Return that a cluster is behind, where ``is_as`` says that it is as an earlier commit's file had it.

    A commit without the file has no objects; so has the time before a file that is new in Git.
    """
    if not past:
        return None

    def holds(earlier: PastFile) -> bool:
        objects = read_documents(earlier.content) if earlier.content is not None else ()
        return objects is not None and is_as(objects)

    if behind := left_at(past, holds):
        message = f"the cluster is at commit {behind.commit[:12]}: {what}"
        return Finding(Verdict.PROGRESSING, link, "NotSynced", message, SYNC, behind.since)
    if len(past) == 1 and is_as(()):
        return Finding(Verdict.PROGRESSING, link, "NotSynced", f"{what}; it is new in Git", SYNC, past[0].since)
    return None


def named(objects: Iterable[Mapping[str, Any]], kind: str, name: str) -> Mapping[str, Any] | None:
    """Return one of a file's objects."""
    return next((each for each in objects if each.get("kind") == kind and text(each, "metadata", "name") == name), None)
