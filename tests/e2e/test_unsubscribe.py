"""What people do with the unsubscribe page, without an account and with scripts off."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from crm.deliveries import tokens
from tests.deliveries import examples
from tests.e2e.conftest import Check, Post

pytestmark = pytest.mark.e2e


@pytest.fixture
def reader(browser: Browser, base_url: str) -> Iterator[Page]:
    """The browser of somebody who has no account, on a phone, without scripts."""
    context = browser.new_context(base_url=base_url, java_script_enabled=False, viewport={"width": 390, "height": 800})
    yield context.new_page()
    context.close()


@pytest.fixture
def path(post: Post, request: pytest.FixtureRequest) -> str:
    """The address of the page in a newsletter to somebody new."""
    person = post("/users", {"email": f"{request.function.__name__[:40]}@example.com"})["id"]
    body = {"filter": {"company": "nobody"}, "subject": "News", "body": "Hello"}
    campaign = post("/emails/send", body)["campaignId"]
    return urlsplit(tokens.unsubscribe_url(tokens.of(examples.mail(person, campaign)))).path


def test_one_kind_then_all_then_back_again(reader: Page, path: str) -> None:
    reader.goto(path)
    reader.get_by_role("button", name="Only from newsletters").click()
    expect(reader.get_by_role("heading")).to_have_text("You get no more newsletters")
    reader.get_by_role("button", name="Unsubscribe from all mail").click()
    expect(reader.get_by_role("heading")).to_have_text("You are unsubscribed")
    reader.reload()
    expect(reader.get_by_role("heading")).to_have_text("You are unsubscribed")
    reader.get_by_role("button", name="Subscribe again").click()
    expect(reader.get_by_role("heading")).to_have_text("Unsubscribe")


def test_page_is_for_everybody_in_each_of_its_states(page: Page, path: str, check_axe: Check) -> None:
    page.context.clear_cookies()
    page.goto(path)
    check_axe(page)
    expect(page.get_by_role("navigation")).to_have_count(0)
    page.get_by_role("button", name="Only from newsletters").click()
    check_axe(page)
    page.get_by_role("button", name="Unsubscribe from all mail").click()
    check_axe(page)
    page.goto("/u/made-up")
    expect(page.get_by_role("heading")).to_have_text("This did not work")
    check_axe(page)
