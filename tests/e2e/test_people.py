"""What staff do with people in a browser."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Post

pytestmark = pytest.mark.e2e


def names(page: Page) -> list[str]:
    """Return the names in the table, in order."""
    return page.locator(".data-table tbody th a").all_inner_texts()


def added(post: Post, first: str, last: str, **values: str) -> str:
    """Add a person over the API; return their id."""
    email = f"{first}.{last}@example.com".lower()
    return str(post("/users", {"firstName": first, "lastName": last, "email": email, **values})["id"])


def test_list_narrows_while_one_types_and_the_address_can_be_shared(page: Page, browser: Browser) -> None:
    page.goto("/dashboard/people/")
    search = page.get_by_label("Search people")
    search.press_sequentially("okafor")
    expect(page.locator("#people-count")).to_contain_text(re.compile(r"^\s*\d+\s+match"))
    expect(page).to_have_url(re.compile(r"\?q=okafor$"))
    expect(search).to_be_focused()
    assert all("Okafor" in name for name in names(page))
    count = page.locator("#people-count b").inner_text()
    expect(page.get_by_role("link", name=f"E-mail these {count} people")).to_be_visible()
    shared = page.context.new_page()
    shared.goto(page.url)
    assert names(shared) == names(page)
    page.go_back()
    expect(page).to_have_url(re.compile(r"/people/$"))
    expect(page.locator("#people-count")).to_contain_text("people")


def test_filters_are_typed_shown_as_chips_and_taken_off(page: Page) -> None:
    page.goto("/dashboard/people/")
    page.get_by_text("Add filter").click()
    expect(page.locator("#values-company option").first).to_be_attached()
    company = page.get_by_role("combobox", name="Company")
    company.fill("TechCorp")
    page.get_by_label("Registered, at least").fill("1")
    chips = page.get_by_role("list", name="Filters in use").get_by_role("listitem")
    expect(chips).to_have_text(["Company is TechCorp", "Registered ≥ 1"])
    expect(company).to_have_value("TechCorp")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Remove filter: Company is TechCorp").click()
    expect(chips).to_have_text(["Registered ≥ 1"])


def test_number_that_is_none_is_said_at_once_and_mended(page: Page) -> None:
    page.goto("/dashboard/people/")
    page.get_by_text("Add filter").click()
    page.get_by_label("Hosted, at least").fill("many")
    expect(page.locator("#people-list")).to_contain_text("Give a whole number")
    page.get_by_label("Hosted, at least").fill("1")
    expect(page.locator("#people-count")).to_contain_text("match")


def test_sorting_and_paging_keep_filter_and_address(page: Page) -> None:
    page.goto("/dashboard/people/?state=NY")
    page.get_by_role("link", name="Name", exact=True).click()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Name")
    expect(page).to_have_url(re.compile(r"state=NY&sort_by=firstName"))
    page.goto("/dashboard/people/?sort_by=lastName")
    first = names(page)
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_text(re.compile("21 to 40 of"))).to_be_visible()
    assert not set(names(page)) & set(first)
    page.reload()
    page.get_by_role("link", name="Previous").click()
    expect(page.get_by_text(re.compile("1 to 20 of"))).to_be_visible()
    assert names(page) == first


def test_typing_after_sorting_keeps_the_order(page: Page) -> None:
    page.goto("/dashboard/people/")
    page.get_by_role("link", name="Company", exact=True).click()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Company")
    page.get_by_label("Search people").press_sequentially("kim")
    expect(page).to_have_url(re.compile("q=kim"))
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Company")


def test_ticked_rows_are_counted_and_mailed(page: Page) -> None:
    page.goto("/dashboard/people/")
    boxes = page.locator("tbody .pick input")
    boxes.nth(0).check()
    boxes.nth(2).check()
    expect(page.get_by_role("status").filter(has_text="2 selected")).to_be_visible()
    page.get_by_label("Select all on this page").check()
    expect(page.get_by_role("status").filter(has_text="20 selected")).to_be_visible()
    page.get_by_label("Select all on this page").uncheck()
    boxes.nth(1).check()
    boxes.nth(3).check()
    page.locator("#people-bulk").get_by_role("button", name="E-mail").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("E-mail these 2 people")


def test_all_matching_are_selected_beyond_the_page(page: Page) -> None:
    page.goto("/dashboard/people/?company=TechCorp")
    total = page.locator("#people-count b").inner_text()
    page.locator("tbody .pick input").first.check()
    page.get_by_role("link", name=f"Select all {total} matching").click()
    expect(page.get_by_text(f"All {total} matching selected")).to_be_visible()
    page.locator("#people-bulk").get_by_role("link", name="E-mail").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"E-mail these {total} people")
    expect(page.get_by_text("People at TechCorp")).to_be_visible()


def test_person_is_added_edited_and_deleted_by_keyboard(page: Page) -> None:
    page.goto("/dashboard/people/")
    page.keyboard.press("n")
    expect(page.get_by_role("heading", level=1)).to_have_text("New person")
    page.get_by_label("E-mail").fill("no address")
    page.keyboard.press("Control+s")
    expect(page.get_by_label("E-mail")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("E-mail").fill("zoe.quick@example.com")
    page.get_by_label("First name").fill("Zoë")
    page.get_by_label("Last name").fill("Quick")
    page.keyboard.press("Control+s")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Zoë Quick")
    expect(page.locator("#toasts")).to_contain_text("Zoë Quick added")
    page.get_by_role("button", name="Dismiss").click()
    expect(page.locator(".toast")).to_have_count(0)
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Company").fill("Quick & Sons")
    page.keyboard.press("Control+s")
    expect(page.locator("#person-edits")).to_contain_text("Company set to Quick & Sons")
    page.locator("summary", has_text="More for Zoë Quick").click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete Zoë Quick").click()
    expect(page.locator("#toasts")).to_contain_text("Zoë Quick deleted")
    page.goto("/dashboard/people/?q=quick")
    expect(page.get_by_text("Nobody matches")).to_be_visible()


def test_two_who_edit_at_once_do_not_overwrite_each_other(page: Page, post: Post) -> None:
    person = added(post, "Stale", "Edit", company="Acme")
    page.goto(f"/dashboard/people/{person}/edit/")
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_label("Company").fill("Globex")
    other.get_by_role("button", name="Save").click()
    expect(other.locator(".toast")).to_be_visible()
    page.get_by_label("City").fill("Oslo")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("changed meanwhile")
    expect(page.get_by_text("Company: Globex")).to_be_visible()
    expect(page.get_by_label("City")).to_have_value("Oslo")


def test_keys_search_walk_rows_and_show_their_list(page: Page) -> None:
    page.goto("/dashboard/people/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator("tbody tr").first.locator("th a")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_label("Search people")).to_be_focused()
    page.keyboard.type("n?j")
    expect(page.get_by_label("Search people")).to_have_value("n?j")
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Shortcuts")).to_be_visible()
    page.keyboard.press("n")
    expect(page).to_have_url(re.compile("/people/"))
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Shortcuts")).to_be_hidden()


def test_row_menu_closes_on_escape_and_on_a_click_elsewhere(page: Page) -> None:
    page.goto("/dashboard/people/")
    menus = page.locator("details.menu[open]")
    summary = page.locator("tbody .row-menu summary").first
    summary.click()
    expect(menus).to_have_count(1)
    page.keyboard.press("Escape")
    expect(menus).to_have_count(0)
    expect(summary).to_be_focused()
    summary.click()
    page.locator("h1").click()
    expect(menus).to_have_count(0)


def test_people_can_be_read_filtered_and_changed_without_scripts(
    browser: Browser, base_url: str, owner_state: object
) -> None:
    context = browser.new_context(base_url=base_url, storage_state=owner_state, java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto("/dashboard/people/")
    page.get_by_text("Add filter").click()
    page.get_by_label("Company").fill("Acme")
    page.get_by_role("button", name="Show people").click()
    expect(page.get_by_role("list", name="Filters in use")).to_contain_text("Company is Acme")
    page.locator("tbody th a").first.click()
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Gender").fill("female")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#person-facts")).to_contain_text("female")
    context.close()


def test_viewer_looks_and_finds_nothing_to_press(viewer_page: Page) -> None:
    viewer_page.goto("/dashboard/people/")
    assert names(viewer_page)
    expect(viewer_page.locator("main .button.primary:visible")).to_have_count(0)
    expect(viewer_page.get_by_role("checkbox")).to_have_count(0)
    viewer_page.locator("tbody th a").first.click()
    expect(viewer_page.get_by_role("link", name="Edit")).to_have_count(0)


def test_answer_that_fails_is_said_and_the_list_stays(page: Page) -> None:
    page.goto("/dashboard/people/")
    before = names(page)
    page.route("**/dashboard/people/?q=*", lambda route: route.fulfill(status=409, body="no"))
    page.get_by_label("Search people").fill("kim")
    expect(page.locator("#toasts")).to_contain_text("Somebody changed this meanwhile")
    assert names(page) == before
