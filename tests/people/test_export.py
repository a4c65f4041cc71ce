"""People as files: exactly those filtered, safe in a spreadsheet, and understood by an import."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import uuid4

import openpyxl
import pytest
from django.test import Client
from openpyxl.utils.escape import unescape

from crm.audit import repository as audit
from crm.core import xlsx_out
from crm.imports import guessing
from crm.people import export
from crm.search import filters, store
from tests import factories
from tests.imports import files

pytestmark = pytest.mark.usefixtures("tables")
FOUND = filters.from_query({"company": "Globex"})


def read(answer: Any) -> list[list[str]]:
    body = b"".join(answer.streaming_content)
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def sheet_xml(answer: Any) -> str:
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as workbook:
        return workbook.read("xl/worksheets/sheet1.xml").decode()


def test_file_holds_exactly_who_is_filtered(as_owner: Client) -> None:
    factories.person(email="a@example.com", company="Globex", tags=("x", "y"))
    factories.person(email="b@example.com", company="Initech")
    answer = as_owner.get("/dashboard/people/export/?format=csv&company=globex")
    head, *rows = read(answer)
    assert head == list(export.HEAD)
    assert [(row[0], row[head.index("tags")]) for row in rows] == [("a@example.com", "x;y")]
    assert answer["Content-Disposition"].endswith('.csv"')
    (noted,) = audit.history("people", "export")
    assert (noted.action, noted.after["format"]) == ("exported", "csv")
    assert "globex" in str(noted.after["filter"]).casefold()


def test_csv_is_marked_as_utf_8_for_excel(as_owner: Client) -> None:
    factories.person(last_name="Müller")
    body = b"".join(as_owner.get("/dashboard/people/export/?format=csv").streaming_content)  # type: ignore[arg-type]
    assert body.startswith(b"\xef\xbb\xbf")
    assert "Müller" in body.decode()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_no_cell_of_csv_begins_a_formula(as_owner: Client, text: str) -> None:
    factories.person(company=text)
    head, row = read(as_owner.get("/dashboard/people/export/?format=csv"))
    assert row[head.index("company")] == f"'{text}"


def test_workbook_holds_texts_and_numbers_but_no_formula(as_owner: Client) -> None:
    factories.person(company="=1+1", phone_number="+49 30 1234", last_name="https://example.com")
    written = sheet_xml(as_owner.get("/dashboard/people/export/?format=xlsx"))
    assert "<f>" not in written
    assert "hyperlink" not in written
    assert "<t>+49 30 1234</t>" in written
    assert "<t>=1+1</t>" in written
    assert re.search(r'<c r="M2"><v>0</v></c>', written)


@pytest.mark.parametrize(("limit", "most"), [("SHEET_ROWS", 2), ("SHEET_BYTES", 1)])
def test_more_than_a_sheet_holds_goes_to_another(monkeypatch: pytest.MonkeyPatch, limit: str, most: int) -> None:
    monkeypatch.setattr(xlsx_out, limit, most)
    monkeypatch.setattr(xlsx_out, "_ROWS", 2)
    sheets = cells(("n",), [(number,) for number in range(5)])
    assert sheets == [[("n",), (0,), (1,)], [("n",), (2,), (3,)], [("n",), (4,)]]


TEXTS = (" kept ", "a & b <c>", "line\nline", "\x0b\x00", "_x0041_", "", "😀", "\ufffe", "=1+1", "x" * 300)


def test_a_workbook_is_read_back_as_it_was_written() -> None:
    (sheet,) = cells(("text", "number"), [*((text, 7) for text in TEXTS), (True, None)])
    assert '<t xml:space="preserve"> kept </t>' in sheet_xml(xlsx_out.download("x.xlsx", ("h",), [(" kept ",)]))
    texts = [unescape(text) if isinstance(text, str) else text for text, *_ in sheet]
    assert texts == ["text", *(text or None for text in TEXTS), "yes"]
    assert [number for _, number in sheet] == ["number", *(7 for _ in TEXTS), None]


def test_a_workbook_without_rows_has_its_head() -> None:
    assert cells(("a", "b"), []) == [[("a", "b")]]


def test_a_workbook_is_sent_while_its_rows_are_read() -> None:
    read = 0

    def rows() -> Iterator[tuple[str]]:
        nonlocal read
        for read in range(1, 10_001):  # noqa: B007 - counted for the test
            yield (str(uuid4()),)

    pieces = iter(xlsx_out.download("x.xlsx", ("id",), rows()))
    assert len(next(pieces)) > 0
    assert read < 1_000
    assert len(list(pieces)) > 10


def test_a_source_that_is_away_is_told_before_anything_is_sent() -> None:
    def rows() -> Iterator[tuple[str]]:
        raise store.Unavailable
        yield ("",)

    with pytest.raises(store.Unavailable):
        xlsx_out.download("x.xlsx", ("id",), rows())


def cells(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> list[list[tuple[object, ...]]]:
    """Return what another program reads in each sheet."""
    body = b"".join(xlsx_out.download("x.xlsx", head, rows))  # type: ignore[arg-type]
    workbook = openpyxl.load_workbook(io.BytesIO(body))
    assert [sheet.freeze_panes for sheet in workbook.worksheets] == ["A2" for _ in workbook.worksheets]
    return [list(sheet.iter_rows(values_only=True)) for sheet in workbook.worksheets]


def test_what_was_taken_along_can_be_imported_again_and_changes_nothing(as_owner: Client) -> None:
    factories.person(email="a@example.com", phone_number="+49 30 1234", company="=x", tags=("x", "y z"))
    body = b"".join(as_owner.get("/dashboard/people/export/?format=csv").streaming_content)  # type: ignore[arg-type]
    assert guessing.columns(export.HEAD, [])[:9] == (
        "email",
        "first_name",
        "last_name",
        "phone_number",
        "job_title",
        "company",
        "city",
        "state",
        "tags",
    )
    again = files.imported(body)
    assert (again.counts.skipped, again.counts.all) == (1, 1)


def test_rows_are_read_while_they_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "_CHUNK", 2)
    for _ in range(5):
        factories.person(company="Globex")
    rows = export.rows(FOUND)
    next(rows)
    assert len(list(rows)) == 4


def test_export_is_a_permission_of_its_own(as_viewer: Client, client: Client, settings: Any) -> None:
    assert as_viewer.get("/dashboard/people/export/?format=csv").status_code == 403
    assert "Export" not in as_viewer.get("/dashboard/people/").content.decode()
    settings.DEMO = False
    settings.SECURE_SSL_REDIRECT = False
    from crm.staff import actions  # noqa: PLC0415

    for scope, status in (("read", 403), ("export", 200)):
        token = actions.issue(name=scope, scopes=[scope], days=1, actor="staff:1").text
        answer = client.get("/users/export", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == status, scope


def test_api_answers_the_same_people(client: Client, settings: Any) -> None:
    settings.DEMO = True
    factories.person(email="a@example.com", company="Globex")
    factories.person(email="b@example.com")
    _, *rows = read(client.get("/users/export?company=Globex&format=csv"))
    assert [row[0] for row in rows] == ["a@example.com"]
    assert sheet_xml(client.get("/users/export?company=Globex&format=xlsx")).count("<row ") == 2
    assert client.get("/users/export?format=pdf").status_code == 422
    assert client.get("/users/export?compny=x").status_code == 422


def test_page_links_to_what_is_filtered(as_owner: Client) -> None:
    factories.person(company="Globex")
    page = as_owner.get("/dashboard/people/?company=Globex").content.decode()
    assert "/dashboard/people/export/?format=xlsx&amp;company=Globex" in page


def test_api_takes_along_whom_a_tree_matches(client: Client, settings: Any) -> None:
    settings.DEMO = True
    factories.person(email="a@example.com", company="Globex")
    factories.person(email="b@example.com", company="Initech")
    tree = '{"not": {"field": "company", "op": "is", "value": "Initech"}}'
    answer = client.get("/users/export", {"filter": tree})
    assert [row[0] for row in read(answer)[1:]] == ["a@example.com"]
