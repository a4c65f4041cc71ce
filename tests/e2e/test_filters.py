"""The filter builder, segments and tags, as staff use them in a browser."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import Check

pytestmark = pytest.mark.e2e


def count(page: Page) -> int:
    return int(page.locator("#people-count b").inner_text().replace(",", ""))


def test_filter_is_put_together_by_keyboard_and_the_list_follows(page: Page, check_axe: Check) -> None:
    page.goto("/dashboard/people/?company=TechCorp")
    at_techcorp = count(page)
    page.get_by_role("link", name="Advanced").click()
    expect(page.get_by_label("Condition 1, value")).to_have_value("TechCorp")
    page.get_by_label("The whole filter: how its parts hold together").select_option("At least one of these")
    page.get_by_role("button", name="Condition in the whole filter").focus()
    page.keyboard.press("Enter")
    field = page.get_by_label("Condition 2, field")
    expect(field).to_be_focused()
    field.select_option("City")
    page.get_by_label("Condition 2, value").press_sequentially("bost")
    expect(page.locator(".phrase")).to_contain_text("a company that is TechCorp or have a city that is bost")
    expect(page).to_have_url(re.compile("filter=.*bost"))
    expect(page.get_by_label("Condition 2, value")).to_be_focused()
    page.get_by_label("Condition 2, value").press_sequentially("on")
    expect(page.locator(".phrase")).to_contain_text("boston")
    expect(page).to_have_url(re.compile("filter=.*boston"))
    expect(page.get_by_label("Select all on this page")).to_be_visible()
    assert count(page) > at_techcorp
    check_axe(page)
    page.reload()
    expect(page.get_by_label("Condition 2, value")).to_have_value("boston")
    page.get_by_role("button", name="Remove condition 2").click()
    expect(page.locator("#people-count b")).to_have_text(str(at_techcorp))
    page.get_by_role("link", name="Back to the simple form").click()
    expect(page.get_by_role("list", name="Filters in use").get_by_role("listitem")).to_have_text("Company is TechCorp")


def test_list_asked_for_by_a_step_that_was_replaced_is_dropped(page: Page) -> None:
    page.goto('/dashboard/people/?filter={"field":"company","op":"is","value":"Acme"}')
    # The next step's list is asked for once it is settled; what comes in between is what this is about.
    page.evaluate("htmx.config.defaultSettleDelay = 1500")
    held: list[Route] = []

    def hold(route: Route) -> None:
        # A bound method of a list cannot be marked, as Playwright does with handlers.
        held.append(route)

    page.route(re.compile("filter=.*Globex"), hold)
    value, ask = page.get_by_label("Condition 1, value"), page.locator("#builder-ask")
    with page.expect_request(re.compile("filter=.*Globex")):
        value.fill("Globex")
    value.fill("TechCorp")
    expect(ask).to_have_attribute("hx-get", re.compile("TechCorp"))
    with page.expect_response(re.compile("filter=.*Globex")):
        held[0].continue_()
    with page.expect_response(re.compile("filter=.*TechCorp")):
        pass
    expect(page.get_by_role("row").nth(1)).to_contain_text("TechCorp")


def test_input_that_comes_is_listened_to_at_once(page: Page) -> None:
    page.goto('/dashboard/people/?filter={"field":"eventsAttended","op":"at_least","value":1}')
    # Whoever types the moment it is there: a script of the page is told of new elements before anybody can.
    page.evaluate("""() => new MutationObserver((_, watching) => {
        const days = document.querySelector("[aria-label='Condition 1, days']");
        if (!days) return;
        watching.disconnect();
        days.value = "30";
        days.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }).observe(document.body, { childList: true, subtree: true })""")
    page.get_by_label("Condition 1, when").select_option("in the last")
    expect(page.locator(".phrase")).to_contain_text("in the last 30 days")


def test_what_is_wrong_stands_beside_its_condition_until_it_is_mended(page: Page) -> None:
    page.goto('/dashboard/people/?filter={"field":"eventsAttended","op":"at_least","value":1}')
    value = page.get_by_label("Condition 1, value")
    value.fill("many")
    expect(page.locator(".condition .error")).to_have_text("Give a whole number.")
    value.fill("0")
    expect(page.locator(".condition .error")).to_be_hidden()
    page.get_by_label("Condition 1, when").select_option("in the last")
    page.get_by_label("Condition 1, days").fill("30")
    expect(page.locator(".phrase")).to_contain_text("in the last 30 days")
    page.get_by_label("Condition 1, field").select_option("Attended")
    page.get_by_label("Condition 1, find events").fill("zzz")
    expect(page.get_by_label("Condition 1, value").locator("option")).to_have_text(["choose"])


def test_filter_is_saved_as_a_segment_changed_and_mailed(page: Page) -> None:
    name = f"Designers {uuid4().hex[:6]}"
    page.goto("/dashboard/people/?job_title=Designer")
    page.get_by_role("link", name="Save as segment").click()
    page.get_by_label("Name").fill(name)
    page.keyboard.press("Control+s")
    expect(page.locator("#open-segment")).to_contain_text(f"Segment {name}")
    page.get_by_text("Add filter").click()
    page.get_by_role("combobox", name="City").fill("Boston")
    expect(page.locator("#open-segment")).to_contain_text("with another filter")
    page.keyboard.press("Escape")
    people = count(page)
    page.get_by_role("link", name="Save this filter").click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#open-segment")).not_to_contain_text("another filter")
    page.goto("/dashboard/segments/")
    row = page.get_by_role("row").filter(has_text=name)
    expect(row.locator(".segment-count a")).to_have_text(str(people))
    page.goto("/dashboard/campaigns/new/?all=true")
    page.get_by_label("Subject").fill("For designers")
    page.get_by_text("Choose a segment").click()
    page.get_by_role("button", name=name).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"E-mail these {people} people")
    expect(page.get_by_label("Subject")).to_have_value("For designers")


def test_filter_is_changed_where_the_mail_is_written(page: Page) -> None:
    page.goto("/dashboard/campaigns/new/?company=Acme")
    page.get_by_label("Subject").fill("Kept as typed")
    page.get_by_text("Change the filter on this page").click()
    value = page.get_by_label("Condition 1, value")
    value.fill("Globex")
    value.press("Enter")
    expect(page.locator("#builder-said")).to_contain_text("People at Globex")
    expect(page.locator("#builder-said")).to_contain_text("mailable")
    page.get_by_role("button", name="Use this filter").click()
    expect(page).to_have_url(re.compile("company=Globex"))
    expect(page.get_by_label("Subject")).to_have_value("Kept as typed")


def test_ticked_people_are_tagged_and_found_by_the_tag(page: Page) -> None:
    tag = f"vip{uuid4().hex[:6]}"
    page.goto("/dashboard/people/?company=Initech")
    page.locator("tbody .pick input").nth(0).check()
    page.locator("tbody .pick input").nth(1).check()
    page.locator("#people-bulk").get_by_role("button", name="Tag").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tag 2 people")
    page.get_by_label("Tags to put on").fill(tag)
    page.keyboard.press("Control+s")
    expect(page.locator("#tagging-live")).to_contain_text("Done: 2 people")
    page.get_by_role("link", name=f"Show everybody tagged {tag}").click()
    expect(page.locator("#people-count b")).to_have_text("2")
    page.locator("tbody th a").first.click()
    expect(page.locator("#person-facts").get_by_role("link", name=tag)).to_be_visible()


def test_commonest_values_are_unfolded_narrow_the_list_and_stay_so(page: Page, check_axe: Check) -> None:
    page.goto("/dashboard/people/?company=Initech")
    expect(page.locator("#people-facets")).to_be_hidden()
    page.get_by_text("Most common companies").click()
    cities = page.locator("#people-facets section").filter(has_text="Cities")
    boston = cities.get_by_role("listitem").filter(has_text="Boston")
    number = boston.locator("span").inner_text()
    boston.get_by_role("link").click()
    expect(page.locator("#people-count b")).to_have_text(number)
    expect(page.get_by_role("link", name="Remove filter: City is Boston")).to_be_visible()
    page.get_by_label("Search people").fill("a")
    expect(page).to_have_url(re.compile("q=a"))
    expect(page.locator("#people-facets section").filter(has_text="Titles")).to_be_visible()
    check_axe(page)
