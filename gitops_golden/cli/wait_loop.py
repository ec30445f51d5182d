"""A wait under way: clusters are read again and again until all has converged, cannot any more, or the time is up.

Everything that happens comes as a message into one queue, which one loop in the main thread takes: clusters that were
read, clusters that changed, a look at Git and the registry, Ctrl-C. What is known and due is the stretch's, when it is
over is verify's to decide.
"""

from __future__ import annotations

from datetime import timedelta
from math import ceil, inf
from queue import Empty, SimpleQueue
from threading import BoundedSemaphore
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple

from gitops_golden.cli.aside import aside
from gitops_golden.cli.ground import Looked
from gitops_golden.cli.known import Known
from gitops_golden.cli.stretch import Stretch
from gitops_golden.cli.terminal import tell
from gitops_golden.cli.verifying import clock, reader_of
from gitops_golden.fleet.kubeconfig import KubeconfigReader
from gitops_golden.fleet.observation import Observation
from gitops_golden.fleet.readers import Readers
from gitops_golden.fleet.snapshot_changes import SnapshotChanges
from gitops_golden.fleet.watching import Watching
from gitops_golden.report.progress import progress_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gitops_golden.cli.ground import Ground
    from gitops_golden.cli.progress_display import ProgressDisplay
    from gitops_golden.cli.verifying import Sources
    from gitops_golden.fleet.observation import Observed
    from gitops_golden.fleet.readers import Reader, Target
    from gitops_golden.report.progress import Progress
    from gitops_golden.verify.model import Report, Scope
    from gitops_golden.verify.waiting import Ended

UNJUDGED: Final = 32
"""Clusters that were read and wait to be judged: each may hold megabytes."""
FOLDER: Final = 1.0
"""Seconds between two looks at a folder of snapshots."""


class _Seen(NamedTuple):
    """A cluster that was read, and for which stretch."""

    stretch: Stretch
    observed: Observed


class _Changed(NamedTuple):
    """A cluster that tells that something happened."""

    cluster: str


class _Interrupted(NamedTuple):
    """Somebody wants this to end; ``code`` is the exit code then."""

    code: int


class _Failed(NamedTuple):
    """What a thread was ended by."""

    error: BaseException


_Message = _Seen | _Changed | _Interrupted | _Failed | Looked


class Wait:
    """One wait: what is known of the fleet so far, and what is under way to know more. ``code`` is a signal's."""

    def __init__(self, ground: Ground, sources: Sources, span: timedelta, by: str | None) -> None:
        self._ground = ground
        self._by = by
        self._began = monotonic()
        self._deadline = self._began + span.total_seconds()
        self._messages: SimpleQueue[_Message] = SimpleQueue()
        self._unjudged = BoundedSemaphore(UNJUDGED)
        self._reader = reader_of(sources, ground.found.opened.policy)
        self._watching = _watching(self._reader, lambda cluster: self._messages.put(_Changed(cluster)))
        self._changes = SnapshotChanges(sources.snapshots) if sources.snapshots else None
        self._changes_due = self._began if self._changes else inf
        self._looked = self._began
        self._failure = ""
        self._stretch = Stretch(Known(ground.found.plan, ground.found.truth, clock(), by=by), self._began)
        self.code = 0

    @property
    def blind(self) -> bool:
        """Whether the last look at Git and the registry failed."""
        return bool(self._failure)

    def interrupt(self, code: int) -> None:
        """Come to an end soon; called by a signal's handler."""
        self.code = code
        self._messages.put(_Interrupted(code))

    def progress(self) -> Progress:
        """Return how far it has come."""
        now = monotonic()
        return progress_of(
            self._stretch.known.split,
            self._stretch.known.tallies,
            at=clock(),
            elapsed=timedelta(seconds=now - self._began),
            left=timedelta(seconds=ceil(max(0.0, self._deadline - now))),
        )

    def report(self, scope: Scope | None) -> Report:
        """Return what is known; of an earlier commit, if of the newest not every cluster was read."""
        return self._stretch.report(clock(), scope)

    def run(self, display: ProgressDisplay) -> Ended:
        """Wait; return why that is over."""
        self._ground.watch(self._messages.put, self._fail)
        try:
            while (ended := self._ended()) is None:
                self._look_at_folder()
                self._read_what_is_due()
                display.show()
                self._hear(min(self._deadline, self._stretch.next(), self._changes_due, display.due))
        finally:
            if self._watching:
                self._watching.close()
        return ended

    def _ended(self) -> Ended | None:
        interrupted = bool(self.code)
        decision = self._stretch.decide(monotonic(), self._deadline, self._looked, interrupted=interrupted)
        if decision.look:
            self._ground.ask()
        return decision.ended

    def _hear(self, until: float) -> None:
        """Wait for a message, and take it with those that have come by then."""
        try:
            self._take(self._messages.get(timeout=max(0.0, until - monotonic())))
            for _ in range(UNJUDGED):
                self._take(self._messages.get_nowait())
        except Empty:
            return

    def _take(self, message: _Message) -> None:
        if isinstance(message, _Seen):
            self._unjudged.release()
            if message.stretch is self._stretch:
                self._seen(message.observed)
        elif isinstance(message, _Changed):
            self._stretch.changed(message.cluster, monotonic())
        elif isinstance(message, Looked):
            self._looked_again(message)
        elif isinstance(message, _Failed):
            raise message.error

    def _seen(self, observed: Observed) -> None:
        moved = self._stretch.take(observed, monotonic(), clock())
        watched = self._follow(observed)
        self._stretch.read(observed.cluster, monotonic(), watched=watched, moved=moved)

    def _follow(self, observed: Observed) -> bool:
        """Watch a cluster for as long as it has not converged; whether it is watched."""
        name, known = observed.cluster, self._stretch.known
        if self._watching is None:
            return False
        if name not in known.open:
            self._watching.leave(name)
            return False
        return isinstance(observed, Observation) and self._watching.follow(known.targets[name], observed.versions)

    def _looked_again(self, looked: Looked) -> None:
        if looked.failure:
            if looked.failure != self._failure:
                tell(f"warning: {looked.failure}; going on with what was read before")
            self._failure = looked.failure
            return
        self._failure, self._looked = "", looked.began
        before = self._stretch
        if looked.changed is None or before.known.retagged(*looked.changed, clock()):
            return
        self._stretch = before.followed_by(Known(*looked.changed, clock(), by=self._by), monotonic())
        for name in before.known.targets.keys() - self._stretch.known.targets.keys():
            if self._watching:
                self._watching.leave(name)

    def _look_at_folder(self) -> None:
        now = monotonic()
        if self._changes and now >= self._changes_due:
            self._stretch.written(self._changes.look(), now)
            self._changes_due = now + FOLDER

    def _read_what_is_due(self) -> None:
        stretch = self._stretch
        names = stretch.due(monotonic())
        if names:
            targets = [stretch.known.targets[name] for name in names]
            aside(lambda: self._read(stretch, targets), self._fail, name="read clusters")

    def _read(self, stretch: Stretch, targets: Sequence[Target]) -> None:
        for observed in self._reader.read(targets, clock):
            self._unjudged.acquire()
            self._messages.put(_Seen(stretch, observed))

    def _fail(self, error: BaseException) -> None:
        """End the wait with what a thread was ended by; called from there."""
        self._messages.put(_Failed(error))


def _watching(reader: Reader, told: Callable[[str], None]) -> Watching | None:
    """Return what follows clusters, if they are read live at all."""
    return Watching(reader.connect, told) if isinstance(reader, KubeconfigReader | Readers) else None
