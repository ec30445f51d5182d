"""A verification as JUnit XML, the test results that Jenkins, GitLab and most CI systems show.

A suite is an image, a case one cluster; two more suites are the tags at the registry, and the clusters as a whole.
Broken is a failure, unreachable an error, for the test could not be made, and progressing is skipped: not yet known.
So is, of the clusters as a whole, one that could not be read, if its deliveries are errors for it: a cause counts once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from html import escape
from typing import TYPE_CHECKING, Final, NamedTuple

from gitops_golden.report.words import clean, cut, rfc3339
from gitops_golden.verify.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitops_golden.verify.model import DeliveryResult, Finding, Report

ELEMENT: Final = {Verdict.BROKEN: "failure", Verdict.UNREACHABLE: "error", Verdict.PROGRESSING: "skipped"}
MESSAGE: Final = 300
"""Characters of a message in the attribute that lists show; the text below it has more..."""
TEXT: Final = 4_000
"""...namely so many."""


def as_junit(report: Report) -> str:
    """Return the report as JUnit XML in ASCII. Times are 0: a verdict takes none; the suites' timestamp is in UTC."""
    suites = tuple(_suites(report))
    counts: Counter[str] = Counter()
    for suite in suites:
        counts.update(suite.counts)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    opening = f"<testsuites name={_attribute(f'gitops-golden {report.fleet}')} {_numbers(counts)}>\n"
    body = "".join(suite.text(report) for suite in suites)
    # Whatever encoding a stream has, it has ASCII.
    return (head + opening + body + "</testsuites>\n").encode("ascii", "xmlcharrefreplace").decode("ascii")


class _Case(NamedTuple):
    """A test: its name, how it ended (empty if it passed, else the element that says so) and that element as XML."""

    name: str
    ended: str = ""
    told: str = ""


class _Suite:
    """A suite that is being written: its cases as text, and how many ended how."""

    def __init__(self, name: str, cases: Iterable[_Case]) -> None:
        self._name = name
        self.counts: Counter[str] = Counter()
        self._lines: list[str] = []
        classname = _attribute(f"gitops-golden.{name}")
        for case in cases:
            self.counts["tests"] += 1
            opening = f'<testcase classname={classname} name={_attribute(case.name)} time="0"'
            if not case.ended:
                self._lines.append(f"    {opening}/>\n")
                continue
            self.counts[case.ended] += 1
            self._lines.append(f"    {opening}>{case.told}</testcase>\n")

    def text(self, report: Report) -> str:
        """Return the suite as XML."""
        timestamp = f"{report.at:%Y-%m-%dT%H:%M:%S}"
        head = f'  <testsuite name={_attribute(self._name)} {_numbers(self.counts)} timestamp="{timestamp}">\n'
        return "".join([head, *self._lines, "  </testsuite>\n"])


def _suites(report: Report) -> Iterator[_Suite]:
    if report.images:
        images = (_case(f"{each.image}:{each.tag}", each.finding) for each in report.images)
        yield _Suite("registry", images)
    if report.clusters:
        yield _Suite("clusters", _clusters(report))
    deliveries: dict[str, list[DeliveryResult]] = defaultdict(list)
    for result in report.deliveries:
        deliveries[result.data_source].append(result)
    for name, results in sorted(deliveries.items()):
        yield _Suite(f"image {name}", map(_delivery, results))


def _clusters(report: Report) -> Iterator[_Case]:
    own = {result.cluster: finding for result, finding in report.of_clusters()}
    for result in report.clusters:
        if result.answered or result.cluster in own:
            yield _case(result.cluster, own.get(result.cluster))
        else:
            last = f"last read: {rfc3339(result.read_at)}\n" if result.read_at else ""
            told = f'<skipped message="not read: its deliveries tell why">{last}</skipped>'
            yield _Case(result.cluster, "skipped", told)


def _delivery(result: DeliveryResult) -> _Case:
    digests = f"expected: {result.expected}\nserved: {result.actual}\n" if result.finding else ""
    return _case(f"{result.data_source} on {result.cluster}", result.finding, digests)


def _case(name: str, finding: Finding | None, more: str = "") -> _Case:
    if finding is None:
        return _Case(name)
    what = clean(f"{finding.link or 'cluster'}/{finding.reason}")
    text = "".join(
        (
            f"{what}\n{cut(finding.message, TEXT)}\n",
            f"do: {cut(finding.remedy, TEXT)}\n" if finding.remedy else "",
            f"since: {rfc3339(finding.since)}\n" if finding.since else "",
            more,
        )
    )
    element = ELEMENT[finding.verdict]
    message = _attribute(f"{what}: {cut(finding.message, MESSAGE)}")
    kind = "" if element == "skipped" else f" type={_attribute(finding.reason)}"
    return _Case(name, element, f"<{element}{kind} message={message}>{escape(text, quote=False)}</{element}>")


def _numbers(counts: Counter[str]) -> str:
    shown = {name: counts[element] for name, element in (("tests", "tests"), ("failures", "failure"))}
    shown |= {"errors": counts["error"], "skipped": counts["skipped"]}
    return " ".join(f'{name}="{number}"' for name, number in shown.items()) + ' time="0"'


def _attribute(text: str) -> str:
    """Return a quoted attribute value of characters that XML allows."""
    return f'"{escape(clean(text))}"'
