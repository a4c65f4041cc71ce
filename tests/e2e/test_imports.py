"""Importing people in a browser: choose a file, say what its columns are, watch it, stop it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Check

pytestmark = pytest.mark.e2e


def test_file_is_chosen_its_columns_named_and_the_import_watched(page: Page, tmp_path: Path, check_axe: Check) -> None:
    file = tmp_path / "fair.csv"
    file.write_bytes("E-Mail;Vorname;Notiz\r\nzoe@example.com;Zoë;met at the fair\r\n".encode("utf-16"))
    page.goto("/dashboard/people/")
    page.get_by_role("link", name="Import", exact=True).click()
    check_axe(page)
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_role("button", name=re.compile("Continue")).click()
    expect(page.get_by_text("1 row, read as UTF-16.")).to_be_visible()
    expect(page.get_by_label("Vorname")).to_have_value("first_name")
    expect(page.get_by_role("cell", name="met at the fair")).to_be_visible()
    check_axe(page)
    page.get_by_label("E-Mail").select_option("")
    page.get_by_role("button", name=re.compile("Import 1 row")).click()
    expect(page.get_by_text("Choose the column that holds the e-mail addresses.")).to_be_visible()
    page.get_by_label("E-Mail").select_option("email")
    page.keyboard.press("Control+s")
    expect(page.get_by_role("heading", name="Being taken in")).to_be_visible()
    page.reload()
    expect(page.get_by_role("progressbar", name="Rows looked at")).to_be_visible()
    check_axe(page)
    stop = page.get_by_role("button", name="Stop")
    stop.focus()
    page.locator("#import-live").evaluate("part => { part.dataset.old = true; }")
    expect(page.locator("#import-live[data-old]")).to_have_count(0)
    expect(stop).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Stopping")).to_be_visible()
    page.goto("/dashboard/imports/")
    expect(page.get_by_role("row", name=re.compile("fair.csv Stopping"))).to_be_visible()
    check_axe(page)


def test_filtered_people_are_taken_along(page: Page) -> None:
    page.goto("/dashboard/people/?company=Initech")
    page.locator("summary", has_text="Export").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert text.startswith("email,firstName")
    assert all("Initech" in line for line in text.splitlines()[1:])
