"""The public pages: for everybody, on any phone, without an account and without scripts."""

import re
import struct
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from crm.deliveries import tokens
from crm.public.forms import QUICKEST_S
from tests.e2e.conftest import Check, Post

pytestmark = pytest.mark.e2e


@pytest.fixture
def visitor(browser: Browser, base_url: str) -> Iterator[Page]:
    """The browser of somebody who has no account, on a phone, without scripts."""
    context = browser.new_context(base_url=base_url, java_script_enabled=False, viewport={"width": 390, "height": 800})
    yield context.new_page()
    context.close()


@pytest.fixture
def stranger(browser: Browser, base_url: str) -> Iterator[Page]:
    """The same on a desk, with scripts, which axe is one of."""
    context = browser.new_context(base_url=base_url, viewport={"width": 1440, "height": 1000})
    yield context.new_page()
    context.close()


def fill(page: Page, email: str) -> None:
    """Type what the form asks for, as slowly as people do."""
    page.get_by_label("Name", exact=True).fill("Ada Lovelace")
    page.get_by_label("E-mail", exact=True).fill(email)
    page.get_by_role("checkbox").check()


def send(page: Page, button: str) -> None:
    """Press the button, and again where that was too quick."""
    deadline = time.monotonic() + 5 * QUICKEST_S
    while True:
        page.get_by_role("button", name=button).click()
        if page.get_by_text("That was very quick").count() == 0 or time.monotonic() > deadline:
            return


def test_a_visitor_registers_on_a_phone_without_scripts(visitor: Page) -> None:
    visitor.goto("/e/founders-breakfast?utm_source=poster&utm_medium=qr&utm_campaign=autumn")
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Founders Breakfast")
    visitor.get_by_role("link", name="Register").click()
    visitor.get_by_role("button", name="Register").click()
    expect(visitor.get_by_text("Tell us your name.")).to_be_visible()
    fill(visitor, "visitor@example.com")
    send(visitor, "Register")
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Look for our mail")


def test_the_page_of_an_event_is_for_everybody_in_each_of_its_states(stranger: Page, check_axe: Check) -> None:
    for path, said in (
        ("/e/founders-breakfast", "Founders Breakfast"),
        ("/e/tech-conference", "All places are taken"),
        ("/e/alumni-picnic", "This event is over."),
        ("/e/nothing", "There is no such event."),
        ("/e/founders-breakfast/registered", "Look for our mail"),
    ):
        stranger.goto(path)
        expect(stranger.get_by_text(said).first).to_be_visible()
        expect(stranger.get_by_role("navigation")).to_have_count(0)
        check_axe(stranger)
    stranger.goto("/e/tech-conference")
    stranger.get_by_role("button", name="Join the waitlist").click()
    expect(stranger.get_by_text("Tell us where to send the confirmation.")).to_be_visible()
    check_axe(stranger)


def test_ones_own_place_is_looked_at_and_given_back(stranger: Page, post: Post, check_axe: Check) -> None:
    event = {"title": "Own place", "startAt": "2035-05-01T09:00:00Z", "endAt": "2035-05-01T10:00:00Z"}
    person = post("/users", {"email": "own-place@example.com"})["id"]
    event_id = post("/events", {**event, "owner": person})["id"]
    post(f"/events/{event_id}/register", {"user_id": person})
    stranger.goto(urlsplit(tokens.place_url(event_id, person)).path)
    expect(stranger.get_by_role("heading", level=1)).to_have_text("You have a place")
    check_axe(stranger)
    stranger.get_by_role("button", name="Cancel my registration").click()
    expect(stranger.get_by_role("heading", level=1)).to_have_text("Your registration is cancelled")
    check_axe(stranger)


def test_what_became_of_a_cancelled_event_is_said_to_everybody(
    page: Page, stranger: Page, post: Post, check_axe: Check
) -> None:
    event = {"title": "Called off", "startAt": "2035-05-01T09:00:00Z", "endAt": "2035-05-01T10:00:00Z"}
    first, second = (post("/users", {"email": f"called-off-{number}@example.com"})["id"] for number in range(2))
    event_id = post("/events", {**event, "owner": first, "maxCapacity": 1})["id"]
    for person in (first, second):
        post(f"/events/{event_id}/register", {"user_id": person})
    stranger.goto(urlsplit(tokens.place_url(event_id, second)).path)
    expect(stranger.get_by_role("heading", level=1)).to_have_text("You are on the waitlist")
    check_axe(stranger)
    page.goto(f"/dashboard/events/{event_id}/cancel/")
    page.get_by_role("button", name=re.compile("^Cancel")).click()
    expect(page.locator("h1 .pill")).to_have_text("Cancelled")
    stranger.goto("/e/called-off")
    expect(stranger.get_by_text("This event is cancelled.")).to_be_visible()
    check_axe(stranger)
    stranger.goto(urlsplit(tokens.place_url(event_id, first)).path)
    expect(stranger.get_by_role("heading", level=1)).to_have_text("This event is cancelled")
    check_axe(stranger)


def test_a_link_to_an_event_has_a_picture(stranger: Page) -> None:
    stranger.goto("/e/founders-breakfast")
    address = stranger.locator("meta[property='og:image']").get_attribute("content") or ""
    picture = stranger.request.get(urlsplit(address).path)
    assert picture.headers["content-type"] == "image/png"
    # A PNG says its size from its sixteenth byte on.
    assert struct.unpack(">II", picture.body()[16:24]) == (1200, 630)


def test_staff_copy_the_public_link_of_an_event(page: Page, base_url: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=base_url)
    page.goto("/dashboard/events/?q=founders")
    page.locator("tbody th a").first.click()
    page.get_by_role("button", name="Copy the public link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").endswith("/e/founders-breakfast")
