"""Markdown as a reader's browser gets it: rendered, then looked at."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from gitops_golden.report.groups import groups
from gitops_golden.report.markdown import LONGEST, ROWS, as_markdown
from gitops_golden.verify.model import Finding, ImageResult, Link, Verdict
from tests.reports import report_of
from tests.unit.report.any_report import reports

if TYPE_CHECKING:
    from gitops_golden.verify.model import Report

OURS = {"h3", "p", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "pre", "code"}


class Page(HTMLParser):
    """Tags by how often they open and close, and text by whether it is within code."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.opened: Counter[str] = Counter()
        self.closed: Counter[str] = Counter()
        self.prose = ""
        self.code = ""
        self._depth = 0
        self.feed(MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown))
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.opened[tag] += 1
        self._depth += tag == "code"

    def handle_endtag(self, tag: str) -> None:
        self.closed[tag] += 1
        self._depth -= tag == "code"

    def handle_data(self, data: str) -> None:
        if self._depth:
            self.code += data
        else:
            self.prose += data


def saying(message: str, reason: str = "TagGone") -> Report:
    finding = Finding(Verdict.BROKEN, Link.REGISTRY, reason, message, message)
    return replace(report_of(3, 1), images=(ImageResult(message or "-", "1", None, None, finding),))


def test_the_summary_the_table_and_what_to_do_are_there() -> None:
    report = report_of(12, 4)
    page = Page(as_markdown(report))
    found = groups(report)
    assert f"{report.count(Verdict.CONVERGED)} of 48 have converged" in page.prose
    assert page.opened["tr"] == len(found) + len(report.images) + 2
    assert page.opened["details"] == page.closed["details"] == len(found) + 1
    for group in found:
        assert group.way.reason in page.prose
        for each in group.apart[:1]:
            assert each.found[0].finding.message in page.code
            assert each.found[0].finding.remedy in page.code


def test_a_fleet_that_has_converged_says_so() -> None:
    report = report_of(2, 1)
    well = tuple(replace(result, finding=None) for result in report.deliveries)
    clusters = tuple(replace(result, finding=None) for result in report.clusters)
    text = as_markdown(replace(report, deliveries=well, clusters=clusters))
    assert "### ✅ Golden images of acme: all have converged" in text


def test_a_large_fleet_fits_one_comment() -> None:
    text = as_markdown(report_of(3_000, 20))
    assert len(text) <= LONGEST
    assert "ImporterCrashing" in text


def test_what_does_not_fit_is_left_out_whole_and_said() -> None:
    images = tuple(
        ImageResult(
            f"image-{number}", "1", None, None, Finding(Verdict.BROKEN, None, f"R{number}", "x" * 3_000, "y" * 3_000)
        )
        for number in range(60)
    )
    text = as_markdown(replace(report_of(3, 1), images=images))
    page = Page(text)
    assert len(text) <= LONGEST
    assert page.opened["details"] == page.closed["details"]
    left = len(groups(replace(report_of(3, 1), images=images))) - (page.opened["details"] - 1)
    assert f"{left} ways to fail are not explained here" in page.prose
    assert f"and {len(groups(replace(report_of(3, 1), images=images))) - ROWS} more rows" in page.prose


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "</details></details><h1>done</h1>",
        "| a | b |\n| --- | --- |",
        "```\n# escaped\n```",
        "`````",
        "[click](https://evil.example) ![](https://evil.example/x.png)",
        "<!-- --> **bold** _it_ ~~no~~",
        "&lt;b&gt; &amp; \\| \\` $\\href{x}{y}$",
        "1. one",
        "- [ ] task",
        "    code",
    ],
)
def test_nothing_from_outside_is_markup(hostile: str) -> None:
    plain, page = Page(as_markdown(saying("harmless"))), Page(as_markdown(saying(hostile)))
    assert page.opened == plain.opened
    assert page.closed == plain.closed


def test_nobody_is_called_and_nothing_is_linked() -> None:
    page = Page(as_markdown(saying("cc @org/team, closes #12, see https://evil.example", reason="@all")))
    assert "@all" not in page.prose
    assert "@org" not in page.prose
    assert "#12" not in page.prose
    linking = as_markdown(saying("see https://evil.example")).splitlines()
    assert {line for line in linking if "https://evil" in line} == {
        "see https://evil.example",
        "<details><summary>❌ registry/TagGone: see https://evil.example</summary>",
    }


@given(reports())
def test_any_report_is_a_page_of_our_own_elements(report: Report) -> None:
    text = as_markdown(report)
    page = Page(text)
    assert set(page.opened) <= OURS
    assert page.opened == page.closed
    assert page.opened["details"] == len(groups(report)) + 1
    assert all(character.isprintable() or character in "\n\u200b" for character in text)


@given(st.text(max_size=40))
def test_a_message_is_shown_as_it_is_in_code(message: str) -> None:
    page = Page(as_markdown(saying(message)))
    if message.isprintable() and message.strip() and "#" not in message and "::" not in message:
        assert message in page.code
