"""What staff do to mail the people of a filter, in a browser."""

import re

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.e2e.conftest import Check, Post

pytestmark = pytest.mark.e2e

FORM = "/dashboard/campaigns/new/?company=TechCorp"
BODY = "Hello,\n\ncome to https://example.com/seats <b>soon</b>"


def preview(page: Page) -> FrameLocator:
    """Return the mail as the preview shows it."""
    return page.frame_locator("iframe.preview:not([hidden])")


def written(page: Page) -> None:
    """Fill in a mail."""
    page.get_by_label("Subject").fill("Early seats")
    page.get_by_label("Body").fill(BODY)
    page.get_by_label("Name", exact=True).fill("Product Summit 2027")


def test_preview_follows_what_is_typed_and_does_nothing_else(page: Page) -> None:
    page.goto(FORM)
    expect(preview(page).get_by_text("Nothing written yet")).to_be_visible()
    written(page)
    link = preview(page).get_by_role("link", name="https://example.com/seats")
    expect(link).to_have_attribute("href", re.compile(r"\?utm_source=newsletter&utm_medium=email&utm_campaign="))
    expect(preview(page).get_by_text("<b>soon</b>")).to_be_visible()
    expect(page.locator("#preview-subject")).to_have_text("Early seats")
    expect(page.locator("iframe.preview")).to_have_count(1)
    page.get_by_label("Body").press_sequentially(" and more")
    expect(preview(page).get_by_text("and more")).to_be_visible()
    page.go_back()
    expect(page).not_to_have_url(re.compile("/campaigns/new/"))


def test_tracking_is_suggested_from_the_name_until_one_writes_one_s_own(page: Page) -> None:
    page.goto(FORM)
    page.get_by_label("Name", exact=True).fill("Product Summit 2027")
    expect(page.get_by_label("Campaign", exact=True)).to_have_value("product_summit_2027")
    page.get_by_label("Campaign", exact=True).fill("mine")
    with page.expect_response(lambda answer: "/campaigns/new/" in answer.url and answer.request.method == "POST"):
        page.get_by_label("Name", exact=True).fill("Another name")
    expect(page.get_by_label("Campaign", exact=True)).to_have_value("mine")


def test_from_filter_to_campaign_by_keyboard_with_a_confirmation_between(page: Page, check_axe: Check) -> None:
    page.goto("/dashboard/people/?company=TechCorp")
    page.get_by_role("link", name="E-mail these 12 people").click()
    check_axe(page)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_label("Subject")).to_have_attribute("aria-invalid", "true")
    check_axe(page)
    written(page)
    page.get_by_label("Body").press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Send “Product Summit 2027” to 12 people?")
    expect(preview(page).get_by_text("come to")).to_be_visible()
    check_axe(page)
    page.get_by_role("button", name="Back to the mail").click()
    expect(page.get_by_label("Body")).to_have_value(BODY)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Send “Product Summit 2027”")
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile(r"/dashboard/campaigns/[0-9a-z]{26}/$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Product Summit 2027")


def test_send_pressed_twice_starts_one_campaign(page: Page) -> None:
    page.goto(FORM)
    written(page)
    page.get_by_label("Name", exact=True).fill("Pressed twice")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Send to 12").dblclick()
    expect(page).to_have_url(re.compile(r"/dashboard/campaigns/[0-9a-z]{26}/$"))
    page.goto("/dashboard/campaigns/?q=Pressed")
    expect(page.locator(".data-table tbody tr")).to_have_count(1)


