"""What waiting can still bring: which findings mend by themselves, which need a person, and what is still open.

Decides from verdicts alone. When to read again is fleet's, when to give up the CLI's.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from gitops_golden.verify.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from gitops_golden.verify.judge import Judged
    from gitops_golden.verify.model import Finding, ImageResult

PERSON: Final = frozenset(
    {
        # registry, lock and Git: nothing moves them but a command that somebody runs
        "TagMoved",
        "TagGone",
        "DigestGone",
        "NotLocked",
        "WaveNotLocked",
        "BranchAbsent",
        "NotPublished",
        "TreeEdited",
        "TreeReverted",
        "TreeOfAnotherFleet",
        # reaching a cluster: what this very run was given
        "NotObserved",
        "NoContext",
        "KubeconfigUnusable",
        "CredentialsUnsupported",
        "Unauthorized",
        "Forbidden",
        "TooLarge",
        "TooMany",
        "SnapshotTwice",
        # the cluster: what neither a sync nor CDI puts right
        "HyperConvergedAbsent",
        "VendorTemplatesUnnamed",
        "CdiAbsent",
        "ForeignCron",
        "CronOfAnotherFleet",
        "SpecEdited",
        "BlockedByWaitingImport",
        "ImportFailed",
        "Asleep",
        "ClaimRefused",
        "NoStorageClass",
        "VolumeOfAnotherDigest",
        "WrongStorageClass",
        "VolumeTooSmall",
        "OtherAccessModes",
        "OtherVolumeMode",
        "VolumeLost",
        "ReferenceTooDeep",
        "ReferenceRefused",
    }
)
"""Reasons that, once broken, no waiting mends: each remedy is something that a person does.

Every other reason may mend without anybody doing anything, one that is not known here, too.
"""


class Outlook(StrEnum):
    """What waiting can still bring to a whole run."""

    CONVERGED = "converged"
    OPEN = "open"
    CERTAIN = "certain"
    """Something is broken that no waiting mends."""
    SETTLED = "settled"
    """All clusters have converged; what is left is about tags, and no waiting mends it."""


class Ended(StrEnum):
    """Why a wait came to its end."""

    CONVERGED = "converged"
    CERTAIN = "certain"
    SETTLED = "settled"
    DEADLINE = "deadline"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Pending:
    """One thing that is not there yet: ``what`` is the DataSource, or empty for its cluster as a whole."""

    cluster: str
    what: str
    finding: Finding

    @property
    def since(self) -> datetime | None:
        """When it began, as far as that is known."""
        return self.finding.since


@dataclass(frozen=True, slots=True)
class Tally:
    """One cluster as far as waiting is concerned: its deliveries by verdict, and what is the matter with it.

    ``oldest`` is what has been on its way for longest (else wrong for longest), ``certain`` the first thing that no
    waiting mends. ``whole`` tells that the cluster has a finding of its own, which no delivery tells.
    """

    cluster: str
    counts: Mapping[Verdict, int]
    oldest: Pending | None = None
    certain: Pending | None = None
    whole: bool = False
    answered: bool = True

    @property
    def converged(self) -> bool:
        """Whether nothing is left to wait for."""
        return self.oldest is None


def hopeless(finding: Finding) -> bool:
    """Whether no waiting mends it. What is on its way never is: most reasons begin so, and are broken later."""
    return finding.verdict is not Verdict.PROGRESSING and finding.reason in PERSON


def tally(judged: Judged) -> Tally:
    """Return what waiting needs to know of a cluster that was judged."""
    result = judged.result
    told = [Pending(result.cluster, each.data_source, each.finding) for each in judged.deliveries if each.finding]
    own = result.own_finding(told=any(each.unread for each in judged.deliveries))
    if own:
        told.append(Pending(result.cluster, "", own))
    return Tally(
        cluster=result.cluster,
        counts=Counter(each.verdict for each in judged.deliveries),
        oldest=oldest(told),
        certain=next((each for each in told if hopeless(each.finding)), None),
        whole=own is not None,
        answered=result.answered,
    )


def oldest(pending: Iterable[Pending]) -> Pending | None:
    """Return what has been on its way for longest, else what has been broken or out of reach for longest.

    What nobody knows the beginning of comes last.
    """
    return min(pending, key=_age, default=None)


def outlook(tallies: Iterable[Tally], images: Iterable[ImageResult]) -> Outlook:
    """Return what waiting can still bring.

    A tag that moved past the lock fails the run and ends no waiting: deliveries are judged from the lock on, and are
    worth waiting for as long as one of them is on its way.
    """
    clusters = tuple(tallies)
    if any(each.certain for each in clusters):
        return Outlook.CERTAIN
    if not all(each.converged for each in clusters):
        return Outlook.OPEN
    tags = [each.finding for each in images if each.finding]
    if not tags:
        return Outlook.CONVERGED
    return Outlook.SETTLED if all(map(hopeless, tags)) else Outlook.OPEN


def _age(pending: Pending) -> tuple[bool, bool, float, str, str]:
    since = pending.since
    stopped = pending.finding.verdict is not Verdict.PROGRESSING
    return stopped, since is None, since.timestamp() if since else 0.0, pending.cluster, pending.what
