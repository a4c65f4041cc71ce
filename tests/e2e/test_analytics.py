"""Reading the analytics in a browser: table and charts, and the mails behind each number."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Check
from tests.e2e.contents import LONG_CAMPAIGN

pytestmark = pytest.mark.e2e


def number(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def test_the_numbers_come_first_and_the_charts_after(page: Page) -> None:
    page.goto("/dashboard/analytics/")
    expect(page.locator(".data-table.tree tfoot")).to_be_visible()
    page.locator("#analytics-source").scroll_into_view_if_needed()
    expect(page.locator("#analytics-source svg.drawing:visible")).to_have_count(1)
    page.locator("#analytics-seats").scroll_into_view_if_needed()
    expect(page.locator("#analytics-seats svg.drawing:visible")).to_have_count(1)
    named = page.locator("#analytics-seats svg.drawing:visible")
    expect(named).to_have_attribute("aria-label", re.compile("Registrations by source"))


def test_a_number_in_the_table_opens_exactly_its_mails(page: Page) -> None:
    page.goto("/dashboard/analytics/")
    link = page.locator(".data-table.tree tfoot a").first
    total = number(link.inner_text())
    link.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Mails")
    assert number(page.locator("h1 .total").inner_text()) == total > 0


def test_a_bar_opens_exactly_its_mails(page: Page) -> None:
    page.goto("/dashboard/analytics/")
    page.locator("#analytics-source").scroll_into_view_if_needed()
    bar = page.locator("#analytics-source svg.drawing:visible a").first
    label = bar.locator("title").text_content() or ""
    bar.click()
    expect(page).to_have_url(re.compile("/dashboard/mails/"))
    assert number(page.locator("h1 .total").inner_text()) == number(label.rpartition(":")[2]) > 0


def test_another_question_changes_the_numbers_and_the_address(page: Page) -> None:
    page.goto("/dashboard/analytics/time/")
    # A page that is left while it asks for its chart complains of the answer that it misses.
    drawing = page.locator("#analytics-compared svg.drawing:visible")
    expect(drawing).to_have_attribute("aria-label", re.compile("per day"))
    page.get_by_label("Period", exact=True).select_option("Today")
    expect(page).to_have_url(re.compile("period=1"))
    expect(page.locator("#analytics-compared figcaption")).to_contain_text("Sent per hour")
    expect(drawing).to_have_attribute("aria-label", re.compile("per hour"))
    page.reload()
    expect(drawing).to_have_attribute("aria-label", re.compile("per hour"))
    expect(page.get_by_label("Period", exact=True)).to_have_value("1")
    expect(page.locator("#analytics-compared figcaption")).to_contain_text("Sent per hour")


def test_what_is_taken_along_is_what_is_shown(page: Page) -> None:
    page.goto("/dashboard/analytics/time/")
    chosen = page.get_by_label("Number", exact=True)
    chosen.focus()
    chosen.select_option("Failed")
    expect(page.locator("#analytics-compared figcaption")).to_contain_text("Failed per day")
    expect(page.get_by_role("link", name="CSV")).to_have_attribute("href", re.compile("measure=failed"))
    expect(chosen).to_be_focused()


def test_a_narrow_screen_gets_a_chart_drawn_for_it(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("/dashboard/analytics/")
    page.locator("#analytics-source").scroll_into_view_if_needed()
    drawing = page.locator("#analytics-source svg.drawing:visible")
    expect(drawing).to_have_attribute("viewBox", re.compile(r"^0 0 310 "))
    box = drawing.bounding_box()
    assert box is not None
    assert 280 <= box["width"] <= 340


def test_analytics_pages_pass_axe_in_both_themes_and_widths(page: Page, check_axe: Check) -> None:
    for url in (
        "analytics/",
        "analytics/?utm_source=nobody",
        "analytics/charts/seats/",
        "analytics/funnel/",
        "analytics/time/",
        "analytics/links/",
        "analytics/events/",
        "mails/?state=pending",
        "registrations/",
    ):
        page.goto(f"/dashboard/{url}")
        if url == "analytics/":
            page.locator("#analytics-seats").scroll_into_view_if_needed()
            expect(page.locator("svg.drawing:visible")).to_have_count(2)
        check_axe(page)


def test_a_campaigns_links_come_after_its_page_and_their_numbers_open_the_clicks(page: Page, check_axe: Check) -> None:
    page.goto(f"/dashboard/campaigns/?q={LONG_CAMPAIGN}")
    page.locator("#campaigns-table tbody th a").first.click()
    expect(page.locator("#campaign-links tbody tr")).to_have_count(8)
    check_axe(page)
    total = page.locator("#campaign-links tfoot a").last
    clicks = number(total.inner_text())
    total.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Clicks")
    assert number(page.locator("h1 .total").inner_text()) == clicks > 0


def test_the_demo_mailbox_says_where_mail_goes(page: Page, check_axe: Check) -> None:
    page.goto("/dashboard/mailbox/")
    expect(page.locator("main")).to_contain_text("In demo mode nothing leaves this machine.")
    expect(page.locator("#letters-table")).to_be_visible()
    check_axe(page)
