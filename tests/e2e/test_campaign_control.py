"""Stopping campaigns, letting them go on, sending again and proving, in a browser."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Check, Post
from tests.e2e.contents import SENT_CAMPAIGN
from tests.e2e.test_campaigns_progress import started

pytestmark = pytest.mark.e2e


def sent(page: Page) -> str:
    """Open the campaign that most people got; return its address."""
    page.goto(f"/dashboard/campaigns/?q={SENT_CAMPAIGN}")
    page.get_by_role("link", name=SENT_CAMPAIGN).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(SENT_CAMPAIGN)
    return page.url


def test_a_campaign_is_paused_and_resumed_by_keyboard(page: Page, post: Post) -> None:
    page.goto(f"/dashboard/campaigns/{started(post)}/")
    page.get_by_role("button", name="Pause").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Paused")
    expect(page.locator("#toasts")).to_contain_text("is paused.")
    expect(page.locator("#campaign-history li").first).to_contain_text("Paused")
    page.get_by_role("button", name="Resume").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Choosing people")
    expect(page.get_by_role("button", name="Resume")).to_have_count(0)


def test_cancelling_asks_and_can_be_left(page: Page, post: Post, check_axe: Check) -> None:
    page.goto(f"/dashboard/campaigns/{started(post)}/")
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Cancel “Join us, all of you”?")
    check_axe(page)
    page.get_by_role("link", name="Do not cancel").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Choosing people")
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("button", name="Cancel the campaign").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Cancelled")
    expect(page.locator("#campaign-actions :is(a, button)")).to_have_text(["Report"])


def test_somebody_pausing_it_is_seen_without_loading_the_page(page: Page, post: Post) -> None:
    campaign = started(post)
    page.clock.install()
    page.goto(f"/dashboard/campaigns/{campaign}/")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    post(f"/campaigns/{campaign}/pause", {})
    page.clock.run_for(2_000)
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    expect(page.locator("#campaign-notices")).to_contain_text("Nothing more is sent until somebody resumes it.")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Paused")


def test_the_proof_adds_up_and_can_be_taken_away(page: Page, check_axe: Check, tmp_path: Path) -> None:
    sent(page)
    page.get_by_role("link", name="Proof").first.click()
    expect(page.locator("#proof-verdict")).to_contain_text("nobody was mailed twice; 3 mails are still open.")
    expect(page.locator("tfoot")).to_contain_text("11")
    check_axe(page)
    held = page.locator("#proof-open").get_by_role("row", name=re.compile("^Held"))
    expect(held).to_contain_text("Staff decide")
    held.get_by_role("link").click()
    expect(page.locator("#campaign-mails tbody tr")).to_have_count(2)
    page.go_back()
    with page.expect_download() as download:
        page.get_by_role("link", name="Every row as CSV").click()
    file = tmp_path / "proof.csv"
    download.value.save_as(file)
    with file.open(newline="") as text:
        states = sorted(row["state"] for row in csv.DictReader(text))
    assert states == ["failed", "held", "held", *["pending"] * 3, *["sent"] * 4, "skipped"]


def test_page_of_the_account_is_found_and_accessible(page: Page, check_axe: Check) -> None:
    page.goto("/dashboard/")
    page.get_by_role("link", name="Sending", exact=True).click()
    expect(page.locator("#sending-state")).to_be_visible()
    check_axe(page)


def test_held_mails_are_ticked_and_the_risk_is_said(page: Page, check_axe: Check) -> None:
    page.goto(f"{sent(page)}mails/?state=held")
    page.get_by_role("checkbox", name="Select all on this page").check()
    expect(page.locator(".bulk-bar")).to_contain_text("2 selected")
    check_axe(page)
    page.get_by_role("button", name="Resend these").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Send 2 mails again that may have arrived?")
    check_axe(page)
    page.get_by_role("link", name="Leave them").click()
    expect(page.get_by_role("link", name="2 held")).to_be_visible()


def test_recipients_are_narrowed_without_loading_the_page(page: Page) -> None:
    page.goto(f"{sent(page)}mails/")
    page.get_by_label("What came of it").select_option("No news yet")
    expect(page).to_have_url(re.compile("outcome=none"))
    expect(page.locator("#campaign-mails tbody tr")).to_have_count(4)
    page.get_by_role("link", name=re.compile("^All")).click()
    expect(page.locator("#campaign-mails tbody tr")).to_have_count(11)


def test_recipients_are_searched_as_one_types_and_within_each_state(page: Page) -> None:
    page.goto(f"{sent(page)}mails/")
    search = page.get_by_label("Search recipients")
    search.press_sequentially("nobody-at-all")
    expect(page.get_by_role("heading", name="Nobody fits")).to_be_visible()
    expect(search).to_be_focused()
    search.fill("example")
    expect(page).to_have_url(re.compile("q=example"))
    page.get_by_role("group", name="State").get_by_role("link", name=re.compile("^Sent")).click()
    expect(page).to_have_url(re.compile("state=sent&q=example"))
    expect(search).to_have_value("example")


def test_pages_of_a_sent_campaign_pass_axe_in_both_themes_and_widths(page: Page, check_axe: Check) -> None:
    campaign = sent(page)
    for url in ("", "mails/", "proof/", "retry/"):
        page.goto(f"{campaign}{url}")
        check_axe(page)


def test_viewer_sees_everything_and_can_do_nothing(viewer_page: Page, base_url: str) -> None:
    campaign = sent(viewer_page)
    for url in ("", "mails/?state=held", "proof/"):
        viewer_page.goto(f"{campaign}{url}")
        expect(viewer_page.locator("#main form[method=post], #main input[name=id]")).to_have_count(0)
    expect(viewer_page.get_by_role("link", name="Every row as CSV")).to_have_count(0)
