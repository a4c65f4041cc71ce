"""A campaign's report in a browser and on paper."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Check, Post
from tests.e2e.contents import CANCELLED_CAMPAIGN, LONG_CAMPAIGN, SENT_CAMPAIGN

pytestmark = pytest.mark.e2e
_PAGE = re.compile(rb"/Type\s*/Page\b")


@pytest.fixture
def reports(page: Page, post: Post) -> list[str]:
    """The addresses of reports: on a long campaign, a cancelled one, one with held mails, and one not sent yet."""
    found = []
    for name in (LONG_CAMPAIGN, CANCELLED_CAMPAIGN, SENT_CAMPAIGN):
        page.goto(f"/dashboard/campaigns/?q={name}")
        address = page.locator("#campaigns-table tbody th a").first.get_attribute("href")
        found.append(f"{address}report/")
    at = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    later = {"filter": {"company": "Acme"}, "subject": "Later", "body": "Come!", "at": at}
    found.append(f"/dashboard/campaigns/{post('/emails/send', later)['campaignId']}/report/")
    return found


def test_each_report_is_one_page_of_paper(page: Page, reports: list[str]) -> None:
    for address in reports:
        page.goto(address)
        assert len(_PAGE.findall(page.pdf(prefer_css_page_size=True))) == 1, address


def test_the_report_has_its_charts_from_the_start_and_prints_by_a_button(page: Page, reports: list[str]) -> None:
    page.add_init_script("window.print = () => document.body.setAttribute('data-printed', '')")
    page.goto(reports[0])
    expect(page.locator(".report svg.drawing")).to_have_count(2)
    expect(page.locator("#report-links tbody tr")).to_have_count(5)
    page.get_by_role("button", name="Print").click()
    expect(page.locator("body[data-printed]")).to_have_count(1)


def test_a_screen_reader_is_told_each_number_of_the_chart_of_mails(page: Page, reports: list[str]) -> None:
    page.goto(reports[2])
    chart = page.locator("figure", has_text="Mails per")
    told: Counter[str] = Counter()
    for number, state in re.findall(r'img "[^"]*: (\d+) (\w[^"]*)"', chart.locator("svg").aria_snapshot()):
        told[state] += int(number)
    legend = [text.split() for text in chart.locator(".legend li").all_inner_texts()]
    assert told == {" ".join(words).lower(): int(number) for *words, number in legend}
    assert told["sent"] > 0


def test_reports_pass_axe_in_both_themes_and_widths(page: Page, reports: list[str], check_axe: Check) -> None:
    for address in reports:
        page.goto(address)
        check_axe(page)
