"""The HTML report as people use it: what it shows is what the report says, whatever is searched, chosen or pressed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from gitops_golden.report.page.markup import readable
from gitops_golden.report.words import counted
from gitops_golden.verify.model import Finding, Link, Verdict
from tests.reports import digest_of, report_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitops_golden.verify.model import DeliveryResult, Report
    from tests.browser.conftest import Opened

    Opening = Callable[..., Opened]

REPORT = report_of(130, 6)
ALL = "780 deliveries on 130 clusters."
LARGE = report_of(2_000, 20)


def matching(wanted: Callable[[DeliveryResult], bool], *more: str) -> str:
    """Return what the page says if it shows what is wanted of the report, and ``more`` clusters."""
    found = [each for each in REPORT.deliveries if wanted(each)]
    clusters = {*more, *(each.cluster for each in found)}
    return f"{counted(len(found), 'delivery', 'deliveries')} on {counted(len(clusters), 'cluster')} of 130 match."


def reason(result: DeliveryResult) -> str:
    return result.finding.reason if result.finding else ""


def link(result: DeliveryResult) -> str:
    return result.finding.link or "" if result.finding else ""


def labelled(label: str) -> set[str]:
    return {each.cluster for each in REPORT.clusters if tuple(label.split("=")) in each.labels}


def test_all_is_shown_until_something_is_asked_for(opened: Opening) -> None:
    opened(REPORT).expect_count(ALL)


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("edge-00017", lambda each: each.cluster == "edge-00017"),
        ("EDGE-00017 rhel9", lambda each: each.cluster == "edge-00017" and each.image == "rhel9"),
        ("digestedited", lambda each: reason(each) == "DigestEdited"),
        (
            "win2022",
            lambda each: each.image == "win2022" or "win2022" in (each.finding.message if each.finding else ""),
        ),
        (digest_of("rhel8:1"), lambda each: digest_of("rhel8:1") in {each.expected, each.actual}),
        ("site=site-002 importercrashing", lambda each: reason(each) == "ImporterCrashing"),
    ],
)
def test_search_finds_clusters_images_reasons_digests_and_labels(
    opened: Opening, typed: str, wanted: Callable[[DeliveryResult], bool]
) -> None:
    page = opened(REPORT)
    page.page.locator("#text").fill(typed)
    page.expect_count(matching(wanted))


def test_a_search_that_finds_nothing_says_so(opened: Opening) -> None:
    page = opened(REPORT)
    page.page.locator("#text").fill("no such thing")
    page.expect_count("0 deliveries on 0 clusters of 130 match.")


@pytest.mark.parametrize("verdict", [Verdict.BROKEN, Verdict.UNREACHABLE, Verdict.PROGRESSING, Verdict.CONVERGED])
def test_a_verdict_is_chosen_and_left_again(opened: Opening, verdict: Verdict) -> None:
    page = opened(REPORT)
    toggle = page.page.get_by_role("group", name="Verdicts").get_by_role("button", name=verdict.value)
    toggle.click()
    wholes = [each.cluster for each in REPORT.clusters if each.finding and each.finding.verdict is verdict]
    page.expect_count(matching(lambda each: each.verdict is verdict, *wholes))
    assert toggle.get_attribute("aria-pressed") == "true"
    toggle.click()
    page.expect_count(ALL)


@pytest.mark.parametrize(
    ("choice", "value", "wanted"),
    [
        ("image", "rhel8", lambda each: each.image == "rhel8"),
        ("link", "import", lambda each: link(each) == "import"),
        ("reason", "NotSynced", lambda each: reason(each) == "NotSynced"),
        ("site", "site-001", lambda each: each.cluster in labelled("site=site-001")),
        ("env", "staging", lambda each: each.cluster in labelled("env=staging")),
    ],
)
def test_any_image_link_reason_and_label_can_be_chosen(
    opened: Opening, choice: str, value: str, wanted: Callable[[DeliveryResult], bool]
) -> None:
    page = opened(REPORT)
    page.page.get_by_label(choice, exact=True).select_option(value)
    page.expect_count(matching(wanted))
    page.page.get_by_role("button", name="Clear filters").click()
    page.expect_count(ALL)
    assert page.page.evaluate("document.activeElement.id") == "text"


def test_what_is_asked_for_stands_in_the_address_and_comes_back_with_it(opened: Opening) -> None:
    page = opened(REPORT)
    page.page.get_by_label("site", exact=True).select_option("site-002")
    page.page.get_by_label("sort", exact=True).select_option("name")
    page.page.get_by_role("group", name="Verdicts").get_by_role("button", name="broken").click()
    page.page.locator("#grid .cell.broken").first.click()
    fragment = page.page.evaluate("location.hash")
    assert fragment == "#verdict=broken&label=site%3Dsite-002&sort=name&open=edge-00080%2Frhel8"
    again = opened(REPORT, fragment)
    again.expect_count(page.page.locator("#count").inner_text())
    assert again.details() == page.details()


def test_another_address_in_the_same_page_is_followed(opened: Opening) -> None:
    page = opened(REPORT, "#reason=NotSynced")
    page.page.evaluate("location.hash = 'image=rhel8'")
    page.expect_count(matching(lambda each: each.image == "rhel8"))
    assert page.page.get_by_label("image", exact=True).input_value() == "rhel8"


def test_an_address_that_says_nonsense_shows_all(opened: Opening) -> None:
    page = opened(REPORT, "#verdict=green&label=x&sort=up&open=nobody/nothing&%E0%A4%A")
    page.expect_count(ALL)


def test_the_worst_cluster_comes_first_unless_names_are_asked_for(opened: Opening) -> None:
    page = opened(REPORT)
    first = page.page.locator("#grid [role=rowheader]").first
    broken = {each.cluster for each in REPORT.deliveries if each.verdict is Verdict.BROKEN}
    assert first.inner_text() in broken
    page.page.get_by_label("sort", exact=True).select_option("name")
    assert first.inner_text() == "edge-00000"


def test_only_rows_in_sight_are_in_the_document(opened: Opening) -> None:
    page = opened(LARGE)
    rows = page.page.locator("#grid .body [role=row]")
    assert rows.count() < 80
    assert page.page.locator("#grid").get_attribute("aria-rowcount") == "2001"
    page.page.get_by_label("sort", exact=True).select_option("name")
    page.page.evaluate("grid.scrollTop = grid.scrollHeight")
    expect(rows.last.get_by_role("rowheader")).to_have_text("edge-01999")
    assert rows.last.get_attribute("aria-rowindex") == "2001"
    assert rows.count() < 80


def test_rows_stand_in_the_document_as_on_the_screen(opened: Opening) -> None:
    page = opened(LARGE)
    for place in (30_000, 200, 9_000, 0):
        page.page.evaluate(f"grid.scrollTop = {place}")
        expect(page.page.locator(f"#grid .body [aria-rowindex='{place // 30 + 2}']")).to_have_count(1)
        indexes = page.page.evaluate("[...grid.querySelectorAll('.body > *')].map((row) => Number(row.ariaRowIndex))")
        assert indexes == list(range(indexes[0], indexes[-1] + 1))
        assert indexes[0] <= place / 30 + 2 <= indexes[-1]


def test_the_keyboard_reaches_every_cell(opened: Opening) -> None:
    page = opened(LARGE, "#sort=name")
    page.page.locator("#grid").focus()
    press = page.page.keyboard.press
    press("Control+Home")
    assert page.active == "cell/0/0"
    press("ArrowDown")
    press("ArrowRight")
    assert page.active == "cell/1/1"
    press("Control+End")
    assert page.active == "cell/1999/20"
    assert page.page.locator("[id='cell/1999/20']").is_visible()
    press("PageUp")
    press("Home")
    line = int(page.active.split("/")[1])
    assert 1_900 < line < 1_999
    assert page.page.locator(f"[id='{page.active}']").inner_text() == f"edge-{line:05}"
    for _ in range(3):
        press("ArrowLeft")
    assert page.active == f"cell/{line}/0"
    press("Control+Home")
    press("ArrowUp")
    press("ArrowUp")
    assert page.active == "cell/-1/0"


def test_enter_opens_what_is_known_and_escape_leads_back(opened: Opening) -> None:
    page = opened(REPORT, "#sort=name")
    press = page.page.keyboard.press
    page.page.locator("#grid").focus()
    press("Control+Home")
    press("ArrowRight")
    press("Enter")
    assert page.page.evaluate("document.activeElement.id") == "details"
    press("Escape")
    assert page.page.locator("#details").is_hidden()
    assert page.page.evaluate("document.activeElement.id") == "grid"
    assert page.active == "cell/0/1"


def test_open_details_follow_the_active_cell(opened: Opening) -> None:
    page = opened(REPORT, "#sort=name")
    page.page.locator("[id='cell/0/1']").click()
    page.page.keyboard.press("ArrowDown")
    assert page.details().startswith("edge-00001")


def test_a_slash_leads_to_the_search_and_escape_clears_it(opened: Opening) -> None:
    page = opened(REPORT)
    page.page.keyboard.press("/")
    page.page.keyboard.type("rhel8/9")
    assert page.page.locator("#text").input_value() == "rhel8/9"
    page.page.keyboard.press("Escape")
    page.expect_count(ALL)
    assert page.page.locator("#text").input_value() == ""


def test_every_delivery_in_sight_tells_what_the_report_says(opened: Opening) -> None:
    page = opened(REPORT, "#sort=name")
    for cell, result in (
        (f"cell/{place // 6}/{place % 6 + 1}", each) for place, each in enumerate(REPORT.deliveries[:36])
    ):
        page.page.locator(f"[id='{cell}']").click()
        told = page.details()
        assert told.startswith(f"{result.cluster} · {result.data_source}")
        for digest in filter(None, (result.expected, result.actual)):
            assert digest in told
        if result.boot_source:
            assert f"{result.boot_source.namespace}/{result.boot_source.name}" in told
        if result.finding:
            assert result.finding.reason in told
            assert result.finding.message in told
            assert result.finding.remedy in told
        else:
            assert "the chain holds from end to end" in told


def test_a_cluster_tells_how_it_was_read(opened: Opening) -> None:
    page = opened(REPORT, "#open=edge-00007/")
    read = next(each for each in REPORT.clusters if each.cluster == "edge-00007")
    assert read.server
    told = page.details()
    for part in (
        read.source,
        read.server.version,
        read.server.uid,
        "site=site-000",
        "RoleBinding in golden-images: Forbidden",
    ):
        assert part in told


def test_an_image_tells_its_tag_and_what_moved(opened: Opening) -> None:
    page = opened(REPORT)
    page.page.get_by_role("columnheader", name="rhel8").click()
    told = page.details()
    assert "TagMoved" in told
    assert digest_of("rhel8:3") in told


def test_a_finding_leads_to_its_cells(opened: Opening) -> None:
    page = opened(REPORT, "#open=edge-00007/rhel9")
    problem = page.page.locator(".problem", has=page.page.get_by_role("heading", name="ImporterCrashing"))
    problem.locator("summary").first.click()
    problem.get_by_role("button", name="Show in the matrix").click()
    page.expect_count(matching(lambda each: reason(each) == "ImporterCrashing"))
    assert page.page.locator("#details").is_hidden()
    assert page.page.evaluate("document.activeElement.id") == "grid"


def test_a_finding_of_a_whole_cluster_leads_to_the_cluster(opened: Opening) -> None:
    page = opened(REPORT, "#reason=VendorImagesPresent")
    page.expect_count(
        matching(lambda _: False, *(each.cluster for each in REPORT.clusters if each.finding and each.answered))
    )


def test_a_remedy_can_be_copied(opened: Opening) -> None:
    page = opened(REPORT, permissions=["clipboard-read", "clipboard-write"])
    page.page.get_by_role("button", name="Copy the remedy").first.click()
    expect(page.page.locator("#announcement")).to_have_text("Copied the remedy")
    assert (
        page.page.evaluate("navigator.clipboard.readText()") == "run `gitops-golden lock`, then `gitops-golden publish`"
    )


def test_a_person_can_choose_light_or_dark_whatever_the_system_says(opened: Opening) -> None:
    page = opened(REPORT, color_scheme="dark")

    def background() -> str:
        return str(page.page.evaluate("getComputedStyle(document.body).backgroundColor"))

    dark = background()
    button = page.page.locator("#theme")
    button.click()
    light = background()
    button.click()
    assert background() == dark != light


def test_what_is_printed_has_every_finding_unfolded_and_the_rows_of_a_small_fleet(opened: Opening) -> None:
    page = opened(REPORT)
    page.page.emulate_media(media="print")
    page.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.page.locator(".problem:not([open])").count() == 0
    assert page.page.locator("#grid .body [role=row]").count() == 130
    page.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.page.locator(".problem:not([open])").count() > 0


def test_a_large_matrix_is_not_printed_and_that_is_said(opened: Opening) -> None:
    page = opened(LARGE)
    page.page.emulate_media(media="print")
    page.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.page.locator("#grid").is_hidden()
    assert "2,000 clusters and is not printed" in page.page.locator("#unprinted").inner_text()


def test_without_javascript_the_findings_are_all_there(opened: Opening) -> None:
    page = opened(REPORT, java_script_enabled=False)
    assert page.page.locator("#matrix").is_hidden()
    assert page.page.locator("noscript").is_visible()
    assert page.page.get_by_role("heading", name="ImporterCrashing").is_visible()


@pytest.mark.parametrize("report", [report_of(0, 0), report_of(1, 1), report_of(3, 60)], ids=["none", "one", "wide"])
def test_fleets_of_any_shape_open(opened: Opening, report: Report) -> None:
    deliveries = counted(len(report.deliveries), "delivery", "deliveries")
    opened(report).expect_count(f"{deliveries} on {counted(len(report.clusters), 'cluster')}.")


def test_nothing_that_others_wrote_runs_or_changes_on_its_way(opened: Opening) -> None:
    text = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'\u202ereversed\u2028\x00 $x"
    named = replace(REPORT.deliveries[0], finding=Finding(Verdict.BROKEN, None, text, text + "y" * 1_000_000, text))
    clusters = tuple(replace(each, source=text, labels=(("site", text), ("x", "y"))) for each in REPORT.clusters[:2])
    hostile = replace(REPORT, fleet=text, deliveries=(named, *REPORT.deliveries[1:12]), clusters=clusters)
    page = opened(hostile)
    page.page.locator("[id='cell/0/1']").click()
    shown = page.page.locator("#details")
    assert shown.locator(".message").evaluate("(node) => node.textContent") == readable(text + "y" * 1_000_000)
    assert shown.locator(".reason").evaluate("(node) => node.lastChild.textContent") == readable(text)
    assert page.page.locator("h1").evaluate("(node) => node.textContent") == readable(text)
    assert page.page.locator("img").count() == 0


def test_a_script_that_gets_in_all_the_same_is_refused(opened: Opening) -> None:
    page = opened(REPORT)
    page.page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.ran = true";
          document.body.append(script);
          document.body.insertAdjacentHTML("beforeend", "<p onclick='window.ran = true' id=trap>x</p>");
          document.getElementById("trap").click();
        }"""
    )
    assert page.page.evaluate("window.ran") is None
    sent = page.page.evaluate("fetch('data:text/plain,x').then(() => 'sent', () => 'refused')")
    assert sent == "refused"
    assert page.complaints
    page.complaints.clear()


def test_what_took_longer_than_the_objective_says_so_and_is_found(opened: Opening) -> None:
    first, *others = REPORT.deliveries
    late = Finding(
        Verdict.BROKEN, Link.IMPORT, "Importing", "slowly", "", REPORT.at - timedelta(hours=26), overdue=True
    )
    page = opened(replace(REPORT, deliveries=(replace(first, finding=late), *others)), "#q=overdue")
    page.expect_count("1 delivery on 1 cluster of 130 match.")
    page.page.locator("#grid .cell.broken").first.click()
    assert "1 d 2 h, over the objective of 4 h" in page.details()
