"""The HTML report beside a plain table of as many rows and cells, opened in turn in one headless Chromium.

The plain table is what every other way of showing the matrix starts from: one row for each cluster, one cell for each
image, a word in each, no style and no script.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from html import escape
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from gitops_golden.report.html import as_html
from tests.reports import report_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from gitops_golden.verify.model import Report

CLUSTERS, IMAGES, ROUNDS = 10_000, 20, 5
MOST = 2
OURS, PLAIN = "HTML report", "plain table"
SEEN = """() => new Promise((seen) => {
  const observer = new PerformanceObserver((list) => {
    const [first] = list.getEntriesByName("first-contentful-paint");
    if (first) seen(first.startTime);
  });
  observer.observe({type: "paint", buffered: true});
})"""
USABLE = (
    "() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn(performance.now()))))"
)
ANSWERED = """() => new Promise((drawn) => {
  const start = performance.now();
  const told = () => drawn(performance.now() - start);
  addEventListener("hashchange", () => requestAnimationFrame(() => requestAnimationFrame(told)));
  location.hash = "q=digestedited&label=env%3Dprod";
})"""


@dataclass(frozen=True, slots=True)
class Opening:
    """Medians in seconds from the start of the navigation: first content painted, and all drawn and usable."""

    seen: float
    usable: float


@dataclass(frozen=True, slots=True)
class HtmlFigures:
    """``made`` is the time to make the page, ``size`` its bytes, ``answered`` the time of a search with a filter."""

    clusters: int
    images: int
    made: float
    size: int
    ours: Opening
    plain: Opening
    answered: float


def measure(clusters: int = CLUSTERS, images: int = IMAGES, rounds: int = ROUNDS) -> HtmlFigures:
    """Return what was measured. Raises ``RuntimeError`` without a Chromium."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise RuntimeError("no chromium on the PATH")
    report = report_of(clusters, images)
    start = perf_counter()
    page = as_html(report)
    made = perf_counter() - start
    with TemporaryDirectory() as folder, sync_playwright() as driver:
        files = {OURS: Path(folder, "report.html"), PLAIN: Path(folder, "table.html")}
        files[OURS].write_text(page, encoding="utf-8")
        files[PLAIN].write_text("".join(_table(report)), encoding="utf-8")
        size = files[OURS].stat().st_size
        browser = driver.chromium.launch(executable_path=chromium)
        runs: dict[str, list[Opening]] = {name: [] for name in files}
        for turn in range(rounds + 1):
            for name, file in files.items():
                opened = _open(browser, file)
                if turn:
                    runs[name].append(opened)
        answered = _search(browser, files[OURS], rounds)
        browser.close()
    ours, plain = (
        Opening(median(run.seen for run in each), median(run.usable for run in each)) for each in runs.values()
    )
    return HtmlFigures(clusters, images, made, size, ours, plain, answered)


def _open(browser: Browser, file: Path) -> Opening:
    page = browser.new_page()
    page.goto(file.as_uri())
    usable, seen = page.evaluate(USABLE), page.evaluate(SEEN)
    page.close()
    return Opening(seen / 1000, usable / 1000)


def _search(browser: Browser, file: Path, rounds: int) -> float:
    times: list[float] = []
    for _ in range(rounds):
        page = browser.new_page()
        page.goto(file.as_uri())
        times.append(page.evaluate(ANSWERED) / 1000)
        page.close()
    return median(times)


def _table(report: Report) -> Iterator[str]:
    yield "<!doctype html><html lang=en><meta charset=utf-8><title>table</title><table>"
    cluster = ""
    for result in report.deliveries:
        if result.cluster != cluster:
            cluster = result.cluster
            yield f"<tr><th>{escape(cluster)}"
        yield f"<td>{result.verdict}"
    yield "</table></html>"


def section(rounds: int) -> None:
    """Measure the report of a whole fleet, and print what came out."""
    try:
        found = measure(rounds=rounds)
    except RuntimeError as error:
        print(f"\nHTML: not measured, {error} (on Debian: apt install chromium)", flush=True)
    else:
        _tell(found)


def _tell(found: HtmlFigures) -> None:
    print(f"\nHTML, {found.clusters:,} clusters x {found.images} images: medians, in seconds")
    print(
        f"made in {found.made:.2f}, {found.size / 1e6:.1f} MB; a search with a filter answered in {found.answered:.3f}"
    )
    for name, opened in ((OURS, found.ours), (PLAIN, found.plain)):
        print(f"{name:<12} first content {opened.seen:.3f}   usable {opened.usable:.3f}")
    seen, usable = found.ours.seen / found.plain.seen, found.ours.usable / found.plain.usable
    reached = "reached" if max(seen, usable) <= MOST else "MISSED"
    told = f"{'ratio':<12} first content {seen:.2f}    usable {usable:.2f}"
    print(f"{told}   aim: at most {MOST} x, {reached}", flush=True)


def main() -> None:
    _tell(measure(*map(int, sys.argv[1:])))


if __name__ == "__main__":
    main()
