"""CSV as people save it: UTF-8 with a byte order mark or not, commas, semicolons or tabs, with a head or not."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from crm.core import errors

# What `csv_out` puts an apostrophe before, so that no spreadsheet takes it for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_DELIMITERS = (";", "\t", ",")
_MAX_CELL = 10_000


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a file. `number` is the line it ends on, from 1, as an editor shows it."""

    number: int
    values: Mapping[str, str]


def lines(given: bytes, columns: Mapping[str, Sequence[str]], *, field: str, most: int) -> list[Line]:
    """Return the rows of a file that hold anything, each with a text for every one of `columns`.

    `columns` maps each to the headings by which it is known, in lower case. A file whose first row holds none of them
    has no head, and its columns are those wanted, in their order.

    Raises:
        errors.Invalid: naming `field`: not UTF-8, no CSV, or more than `most` rows.
    """
    try:
        text = given.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise errors.Invalid({field: "The file is not UTF-8. Save it as “CSV UTF-8”."}) from error
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count) if any(map(first.count, _DELIMITERS)) else ","
    try:
        found = list(islice(_rows(text, delimiter), most + 2))
    except csv.Error as error:
        raise errors.Invalid({field: f"The file is no CSV: {error}."}) from error
    places = _places([cell.strip().lower() for cell in found[0][1]], columns) if found else None
    rows = found if places is None else found[1:]
    if len(rows) > most:
        raise errors.Invalid({field: f"At most {most:,} rows in one file."})
    where = places or {name: place for place, name in enumerate(columns)}
    return [Line(number, {name: _cell(cells, place) for name, place in where.items()}) for number, cells in rows]


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield reader.line_num, cells


def _places(head: Sequence[str], columns: Mapping[str, Sequence[str]]) -> dict[str, int] | None:
    """Return column -> place, -1 where the file lacks it; None where the first row is no head."""
    places = {
        name: next((place for place, cell in enumerate(head) if cell in known), -1) for name, known in columns.items()
    }
    return places if max(places.values()) >= 0 else None


def _cell(cells: Sequence[str], place: int) -> str:
    if not 0 <= place < len(cells):
        return ""
    text = cells[place].strip()[:_MAX_CELL]
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text
