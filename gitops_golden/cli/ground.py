"""What a fleet is judged by, looked at again while somebody waits: the clusters' branch and the registry.

Once the branch has moved, policy and lock are read again, too. A look is cheap as long as nothing has changed, and runs
in a thread of its own, so that a server that is silent holds up nobody.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, Final

from gitops_golden.cli.aside import aside
from gitops_golden.cli.clusters_repository import clusters_repository
from gitops_golden.cli.verifying import tags_of, truth_of
from gitops_golden.cli.wiring import open_fleet
from gitops_golden.errors import GoldenError
from gitops_golden.git.location import parse_location
from gitops_golden.plan.narrow import narrow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from threading import Thread

    from gitops_golden.cli.wiring import Fleet
    from gitops_golden.git.repository import Repository
    from gitops_golden.plan.model import Plan
    from gitops_golden.plan.narrow import Narrowing
    from gitops_golden.verify.expectations import Truth

EVERY: Final = 1.0
"""Seconds between two looks at a repository on this machine."""
REMOTE_EVERY: Final = 10.0
"""Seconds between two looks at one behind a URL."""
REGISTRY_EVERY: Final = 60.0
"""Seconds between two looks at the registry."""
LINGER: Final = 2.0
"""Seconds that a look may take to its end once nobody needs it any more."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found at a look that began at ``began`` (monotonic, in seconds).

    ``changed`` is the plan and what it is judged by now, None where they are as before; ``failure`` why nothing could
    be found out.
    """

    began: float
    changed: tuple[Plan, Truth] | None = None
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A policy as it was read, with what follows from it; the registry was asked at ``asked`` (monotonic)."""

    opened: Fleet
    plan: Plan
    branch: str
    truth: Truth
    asked: float


class Ground:
    """A fleet's policy, lock, branch and registry. ``found`` is what the last look saw that did not fail."""

    def __init__(self, find: Callable[[], Found], repository: Repository, *, every: float) -> None:
        """Take the first look, and one ``every`` so many seconds from ``watch`` on. Raises ``GoldenError``."""
        self._find = find
        self._repository = repository
        self._every = every
        self._asked = Event()
        self._left = Event()
        self._looking: Thread | None = None
        self.found = find()

    def watch(self, told: Callable[[Looked], None], failed: Callable[[BaseException], None]) -> None:
        """Look again now and then, in a thread of its own, and whenever ``ask`` is called; tell each look."""

        def look_on() -> None:
            while not self._left.is_set():
                self._asked.wait(self._every)
                self._asked.clear()
                if not self._left.is_set():
                    told(self.look())

        self._looking = aside(look_on, failed, name="look at Git and the registry")

    def ask(self) -> None:
        """Let the next look be now."""
        self._asked.set()

    def leave(self) -> None:
        """Look no more; return once nobody does, or when that takes too long."""
        self._left.set()
        self._asked.set()
        if self._looking:
            self._looking.join(LINGER)

    def look(self) -> Looked:
        """Look again. What fails is told and changes nothing: what was found before goes on to count."""
        began = monotonic()
        try:
            changed = self._changed(began)
        except GoldenError as error:
            return Looked(began, failure=str(error.problems[0]))
        return Looked(began, (self.found.plan, self.found.truth) if changed else None)

    def _changed(self, began: float) -> bool:
        before = self.found
        if self._repository.tip(before.branch) != before.truth.basis.commit:
            # Not before: who locks and then publishes has, for a while, a lock that Git knows nothing of.
            self.found = self._find()
            truth = self.found.truth
            return (truth.basis, truth.tags) != (before.truth.basis, before.truth.tags)
        if began - before.asked < REGISTRY_EVERY:
            return False
        self.found = replace(before, asked=began)
        tags = tags_of(before.opened, before.plan)
        if tags == before.truth.tags:
            return False
        self.found = replace(self.found, truth=before.truth._replace(tags=tags))
        return True


@contextmanager
def ground_of(fleet: Path, repo: str, branch: str | None, narrowing: Narrowing) -> Iterator[Ground]:
    """Stand on what a fleet is judged by, for a while. Raises ``GoldenError`` where plain verify does."""
    with clusters_repository(repo) as repository:
        every = EVERY if isinstance(parse_location(repo), Path) else REMOTE_EVERY
        ground = Ground(lambda: find(fleet, repository, branch, narrowing), repository, every=every)
        try:
            yield ground
        finally:
            ground.leave()


def find(fleet: Path, repository: Repository, branch: str | None, narrowing: Narrowing) -> Found:
    """Read a fleet's policy and lock, and see what its branch and the registry hold. Raises ``GoldenError``."""
    asked = monotonic()
    opened = open_fleet(fleet)
    plan = narrow(opened.plan, narrowing)
    followed = branch or opened.policy.delivery.branch
    repository.fetch(followed)
    truth = truth_of(opened, plan, repository, followed, whole_clusters=narrowing.whole_clusters)
    return Found(opened, plan, followed, truth, asked)
