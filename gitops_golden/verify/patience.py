"""How long a wait may last before somebody has to look: most end by themselves within seconds, and some never do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from gitops_golden.verify.model import Verdict

if TYPE_CHECKING:
    from datetime import datetime

    from gitops_golden.verify.case import Scene
    from gitops_golden.verify.model import Finding


PATIENCE: Final = timedelta(minutes=10)
"""How long something on a cluster may wait before it is broken; a policy's objective may be shorter still."""


def waits(scene: Scene, finding: Finding, *, begun: datetime | None = None) -> Finding:
    """Return what is found of something that waits as broken, once it has lasted longer than patience allows.

    ``begun`` is when the wait began, where that was before it concerned this delivery, which is what ``since`` tells.
    What began at no known time stays on its way: nothing proves that it is late.
    """
    return replace(finding, verdict=Verdict.BROKEN) if too_long(scene, begun or finding.since) else finding


def too_long(scene: Scene, since: datetime | None) -> bool:
    """Whether a wait has lasted longer than patience allows."""
    return since is not None and scene.now - since > PATIENCE
