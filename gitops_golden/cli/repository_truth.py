"""What the repository says of every delivery, now and before: the truth that verify judges by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from gitops_golden.cli.clusters_repository import files_of
from gitops_golden.render.manifests import read_manifest
from gitops_golden.render.names import data_source_of, file_name
from gitops_golden.verify.case import Past, PastFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitops_golden.git.model import Revision
    from gitops_golden.git.repository import Repository
    from gitops_golden.plan.model import Plan
    from gitops_golden.render.manifests import Manifest

COMMITS = 200
"""How far back a cluster may lag and still be told from one that was edited."""


@dataclass(frozen=True)
class RepositoryTruth:
    """What a branch says of every delivery of a plan, now and before."""

    repository: Repository
    plan: Plan
    branch: str

    @cached_property
    def _files(self) -> dict[str, bytes]:
        return files_of(self.repository.published(self.plan.fleet, self.branch).tree)

    @cached_property
    def _revisions(self) -> Mapping[str, tuple[Revision, ...]]:
        # One walk answers for the whole fleet, and no walk is made where every delivery has synced.
        paths = (self._path(delivery.cluster, delivery.variant.data_source) for delivery in self.plan.deliveries())
        return self.repository.history_of(paths, self.branch, limit_commits=COMMITS)

    @cached_property
    def _others(self) -> Mapping[str, tuple[Revision, ...]]:
        # As above, of the files that are no delivery's own.
        paths = (path for path in self._files if data_source_of(path) is None)
        return self.repository.history_of(paths, self.branch, limit_commits=COMMITS)

    @cached_property
    def _read(self) -> dict[bytes, Manifest | None]:
        return {}

    def published(self, cluster: str, data_source: str) -> bytes | None:
        """Return the delivery's file at the head of the branch."""
        return self._files.get(self._path(cluster, data_source))

    def past(self, cluster: str, data_source: str) -> tuple[Past, ...]:
        """Return how that file changed, newest first."""
        revisions = self._revisions.get(self._path(cluster, data_source), ())
        return tuple(
            Past(revision.commit.id, revision.commit.when, self._manifest(revision.content)) for revision in revisions
        )

    def file(self, cluster: str, name: str) -> bytes | None:
        """Return any file of a cluster's folder at the head of the branch."""
        return self._files.get(f"{self.plan.target.folder(cluster)}/{name}")

    def file_past(self, cluster: str, name: str) -> tuple[PastFile, ...]:
        """Return how such a file changed, newest first."""
        revisions = self._others.get(f"{self.plan.target.folder(cluster)}/{name}", ())
        return tuple(PastFile(each.commit.id, each.commit.when, each.content) for each in revisions)

    def _path(self, cluster: str, data_source: str) -> str:
        return f"{self.plan.target.folder(cluster)}/{file_name('image', data_source)}"

    def _manifest(self, content: bytes | None) -> Manifest | None:
        if content is None:
            return None
        if content not in self._read:
            self._read[content] = read_manifest(content)
        return self._read[content]
