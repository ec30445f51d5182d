"""Pages opened in a real headless Chromium, the distribution's own; where there is none, this suite is skipped."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect, sync_playwright

from gitops_golden.report.html import as_html

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Dialog, Page

    from gitops_golden.verify.model import Report

HERE = Path(__file__).parent
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def find_chromium() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without a browser leave one test, to be skipped for all."""
    mine = [item for item in items if HERE in item.path.parents]
    if mine and find_chromium() is None:
        why = f"no Chromium on the PATH for these {len(mine)} tests (on Debian: apt install chromium)"
        mine[0].add_marker(pytest.mark.skip(reason=why))
        config.hook.pytest_deselected(items=mine[1:])
        items[:] = [item for item in items if item not in mine[1:]]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser, started once."""
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=find_chromium())
        yield started
        started.close()


@dataclass(frozen=True, slots=True)
class Opened:
    """A page as it was opened, with all that it complained of and all that it asked for."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def listen(self) -> None:
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        # Not the method itself: Playwright writes on what it is bound to.
        self.page.on("dialog", lambda dialog: self._dismiss(dialog))  # noqa: PLW0108 -- see above
        self.page.on("request", lambda request: self.requests.append(request.url))

    def _dismiss(self, dialog: Dialog) -> None:
        self.complaints.append(dialog.message)
        dialog.dismiss()

    def expect_count(self, text: str) -> None:
        """Wait until the page says this of how much it shows."""
        expect(self.page.locator("#count")).to_have_text(text)

    @property
    def active(self) -> str:
        """The text for listeners of the grid's active cell, by its id; empty if there is none."""
        name = self.page.locator("#grid").get_attribute("aria-activedescendant")
        return name or ""

    def details(self) -> str:
        return self.page.locator("#details").inner_text()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Open the page of a report. At the end nothing may have been complained of, and nothing asked for but the page."""
    contexts: list[BrowserContext] = []
    all_opened: list[Opened] = []

    def opening(report: Report, fragment: str = "", **settings: Any) -> Opened:
        file = tmp_path / f"{len(contexts)}.html"
        file.write_text(as_html(report), encoding="utf-8")
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **settings})
        context.set_default_timeout(10_000)
        contexts.append(context)
        new = Opened(context.new_page(), file.as_uri())
        all_opened.append(new)
        new.listen()
        new.page.goto(f"{new.address}{fragment}")
        return new

    yield opening
    for context in contexts:
        context.close()
    for each in all_opened:
        assert each.complaints == []
        assert {request.partition("#")[0] for request in each.requests if request[:5] != "data:"} == {each.address}
