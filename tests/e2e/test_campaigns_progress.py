"""Following a campaign in a browser."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import Check, Post

pytestmark = pytest.mark.e2e
FINAL = '<div class="columns" id="campaign-live"><p>All sent.</p></div>'


def started(post: Post) -> str:
    """Start a campaign over the API; return its id."""
    body = {"filter": {"company": "TechCorp"}, "subject": "Join us, all of you", "body": "Come!\n\nMara"}
    return str(post("/emails/send", {**body, "utm_source": "newsletter", "utm_medium": "email"})["campaignId"])


def test_a_campaign_on_its_way_is_followed_until_it_is_final(page: Page, post: Post) -> None:
    campaign = started(post)
    page.clock.install()
    page.goto(f"/dashboard/campaigns/{campaign}/")
    expect(page.locator("#campaign-progress")).to_contain_text("Writing down whom it goes to")
    with page.expect_response(re.compile(f"/{campaign}/[?]said=")) as asked:
        page.clock.run_for(2_000)
    assert asked.value.request.headers["hx-target"] == "campaign-live"
    assert "<html" not in asked.value.text()
    questions: list[str] = []

    def answer_final(route: Route) -> None:
        questions.append(route.request.url)
        route.fulfill(body=FINAL, content_type="text/html")

    page.route(re.compile(f"/{campaign}/[?]said="), answer_final)
    page.clock.run_for(2_000)
    expect(page.locator("#campaign-live")).to_contain_text("All sent.")
    page.clock.run_for(20_000)
    expect(page.locator("#campaign-live")).to_contain_text("All sent.")
    assert len(questions) == 1


def test_the_list_leads_to_the_campaign_and_its_recipients(page: Page, post: Post) -> None:
    started(post)
    page.goto("/dashboard/campaigns/")
    page.get_by_label("Search campaigns").press_sequentially("join us")
    expect(page).to_have_url(re.compile("q=join"))
    page.locator("#campaigns-table tbody th a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Join us, all of you")
    expect(page.locator("main")).to_contain_text("newsletter")
    page.get_by_role("link", name=re.compile("^Recipients")).click()
    expect(page.locator("#campaign-mails")).to_contain_text("Nobody yet")
    page.get_by_role("link", name="Overview").click()
    page.get_by_role("link", name="People at TechCorp").click()
    expect(page).to_have_url(re.compile("company=TechCorp"))


def test_campaign_pages_pass_axe_in_both_themes_and_widths(page: Page, post: Post, check_axe: Check) -> None:
    campaign = started(post)
    for url in ("", f"{campaign}/", f"{campaign}/mails/", "?q=nothing-like-it"):
        page.goto(f"/dashboard/campaigns/{url}")
        check_axe(page)
