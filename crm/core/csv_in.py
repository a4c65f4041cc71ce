"""CSV as people save it: UTF-8, UTF-16 or Windows' Latin-1, marked or not; commas, semicolons or tabs; with or without
a head. Files are read piece by piece, so that their length costs no memory."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import BinaryIO

from crm.core import errors

# What `csv_out` puts an apostrophe before, so that no spreadsheet takes it for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_DELIMITERS = (",", ";", "\t")
# What Excel reads on a first line and does not show: how the rest is separated.
_HINT = re.compile(r'"?sep=([,;\t|])"?')
# So many rows tell what separates their cells.
_TELLING = 10
_MAX_CELL, _MAX_LINE = 10_000, 1_000_000
_PIECE = 1 << 16
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# Latin-1 is what people call it; what Windows writes has letters besides, and five gaps that only Latin-1 fills.
_UNMARKED = ("utf-8", "cp1252", "latin-1")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file is written: its encoding as Python names it, and what separates its cells."""

    encoding: str
    delimiter: str


@dataclass(frozen=True, slots=True)
class Record:
    """One row that holds anything. `line` is the line it begins on, from 1, as an editor shows it.

    Where `problem` says why a row is no CSV, the only cell holds what stands there.
    """

    line: int
    cells: tuple[str, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a file whose columns are known. `number` is the line it begins on, from 1."""

    number: int
    values: Mapping[str, str]


def lines(given: bytes, columns: Mapping[str, Sequence[str]], *, field: str, most: int) -> list[Line]:
    """Return the rows of a file that hold anything, each with a text for every one of `columns`.

    `columns` maps each to the headings by which it is known, in lower case. A file whose first row holds none of them
    has no head, and its columns are those wanted, in their order.

    Raises:
        errors.Invalid: naming `field`: no text, no CSV, or more than `most` rows.
    """
    file = io.BytesIO(given)
    found = list(islice(records(file, sniff(file, field=field), field=field), most + 2))
    for record in found:
        if record.problem:
            raise errors.Invalid({field: f"The file is no CSV: line {record.line}: {record.problem}"})
    places = _places([cell.lower() for cell in found[0].cells], columns) if found else None
    rows = found if places is None else found[1:]
    if len(rows) > most:
        raise errors.Invalid({field: f"At most {most:,} rows in one file."})
    where = places or {name: place for place, name in enumerate(columns)}
    return [Line(row.line, {name: _at(row.cells, place) for name, place in where.items()}) for row in rows]


def sniff(file: BinaryIO, *, field: str) -> Dialect:
    """Tell how a file is written: by its mark, by what it can be read as, and by what its first rows can be cut at.

    Raises:
        errors.Invalid: naming `field`: it is marked as, or looks like, what it cannot be read as.
    """
    encoding = next((one for one in _encodings(file) if _is_readable(file, one)), None)
    if encoding is None:
        raise errors.Invalid({field: "The file is no text that can be read. Save it as “CSV UTF-8”."})
    with _text(file, encoding) as text:
        start = text.read(_PIECE)
    hint = _HINT.fullmatch(re.split(r"[\r\n]", start, maxsplit=1)[0])
    return Dialect(encoding, hint[1] if hint else max(_DELIMITERS, key=partial(_fit, start)))


def _fit(start: str, delimiter: str) -> tuple[int, int]:
    """Return how many of the first rows a delimiter cuts into as many cells as the head, if several, and how many."""
    reader = csv.reader(io.StringIO(start, newline=""), delimiter=delimiter, skipinitialspace=True)
    rows = list(islice((row for row in reader if any(map(str.strip, row))), _TELLING))
    cells = len(rows[0]) if rows else 0
    return sum(len(row) == cells for row in rows) if cells > 1 else 0, cells


def records(file: BinaryIO, dialect: Dialect, *, field: str) -> Iterator[Record]:
    """Yield the rows of a file that hold anything; one that is no CSV with why, and the file goes on behind it.

    Raises:
        errors.Invalid: naming `field`: a quotation mark is never closed, so that nobody knows where rows begin.
    """
    with _text(file, dialect.encoding) as text:
        yield from _records(_Lines(text, field), dialect.delimiter, field)


def _records(lines: "_Lines", delimiter: str, field: str) -> Iterator[Record]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    while True:
        lines.forget()
        try:
            cells = tuple(_cell(cell) for cell in next(reader))
        except StopIteration:
            return
        except csv.Error as error:
            if lines.is_over or "field limit" in str(error):
                why = f"Line {lines.first}: a quotation mark is opened and never closed."
                raise errors.Invalid({field: f"The file is no CSV. {why}"}) from error
            yield Record(lines.first, (lines.held[:_MAX_CELL],), f"This row is no CSV: {error}.")
        else:
            if any(cells) and not (lines.first == 1 and _HINT.fullmatch(lines.held)):
                yield Record(lines.first, cells)


class _Lines:
    """A text's lines, and those that the row being read consists of."""

    def __init__(self, text: io.TextIOWrapper, field: str) -> None:
        self._text, self._field = text, field
        self._number, self._held = 0, list[str]()
        self.is_over = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(_MAX_LINE)
        if not line:
            self.is_over = True
            raise StopIteration
        self._number += 1
        if len(line) == _MAX_LINE:
            raise errors.Invalid({self._field: f"Line {self._number} has more than {_MAX_LINE:,} characters."})
        self._held.append(line)
        return line

    def forget(self) -> None:
        """Begin a new row."""
        self._held.clear()

    @property
    def held(self) -> str:
        """What the row consists of, without the break at its end."""
        return "".join(self._held).rstrip("\r\n")

    @property
    def first(self) -> int:
        """The number of the row's first line."""
        return self._number - len(self._held) + 1


def _encodings(file: BinaryIO) -> Iterable[str]:
    file.seek(0)
    start = file.read(_PIECE)
    for mark, encoding in _MARKS.items():
        if start.startswith(mark):
            return (encoding,)
    # Of two bytes of UTF-16, one is nought in nearly all text of European languages.
    if start[1::2].count(0) * 4 > len(start):
        return ("utf-16-le",)
    return ("utf-16-be",) if start[::2].count(0) * 4 > len(start) else _UNMARKED


def _is_readable(file: BinaryIO, encoding: str) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while piece := file.read(_PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


@contextmanager
def _text(file: BinaryIO, encoding: str) -> Iterator[io.TextIOWrapper]:
    file.seek(0)
    text = io.TextIOWrapper(file, encoding, newline="")
    try:
        yield text
    finally:
        # Otherwise it would close the file when it is dropped.
        text.detach()


def _places(head: Sequence[str], columns: Mapping[str, Sequence[str]]) -> dict[str, int] | None:
    """Return column -> place, -1 where the file lacks it; None where the first row is no head."""
    places = {
        name: next((place for place, cell in enumerate(head) if cell in known), -1) for name, known in columns.items()
    }
    return places if max(places.values()) >= 0 else None


def _at(cells: Sequence[str], place: int) -> str:
    return cells[place] if 0 <= place < len(cells) else ""


def _cell(given: str) -> str:
    text = given.strip()[:_MAX_CELL]
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text