def test_campaign_is_written_without_scripts(browser: Browser, base_url: str, owner_state: object) -> None:
    context = browser.new_context(base_url=base_url, storage_state=owner_state, java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(FORM)
    written(page)
    page.get_by_role("button", name="Show preview").click()
    expect(page.frame_locator("iframe.preview").get_by_text("come to")).to_be_visible()
    page.get_by_role("button", name="Review, then send to 12").click()
    expect(page.get_by_text("product_summit_2027")).to_be_visible()
    page.get_by_role("button", name="Send to 12").click()
    expect(page).to_have_url(re.compile(r"/dashboard/campaigns/[0-9a-z]{26}/$"))
    context.close()


def test_writer_sends_a_test_to_themselves_and_goes_on_writing(page: Page, check_axe: Check) -> None:
    page.goto(FORM)
    written(page)
    page.get_by_label("As seen by").select_option(index=1)
    page.get_by_role("button", name="Send a test to myself").click()
    expect(page.get_by_text("A test is on its way to owner@crm.example.")).to_be_visible()
    expect(page.get_by_label("Body")).to_have_value(BODY)
    check_axe(page)
    page.get_by_label("Subject").fill("")
    page.get_by_role("button", name="Send a test to myself").click()
    expect(page.get_by_text("No test was sent. Subject: This is required.")).to_be_visible()


def test_audience_is_asked_for(page: Page, check_axe: Check) -> None:
    page.goto("/dashboard/campaigns/new/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Whom do you want to e-mail?")
    check_axe(page)
    page.get_by_role("link", name=re.compile("E-mail all")).click()
    expect(page.get_by_text("Everyone", exact=True)).to_be_visible()


def test_preview_shows_the_mail_as_one_reader_after_the_other_gets_it(page: Page) -> None:
    page.goto(FORM)
    page.get_by_label("Subject").fill("{{ firstName }}, early seats")
    page.get_by_label("Body").fill("Hi **{{ firstName }}**,\n\n[book](https://example.com/seats)")
    people = page.get_by_label("As seen by")
    first = people.locator("option").nth(0).inner_text().split()[0]
    second = people.locator("option").nth(1).inner_text().split()[0]
    expect(preview(page).locator("strong")).to_have_text(first)
    expect(page.locator("#preview-subject")).to_have_text(f"{first}, early seats")
    page.get_by_role("button", name="Next").click()
    expect(preview(page).locator("strong")).to_have_text(second)
    expect(page.locator("#preview-subject")).to_have_text(f"{second}, early seats")
    page.get_by_label("Text", exact=True).check()
    expect(preview(page).locator("pre")).to_contain_text(f"Hi {second},\n\nbook (https://example.com/seats?utm_source=")


def test_rehearsal_names_who_lacks_a_value_and_blocks_sending_until_it_is_mended(
    page: Page, post: Post, check_axe: Check
) -> None:
    post("/users", {"firstName": "Nora", "email": "nora.nobody@example.com", "city": "Reykjavík"})
    page.goto("/dashboard/campaigns/new/?city=Reykjavík")
    page.get_by_label("Subject").fill("Hello")
    page.get_by_label("Body").fill("Bring someone from {{ company }}.")
    rehearsal = page.locator("#mail-check")
    expect(rehearsal).to_contain_text("1 person has no company. Write a default, such as {{ company|your team }}.")
    rehearsal.get_by_text("Who they are").click()
    expect(rehearsal.get_by_role("link", name="Nora")).to_be_visible()
    check_axe(page)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_label("Body")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#mail-check").get_by_text("Who they are")).to_be_visible()
    page.get_by_label("Body").fill("Bring someone from {{ company|your team }}.")
    expect(page.locator("#mail-check")).not_to_contain_text("no company")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Send “Hello” to 1 person?")
    expect(preview(page).get_by_text("from your team")).to_be_visible()


def test_field_is_put_where_the_cursor_is(page: Page) -> None:
    page.goto(FORM)
    page.get_by_label("Body").fill("Hi !")
    page.get_by_label("Body").press("ArrowLeft")
    page.get_by_text("Fields and Markdown").click()
    page.get_by_role("button", name="Insert first name").click()
    expect(page.get_by_label("Body")).to_have_value("Hi {{ firstName|there }}!")


def test_draft_is_saved_by_keyboard_and_gone_on_with(page: Page, check_axe: Check) -> None:
    page.goto(FORM)
    page.get_by_label("Subject").fill("Not finished")
    page.keyboard.press("Control+s")
    expect(page.get_by_text("The draft “Not finished” is saved.")).to_be_visible()
    expect(page.get_by_label("Subject")).to_have_value("Not finished")
    check_axe(page)
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("link", name="Go on writing").click()
    expect(page.get_by_label("Subject")).to_have_value("Not finished")


def test_another_kind_of_mail_is_counted_anew(page: Page) -> None:
    page.goto(FORM)
    page.get_by_label("Kind of mail").select_option("Notices")
    expect(page.locator("#mail-said")).to_contain_text("queued")
    expect(page.locator("#audience-summary")).to_have_count(1)
    expect(page.get_by_role("button", name="Review, then send to")).to_have_count(1)
