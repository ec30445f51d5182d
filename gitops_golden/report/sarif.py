"""A verification as SARIF 2.1.0, which shows findings at the lines of the policy that they are about.

One result for each reason of an image, at the image's line, however many clusters it is on; one for a cluster that
could not be read or has a finding of its own, at the cluster's. Nothing else: 200,000 alerts are none.
"""

from __future__ import annotations

import json
from collections import defaultdict
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

from gitops_golden.errors import Location
from gitops_golden.policy.durations import span
from gitops_golden.report.groups import WORST_FIRST, findings
from gitops_golden.report.sites import Sites
from gitops_golden.report.words import clean, counted, cut, harmless, rfc3339
from gitops_golden.verify.model import Link, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gitops_golden.report.groups import Found
    from gitops_golden.verify.model import Finding, Report

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
MOST: Final = 5_000
"""Results at most: GitHub shows no more of one upload."""
MESSAGE: Final = 1_000
"""Characters that are shown of one message."""
HELPS: Final = 3
"""Remedies that are told of one reason: of three one sees the pattern."""
LEVEL: Final = {Verdict.BROKEN: "error", Verdict.UNREACHABLE: "warning", Verdict.PROGRESSING: "note"}
MEANING: Final = {
    Link.REGISTRY: "The tag in the registry is not what the lock holds, or cannot be told.",
    Link.LOCK: "The lock holds no release of the image.",
    Link.GIT: "The clusters' repository does not hold what policy and lock say.",
    Link.ENGINE: "The GitOps engine has not brought to the cluster what Git holds.",
    Link.CRON: "The DataImportCron on the cluster is not what Git holds.",
    Link.IMPORT: "CDI has not imported the digest.",
    Link.VOLUME: "The volume of the digest is not as it must be.",
    Link.DATASOURCE: "The DataSource does not serve the volume of the digest.",
    Link.ACCESS: "Those who are to clone the image may not.",
    None: "The cluster as a whole is not as it must be, or could not be read.",
}


class _Subject(NamedTuple):
    """What one result is of: a reason of an image, or of a cluster."""

    link: Link | None
    reason: str
    image: str
    cluster: str


def as_sarif(report: Report) -> str:
    """Return the report as SARIF 2.1.0, its results the worst first and at most 5,000; the rest is counted."""
    subjects = _subjects(report)
    worst = {
        subject: min((each.finding.verdict for each in found), key=WORST_FIRST.index) for subject, found in subjects
    }
    order = sorted(subjects, key=lambda item: (WORST_FIRST.index(worst[item[0]]), -len(item[1]), _key(item[0])))
    shown, left = order[:MOST], len(order) - MOST
    rules = _rules(shown)
    places = {rule["id"]: place for place, rule in enumerate(rules)}
    told = _Telling(report)
    run: dict[str, Any] = {
        "tool": {"driver": {"name": "gitops-golden", "version": report.basis.version, "rules": rules}},
        "automationDetails": {"id": f"gitops-golden/{clean(report.fleet)}/"},
        "invocations": [_invocation(report, left)],
        "columnKind": "unicodeCodePoints",
        "results": [
            told.result(subject, worst[subject], found) | {"ruleIndex": places[_rule(subject)]}
            for subject, found in shown
        ],
        "properties": {"fleet": clean(report.fleet), "at": rfc3339(report.at), "commit": report.commit},
    }
    return harmless(json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1)) + "\n"


def _subjects(report: Report) -> list[tuple[_Subject, list[Found]]]:
    """Return every finding under what it is of. A cluster that could not be read is one, whatever it was to hold."""
    subjects: dict[_Subject, list[Found]] = defaultdict(list)
    for of, found in findings(report):
        finding = found.finding
        unread = of == "delivery" and finding.link is None
        image, cluster = ("", found.cluster) if unread or of == "cluster" else (found.entry, "")
        subjects[_Subject(finding.link, finding.reason, image, cluster)].append(found)
    return list(subjects.items())


def _key(subject: _Subject) -> tuple[str, str, str, str]:
    return subject.link or "", subject.reason, subject.image, subject.cluster


def _rule(subject: _Subject) -> str:
    """Return a rule's id: a reason may be of several links, and means something else there."""
    return clean(f"{subject.link or 'cluster'}/{subject.reason}")


