"""What staff do with the do-not-mail list in a browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Check, Post

pytestmark = pytest.mark.e2e


def test_address_is_added_found_and_removed_after_asking(page: Page, viewer_page: Page) -> None:
    page.goto("/dashboard/people/")
    page.get_by_role("link", name="Suppression").click()
    page.get_by_role("link", name="Add address").click()
    page.get_by_label("E-mail").fill("Zoe@example.com")
    page.get_by_label(re.compile("Reason")).fill("asked by phone")
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Zoe@example.com added")).to_be_visible()
    page.get_by_label("Search addresses and reasons").press_sequentially("phone")
    expect(page).to_have_url(re.compile(r"\?q=phone$"))
    expect(page.locator("#suppressions-table tbody th")).to_have_text(["Zoe@example.com"])
    viewer_page.goto("/dashboard/suppressions/?q=zoe")
    expect(viewer_page.get_by_text("asked by phone")).to_be_visible()
    expect(viewer_page.get_by_role("link", name="Remove Zoe@example.com")).to_have_count(0)
    page.get_by_role("link", name="Remove Zoe@example.com").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Zoe@example.com removed")).to_be_visible()


def test_file_is_imported_and_the_list_taken_along(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "left.csv"
    file.write_text("\ufeffE-Mail;Reason\nmia@example.com;moved on\nnobody;x\n")
    page.goto("/dashboard/suppressions/import/")
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("heading", name="Import of left.csv")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("^Line 3 nobody"))).to_be_visible()
    page.get_by_role("link", name="Show the list").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Export").click()
    assert "mia@example.com,moved on" in Path(download.value.path()).read_text()


def test_pages_are_for_everybody(page: Page, post: Post, tmp_path: Path, check_axe: Check) -> None:
    for number in range(3):
        reason = "550 5.1.1 The email account that you tried to reach does not exist." * (number + 1)
        post("/suppressions", {"email": f"axe{'long' * number * 7}@example.com", "reason": reason[:200]})
    page.goto("/dashboard/suppressions/")
    check_axe(page)
    page.goto("/dashboard/suppressions/?q=nothing-like-this")
    check_axe(page)
    page.goto("/dashboard/suppressions/new/")
    page.get_by_role("button", name="Add address").click()
    check_axe(page)
    file = tmp_path / "left.csv"
    file.write_text("axe@example.com\nnobody\n")
    page.goto("/dashboard/suppressions/import/")
    check_axe(page)
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("heading", name="All rows are in")).to_be_visible()
    check_axe(page)
