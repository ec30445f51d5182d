"""A folder of snapshots as a source of clusters: which file is whose, and whether it can still be believed."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from gitops_golden.errors import GoldenError, InputError, Location
from gitops_golden.fleet.observation import Unreachable
from gitops_golden.fleet.snapshot import parse
from gitops_golden.fleet.snapshot_shape import CLOCK_SKEW, LIMITS
from gitops_golden.policy.durations import span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime, timedelta
    from pathlib import Path

    from gitops_golden.fleet.observation import Observation, Observed
    from gitops_golden.fleet.readers import Clock, Target

SUFFIXES = (".json", ".yaml", ".yml")
_HEAD = 4096
# What stands before the objects where `snapshot` wrote the file, or another tool with its keys in some other order.
# Whatever a file begins with, there is one way to read it, so that none takes longer than it is long.
_NAMED = re.compile(
    rb"""\s*\{\s*(?:(?:
        "(?:apiVersion|kind|readAt)"\s*:\s*"[^"\\]*"
      | "(?:absentKinds|namespaces)"\s*:\s*\[\s*(?:"[^"\\]*"(?:\s*,\s*"[^"\\]*")*\s*)?\]
      | "clockSkewSeconds"\s*:\s*[-+.0-9eE]+
    )\s*,\s*)*"metadata"\s*:\s*\{\s*"name"\s*:\s*"([^"\\]*)"\s*\}""",
    re.VERBOSE,
)


class SnapshotReader:
    """Reads what the snapshots in a folder say of clusters, matched by the name in them, one at a time.

    Not below the folder, and no dotfiles. A snapshot older than ``oldest`` proves nothing. Ages are as of ``now``,
    where that is not the time of day.
    """

    def __init__(self, folder: Path, *, oldest: timedelta | None = None, now: Clock | None = None) -> None:
        self._folder = folder
        self._oldest = oldest
        self._now = now
        self._listed = False

    def read(self, targets: Sequence[Target], clock: Clock) -> Iterator[Observed]:
        """Yield each cluster in its turn; ``Unreachable`` without exactly one snapshot that can be believed.

        Raises InputError if the folder cannot be listed; one that could be is only away, as while it is replaced.
        """
        if not targets:
            return
        try:
            files, nameless = _index(self._folder)
        except InputError as error:
            if not self._listed:
                raise
            yield from (Unreachable(each.cluster, "SnapshotMissing", str(error.problem)) for each in targets)
            return
        self._listed = True
        for target in targets:
            now = (self._now or clock)()
            yield self._cluster(target.cluster, files.get(target.cluster, []), nameless.get(target.cluster, []), now)

    def _cluster(self, cluster: str, files: list[Path], unreadable: list[str], now: datetime) -> Observed:
        read: list[Observation] = []
        unreadable = [*unreadable]
        for file in files:
            try:
                observation = parse(_bytes(file), str(file))
            except GoldenError as error:
                unreadable.append(str(error.problems[0]))
                continue
            if observation.cluster == cluster:
                read.append(observation)
            else:
                unreadable.append(f"{file}: names {cluster} first and then {observation.cluster}")
        if len(read) > 1:
            latest = max(observation.read_at for observation in read)
            named = " and ".join(observation.source for observation in read)
            return Unreachable(cluster, "SnapshotTwice", f"several snapshots of it: {named}", latest)
        if read:
            return self._believed(read[0], now)
        if unreadable:
            return Unreachable(cluster, "SnapshotUnreadable", unreadable[0])
        return Unreachable(cluster, "SnapshotMissing", f"no snapshot of it in {self._folder}")

    def _believed(self, observation: Observation, now: datetime) -> Observed:
        cluster, file, read_at = observation.cluster, observation.source, observation.read_at
        told = read_at.isoformat(timespec="seconds").replace("+00:00", "Z")
        if read_at - now > CLOCK_SKEW:
            return Unreachable(cluster, "SnapshotFromFuture", f"{file}: read at {told}, which is yet to come")
        if self._oldest is not None and now - read_at > self._oldest:
            what = f"{file}: read at {told}, longer ago than the policy's objective of {span(self._oldest)}"
            return Unreachable(cluster, "SnapshotStale", what, read_at)
        return observation


def _index(folder: Path) -> tuple[Mapping[str, list[Path]], Mapping[str, list[str]]]:
    """Return the files by the cluster that they name, and what keeps others from naming one, by their stem."""
    files: dict[str, list[Path]] = defaultdict(list)
    nameless: dict[str, list[str]] = defaultdict(list)
    for file in _files(folder):
        try:
            files[_name(file)].append(file)
        except GoldenError as error:
            nameless[file.stem].append(str(error.problems[0]))
    return files, nameless


def _name(file: Path) -> str:
    # Ten thousand snapshots cannot be kept in memory, nor is there time to parse each twice to know whose it is.
    found = _NAMED.match(_bytes(file, _HEAD))
    return found[1].decode(errors="replace") if found else parse(_bytes(file), str(file)).cluster


def _files(folder: Path) -> list[Path]:
    try:
        found = sorted(folder.iterdir())
    except OSError as error:
        what = f"cannot list the snapshots: {error.strerror}"
        raise InputError(what, where=Location(str(folder))) from error
    return [file for file in found if file.suffix in SUFFIXES and not file.name.startswith(".") and file.is_file()]


def _bytes(file: Path, most: int = LIMITS.size + 1) -> bytes:
    try:
        with file.open("rb", buffering=0) as stream:
            return stream.read(most)
    except OSError as error:
        what = f"cannot read the snapshot: {error.strerror}"
        raise InputError(what, where=Location(str(file))) from error
