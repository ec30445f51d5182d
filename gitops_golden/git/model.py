"""What a repository is asked for and answers with: values, frozen and free of any Git library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from gitops_golden.git.manifest import Listing
    from gitops_golden.render.tree import Tree


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit: its id in hex, the committer's time with its offset, and the message."""

    id: str
    when: datetime
    message: str


@dataclass(frozen=True, slots=True)
class Signature:
    """Who made something, and when, with its offset. Name and email hold no ``<``, ``>`` or line end."""

    name: str
    email: str
    when: datetime


@dataclass(frozen=True, slots=True)
class Signatures:
    """The two that a commit carries."""

    author: Signature
    committer: Signature


@dataclass(frozen=True, slots=True)
class Published:
    """What one branch holds of a fleet: the branch's last commit, the paths that are ours, and their content.

    A listed path that is gone, or is no plain file any more, is missing from ``tree``. Equal folders are one
    object. ``commit`` is ``None`` for a branch that doesn't exist yet; then the rest is empty.
    """

    commit: Commit | None
    listing: Listing
    tree: Tree


@dataclass(frozen=True, slots=True)
class Revision:
    """A content of one path (``None``: no plain file there) and the commit that brought it.

    ``exact`` is false if the walk ended before that commit, for its limit or in a shallow clone: then
    ``commit`` is the oldest one seen with this content.
    """

    commit: Commit
    content: bytes | None
    exact: bool = True
