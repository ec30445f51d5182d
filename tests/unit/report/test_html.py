"""The HTML report as bytes: what it holds, what it lets nobody do. How it behaves is held in tests/browser."""

from __future__ import annotations

import json
from array import array
from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from html.parser import HTMLParser
from itertools import chain
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.report.html import as_html
from gitops_golden.report.page.assets import script, skeleton, style
from gitops_golden.report.page.data import data_block
from gitops_golden.report.page.markup import LONGEST, element, readable
from gitops_golden.report.words import clean
from gitops_golden.verify.model import Finding, Scope, Verdict
from tests.reports import report_of
from tests.unit.report.any_report import reports

if TYPE_CHECKING:
    from gitops_golden.verify.model import DeliveryResult, Report

HOSTILE = (
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]><img src=x onerror=alert(1)>",
    "\" onfocus='alert(1)' autofocus x=\"",
    "a\u2028b\u2029c\x00d\x1b[31me\u202ef\u2066g\ud800h",
    "$title ${data} $$",
    "&lt;script&gt; &amp;",
)
ELEMENTS = {
    *("html", "head", "meta", "title", "link", "style", "script", "body", "noscript"),
    *("header", "main", "section", "aside", "h1", "h2", "h3", "p", "div", "span", "i", "b", "bdi", "code", "time"),
    *("dl", "dt", "dd", "ul", "li", "details", "summary", "svg", "rect", "a", "button", "form", "label", "input"),
}
"""All that a page is made of, before its script runs."""


