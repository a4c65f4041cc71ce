"""Every page can be used by everybody: checked by axe, with a keyboard, and without single keys."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Check, Post

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(
    "path",
    [
        "/dashboard/",
        "/dashboard/people/",
        "/dashboard/people/?company=TechCorp&events_attended_max=3",
        "/dashboard/people/?q=zzzz",
        "/dashboard/people/?events_attended_min=many",
        "/dashboard/people/new/",
        "/dashboard/dead-letters/",
        "/dashboard/people/tags/?company=Acme",
        "/dashboard/segments/",
        "/dashboard/segments/new/?company=Acme",
        "/dashboard/analytics/people/",
        "/dashboard/clicks/",
        "/dashboard/clicks/?utm_source=nobody",
        "/dashboard/tokens/",
        "/dashboard/nowhere/",
    ],
)
def test_page_is_accessible_at_every_width_and_in_both_themes(page: Page, path: str, check_axe: Check) -> None:
    page.goto(path)
    check_axe(page)


def test_pages_of_a_person_are_accessible(page: Page, check_axe: Check) -> None:
    page.goto("/dashboard/people/?events_registered_min=3")
    page.locator("tbody th a").first.click()
    person = page.url
    for path in ("", "edit/", "delete/"):
        page.goto(person + path)
        check_axe(page)
    page.goto("/dashboard/people/new/")
    page.get_by_role("button", name="Add person").click()
    check_axe(page)


def test_pages_that_ask_or_show_what_was_done_are_accessible(page: Page, post: Post, check_axe: Check) -> None:
    event = {"title": "Asked about", "startAt": "2035-05-01T09:00:00Z", "endAt": "2035-05-01T10:00:00Z"}
    person = post("/users", {"email": "asked@example.com", "tags": ["asked"]})["id"]
    event_id = post("/events", {**event, "owner": person})["id"]
    segment = post("/segments", {"name": "Asked about", "filter": {"company": "Acme"}})["id"]
    at = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    later = {"filter": {"company": "Acme"}, "subject": "Later", "body": "Come!", "at": at}
    campaign = post("/emails/send", later)["campaignId"]
    for path in (
        f"events/{event_id}/delete/",
        f"segments/{segment}/",
        f"segments/{segment}/delete/",
        f"campaigns/{campaign}/",
        f"campaigns/{campaign}/schedule/",
        f"campaigns/{campaign}/cancel/",
        f"analytics/events/?event={event_id}",
        f"registrations/?event={event_id}",
        f"analytics/links/?campaign_id={campaign}",
    ):
        page.goto(f"/dashboard/{path}")
        check_axe(page)


def test_what_somebody_may_not_do_is_said_accessibly(viewer_page: Page, check_axe: Check) -> None:
    viewer_page.goto("/dashboard/people/new/")
    check_axe(viewer_page)


def test_what_opens_over_a_page_is_accessible(page: Page, check_axe: Check) -> None:
    page.goto("/dashboard/people/")
    page.get_by_text("Add filter").click()
    check_axe(page, "#people-filter")
    page.keyboard.press("Escape")
    page.locator("tbody .pick input").first.check()
    check_axe(page, "#people-bulk")
    page.locator("tbody .row-menu summary").first.click()
    check_axe(page, ".row-menu .menu[open]")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    check_axe(page, "#shortcuts")


def test_sign_in_is_accessible_and_says_what_was_wrong(browser: Browser, base_url: str, check_axe: Check) -> None:
    page = browser.new_context(base_url=base_url).new_page()
    page.goto("/dashboard/people/")
    check_axe(page)
    page.get_by_label("E-mail").fill("owner@crm.example")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("do not belong together")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_have_value("owner@crm.example")
    check_axe(page)
    page.get_by_label("Password").fill("demo-owner-on-loopback")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/dashboard/people/$"))
    page.locator("details.account summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.context.close()


def test_single_keys_can_be_switched_off_and_stay_off(page: Page) -> None:
    page.goto("/dashboard/people/")
    page.keyboard.press("?")
    page.get_by_label("Keys work without Ctrl").uncheck()
    page.get_by_role("button", name="Close").click()

    page.goto("/dashboard/people/")
    page.keyboard.press("/")
    page.keyboard.press("?")

    expect(page.get_by_label("Search people")).not_to_be_focused()
    expect(page.locator("#shortcuts")).to_be_hidden()
