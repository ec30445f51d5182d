"""The HTML report for everybody: axe, in a real browser, finds nothing serious in any of its states."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from tests.reports import report_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import Opened

REPORT = report_of(130, 12)
STATES: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "narrow": {"color_scheme": "light", "viewport": {"width": 380, "height": 800}},
    "narrow and dark": {"color_scheme": "dark", "viewport": {"width": 380, "height": 800}},
}


def serious(page: Opened) -> list[str]:
    """Return what axe calls serious or critical, with where."""
    page.page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.page.evaluate("axe.run().then((results) => results.violations)")
    return [
        f"{each['id']}: {each['help']}: {[node['target'] for node in each['nodes'][:3]]}"
        for each in found
        if each["impact"] in {"serious", "critical"}
    ]


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_serious(opened: Callable[..., Opened], state: str) -> None:
    page = opened(REPORT, bypass_csp=True, **STATES[state])
    assert serious(page) == []
    page.page.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = true")
    page.page.get_by_role("group", name="Verdicts").get_by_role("button", name="broken").click()
    page.page.locator("#grid .cell.broken").first.click()
    assert serious(page) == []


def test_axe_finds_nothing_serious_without_findings(opened: Callable[..., Opened]) -> None:
    assert serious(opened(report_of(0, 0), bypass_csp=True)) == []


def test_the_count_is_told_to_listeners_as_it_changes(opened: Callable[..., Opened]) -> None:
    page = opened(REPORT)
    page.page.get_by_label("link", exact=True).select_option("cron")
    assert page.page.get_by_role("status").filter(has_text="match").count() == 1


def test_a_listener_hears_cluster_image_verdict_link_and_reason(opened: Callable[..., Opened]) -> None:
    page = opened(REPORT, "#reason=ImporterCrashing")
    row = page.page.locator("#grid .body [role=row]").first
    assert row.get_by_role("rowheader").inner_text() == "edge-00080"
    assert row.get_by_role("gridcell", name="broken, import, ImporterCrashing").count() == 2
    assert page.page.get_by_role("columnheader", name="rhel8: broken, TagMoved").count() == 1
