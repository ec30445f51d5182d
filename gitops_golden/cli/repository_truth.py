"""What the repository says of every delivery, now and before: the truth that verify judges by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from gitops_golden.render.manifests import read_manifest
from gitops_golden.render.names import file_name
from gitops_golden.verify.case import Past, PastFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitops_golden.git.model import Revision
    from gitops_golden.git.standing import Standing
    from gitops_golden.plan.model import Plan
    from gitops_golden.render.manifests import Manifest
    from gitops_golden.render.tree import Folder

COMMITS = 200
"""How far back a cluster may lag and still be told from one that was edited."""


@dataclass(frozen=True)
class RepositoryTruth:
    """What a branch says of every delivery of a plan, now and before."""

    branch: Standing
    plan: Plan

    @cached_property
    def _folders(self) -> dict[str, Folder]:
        return dict(self.branch.published(self.plan.fleet).tree.folders)

    @cached_property
    def _files(self) -> dict[str, dict[str, bytes]]:
        read: dict[int, dict[str, bytes]] = {}
        for folder in self._folders.values():
            if id(folder) not in read:
                read[id(folder)] = {file.name: file.content for file in folder.files}
        return {path: read[id(folder)] for path, folder in self._folders.items()}

    @cached_property
    def _revisions(self) -> Mapping[str, Mapping[str, tuple[Revision, ...]]]:
        # One walk answers for the whole fleet, and no walk is made where everything has synced.
        folders = (self.plan.target.folder(held.cluster.name) for held in self.plan.clusters)
        return self.branch.history_of(folders, limit_commits=COMMITS)

    @cached_property
    def _pasts(self) -> dict[int, tuple[PastFile, ...]]:
        # Clusters that changed alike share their revisions, and so the very same past.
        return {}

    @cached_property
    def _read(self) -> dict[bytes, Manifest | None]:
        return {}

    @property
    def empty(self) -> bool:
        """Whether the branch's head holds nothing of the fleet."""
        return not self._folders

    def folder(self, cluster: str) -> Folder | None:
        """Return what the branch's head holds of a cluster; equal clusters share one object."""
        return self._folders.get(self.plan.target.folder(cluster))

    def published(self, cluster: str, data_source: str) -> bytes | None:
        """Return the delivery's file at the head of the branch."""
        return self.file(cluster, file_name("image", data_source))

    def past(self, cluster: str, data_source: str) -> tuple[Past, ...]:
        """Return how that file changed, newest first."""
        history = self.file_past(cluster, file_name("image", data_source))
        return tuple(Past(each.commit, each.since, self._manifest(each.content)) for each in history)

    def file(self, cluster: str, name: str) -> bytes | None:
        """Return any file of a cluster's folder at the head of the branch."""
        return self._files.get(self.plan.target.folder(cluster), {}).get(name)

    def file_past(self, cluster: str, name: str) -> tuple[PastFile, ...]:
        """Return how such a file changed, newest first; it may be gone by now. Equal clusters share one."""
        revisions = self._revisions.get(self.plan.target.folder(cluster), {}).get(name, ())
        if id(revisions) not in self._pasts:
            self._pasts[id(revisions)] = tuple(
                PastFile(each.commit.id, each.commit.when, each.content) for each in revisions
            )
        return self._pasts[id(revisions)]

    def _manifest(self, content: bytes | None) -> Manifest | None:
        if content is None:
            return None
        if content not in self._read:
            self._read[content] = read_manifest(content)
        return self._read[content]
