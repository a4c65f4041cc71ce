"""Writing to those who got a campaign's mail that something in it was wrong, in a browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Check
from tests.e2e.contents import CANCELLED_CAMPAIGN
from tests.e2e.test_compose import preview

pytestmark = pytest.mark.e2e


def test_correction_is_written_rehearsed_reviewed_and_sent(page: Page, check_axe: Check) -> None:
    page.goto(f"/dashboard/campaigns/?q={CANCELLED_CAMPAIGN}")
    page.get_by_role("link", name=CANCELLED_CAMPAIGN, exact=True).click()
    page.get_by_role("link", name="Send a correction").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Send a correction")
    expect(page.get_by_label("Subject")).to_have_value("Correction: Room for the talk")
    page.get_by_label("Body").fill("It is room 8, {{ phoneNumber }}.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_label("Body")).to_have_attribute("aria-invalid", "true")
    page.get_by_text("Who they are").click()
    expect(page.locator(".disclosure li")).to_have_count(1)
    check_axe(page)
    page.get_by_role("link", name="Show all 1 of them").click()
    expect(page.locator("#people-list tbody tr")).to_have_count(1)
    page.go_back()
    page.get_by_label("Body").fill("It is room 8, {{ company }}.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Send the correction to 1 person?")
    expect(preview(page).get_by_text("It is room 8, TechCorp.")).to_be_visible()
    check_axe(page)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Correction: Room for the talk")
    expect(page.get_by_text("a correction of")).to_be_visible()