class Page(HTMLParser):
    """A page taken apart: its elements with their attributes, its text, what its scripts and styles hold."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.contents: dict[str, list[str]] = {"script": [], "style": []}
        self.texts: list[str] = []
        self._within = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._within = tag

    def handle_endtag(self, tag: str) -> None:
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within in self.contents:
            self.contents[self._within].append(data)
        else:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def data(self) -> Any:
        return json.loads(self.contents["script"][0])

    @property
    def policy(self) -> dict[str, str]:
        metas = (attributes for tag, attributes in self.elements if tag == "meta")
        written = next(meta["content"] for meta in metas if meta.get("http-equiv") == "Content-Security-Policy")
        assert written
        return dict(rule.split(" ", 1) for rule in written.split("; "))


def page_of(report: Report) -> Page:
    return Page(as_html(report))


def told_of(data: Any, outcome: int) -> tuple[Any, ...]:
    """Return verdict, link, reason, message, remedy, expected, actual and boot source of a cell, as the data says."""
    finding, expected, actual, source = data["outcomes"][outcome]
    told: tuple[Any, ...] = ("converged", None, None, None, None)
    if finding >= 0:
        verdict, link, reason, message, remedy, _, _ = data["findings"][finding]
        told = (
            data["verdicts"][verdict],
            data["links"][link] if link >= 0 else None,
            reason,
            data["texts"][message],
            data["texts"][remedy],
        )
    digests, sources = data["digests"], data["sources"]
    return (
        *told,
        digests[expected] if expected >= 0 else None,
        digests[actual] if actual >= 0 else None,
        sources[source] if source >= 0 else None,
    )


def shown_of(result: DeliveryResult) -> tuple[Any, ...]:
    """Return the same, as the report says."""
    finding, source = result.finding, result.boot_source
    told: tuple[Any, ...] = ("converged", None, None, None, None)
    if finding:
        link = finding.link.value if finding.link else None
        words = (readable(text) for text in (finding.reason, finding.message, finding.remedy))
        told = (finding.verdict.value, link, *words)
    names = [readable(name) for name in (source.kind, source.namespace, source.name)] if source else None
    return (*told, result.expected, result.actual, names)


def cells(data: Any) -> dict[tuple[str, str, str, str], tuple[Any, ...]]:
    numbers = array({2: "H", 4: "I"}[data["width"]], b64decode(data["cells"]))
    width = len(data["columns"])
    return {
        (data["clusters"][place // width][0], *data["columns"][place % width]): told_of(data, number - 1)
        for place, number in enumerate(numbers)
        if number
    }


def with_message(report: Report, message: str) -> Report:
    """Return a report whose deliveries all say the same."""
    finding = Finding(Verdict.BROKEN, None, message, message, message)
    return replace(report, deliveries=tuple(replace(each, finding=finding) for each in report.deliveries))


@given(reports())
def test_every_delivery_is_in_the_data_as_the_report_has_it(report: Report) -> None:
    expected = {
        (
            clean(each.cluster),
            *(clean(name) for name in (each.data_source, each.image, each.architecture or "")),
        ): shown_of(each)
        for each in report.deliveries
    }
    assert cells(json.loads(data_block(report))) == expected


def test_more_outcomes_than_two_bytes_can_count_take_four() -> None:
    report = report_of(3_300, 20)
    distinct = tuple(
        replace(each, finding=Finding(Verdict.BROKEN, None, "Reason", f"message {place}"))
        for place, each in enumerate(report.deliveries)
    )
    data = json.loads(data_block(replace(report, deliveries=distinct)))
    assert data["width"] == 4
    assert len(cells(data)) == len({told[3] for told in cells(data).values()}) == 66_000


@given(reports())
def test_nothing_that_others_wrote_adds_an_element_or_an_attribute(report: Report) -> None:
    page = page_of(report)
    assert {tag for tag, _ in page.elements} <= ELEMENTS
    names = set(chain.from_iterable(attributes for _, attributes in page.elements))
    assert not [name for name in names if name.startswith("on") or name == "style"]
    assert len([tag for tag, _ in page.elements if tag == "script"]) == 2


@pytest.mark.parametrize("text", HOSTILE)
def test_what_would_break_out_stays_text(text: str) -> None:
    plain = report_of(2, 2)
    hostile = replace(with_message(plain, text), fleet=text)
    page = page_of(hostile)
    ordinary = page_of(replace(with_message(plain, "Reason"), fleet="acme"))
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in ordinary.elements]
    assert clean(text) in page.text
    assert readable(text) in page.data["texts"]


@given(st.text())
def test_text_is_text_wherever_it_is_put(text: str) -> None:
    page = Page(element("p", text, element("b"), title=text, data_x=text))
    assert page.elements == [("p", {"title": text, "data-x": text}), ("b", {})]
    assert page.text == text


def test_a_message_without_end_is_bounded() -> None:
    endless = "x" * 1_000_000
    page = as_html(with_message(report_of(40, 5), endless))
    assert len(page) < len(as_html(report_of(40, 5))) + 10 * LONGEST
    assert "996,000 more characters" in page


def test_the_policy_lets_the_pages_own_script_and_style_work_and_nothing_else() -> None:
    page = page_of(report_of())
    _, javascript = page.contents["script"]
    (css,) = page.contents["style"]

    def allowed(text: str) -> str:
        return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"

    assert page.policy == {
        "default-src": "'none'",
        "script-src": allowed(javascript),
        "style-src": allowed(css),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_the_page_names_no_other_file_and_no_host() -> None:
    own = skeleton().replace("http://www.w3.org/2000/svg", "") + style() + script()
    assert "http:" not in own
    assert "https:" not in own
    assert "url(" not in own
    assert "import " not in script()


@pytest.mark.parametrize(
    "way", ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("]
)
def test_the_script_has_no_way_to_make_markup_of_text(way: str) -> None:
    assert way not in script()


def test_without_a_script_every_reason_is_there_with_its_remedy() -> None:
    report = report_of(40, 5)
    text = page_of(report).text
    for finding in report.findings():
        assert finding.reason in text
        assert finding.remedy in text


def test_a_single_broken_delivery_is_seen_in_the_bar_of_a_large_fleet() -> None:
    report = report_of(1_000, 10)
    one = Finding(Verdict.BROKEN, None, "Reason", "message")
    deliveries = tuple(replace(each, finding=None if place else one) for place, each in enumerate(report.deliveries))
    bars = [attributes for tag, attributes in page_of(replace(report, deliveries=deliveries)).elements if tag == "rect"]
    widths = [float(str(attributes["width"]).removesuffix("%")) for attributes in bars if attributes.get("class")]
    assert len(widths) == 2
    assert min(widths) > 0.5
    assert sum(widths) == pytest.approx(100, abs=0.1)


def test_a_narrowed_report_says_that_it_proves_nothing_of_the_rest() -> None:
    text = page_of(replace(report_of(), scope=Scope(images=("rhel9",), shard="3/16"))).text
    assert "Only image rhel9; shard 3/16. This report says nothing of the rest of the fleet." in text


def test_parts_judged_by_another_commit_are_told() -> None:
    report = report_of()
    other = replace(report.basis, commit="f" * 40)
    assert "f" * 40 in page_of(replace(report, mixed=(other,))).text


def test_what_makes_the_proof_weaker_is_told_above_all_findings() -> None:
    report = report_of(130, 2)
    aged = tuple(
        replace(each, read_at=report.at - timedelta(hours=7)) if each.answered else each for each in report.clusters
    )
    text = page_of(replace(report, clusters=aged)).text
    first = text.index("Findings, worst first")
    for told in ("7 h before", "off by up to 1 min 32 s", "access not judged", "90 of 130 answered"):
        assert told in text[:first]


def test_a_fleet_without_deliveries_has_a_page() -> None:
    assert "No cluster has an image to be verified." in page_of(report_of(0, 0)).text


def test_a_fleet_that_has_converged_says_so() -> None:
    report = report_of(3, 2)
    sound = replace(
        report,
        deliveries=tuple(replace(each, finding=None) for each in report.deliveries),
        images=tuple(replace(each, finding=None) for each in report.images),
        clusters=tuple(replace(each, finding=None, answered=True) for each in report.clusters),
    )
    text = page_of(sound).text
    assert "all 6 deliveries converged" in text
    assert "Nothing was found." in text
