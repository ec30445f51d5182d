"""How fast an import goes, and whether it still does: from CDI's progress and the times that it notes."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from gitops_golden.fleet.managed import written
from gitops_golden.policy.durations import span

if TYPE_CHECKING:
    from datetime import datetime

    from gitops_golden.fleet.views import DataVolumeView

STALL: Final = timedelta(minutes=30)
"""How long an import may show the same progress.

Far longer than CDI takes to write it (every two seconds), and than any step of a conversion that still moves.
"""
_FORESEEN: Final = 100 * 86_400.0
"""Seconds. What would take longer is not foreseen; and a cluster may say anything, so the sum may be beyond time."""
_PERCENT: Final = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,9})?)%")
_WHOLE: Final = 100.0


def pace(volume: DataVolumeView, now: datetime) -> str:
    """Return how far an import is, since when it runs, and about how long it takes if it goes on as it went."""
    done, since = _percent(volume), _running_since(volume)
    ran = now - since if since and since < now else None
    after = f" after {span(ran)}" if ran else ""
    if done is None:
        return f"running for {span(ran)}, progress not told" if ran else "progress not told"
    told = f"{done:.1f} %{after}"
    seconds = ran.total_seconds() * (_WHOLE - done) / done if ran and 0 < done < _WHOLE else _FORESEEN
    return f"{told}, about {span(timedelta(seconds=seconds))} to go" if seconds < _FORESEEN else told


def _running_since(volume: DataVolumeView) -> datetime | None:
    """Return since when the importer runs: since its last start, where CDI tells."""
    running = volume.condition("Running")
    started = running.since if running and running.status == "True" else None
    return started or volume.meta.created


def stalled_since(volume: DataVolumeView, now: datetime) -> datetime | None:
    """Return since when an import that has begun shows the same progress, if that is far too long; else None.

    What shows no progress as a number may move all the same. CDI writes the number as often as it changes, and the
    API server notes when it last did.
    """
    done = _percent(volume)
    if done is None or not 0 < done < _WHOLE:
        return None
    writer = written(volume.raw, "status", "progress")
    changed = writer.when if writer else None
    return changed if changed and now - changed > STALL else None


def _percent(volume: DataVolumeView) -> float | None:
    found = _PERCENT.fullmatch(volume.progress)
    return min(float(found[1]), _WHOLE) if found else None
