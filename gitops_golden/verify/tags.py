"""What is true of an image wherever it is: is its tag what the lock holds, and can that still be pulled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_golden.verify.before_cluster import RELOCK
from gitops_golden.verify.model import Finding, ImageResult, Link, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitops_golden.plan.model import Plan
    from gitops_golden.registry.update import TagState


def image_results(plan: Plan, tags: Mapping[str, TagState]) -> Iterator[ImageResult]:
    """Yield each delivered image's tag against the lock. One that every cluster tracks moves without it."""
    tracking: dict[str, bool] = {}
    for variant in plan.variants():
        tracking[variant.image] = tracking.get(variant.image, True) and variant.tracking
    for image in plan.images:
        state = tags.get(image.name)
        if image.name not in tracking or state is None:
            continue
        finding = tag_finding(state, tracking=tracking[image.name])
        repository = f"{plan.registry.address}/{image.repository}"
        yield ImageResult(image.name, image.tag, state.locked, state.served, finding, image.where, repository)


def tag_finding(state: TagState, *, tracking: bool) -> Finding | None:
    """Return what is to be said of an image's tag, or None if it is what the lock holds."""
    if state.state == "unreachable":
        remedy = "make the registry reachable and verify again"
        return Finding(Verdict.UNREACHABLE, Link.REGISTRY, "RegistryUnreachable", state.message, remedy)
    if not state.held and not tracking:
        now = f"its tag is {state.served} now" if state.served else "nor its tag"
        return _broken(
            "DigestGone",
            f"the registry does not have {state.locked} any more, which the lock holds; {now}. Clusters that have it "
            "keep it; no other can import it",
            f"push it again, or {RELOCK}",
        )
    if state.state == "gone":
        return _broken("TagGone", state.message, "push the tag again, or name another in the policy")
    if state.state == "moved" and not tracking:
        return _broken("TagMoved", f"the tag is now {state.served}, the lock holds {state.locked}", RELOCK)
    return None


def _broken(reason: str, message: str, remedy: str) -> Finding:
    return Finding(Verdict.BROKEN, Link.REGISTRY, reason, message, remedy)
