"""CSV for people who open it in a spreadsheet: streamed, so that its length costs no memory, and safe there."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import batched, chain

from django.http import StreamingHttpResponse

# What a spreadsheet may take for the beginning of a formula, and run.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# So many rows are written to the browser at once.
_ROWS = 500


def cell(value: object) -> str:
    """Return a value as a cell of CSV, whose texts begin no formula: an apostrophe stands before those that would.

    Phone numbers (`+49 30 1`) get it too: without it spreadsheets read them as sums. `csv_in` takes it away again.
    """
    text = plain(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def plain(value: object) -> str:
    """Return a value as text: moments in RFC 3339 and UTC, nothing as empty."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, bool):
        return "yes" if value else ""
    return str(value)


def download(
    name: str, head: Sequence[str], rows: Iterable[Sequence[object]], *, is_marked: bool = False
) -> StreamingHttpResponse:
    """Answer rows as a file. `name` is plain ASCII without quotes. `is_marked`: as UTF-8, for Excel to know it.

    The first row is read before anything is answered, so that a source which is away becomes an error page. One that
    goes away later cuts the connection, and the browser says that the file is not complete.
    """
    waiting = iter(rows)
    first = list(next(batched(waiting, 1), ()))
    body = chain(["\ufeff"] if is_marked else [], _written(chain([head], first, waiting)))
    disposition = f'attachment; filename="{name}"'
    response = StreamingHttpResponse(body, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = disposition
    response["Cache-Control"] = "private, no-store"
    return response


def _written(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    for some in batched(rows, _ROWS):
        text = io.StringIO()
        csv.writer(text).writerows([cell(value) for value in row] for row in some)
        yield text.getvalue()
