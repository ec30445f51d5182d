"""The links before the cluster: is the image locked, does Git hold what is rendered, can the cluster be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_golden.fleet.observation import Unreachable
from gitops_golden.render.manifests import read_manifest
from gitops_golden.verify.beside import unpublished
from gitops_golden.verify.model import Finding, Link, Verdict

if TYPE_CHECKING:
    from gitops_golden.render.manifests import Manifest
    from gitops_golden.verify.case import Case, Expected

PUBLISH = "run `gitops-golden publish`"


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
    if case.expected.digest:
        return None
    return Finding(
        Verdict.BROKEN,
        Link.LOCK,
        "NotLocked",
        f"the lock has no release of {case.expected.image}",
        "run `gitops-golden lock`, then `gitops-golden publish`",
    )


def git(case: Case) -> Finding | None:
    """Break where the branch's head does not hold exactly what policy and lock render."""
    return _own_file(case) or unpublished(case.git, case.cluster, case.beside)


def _own_file(case: Case) -> Finding | None:
    held = case.git.published(case.cluster, case.expected.data_source)
    if held == case.expected.content:
        return None
    past = case.git.past(case.cluster, case.expected.data_source)
    since = past[0].since if past else None
    if held is None:
        what = "the branch holds no manifest of this delivery"
        return Finding(Verdict.BROKEN, Link.GIT, "NotPublished", what, PUBLISH, since)
    manifest = read_manifest(held)
    if manifest is None or _edited(manifest, case.expected):
        what = "the branch holds a manifest that this tool never rendered"
        return Finding(Verdict.BROKEN, Link.GIT, "TreeEdited", what, f"{PUBLISH} to put it back", since)
    what = f"the branch still holds {manifest.digest or manifest.cron}"
    if manifest.digest == case.expected.digest:
        what = f"the branch still holds {manifest.cron} as an earlier policy or lock had it"
    return Finding(Verdict.BROKEN, Link.GIT, "NotPublished", what, PUBLISH, since)


def _edited(manifest: Manifest, expected: Expected) -> bool:
    """Whether a manifest comes from no policy: a cron's name is a hash of its spec, and digests come from the lock.

    Another cron may be of an earlier repository, whose digests the lock has forgotten.
    """
    if manifest.cron != expected.cron:
        return False
    return manifest.spec != expected.spec or (manifest.digest is not None and manifest.digest not in expected.known)


def reach(case: Case) -> Finding | None:
    """Stop where the cluster could not be read: nothing after this can be said."""
    observed = case.observed
    if isinstance(observed, Unreachable):
        return Finding(
            Verdict.UNREACHABLE,
            None,
            observed.reason,
            observed.message,
            "make the cluster readable and verify again",
            observed.last_known,
        )
    return None
