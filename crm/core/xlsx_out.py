"""Workbooks for people who open them in a spreadsheet: streamed, and nothing in them runs, as every text is a text.

XlsxWriter makes a workbook with nothing but heads, and rows are put into its sheets while the file is being sent.
Elements, the form of strings and the limits are those of ECMA-376, part 1, 18.3 and 22.9.2.19.
"""

import io
import re
from collections.abc import Buffer, Iterable, Iterator, Sequence
from functools import cache
from itertools import chain, count, islice
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

from django.http import StreamingHttpResponse
from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name

from crm.core import csv_out

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What a sheet holds besides its head, in rows, and in bytes before a ZIP needs an extension that not every program
# knows; further rows go to further sheets.
SHEET_ROWS = 1_048_575
SHEET_BYTES = 2_000_000_000
# So many rows are written to the browser at once.
_ROWS = 500
_column = cache(xl_col_to_name)
_SHEET = "xl/worksheets/sheet{}.xml"
# What XML cannot hold is written as _x0001_, and what only looks like that so that it is not taken for it.
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def download(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """Answer rows as a workbook. `name` is plain ASCII without quotes, `head` has at least one column.

    The first row is read before anything is answered, as with `csv_out`.
    """
    waiting = iter(rows)
    first = list(islice(waiting, 1))
    response = StreamingHttpResponse(_written(head, chain(first, waiting)), content_type=MEDIA_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


def _written(head: Sequence[str], rows: Iterator[Sequence[object]]) -> Iterator[bytes]:
    outgoing, left, sheets = _Outgoing(), True, count(1)
    with ZipFile(outgoing, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        while left:
            number = next(sheets)
            before, after = _empty_sheet(head, number)
            with archive.open(_SHEET.format(number), "w") as part:
                part.write(before)
                for piece in _pieces(rows):
                    part.write(piece)
                    yield outgoing.taken()
                part.write(after)
            following = list(islice(rows, 1))
            left, rows = bool(following), chain(following, rows)
        _write_others(archive, head, number)
    yield outgoing.taken()


class _Outgoing(io.RawIOBase):
    """What a ZIP writes to: it cannot seek, and forgets what was sent."""

    def __init__(self) -> None:
        self._pieces = list[bytes]()

    def write(self, piece: Buffer, /) -> int:
        self._pieces.append(bytes(piece))
        return len(self._pieces[-1])

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


def _pieces(rows: Iterator[Sequence[object]]) -> Iterator[bytes]:
    """Yield rows as XML until the sheet is full."""
    written = size = 0
    while size < SHEET_BYTES and (some := list(islice(rows, min(_ROWS, SHEET_ROWS - written)))):
        piece = "".join(_row(place, row) for place, row in enumerate(some, written + 2)).encode()
        written += len(some)
        size += len(piece)
        yield piece


def _row(number: int, row: Sequence[object]) -> str:
    cells = "".join(_cell(f"{_column(place)}{number}", value) for place, value in enumerate(row))
    return f'<row r="{number}">{cells}</row>'


def _cell(place: str, value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f'<c r="{place}"><v>{value}</v></c>'
    if text := csv_out.plain(value):
        kept = ' xml:space="preserve"' if text != text.strip() else ""
        return f'<c r="{place}" t="inlineStr"><is><t{kept}>{escape(_UNWRITABLE.sub(_spelled, text))}</t></is></c>'
    return ""


def _spelled(character: re.Match[str]) -> str:
    return f"_x{ord(character[0]):04X}_"


def _empty_sheet(head: Sequence[str], number: int) -> tuple[bytes, bytes]:
    """Return what stands before and after the rows of a sheet. How far it reaches is not known yet, and need not be."""
    with ZipFile(_heads(head, number)) as workbook:
        sheet = re.sub(rb"<dimension [^>]*/>", b"", workbook.read(_SHEET.format(number)))
    before, end, after = sheet.partition(b"</sheetData>")
    return before, end + after


def _write_others(archive: ZipFile, head: Sequence[str], sheets: int) -> None:
    with ZipFile(_heads(head, sheets)) as workbook:
        written = set(archive.namelist())
        for name in workbook.namelist():
            if name not in written:
                archive.writestr(name, workbook.read(name))


def _heads(head: Sequence[str], sheets: int) -> io.BytesIO:
    """Return a workbook of so many sheets that have a head and no rows. In constant memory texts stand in the sheet."""
    file = io.BytesIO()
    with Workbook(file, {"constant_memory": True}) as workbook:
        bold = workbook.add_format({"bold": True})
        for _ in range(sheets):
            sheet = workbook.add_worksheet()
            sheet.freeze_panes(1, 0)
            for place, text in enumerate(head):
                sheet.write_string(0, place, text, bold)
    return file
