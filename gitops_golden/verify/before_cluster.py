"""The links before the cluster: is the image locked, does Git hold what is rendered, can the cluster be read."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from gitops_golden.fleet.observation import Unreachable
from gitops_golden.render.manifests import read_manifest
from gitops_golden.verify.beside import PUBLISH, unpublished
from gitops_golden.verify.model import Finding, Link, Verdict
from gitops_golden.verify.unseen import unreachable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops_golden.render.manifests import Manifest
    from gitops_golden.verify.case import Case, Expected, Past

RELOCK = f"run `gitops-golden lock`, then {PUBLISH.removeprefix('run ')}"


def registry(case: Case) -> Finding | None:
    """Stop where a tracking image's tag could not be resolved: what to expect is not known."""
    if case.expected.digest or not case.expected.tracking:
        return None
    return Finding(
        Verdict.UNREACHABLE,
        Link.REGISTRY,
        "TagUnknown",
        f"{case.expected.image} follows its tag, and the registry did not say what that is now",
        "see the image's own line",
    )


def lock(case: Case) -> Finding | None:
    """Break where a pinned image has no locked release."""
    expected = case.expected
    if expected.digest:
        return None
    locked = expected.locked
    if locked and locked.releases and locked.digest() is None:
        what = f"the lock knows {expected.image} and does not say which of its releases clusters are to hold"
        return Finding(Verdict.BROKEN, Link.LOCK, "WaveNotLocked", what, RELOCK)
    what = f"the lock has no release of {expected.image}"
    if locked and locked.digest():
        what = f"the lock has {expected.image} of {locked.repository}, and the policy takes it from elsewhere"
    return Finding(Verdict.BROKEN, Link.LOCK, "NotLocked", what, RELOCK)


def git(case: Case) -> Finding | None:
    """Break where the branch's head does not hold exactly what policy and lock render."""
    if case.missing_branch:
        return Finding(
            Verdict.BROKEN,
            Link.GIT,
            "BranchAbsent",
            f"the repository has no branch {case.missing_branch}",
            f"{PUBLISH}, which makes it; or name the branch that clusters follow: spec.delivery.branch, or --branch",
        )
    return _own_file(case) or unpublished(case.git, case.cluster, case.beside)


def _own_file(case: Case) -> Finding | None:
    expected = case.expected
    held = case.git.published(case.cluster, expected.data_source)
    if held == expected.content:
        return None
    past = case.git.past(case.cluster, expected.data_source)
    if held is None:
        return _another_fleets(expected, past) or _not_published("the branch holds no manifest of this delivery")
    manifest = read_manifest(held)
    if manifest is None or _edited(manifest, expected):
        what = "the branch holds a manifest that this tool never rendered"
        since = past[0].since if past else None
        return Finding(Verdict.BROKEN, Link.GIT, "TreeEdited", what, f"{PUBLISH} to put it back", since)
    if manifest.digest == expected.digest:
        return _not_published(f"the branch still holds {manifest.cron} as an earlier policy or lock had it")
    since = max(filter(None, (_first_seen(expected), past[0].since if past else None)), default=None)
    return _reverted(expected, manifest, past) or _not_published(
        f"the branch still holds {manifest.digest or manifest.cron}", since
    )


def _not_published(what: str, since: datetime | None = None) -> Finding:
    return Finding(Verdict.BROKEN, Link.GIT, "NotPublished", what, PUBLISH, since)


def _first_seen(expected: Expected, digest: str | None = None) -> datetime | None:
    wanted = digest or expected.digest
    release = expected.locked.release(wanted) if expected.locked and wanted else None
    return datetime.fromisoformat(release.first_seen) if release else None


def _another_fleets(expected: Expected, past: Sequence[Past]) -> Finding | None:
    """Tell a file that is there and is not in the list of ours, for another fleet's name is in it."""
    there = past[0].manifest if past else None
    if there is None or not there.fleet or there.fleet == expected.fleet:
        return None
    return Finding(
        Verdict.BROKEN,
        Link.GIT,
        "TreeOfAnotherFleet",
        f"what the branch holds of this delivery is of the fleet {there.fleet}, not of {expected.fleet}",
        "give the policy the name back that it had, let that fleet leave this cluster, or set spec.delivery.path to a "
        "place of its own",
        past[0].since,
    )


def _reverted(expected: Expected, manifest: Manifest, past: Sequence[Past]) -> Finding | None:
    """Tell a release that was published and taken back in Git alone from one that was never published.

    Going back to an earlier release looks alike and begins at the lock: there the branch holds the later one.
    """
    here, wanted = _first_seen(expected, manifest.digest), _first_seen(expected)
    if not (here and wanted and here < wanted):
        return None
    if not any(each.manifest == expected.manifest for each in past[1:]):
        return None
    return Finding(
        Verdict.BROKEN,
        Link.GIT,
        "TreeReverted",
        f"commit {past[0].commit[:12]} took the branch back to {manifest.digest}, and the lock still holds "
        f"{expected.digest}",
        f"{PUBLISH} to bring the release back, or take the lock back too",
        past[0].since,
    )


def _edited(manifest: Manifest, expected: Expected) -> bool:
    """Whether a manifest comes from no policy: a cron's name is a hash of its spec, and digests come from the lock.

    Another cron may be of an earlier repository, whose digests the lock has forgotten.
    """
    if manifest.cron != expected.cron:
        return False
    return manifest.spec != expected.spec or (manifest.digest is not None and manifest.digest not in expected.known)


def reach(case: Case) -> Finding | None:
    """Stop where the cluster could not be read: nothing after this can be said."""
    return unreachable(case.observed) if isinstance(case.observed, Unreachable) else None
