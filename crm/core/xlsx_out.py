"""Workbooks for people who open them in a spreadsheet. Nothing in them runs: every text is written as a text.

XlsxWriter keeps one row in memory and the others in a temporary file; only a whole workbook can be sent.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import BinaryIO, cast

from django.http import FileResponse
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from crm.core import csv_out

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What a sheet holds besides its head; further rows go to further sheets.
SHEET_ROWS = 1_048_575
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def download(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> FileResponse:
    """Answer rows as a workbook. `name` is plain ASCII without quotes."""
    # Closed, and so deleted, with the response.
    file = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115
    with Workbook(file, _OPTIONS) as workbook:
        _write(workbook, head, iter(rows))
    file.seek(0)
    response = FileResponse(file, as_attachment=True, filename=name, content_type=MEDIA_TYPE)
    response["Cache-Control"] = "private, no-store"
    return response


def _write(workbook: Workbook, head: Sequence[str], rows: Iterator[Sequence[object]]) -> None:
    bold = workbook.add_format({"bold": True})
    while True:
        sheet = workbook.add_worksheet()
        sheet.freeze_panes(1, 0)
        for place, text in enumerate(head):
            sheet.write_string(0, place, text, bold)
        number = 0
        for number, row in enumerate(rows, 1):
            _write_row(sheet, number, row)
            if number == SHEET_ROWS:
                break
        if number < SHEET_ROWS or (following := next(rows, None)) is None:
            return
        rows = chain([following], rows)


def _write_row(sheet: Worksheet, number: int, row: Sequence[object]) -> None:
    for place, value in enumerate(row):
        if isinstance(value, int) and not isinstance(value, bool):
            sheet.write_number(number, place, value)
        elif text := csv_out.plain(value):
            sheet.write_string(number, place, text)
