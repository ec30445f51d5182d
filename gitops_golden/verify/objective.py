"""What the policy promises of time against how long a delivery has been on its way."""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING

from gitops_golden.verify.model import Verdict

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from gitops_golden.verify.case import Case
    from gitops_golden.verify.model import Finding


def in_time(finding: Finding | None, objective: timedelta | None, now: datetime) -> Finding | None:
    """Return a finding as the objective has it: what is on its way for longer than that is broken, and overdue."""
    if finding is None or objective is None or finding.since is None or finding.verdict is not Verdict.PROGRESSING:
        return finding
    late = now - finding.since > objective
    return replace(finding, verdict=Verdict.BROKEN, overdue=True) if late else finding


def since_asked(finding: Finding, case: Case) -> Finding:
    """Return a finding of a delivery that still serves an earlier release as begun when Git first asked for this one.

    A change that is held up at one link after the other has been on its way for all of that time.
    """
    if finding.verdict is not Verdict.PROGRESSING or finding.since is None:
        return finding
    digest = case.expected.digest
    history = case.git.past(case.cluster, case.expected.data_source)
    asking = tuple(takewhile(lambda past: past.manifest is not None and past.manifest.digest == digest, history))
    return replace(finding, since=min(finding.since, asking[-1].since)) if asking else finding
