"""The files beside a delivery's own, and objects of theirs: as Git has them now, or had them before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_golden.fleet.shapes import text
from gitops_golden.render.manifests import read_documents
from gitops_golden.verify.case import Beside
from gitops_golden.verify.model import Finding, Link, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from gitops_golden.render.tree import File
    from gitops_golden.verify.case import GitTruth, PastFile

SYNC = "let the GitOps engine sync this cluster"
RESYNC = f"{SYNC}, which puts back what Git holds"


def beside(file: File) -> Beside:
    """Return a rendered file with its objects."""
    return Beside(file.name, file.content, read_documents(file.content) or ())


def unpublished(git: GitTruth, cluster: str, files: Iterable[Beside]) -> Finding | None:
    """Break where the branch's head does not hold one of these files as it is rendered."""
    for file in files:
        held = git.file(cluster, file.name)
        if held != file.content:
            past = git.file_past(cluster, file.name)
            what = f"no {file.name}" if held is None else f"another {file.name} than is rendered"
            since = past[0].since if past else None
            remedy = "run `gitops-golden publish`"
            return Finding(Verdict.BROKEN, Link.GIT, "NotPublished", f"the branch holds {what}", remedy, since)
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
    for earlier in past[1:]:
        objects = read_documents(earlier.content) if earlier.content is not None else ()
        if objects is not None and is_as(objects):
            message = f"the cluster is at commit {earlier.commit[:12]}: {what}"
            return Finding(Verdict.PROGRESSING, link, "NotSynced", message, SYNC, past[0].since)
    if len(past) == 1 and is_as(()):
        return Finding(Verdict.PROGRESSING, link, "NotSynced", f"{what}; it is new in Git", SYNC, past[0].since)
    return None


def named(objects: Iterable[Mapping[str, Any]], kind: str, name: str) -> Mapping[str, Any] | None:
    """Return one of a file's objects."""
    return next((each for each in objects if each.get("kind") == kind and text(each, "metadata", "name") == name), None)