def _rules(shown: Iterable[tuple[_Subject, Sequence[Found]]]) -> list[dict[str, Any]]:
    """Return the reasons as rules, by id; what helps is what their findings advise."""
    remedies: dict[str, list[str]] = defaultdict(list)
    links: dict[str, Link | None] = {}
    for subject, found in shown:
        links[_rule(subject)] = subject.link
        known = remedies[_rule(subject)]
        known.extend(remedy for remedy in _distinct(found) if remedy not in known)
    return [
        {
            "id": rule,
            "name": rule.partition("/")[2],
            "shortDescription": {"text": rule},
            "fullDescription": {"text": MEANING[link]},
            "help": {
                "text": "\n".join(cut(remedy, MESSAGE) for remedy in remedies[rule][:HELPS])
                or "Wait, and verify again."
            },
            "properties": {"tags": [link or "cluster"]},
        }
        for rule, link in sorted(links.items())
    ]


def _distinct(found: Sequence[Found]) -> Iterator[str]:
    yield from {each.finding.remedy: None for each in found[:100] if each.finding.remedy}


class _Telling:
    """Tells findings as results."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._sites = Sites(report)
        self._images = {image.image: image.where for image in report.images}
        self._clusters = {cluster.cluster: cluster.where for cluster in report.clusters}
        known = (where for where in (*self._images.values(), *self._clusters.values()) if where)
        # GitHub refuses a whole upload for one result without a place.
        self._anywhere = next((Location(where.file) for where in known), None)

    def result(self, subject: _Subject, verdict: Verdict, found: Sequence[Found]) -> dict[str, Any]:
        """Return one result, located where the policy has what it is of."""
        where = self._clusters.get(subject.cluster) if subject.cluster else self._images.get(subject.image)
        where = where or self._anywhere
        identity = json.dumps([self._report.fleet, *_key(subject)])
        return {
            "ruleId": _rule(subject),
            "kind": "fail",
            "level": LEVEL[verdict],
            "message": {"text": self._message(found)},
            **({"locations": [_location(where)]} if where else {}),
            # Of what, not how often nor since when: the alert stays the same one from run to run.
            "partialFingerprints": {"gitopsGoldenSubject/v1": sha256(identity.encode()).hexdigest()},
            "properties": {"verdict": verdict.value, "count": len(found)},
        }

    def _message(self, found: Sequence[Found]) -> str:
        finding = max((each.finding for each in found), key=self._age)
        images = sorted({each.image for each in found if each.image})
        clusters = sorted({each.cluster for each in found if each.cluster})
        lasting = f", for {span(self._report.at - finding.since)}" if finding.since else ""
        if seen := next((each.last_read for each in found if each.last_read), None):
            lasting += f", last read {span(self._report.at - seen)} ago"
        number = f" ({counted(len(found), 'delivery', 'deliveries')})" if len(found) > 1 else ""
        lines = [
            f"{clean(self._sites.where(images, clusters))}{number}{lasting}",
            cut(finding.message, MESSAGE),
            *([f"do: {cut(finding.remedy, MESSAGE)}"] if finding.remedy else []),
        ]
        return "\n".join(lines)

    def _age(self, finding: Finding) -> float:
        return (self._report.at - finding.since).total_seconds() if finding.since else float("-inf")


def _location(where: Location) -> dict[str, Any]:
    """Return a place in a file, relative to where the command ran, which in CI is the repository's root."""
    file = clean(where.file)
    uri = f"file://{quote(file)}" if file.startswith("/") else quote(file.removeprefix("./"))
    artifact = {"uri": uri} if file.startswith("/") else {"uri": uri, "uriBaseId": "%SRCROOT%"}
    region = {"region": {"startLine": where.line, "startColumn": max(1, where.column)}} if where.line else {}
    return {"physicalLocation": {"artifactLocation": artifact, **region}}


def _invocation(report: Report, left: int) -> dict[str, Any]:
    notes = []
    if left > 0:
        text = f"{counted(left, 'more result')} of less weight left out: the report as JSON has all"
        notes.append({"level": "warning", "message": {"text": text}})
    return {
        "executionSuccessful": True,
        "endTimeUtc": rfc3339(report.at),
        **({"toolExecutionNotifications": notes} if notes else {}),
    }
