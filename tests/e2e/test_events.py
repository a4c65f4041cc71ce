"""What staff do with events in a browser: make, publish, register, wait, check in, cancel."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Check, Post

pytestmark = pytest.mark.e2e


def made(post: Post, title: str, **values: object) -> str:
    """Add an event over the API; return its id."""
    times = {"startAt": "2030-07-01T09:00:00Z", "endAt": "2030-07-01T17:00:00Z"}
    return str(post("/events", {"title": title, **times, **values})["id"])


def joined(post: Post, event: str, first: str, last: str) -> str:
    """Add a person and register them over the API; return their id."""
    person = post("/users", {"firstName": first, "lastName": last, "email": f"{first}.{last}@guests.example".lower()})
    post(f"/events/{event}/register", {"user_id": person["id"]})
    return str(person["id"])


def guests(page: Page) -> Any:
    return page.locator("#event-registrations tbody th a")


def test_an_event_is_made_published_and_found_in_the_list(page: Page) -> None:
    page.goto("/dashboard/events/")
    page.keyboard.press("n")
    page.get_by_label("Title").fill("Harbor Walk")
    page.get_by_label("Starts").fill("2030-07-01T19:00")
    page.get_by_label("Ends").fill("2030-07-01T18:00")
    page.get_by_label("Time zone").select_option("America/New_York")
    page.get_by_role("button", name="Save as a draft").click()
    expect(page.locator(".error")).to_have_text("The end must come after the start.")
    expect(page.get_by_label("Title")).to_have_value("Harbor Walk")
    page.get_by_label("Ends").fill("2030-07-01T22:00")
    page.keyboard.press("Control+s")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Draft")
    expect(page.locator(".sub")).to_contain_text("19:00 to 22:00 in New York")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Published")
    page.goto("/dashboard/events/")
    page.get_by_label("Search events").press_sequentially("harb")
    expect(page).to_have_url(re.compile(r"q=harb"))
    expect(page.locator("#events-table tbody tr")).to_have_count(1)
    expect(page.get_by_label("Search events")).to_be_focused()


def test_the_list_is_narrowed_and_sorted_without_loading_the_page(page: Page, post: Post) -> None:
    made(post, "Zebra Day", status="draft")
    page.goto("/dashboard/events/")
    page.locator("#events-table").get_by_role("link", name=re.compile("^Drafts")).click()
    expect(page).to_have_url(re.compile("status=draft"))
    expect(page.locator("#events-table tbody tr").filter(has_text="Zebra Day")).to_have_count(1)
    page.get_by_role("link", name="Event", exact=True).click()
    expect(page).to_have_url(re.compile("sort_by=title"))
    expect(page).to_have_url(re.compile("status=draft"))
    expect(page.locator("th[aria-sort=ascending]")).to_have_text("Event")


def test_people_are_registered_by_typing_their_name(page: Page, post: Post) -> None:
    event = made(post, "Small Room", maxCapacity=1)
    for first in ("Quentin", "Quirin"):
        post("/users", {"firstName": first, "lastName": "Quast", "email": f"{first}@guests.example".lower()})
    page.goto(f"/dashboard/events/{event}/")
    page.keyboard.press("n")
    page.get_by_label("Name, e-mail or company").press_sequentially("quast")
    page.get_by_role("button", name="Register Quentin Quast").click()
    expect(page.locator(".toast")).to_contain_text("Quentin Quast is registered")
    page.get_by_role("button", name="Put on the waitlist Quirin Quast").click()
    expect(page.locator(".toast")).to_contain_text("Quirin Quast is on the waitlist")
    page.get_by_role("link", name="Done").click()
    expect(page.locator("#event-waitlist tbody th")).to_have_text(["Quirin Quast"])
    page.get_by_role("link", name="Cancel the registration of Quentin Quast").click()
    expect(page.locator("main")).to_contain_text("Whoever has waited longest moves up")
    page.get_by_role("button", name="Cancel the registration").click()
    expect(page.locator("#event-waitlist")).to_be_hidden()
    page.locator("#event-places").get_by_role("link", name=re.compile("^Registered")).click()
    expect(guests(page)).to_have_text(["Quirin Quast"])


def test_the_door_checks_people_in_by_keyboard_and_undoes_it(page: Page, post: Post) -> None:
    event = made(post, "Door Night", usesCheckIn=True)
    for first in ("Dana", "Dora"):
        joined(post, event, first, "Door")
    page.goto(f"/dashboard/events/{event}/check-in/")
    page.keyboard.press("/")
    page.keyboard.type("dana")
    expect(guests(page)).to_have_text(["Dana Door"])
    button = page.locator("#event-registrations tbody button")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("Dana Door is in.")
    expect(page.locator("#event-places")).to_contain_text("1 of 2 are in")
    expect(page.get_by_role("button", name="Undo check-in of Dana Door")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#event-places")).to_contain_text("0 of 2 are in")
    expect(page).to_have_url(re.compile("q=dana"))


def test_focus_stays_with_the_list_when_its_row_is_gone(page: Page, post: Post) -> None:
    event = made(post, "Focus", usesCheckIn=True)
    joined(post, event, "Fred", "Focus")
    page.goto(f"/dashboard/events/{event}/check-in/?show=to-come")
    page.get_by_role("button", name="Check in Fred Focus").press("Enter")
    expect(guests(page)).to_have_count(0)
    expect(page.locator("#registrations-title")).to_be_focused()


def test_tabs_count_what_they_open_and_the_way_back_works(page: Page, post: Post) -> None:
    event = made(post, "Tabs", maxCapacity=1)
    for first in ("Tara", "Timo"):
        joined(post, event, first, "Tab")
    page.goto(f"/dashboard/events/{event}/")
    page.get_by_role("link", name="Waitlisted 1").click()
    expect(page).to_have_url(re.compile("show=waitlisted"))
    expect(guests(page)).to_have_text(["Timo Tab"])
    page.go_back()
    expect(guests(page)).to_have_count(2)


def test_cancelling_an_event_asks_first(page: Page, post: Post) -> None:
    event = made(post, "Rained Out")
    page.goto(f"/dashboard/events/{event}/")
    page.locator(".page-head summary").click()
    page.get_by_role("link", name="Cancel the event").click()
    page.get_by_role("link", name="Keep it").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Published")
    page.goto(f"/dashboard/events/{event}/cancel/")
    page.get_by_role("button", name="Cancel the event").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Cancelled")
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Published")


def test_hosts_are_found_by_typing(page: Page, post: Post) -> None:
    event = made(post, "Hosted")
    post("/users", {"firstName": "Hella", "lastName": "Host", "email": "hella@guests.example"})
    page.goto(f"/dashboard/events/{event}/hosts/")
    page.get_by_label("Name, e-mail or company").press_sequentially("hella")
    page.get_by_role("button", name=re.compile("Add as host.*Hella Host")).click()
    expect(page.locator("aside")).to_contain_text("Hella Host")


def test_everything_can_be_done_without_a_script(browser: Browser, base_url: str, owner_state: Any, post: Post) -> None:
    event = made(post, "No Script", usesCheckIn=True)
    post("/users", {"firstName": "Nora", "lastName": "Noscript", "email": "nora@guests.example"})
    context = browser.new_context(base_url=base_url, storage_state=owner_state, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"/dashboard/events/{event}/register/")
    page.get_by_label("Name, e-mail or company").fill("noscript")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Register Nora Noscript").click()
    expect(page.locator("#people-found .pill")).to_have_text("Registered")
    page.goto(f"/dashboard/events/{event}/check-in/?q=nora")
    page.get_by_role("button", name="Check in Nora Noscript").click()
    expect(page.locator("#event-registrations .pill")).to_have_text("Checked in")
    expect(page).to_have_url(re.compile("q=nora"))
    context.close()


def test_a_viewer_is_shown_nothing_they_may_not_do(viewer_page: Page, post: Post) -> None:
    event = made(post, "Only Looking", usesCheckIn=True)
    joined(post, event, "Vera", "Viewed")
    viewer_page.goto(f"/dashboard/events/{event}/")
    expect(viewer_page.get_by_role("heading", level=1)).to_contain_text("Only Looking")
    # Copying the public link changes nothing.
    expect(viewer_page.locator("main button:not([data-copy])")).to_have_count(0)
    expect(viewer_page.locator("main a:is([href$='/edit/'], [href$='/cancel/'], [href$='/register/'])")).to_have_count(
        0
    )


def test_event_pages_pass_axe_in_both_themes_and_widths(page: Page, post: Post, check_axe: Check) -> None:
    event = made(post, "Axe", maxCapacity=1, usesCheckIn=True, description="One.\n\nTwo.")
    for first in ("Axel", "Axana"):
        joined(post, event, first, "Axt")
    below = f"/dashboard/events/{event}"
    for url in (
        "/dashboard/events/",
        "/dashboard/events/?q=nothing-like-it",
        "/dashboard/events/new/",
        f"{below}/",
        f"{below}/check-in/",
        f"{below}/mail/",
        f"{below}/register/?q=ax",
        f"{below}/hosts/?q=ax",
        f"{below}/edit/",
        f"{below}/cancel/",
    ):
        page.goto(url)
        page.wait_for_load_state("networkidle")
        check_axe(page)
